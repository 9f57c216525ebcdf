"""The list of the Administrative Agent: its heads and its rows, and which of them the books know already."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, PlainValidator

from mptf.cash import queries
from mptf.cash.facts import Movement
from mptf.cash.models import KINDS, OF_DIRECT_COST, OF_KEPT_INTEREST, CashDocument
from mptf.claims.models import Claim, InterestTerm
from mptf.claims.queries import direct_costs_by_number, interest_terms
from mptf.core.days import parse_day
from mptf.core.errors import N_, RuleBroken
from mptf.core.money import Money
from mptf.core.sentences import cut
from mptf.fund.models import Fund
from mptf.ledger.chart import EntryKind
from mptf.ledger.references import LONGEST_REFERENCE, plain
from mptf.organisations.models import Organisation
from mptf.organisations.queries import organisations_of
from mptf.paper.fields import Line, kept
from mptf.paper.problems import Problems, error, in_a_cell
from mptf.paper.shape import Comparison, ReadTable, Shape
from mptf.paper.table import Heading, Record
from mptf.policy import Permission, Viewer, can

T = TypeVar("T")

MOST_ROWS = 500  # each posts an entry while the fund is locked, which takes some milliseconds
CURRENCY = "USD"  # the one the Administrative Agent keeps its books in

HEADINGS = (
    Heading("value_on", "Value date"),
    Heading("kind", "Kind"),
    Heading("organisation", "Organisation"),
    Heading("reference", "Project number"),
    Heading("amount", "Amount"),
    Heading("bank_reference", "Bank reference"),
    Heading("note", "Note", required=False),
)
_OTHER_BOOKS = N_(
    "This fund keeps its books in {currency}, and a list names no currency: its amounts are in US dollars. Record "
    "these documents one by one."
)
# The field of a movement whose cell has another name.
_CELLS = {"other_fund": "organisation"}


def _cell(read: Callable[[str], T]) -> PlainValidator:
    def parse(text: str) -> T:
        with in_a_cell():
            return read(text)

    return PlainValidator(parse)


def _kind(text: str) -> EntryKind:
    wanted = " ".join(text.split()).casefold()
    for kind in KINDS:
        if wanted in (kind.value, kind.value.replace("_", " "), kind.label.casefold()):
            return kind
    raise RuleBroken(
        N_("“{text}” is no kind this list may have. Write one of: {kinds}."),
        text=cut(text), kinds=", ".join(kind.value.replace("_", " ") for kind in KINDS),
    )  # fmt: skip


def _amount(text: str) -> Money:
    amount = Money.parse(text, CURRENCY)
    if amount.minor <= 0:
        raise RuleBroken(N_("Write an amount above zero. What comes back has a kind of its own, such as a refund."))
    return amount


class CashRow(BaseModel):
    """One movement, as one row of the list; a transfer to another fund names that fund as the organisation.

    The reference is the number of a project, of a direct cost, or of the agreement that keeps interest.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    value_on: Annotated[date, _cell(parse_day)]
    kind: Annotated[EntryKind, _cell(_kind)]
    organisation: Line
    reference: Line
    amount: Annotated[Money, _cell(_amount)]
    bank_reference: Annotated[Line, kept(LONGEST_REFERENCE)]
    note: Line = ""


SHAPE = Shape(
    CashRow,
    HEADINGS,
    key=("value_on", "kind", "organisation", "reference", "amount", "bank_reference"),
    twice=N_(
        "Row {first} says the same, with the same bank reference. Keep one of them; if the bank did pay twice, give "
        "the reference of each payment."
    ),
    twice_at="bank_reference",
    most=MOST_ROWS,
)


@dataclass(frozen=True)
class CashComparison(Comparison[CashRow]):
    """What importing a list would do: the movements to record, and the documents it confirms."""

    movements: list[Movement]
    to_confirm: list[CashDocument]


