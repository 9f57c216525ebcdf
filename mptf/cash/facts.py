"""A movement of cash as it is told: what each kind must say, refused at its field where it does not."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from mptf.cash.models import (
    KINDS,
    LONGEST_FUND,
    OF_DIRECT_COST,
    OF_INTEREST,
    OF_KEPT_INTEREST,
    OF_PROJECT,
    OUTGOING,
    PROJECT_NUMBER,
)
from mptf.claims.models import Claim, InterestTerm
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import at_most, needed
from mptf.core.kosovo import keep_asterisk
from mptf.core.money import Money
from mptf.fund.facts import above_zero, check_value_date, in_books
from mptf.fund.models import Fund, FundWindow
from mptf.ledger.chart import EntryKind
from mptf.ledger.references import plain
from mptf.organisations.models import Organisation

_DIGITS = re.compile(r"[0-9]{1,7}", re.ASCII)


@dataclass(frozen=True)
class Movement:
    """What the bank did: in the fund's currency, an amount above zero whichever way it went.

    `reference` is the number of a project, or of the direct cost `claim` approved; the window of a direct cost is that
    of its claim. `kept_for` is the agreement that keeps interest, or is paid back what it kept; that has no window.
    `of_fund` says that interest is the fund's as a whole, and no agreement keeps it.
    """

    kind: EntryKind
    amount: Money
    value_on: date
    party: Organisation | None = None
    reference: str = ""
    other_fund: str = ""
    claim: Claim | None = None
    kept_for: InterestTerm | None = None
    of_fund: bool = False
    window: FundWindow | None = None
    bank_reference: str = ""
    basis: str = ""
    is_demo: bool = False

    @property
    def outgoing(self) -> bool:
        """Whether cash left the fund."""
        return self.kind in OUTGOING

    @property
    def whose(self) -> str:
        """Whom or what it is about: the organisation, or the other fund."""
        return self.party.short_name if self.party else self.other_fund

    def check(self, fund: Fund) -> None:
        """Refuse what is malformed or cannot be true; what merely looks wrong is a remark."""
        if self.kind not in KINDS:
            raise RuleBroken(N_("{kind} is not recorded here."), kind=self.kind.label, field="kind")
        check_party(self.kind, named=self.party is not None)
        if self.kind is EntryKind.FUND_TRANSFER:
            check_other_fund(self.other_fund, "other_fund")
        check_reference(self.kind, self.reference)
        above_zero(self.amount, "amount")
        in_books(fund, self.amount, "amount")
        self._check_kept_for()
        check_value_date(fund, self.value_on)
        for text, field in ((self.basis, "basis"), (self.other_fund, "other_fund")):
            keep_asterisk(text, field)

    def _check_kept_for(self) -> None:
        """Refuse an agreement on what is no interest, or beside the fund, and one of another than is refunded."""
        term = self.kept_for
        if self.of_fund and (term is not None or self.kind not in OF_INTEREST):
            raise RuleBroken(N_("Only interest no agreement keeps is the fund’s as a whole."), field="kept_for")
        if term is None:
            return
        if self.kind not in OF_KEPT_INTEREST:
            raise RuleBroken(N_("{kind} is no interest an agreement keeps."), kind=self.kind.label, field="kept_for")
        if self.kind is EntryKind.CONTRIBUTOR_REFUND and self.party and term.organisation_id != self.party.id:
            raise RuleBroken(
                N_("Agreement {reference} is {signed_by}’s. Choose one of this contributor, or none."),
                reference=term.reference, signed_by=term.contributor.short_name, field="kept_for",
            )  # fmt: skip

    @property
    def identity(self) -> dict[str, Any]:
        """What tells it from every other movement but the bank's reference, as the columns of a document."""
        return {
            "kind": self.kind,
            "organisation_id": self.party.id if self.party else None,
            "reference": self.reference,
            "other_fund": self.other_fund,
            "value_on": self.value_on,
            "amount_minor": self.amount.minor,
            "amount_currency": self.amount.currency,
        }

    @property
    def key(self) -> str:
        """The name it posts under: who, when, how much, and the bank's reference without its spaces and case."""
        whose = self.party.public_id if self.party else self.other_fund
        amount = f"{self.amount.minor} {self.amount.currency}"
        return f"{self.kind} {whose} {self.reference} {self.value_on} {amount} {plain(self.bank_reference)}"


def check_party(kind: EntryKind, *, named: bool) -> None:
    """Refuse no organisation where there must be one, and any where there is none."""
    if kind.of_party and not named:
        raise RuleBroken(N_("Name the organisation."), field="organisation")
    if not kind.of_party and named:
        raise RuleBroken(N_("{kind} names no organisation."), kind=kind.label, field="organisation")


def check_other_fund(name: str, field: str) -> None:
    """Refuse a transfer to a fund that is not named, or at too great a length."""
    needed(name, field, N_("Name the fund the money went to."))
    at_most(name, LONGEST_FUND, field)


def check_reference(kind: EntryKind, reference: str) -> None:
    """Refuse what is no number of a project, where there must be one, and any number where there is none."""
    if kind in OF_PROJECT and not PROJECT_NUMBER.fullmatch(reference):
        if _DIGITS.fullmatch(reference):
            raise RuleBroken(
                N_("The project number “{number}” has lost its leading zeros. Write all eight digits: “{whole}”."),
                number=reference, whole=reference.zfill(8), field="reference",
            )  # fmt: skip
        raise RuleBroken(
            N_("Write the number of the project at the MPTF Office: eight digits, such as 00123456."),
            field="reference",
        )
    if reference and kind not in (*OF_PROJECT, *OF_DIRECT_COST):
        raise RuleBroken(N_("{kind} belongs to no project. Leave the number out."), kind=kind.label, field="reference")
