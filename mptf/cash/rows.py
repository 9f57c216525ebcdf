"""The list of the Administrative Agent: its heads and its rows, and which of them the books know already."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, PlainValidator

from mptf.cash import queries
from mptf.cash.facts import Movement, check_other_fund, check_party, check_reference
from mptf.cash.foretold import Given, Listed, foretold
from mptf.cash.models import KINDS, OF_DIRECT_COST, OF_INTEREST, OF_KEPT_INTEREST, CashDocument
from mptf.cash.remarks import remarks_on
from mptf.claims.models import Claim, InterestTerm
from mptf.claims.queries import direct_costs_in_force, interest_terms
from mptf.core.days import parse_day
from mptf.core.errors import N_, RuleBroken
from mptf.core.money import Money
from mptf.core.remarks import Remark
from mptf.core.sentences import cut
from mptf.fund.facts import check_value_date
from mptf.fund.models import Fund
from mptf.ledger.chart import EntryKind
from mptf.ledger.references import LONGEST_REFERENCE, plain
from mptf.organisations.models import Organisation
from mptf.organisations.queries import organisations_of
from mptf.paper.fields import Line, kept
from mptf.paper.problems import Problem, Problems, error, in_a_cell, warning
from mptf.paper.shape import Comparison, ReadTable, Rule, Shape
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

    The reference is the number of a project, of a direct cost, or of the agreement that keeps interest; the code of the
    fund says that none does.
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
    """What importing a list would do: the movements to record, the documents it confirms, and what will be remarked.

    `numbers` are those of the new rows in the file, `remarks` those of each once all of them are recorded.
    """

    movements: list[Movement]
    to_confirm: list[CashDocument]
    numbers: list[int]
    remarks: list[list[Remark]]

    @property
    def flagged(self) -> int:
        """How many rows will be flagged."""
        return sum(map(bool, self.remarks))

    def first(self, most: int) -> Sequence[tuple[CashRow, int, list[Remark]]]:
        """Return the first rows to add, each with its number and what will be remarked, those with a remark first."""
        every = zip(self.new, self.numbers, self.remarks, strict=True)
        return sorted(every, key=lambda one: not one[2])[:most]


@dataclass(frozen=True)
class _Books:
    """What a row is compared with: names, approved direct costs, agreements that keep interest, documents of its day.

    A document that was matched is not compared again.
    """

    fund: Fund
    organisations: dict[str, Organisation]
    direct_costs: dict[str, tuple[Claim, Money]]
    terms: Sequence[InterestTerm]
    known: dict[tuple[Any, ...], list[CashDocument]]

    @classmethod
    def of(cls, fund: Fund, days: set[date]) -> "_Books":
        """Read what the rows of these days are compared with."""
        known = defaultdict(list)
        for document in queries.standing_on(fund, days):
            known[_identity(document)].append(document)
        named = {name.casefold(): row for row in organisations_of() for name in (row.official_name, row.short_name)}
        return cls(fund, named, direct_costs_in_force(fund), interest_terms(fund), known)

    @property
    def rules(self) -> list[Rule[CashRow]]:
        """What refuses a row at its cells, each for itself; `Movement.check` says the same of what is typed."""
        return [
            Rule(("value_on",), lambda row: check_value_date(self.fund, row.value_on)),
            Rule(("organisation", "kind"), self._party),
            Rule(("reference", "kind"), self._reference),
            Rule(("reference", "kind", "organisation"), self._kept_for),
        ]

    def movement(self, row: CashRow) -> Movement:
        """Return what a row tells that no rule refuses."""
        claim = self._claim(row)
        return Movement(
            row.kind, row.amount, row.value_on, bank_reference=row.bank_reference, basis=row.note,
            reference=row.reference.upper() if claim else _project(row), party=self._party(row), claim=claim,
            kept_for=self._kept_for(row), of_fund=self._is_of_fund(row),
            other_fund=row.organisation if row.kind is EntryKind.FUND_TRANSFER else "",
        )  # fmt: skip

    def _party(self, row: CashRow) -> Organisation | None:
        """Return the organisation of a row; refused where the kind wants none, or the books know no such one."""
        if row.kind is EntryKind.FUND_TRANSFER:
            check_other_fund(row.organisation, "organisation")
            return None
        found = self.organisations.get(row.organisation.casefold())
        if row.organisation and found is None:
            raise RuleBroken(
                N_("There is no organisation “{name}”. Write its short name as it stands under Organisations."),
                name=cut(row.organisation),
            )
        check_party(row.kind, named=found is not None)
        return found

    def _reference(self, row: CashRow) -> None:
        """Refuse a number nobody approved, none of a project where there must be one, and any where there is none."""
        self._claim(row)
        check_reference(row.kind, _project(row))

    def _claim(self, row: CashRow) -> Claim | None:
        """Return the direct cost a row names by its number; refused where none was approved under it."""
        if row.kind not in OF_DIRECT_COST or not row.reference:
            return None
        found = self.direct_costs.get(row.reference.upper())
        if found is None:
            raise RuleBroken(
                N_("No direct cost {number} was approved. Write a number such as DC-1, or leave it out."),
                number=cut(row.reference),
            )
        return found[0]

    def _kept_for(self, row: CashRow) -> InterestTerm | None:
        """Return the agreement of a reference that keeps interest; of a refund, the one of its contributor."""
        if row.kind not in OF_KEPT_INTEREST or not row.reference:
            return None
        found = [term for term in self.terms if term.reference.casefold() == row.reference.casefold()]
        if row.kind is EntryKind.CONTRIBUTOR_REFUND:
            whose = self.organisations.get(row.organisation.casefold())
            if whose is None:
                return None  # refused for its organisation
            found = [term for term in found if term.organisation_id == whose.id]
        if self._is_of_fund(row):
            return None
        if len(found) != 1:
            raise RuleBroken(
                N_(
                    "There is not one agreement {number} that keeps interest. Write its reference as it stands there, "
                    "or leave it out."
                ),
                number=cut(row.reference),
            )
        return found[0]

    def _is_of_fund(self, row: CashRow) -> bool:
        """Tell whether interest names the code of the fund: then it is the fund's as a whole."""
        return row.kind in OF_INTEREST and row.reference.casefold() == self.fund.code.casefold()

    def take_known(self, what: Movement) -> CashDocument | None:
        """Return the document that tells the same, which no other row then is; one side may lack the reference.

        Of several, one that says the same of whose it is.
        """
        alike = self.known.get(tuple(what.identity.values()), [])
        wanted = plain(what.bank_reference)
        same = [one for one in alike if plain(one.bank_reference) == wanted]
        open_ = [one for one in alike if not wanted or not one.bank_reference]
        ordered = [one for some in (same, open_) for one in sorted(some, key=lambda one: _says_otherwise(what, one))]
        found = next(iter(ordered), None)
        if found is not None:
            alike.remove(found)
        return found


