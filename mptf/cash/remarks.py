"""Remarks on a cash document: what looks wrong, said and listed, and never a reason to refuse a fact of the bank."""

from collections.abc import Iterator
from dataclasses import dataclass

from mptf.cash.models import CashDocument
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


@dataclass(frozen=True)
class DocumentLine:
    """A document with what stands around it at the end of its value date.

    `held` is the cash with the Administrative Agent; `excess` what came back above what had been paid; `over_claim`
    what was paid above the direct cost that was approved; `reference_seen` another document with the same bank
    reference; `kept_for_nobody` whether an agreement kept interest by then and this interest names none.
    """

    document: CashDocument
    held: Money
    excess: Money | None = None
    over_claim: Money | None = None
    reference_seen: Seen | None = None
    kept_for_nobody: bool = False

    @property
    def remarks(self) -> list[Remark]:
        """What a person should know about it, the weightiest first."""
        if reversal := self.document.entry.reversal:
            taken_back = N_("It was taken back on {day} and counts in no sum.")
            return [Remark(N_("Reversed"), taken_back, {"day": reversal.recorded_at}, tone="info")]
        return [*_balance(self), *_came_back(self), *_claim(self), *_interest(self), *_reference(self), *_late(self)]


def _balance(line: DocumentLine) -> Iterator[Remark]:
    if line.document.outgoing and line.held.minor < 0:
        yield Remark(
            N_("Negative balance"),
            N_("At the end of {day} the books show {held} with the Administrative Agent."),
            {"day": line.document.value_on, "held": line.held},
        )


def _came_back(line: DocumentLine) -> Iterator[Remark]:
    document = line.document
    if line.excess is not None and line.excess.minor > 0:
        title, template = _MORE_BACK[document.kind]
        values = {"party": document.whose, "reference": document.reference, "excess": line.excess}
        yield Remark(title, template, values)


def _claim(line: DocumentLine) -> Iterator[Remark]:
    document = line.document
    if document.kind is EntryKind.DIRECT_COST and document.claim_id is None:
        yield Remark(N_("Not approved"), N_("No approved direct cost is named from which this is paid."))
    if line.over_claim is not None and line.over_claim.minor > 0:
        yield Remark(
            N_("More than approved"),
            N_("With this payment {excess} more is paid than was approved under {reference}."),
            {"excess": line.over_claim, "reference": document.reference},
        )


def _interest(line: DocumentLine) -> Iterator[Remark]:
    if line.kept_for_nobody:
        yield Remark(
            N_("No agreement named"),
            N_(
                "An agreement of this fund keeps interest for its contributor, and this interest names none: all of it "
                "raises what is available. If it is the contributor’s, have it taken back and record it again."
            ),
        )


def _reference(line: DocumentLine) -> Iterator[Remark]:
    if seen := line.reference_seen:
        yield Remark(
            N_("Bank reference used twice"),
            N_("{reference} also stands on {document} of {day} with other figures."),
            {"reference": line.document.bank_reference, "document": seen.document, "day": seen.value_on},
        )


def _late(line: DocumentLine) -> Iterator[Remark]:
    entry = line.document.entry
    if entry.late:
        yield Remark(
            N_("Value date in a closed month"),
            N_("The month of {day} was closed when it was recorded; it posts in {month:%B %Y}."),
            {"day": line.document.value_on, "month": entry.period},
        )
