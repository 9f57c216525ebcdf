"""Money of a fund, put into its books in a line each, for tests of what is drawn from them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count

from mptf.claims import service as claims
from mptf.claims.available import ClaimKind
from mptf.claims.service import SetAside
from mptf.commitments.models import Agreement
from mptf.controls import service as controls
from mptf.core.money import Money
from mptf.deposits.models import Deposit
from mptf.deposits.service import Receipt, confirm_deposit, record_deposit
from mptf.fund.models import Fund
from mptf.ledger import service as ledger
from mptf.ledger.chart import EntryKind
from mptf.ledger.models import ConfirmedBy, Entry
from mptf.ledger.service import Document
from mptf.organisations.models import Organisation
from mptf.policy import Role, Viewer
from mptf.reported import service as reported
from mptf.reported.table import FigureRow
from tests.factories import Make


@dataclass
class Till:
    """The people of one fund who record, confirm and take back, and what they do."""

    fund: Fund
    officer: Viewer
    head: Viewer
    agent: Viewer
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @classmethod
    def of(cls, make: Make, fund: Fund) -> "Till":
        """Make the people."""
        officer, head, agent = (
            make.viewer(role, fund)
            for role in (Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD, Role.ADMINISTRATIVE_AGENT)
        )
        return cls(fund, officer, head, agent)

    def deposit(
        self,
        donor: Organisation,
        cents: int,
        on: date,
        *,
        fee: int | None = 0,
        agreement: Agreement | None = None,
        original: Money | None = None,
        confirmed: bool = True,
    ) -> Deposit:
        """Record a deposit in US dollars, confirmed unless said otherwise."""
        receipt = Receipt(
            donor, Money(cents, "USD"), on, agreement, original, None if fee is None else Money(fee, "USD"),
            bank_reference=f"B-{next(self.numbers)}",
        )  # fmt: skip
        made = record_deposit(self.fund, receipt, by=self.officer)
        if confirmed:
            confirm_deposit(made, by=self.agent)
        return made

    def take_back(self, deposit: Deposit) -> list[Entry]:
        """Reverse a deposit with its fee; the Administrative Agent has not confirmed that yet."""
        kind, key = deposit.__tablename__, deposit.public_id
        return list(ledger.reverse_document(self.fund, kind, key, reason="typed twice", by=self.head))

    def confirm_taken_back(self, reversal: Entry) -> None:
        """Confirm that a document was taken back."""
        controls.confirm_reversal(reversal, by=self.agent)

    def post(self, kind: EntryKind, party: Organisation, cents: int, on: date, *, confirmed: bool = True) -> Entry:
        """Post a document about an organisation that has no row of its own here."""
        how = ConfirmedBy.GATEWAY_IMPORT if confirmed else None
        what = Document(kind, Money(cents, "USD"), on, self.fund, f"{kind} {next(self.numbers)}", party=party)
        return ledger.post(self.fund, what, by=self.agent, confirmed=how)

    def report(
        self, puno: Organisation, year: int, cents: int, *, basis: str = "interim", corrects: int | None = None
    ) -> None:
        """Take in what an organisation reported as spent in a year."""
        amount = str(Money(cents, "USD").decimal)
        told = {"organisation": puno.short_name, "year": str(year), "category": "1", "basis": basis, "amount": amount}
        told["corrects_year"] = str(corrects or "")
        reported.take_in(self.fund, [FigureRow.model_validate(told)], by=self.officer)

    def allocate(self, cents: int, on: date) -> None:
        """Set an amount aside for a project."""
        claims.set_aside(
            self.fund, SetAside(ClaimKind.ALLOCATION, "A project", Money(cents, "USD"), on), by=self.officer
        )