def compare(fund: Fund, table: ReadTable[CashRow], viewer: Viewer) -> CashComparison:
    """Tell new movements from known ones; what the Administrative Agent itself brings confirms what is advised."""
    if fund.currency != CURRENCY:
        problems = deepcopy(table.problems)
        problems.first(error(_OTHER_BOOKS, currency=fund.currency))
        return CashComparison([], 0, problems, [], [], [], [])
    books = _Books.of(fund, {row.value_on for row, _ in table.rows})
    rows, problems = table.held_against(books.rules)
    new, known, agreed = list[tuple[CashRow, Record, Movement]](), 0, list[CashDocument]()
    earlier: dict[tuple[Any, ...], list[tuple[str, int]]] = defaultdict(list)
    for row, record in rows:
        what = books.movement(row)
        if twice := _not_told_apart(what, record, earlier[tuple(what.identity.values())]):
            problems.add([twice], record)
        elif document := books.take_known(what):
            known += 1
            if _says_otherwise(what, document):
                problems.add([_otherwise(document, record)], record)
            else:
                agreed.append(document)
        else:
            new.append((row, record, what))
    confirms = can(viewer, Permission.DEPOSITS_CONFIRM, fund)
    advised = [one for one in agreed if confirms and one.entry.confirmation is None and one.by_id != viewer.id]
    remarks = list(_remarks(books, new, problems))
    return CashComparison(
        [row for row, _, _ in new], known, problems, [what for _, _, what in new], advised,
        [record.number for _, record, _ in new], remarks,
    )  # fmt: skip


def _remarks(
    books: _Books, new: Sequence[tuple[CashRow, Record, Movement]], problems: Problems
) -> Iterator[list[Remark]]:
    """Yield what will be remarked on each new row, and warn of it; with rows that are refused, no sum is complete."""
    listed = [Listed(what, record.number) for _, record, what in new]
    in_force = {claim.id: amount for claim, amount in books.direct_costs.values()}
    around = foretold(books.fund, listed, Given(books.terms, in_force), complete=not problems.errors)
    for (_, record, what), one in zip(new, around, strict=True):
        remarks = remarks_on(what, one)
        problems.add(warning(said.template, record.place(said.about), **said.values) for said in remarks)
        yield remarks


def _project(row: CashRow) -> str:
    """Return the reference of a row that names no direct cost and no agreement."""
    return "" if row.kind in OF_KEPT_INTEREST else row.reference


def _not_told_apart(what: Movement, record: Record, earlier: list[tuple[str, int]]) -> Problem | None:
    """Refuse a row whose figures an earlier one has, unless each gives a bank reference of its own."""
    reference = plain(what.bank_reference)
    for other, row in earlier:
        if not reference or not other or reference == other:
            return error(SHAPE.twice, record.place("bank_reference"), first=row)
    earlier.append((reference, record.number))
    return None


def _says_otherwise(what: Movement, document: CashDocument) -> bool:
    """Tell whether a row says of its money whose it is, and the document says something else; a row may say nothing."""
    if what.kept_for is None:
        return what.of_fund and document.of_fund is None
    return document.kept_for is None or document.kept_for.id != what.kept_for.id


def _otherwise(document: CashDocument, record: Record) -> Problem:
    told = N_(
        "It is recorded already, and there without an agreement. It is not confirmed by this row: correct the row, or "
        "have the document reversed and import the list again."
    )
    if document.of_fund:
        told = N_(
            "It is recorded already, and there as the fund’s as a whole. It is not confirmed by this row: correct the "
            "row, or have the document reversed and import the list again."
        )
    if document.kept_for:
        told = N_(
            "It is recorded already, and there under {agreement}. It is not confirmed by this row: correct the row, or "
            "have the document reversed and import the list again."
        )
    values = {"agreement": document.kept_for.name} if document.kept_for else {}
    return warning(told, record.place("reference"), **values)


def _identity(document: CashDocument) -> tuple[Any, ...]:
    return tuple(
        Movement(
            document.kind, document.amount, document.value_on, document.party, document.reference, document.other_fund
        ).identity.values()
    )