@dataclass(frozen=True)
class _Books:
    """What a row is compared with: names, approved direct costs, agreements that keep interest, documents of its day.

    A document that was matched is not compared again.
    """

    fund: Fund
    organisations: dict[str, Organisation]
    direct_costs: dict[str, Claim]
    terms: Sequence[InterestTerm]
    known: dict[tuple[Any, ...], list[CashDocument]]

    @classmethod
    def of(cls, fund: Fund, days: set[date]) -> "_Books":
        """Read what the rows of these days are compared with."""
        known = defaultdict(list)
        for document in queries.standing_on(fund, days):
            known[_identity(document)].append(document)
        named = {name.casefold(): row for row in organisations_of() for name in (row.official_name, row.short_name)}
        return cls(fund, named, direct_costs_by_number(fund), interest_terms(fund), known)

    def movement(self, row: CashRow) -> Movement:
        """Return what a row tells; refused at its cell where the books know no such organisation or number."""
        direct_cost = row.kind in OF_DIRECT_COST and row.reference
        kept = row.kind in OF_KEPT_INTEREST and row.reference
        party = self._party(row)
        what = Movement(
            row.kind, row.amount, row.value_on, bank_reference=row.bank_reference, basis=row.note,
            reference="" if kept else row.reference.upper() if direct_cost else row.reference,
            party=party, claim=self._claim(row) if direct_cost else None,
            kept_for=self._kept_for(row, party) if kept else None,
            other_fund=row.organisation if row.kind is EntryKind.FUND_TRANSFER else "",
        )  # fmt: skip
        what.check(self.fund)
        return what

    def _party(self, row: CashRow) -> Organisation | None:
        if not row.organisation or row.kind is EntryKind.FUND_TRANSFER:
            return None
        found = self.organisations.get(row.organisation.casefold())
        if found is None:
            raise RuleBroken(
                N_("There is no organisation “{name}”. Write its short name as it stands under Organisations."),
                name=cut(row.organisation), field="organisation",
            )  # fmt: skip
        return found

    def _claim(self, row: CashRow) -> Claim:
        found = self.direct_costs.get(row.reference.upper())
        if found is None:
            raise RuleBroken(
                N_("No direct cost {number} was approved. Write a number such as DC-1, or leave it out."),
                number=cut(row.reference), field="reference",
            )  # fmt: skip
        return found

    def _kept_for(self, row: CashRow, party: Organisation | None) -> InterestTerm:
        """Return the agreement of a reference that keeps interest; of a refund, the one of its contributor."""
        whose = party.id if party and row.kind is EntryKind.CONTRIBUTOR_REFUND else None
        named = row.reference.casefold()
        found = [
            term for term in self.terms
            if term.reference.casefold() == named and whose in (None, term.organisation_id)
        ]  # fmt: skip
        if len(found) != 1:
            raise RuleBroken(
                N_(
                    "There is not one agreement {number} that keeps interest. Write its reference as it stands there, "
                    "or leave it out."
                ),
                number=cut(row.reference), field="reference",
            )  # fmt: skip
        return found[0]

    def take_known(self, what: Movement) -> CashDocument | None:
        """Return the document that tells the same, which no other row then is; one side may lack the reference."""
        alike = self.known.get(tuple(what.identity.values()), [])
        wanted = plain(what.bank_reference)
        same = [one for one in alike if plain(one.bank_reference) == wanted]
        open_ = [one for one in alike if not wanted or not one.bank_reference]
        found = next(iter([*same, *open_]), None)
        if found is not None:
            alike.remove(found)
        return found


def compare(fund: Fund, table: ReadTable[CashRow], viewer: Viewer) -> CashComparison:
    """Tell new movements from known ones; what the Administrative Agent itself brings confirms what is advised."""
    problems = deepcopy(table.problems)
    new, movements, known = list[CashRow](), list[Movement](), list[CashDocument]()
    if fund.currency != CURRENCY:
        problems.first(error(_OTHER_BOOKS, currency=fund.currency))
        return CashComparison(new, 0, problems, movements, known)
    books = _Books.of(fund, {row.value_on for row, _ in table.rows})
    earlier: dict[tuple[Any, ...], list[tuple[str, int]]] = defaultdict(list)
    for row, record in table.rows:
        try:
            what = books.movement(row)
            _told_apart(what, record, earlier[tuple(what.identity.values())])
        except RuleBroken as refusal:
            _refuse(problems, refusal, record)
            continue
        if document := books.take_known(what):
            known.append(document)
        else:
            new.append(row)
            movements.append(what)
    confirms = can(viewer, Permission.DEPOSITS_CONFIRM, fund)
    advised = [one for one in known if confirms and one.entry.confirmation is None and one.by_id != viewer.id]
    return CashComparison(new, len(known), problems, movements, advised)


def _told_apart(what: Movement, record: Record, earlier: list[tuple[str, int]]) -> None:
    """Refuse a row whose figures an earlier one has, unless each gives a bank reference of its own."""
    reference = plain(what.bank_reference)
    for other, row in earlier:
        if not reference or not other or reference == other:
            raise RuleBroken(SHAPE.twice, first=row, field="bank_reference")
    earlier.append((reference, record.number))


def _refuse(problems: Problems, refusal: RuleBroken, record: Record) -> None:
    field = refusal.field or "kind"
    problems.add([error(refusal.template, record.place(_CELLS.get(field, field)), **refusal.values)], record)


def _identity(document: CashDocument) -> tuple[Any, ...]:
    return tuple(
        Movement(
            document.kind, document.amount, document.value_on, document.party, document.reference, document.other_fund
        ).identity.values()
    )
