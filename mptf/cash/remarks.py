"""Remarks on a cash document: what looks wrong, said and listed, and never a reason to refuse a fact of the bank."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from mptf.cash.models import CashDocument
from mptf.claims.models import Claim, InterestTerm
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.remarks import Remark
from mptf.ledger.chart import EntryKind
from mptf.ledger.references import Seen

_MORE_BACK = {
    EntryKind.PUNO_REFUND: (
        N_("More refunded than transferred"),
        N_("With this refund {party} has sent back {excess} more for project {reference} than was transferred to it."),
    ),
    EntryKind.CONTRIBUTOR_REFUND: (
        N_("More refunded than contributed"),
        N_("With this refund {party} has received {excess} more than it had contributed."),
    ),
    EntryKind.DIRECT_COST_REFUND: (
        N_("More refunded than paid"),
        N_("With this refund {party} has sent back {excess} more than it was paid for direct costs of this number."),
    ),
}


class Told(Protocol):
    """What a document that stands and a movement that is still to be recorded both tell."""

    @property
    def kind(self) -> EntryKind:
        """What happened."""

    @property
    def value_on(self) -> date:
        """The day on which cash moved."""

    @property
    def reference(self) -> str:
        """The number of a project, or of a direct cost."""

    @property
    def bank_reference(self) -> str:
        """What the bank calls it."""

    @property
    def claim(self) -> Claim | None:
        """The approved direct cost it is paid from."""

    @property
    def kept_for(self) -> InterestTerm | None:
        """The agreement that keeps interest, or is paid back what it kept."""

    @property
    def outgoing(self) -> bool:
        """Whether cash left the fund."""

    @property
    def whose(self) -> str:
        """Whom or what it is about."""


@dataclass(frozen=True)
class Around:
    """What stands around a movement of cash at the end of its value date.

    `held` is the cash with the Administrative Agent, None where that cannot be said; `excess` what came back above what
    had been paid; `over_claim` what was paid above the direct cost that was approved; `over_kept` what was paid back
    above the interest an agreement kept; `reference_seen` another document with the same bank reference, `same_in_row`
    another row of the list it stands in; `kept_for_nobody` whether an agreement kept interest by then and this interest
    names none, `kept_on_other_days` whether the one it names kept none on that day; `posts_in` the month it posts in,
    where its own is closed.
    """

    held: Money | None = None
    excess: Money | None = None
    over_claim: Money | None = None
    over_kept: Money | None = None
    reference_seen: Seen | None = None
    same_in_row: int | None = None
    kept_for_nobody: bool = False
    kept_on_other_days: bool = False
    posts_in: date | None = None


@dataclass(frozen=True)
class DocumentLine:
    """A document with what stands around it."""

    document: CashDocument
    around: Around

    @property
    def remarks(self) -> list[Remark]:
        """What a person should know about it, the weightiest first."""
        if reversal := self.document.entry.reversal:
            taken_back = N_("It was taken back on {day} and counts in no sum.")
            return [Remark(N_("Reversed"), taken_back, {"day": reversal.recorded_at}, tone="info")]
        return remarks_on(self.document, self.around)


def remarks_on(what: Told, around: Around) -> list[Remark]:
    """Return what a person should know about a movement of cash, the weightiest first."""
    rules = (_balance, _came_back, _claim, _interest, _reference, _late)
    return [remark for rule in rules for remark in rule(what, around)]


def _balance(what: Told, around: Around) -> Iterator[Remark]:
    if what.outgoing and around.held is not None and around.held.minor < 0:
        yield Remark(
            N_("Negative balance"),
            N_("At the end of {day} the books show {held} with the Administrative Agent."),
            {"day": what.value_on, "held": around.held},
            about="amount",
        )


def _came_back(what: Told, around: Around) -> Iterator[Remark]:
    if around.excess is not None and around.excess.minor > 0:
        title, template = _MORE_BACK[what.kind]
        values = {"party": what.whose, "reference": what.reference, "excess": around.excess}
        yield Remark(title, template, values, about="amount")


def _claim(what: Told, around: Around) -> Iterator[Remark]:
    if what.kind is EntryKind.DIRECT_COST and what.claim is None:
        not_named = N_("No approved direct cost is named from which this is paid.")
        yield Remark(N_("Not approved"), not_named, about="reference")
    if around.over_claim is not None and around.over_claim.minor > 0:
        yield Remark(
            N_("More than approved"),
            N_("With this payment {excess} more is paid than was approved under {reference}."),
            {"excess": around.over_claim, "reference": what.reference},
            about="amount",
        )


def _interest(what: Told, around: Around) -> Iterator[Remark]:
    if around.kept_for_nobody:
        yield Remark(
            N_("No agreement named"),
            N_(
                "An agreement of this fund keeps interest for its contributor, and this interest names none: all of it "
                "raises what is available. Say that it is the fund’s as a whole, or record it under its agreement."
            ),
            about="reference",
        )
    if around.kept_on_other_days and what.kept_for:
        yield Remark(
            N_("Kept on other days"),
            N_(
                "Agreement {agreement} kept no interest on {day}, and this interest names it. Correct the day, or "
                "record it under another agreement or as the fund’s as a whole."
            ),
            {"agreement": what.kept_for.name, "day": what.value_on},
            about="reference",
        )

    if around.over_kept is not None and around.over_kept.minor > 0 and what.kept_for:
        yield Remark(
            N_("More paid back than was kept"),
            N_(
                "With this refund {excess} more is paid back under {agreement} than the interest it kept, and that is "
                "the fund’s money. See whether the refund, or the interest, names the right agreement."
            ),
            {"excess": around.over_kept, "agreement": what.kept_for.name},
            about="reference",
        )


def _reference(what: Told, around: Around) -> Iterator[Remark]:
    values: dict[str, Any] = {"reference": what.bank_reference}
    if row := around.same_in_row:
        template = N_("{reference} also stands in row {row} of this list with other figures.")
        values |= {"row": row}
    elif seen := around.reference_seen:
        template = N_("{reference} also stands on {document} of {day} with other figures.")
        values |= {"document": seen.document, "day": seen.value_on}
    else:
        return
    yield Remark(N_("Bank reference used twice"), template, values, about="bank_reference")


def _late(what: Told, around: Around) -> Iterator[Remark]:
    if around.posts_in:
        yield Remark(
            N_("Value date in a closed month"),
            N_("The month of {day} is closed, so it posts in {month:%B %Y}."),
            {"day": what.value_on, "month": around.posts_in},
            about="value_on",
        )
