"""Read the cash documents of a fund: a page of them with their sums, one, and what stands around each (`around`)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import aliased, joinedload

from mptf.cash import around
from mptf.cash.models import COMES_BACK, KINDS, OUTGOING, CashDocument, InterestOfFund
from mptf.cash.remarks import Around, DocumentLine
from mptf.claims.models import InterestTerm
from mptf.core.db import db
from mptf.core.errors import N_, NotFound
from mptf.core.money import Money
from mptf.core.paging import PAGE_SIZE, Page, offset, within
from mptf.core.waiting import MOST_READ, Findable, Waiting, oldest_of, result_columns
from mptf.fund.models import Fund
from mptf.imports.models import TableImport
from mptf.ledger import references
from mptf.ledger.chart import EntryKind
from mptf.ledger.models import Confirmation, DocumentKind, Entry, Standing, Unconfirmed
from mptf.organisations.models import Organisation
from mptf.policy import Permission, Viewer, can

DOCUMENTS = (DocumentKind(CashDocument.__tablename__, N_("Cash document"), KINDS, "cash.document"),)

DOC = CashDocument.__table__.c

REVERSAL = aliased(Entry)
STANDS = REVERSAL.id.is_(None)
# The few that wait are asked for, not the many that were confirmed.
WAITS = select(Unconfirmed.entry_id).where(Unconfirmed.entry_id == CashDocument.entry_id).exists()


@dataclass(frozen=True)
class Asked:
    """What a person asked of the list; anything left empty asks for all."""

    kind: EntryKind | None = None
    organisation: str = ""
    year: int = 0
    standing: Standing | None = None
    flagged: bool = False
    page: int = 1


@dataclass(frozen=True)
class KindSum:
    """How many documents of a kind count, and what they come to."""

    kind: EntryKind
    count: int
    amount: Money


@dataclass(frozen=True)
class Listed:
    """A page of documents, and what everything that was asked for comes to, kind by kind; the reversed left out."""

    page: Page[DocumentLine]
    sums: Sequence[KindSum]
    came_in: Money
    went_out: Money


def documents(fund: Fund, asked: Asked) -> Listed:
    """Return a page of the documents of a fund, the latest value date first, with the sums of all of them."""
    found = _asked(fund, asked)
    counted = db.session.execute(
        found.with_only_columns(CashDocument.kind, STANDS, func.count(), func.sum(DOC.amount_minor)).group_by(
            CashDocument.kind, STANDS
        )
    ).all()
    total = sum(row[2] for row in counted)
    number = within(asked.page, total)
    page = Page(_whole(fund, _sheet(fund, found, number)), number, total)
    sums = [KindSum(kind, count, Money(int(minor), fund.currency)) for kind, stands, count, minor in counted if stands]
    sums.sort(key=lambda row: (row.kind in OUTGOING, row.kind.label))
    zero = Money.zero(fund.currency)
    came_in = sum((row.amount for row in sums if row.kind not in OUTGOING), zero)
    went_out = sum((row.amount for row in sums if row.kind in OUTGOING), zero)
    return Listed(page, sums, came_in, went_out)


def get_document(fund: Fund, public_id: str) -> DocumentLine:
    """Return a document of a fund, or raise NotFound."""
    found = _whole(fund, _posted(fund).where(CashDocument.public_id == public_id))
    if not found:
        raise NotFound
    return found[0]


def years(fund: Fund) -> Sequence[int]:
    """Return the years from the first value date to the last, the latest first."""
    ends: Any = select(func.min(DOC.value_on), func.max(DOC.value_on)).where(DOC.fund_id == fund.id)
    first, last = db.session.execute(ends).one()
    return list(range(last.year, first.year - 1, -1)) if first else []


def parties(fund: Fund) -> Sequence[Organisation]:
    """Return the organisations documents are about, by name."""
    named = select(CashDocument.id).where(
        CashDocument.organisation_id == Organisation.id, CashDocument.fund_id == fund.id
    )
    return db.session.scalars(select(Organisation).where(named.exists()).order_by(Organisation.short_name)).all()


def standing_on(fund: Fund, days: Collection[date]) -> Sequence[CashDocument]:
    """Return the documents of these value dates that were not reversed, with their confirmations and whose they are."""
    stands = _posted(fund).where(STANDS, CashDocument.value_on.in_(days)).order_by(DOC.id)
    around = (
        joinedload(CashDocument.party),
        joinedload(CashDocument.entry).joinedload(Entry.confirmation),
        joinedload(CashDocument.kept_for).joinedload(InterestTerm.contributor),
        joinedload(CashDocument.of_fund),
    )
    return db.session.scalars(stands.options(*around)).all()


def flagged_of(fund: Fund, table: TableImport) -> int:
    """Return how many of the documents an import recorded are flagged now."""
    flagged = _asked(fund, Asked(flagged=True)).where(CashDocument.import_id == table.id)
    return db.session.scalar(flagged.with_only_columns(func.count())) or 0


def find_like(fund: Fund, facts: dict[str, Any], *, unnamed: bool = False) -> CashDocument | None:
    """Return a document that stands with the same facts, whatever the bank called it; or one the bank did not name."""
    same = [DOC[name] == value for name, value in facts.items()]
    if unnamed:
        same.append(DOC.plain_reference == "")
    return db.session.scalars(_posted(fund).where(STANDS, *same).limit(1)).first()


def waiting_for(viewer: Viewer, fund: Fund) -> list[Waiting]:
    """Return the advised documents that wait for the Administrative Agent's word, and that flagged ones are looked at.

    What this person recorded waits for somebody else to confirm it; the oldest stands first.
    """
    return [*_to_confirm(viewer, fund), *_to_look_at(viewer, fund)]


def _to_look_at(viewer: Viewer, fund: Fund) -> list[Waiting]:
    """Return how many documents are flagged, for the people who can have them put right."""
    if not can(viewer, Permission.CASH_RECORD, fund):
        return []
    flagged = _asked(fund, Asked(flagged=True))
    count = db.session.scalar(flagged.with_only_columns(func.count())) or 0
    if not count:
        return []
    latest = _whole(fund, _sheet(fund, flagged))
    wrong = dict.fromkeys(remark.title for line in latest for remark in line.remarks if remark.tone == "warn")
    document = latest[0].document
    one, many = N_("Look at {amount}: {kind}"), N_("Look at {count} cash documents")
    facts = {"count": count, "amount": document.amount, "kind": document.kind.label, "wrong": ", ".join(wrong)}
    return [Waiting(one if count == 1 else many, N_("{wrong}"), "cash.documents", {"flagged": "yes"}, facts)]


OTHERS_TO_CONFIRM = Waiting(
    title=N_("Confirm more cash documents"),
    context=N_("Advised; importing the Administrative Agent’s list confirms many at once"),
    endpoint="cash.documents",
    values={"standing": Standing.ADVISED.value},
)


def _to_confirm(viewer: Viewer, fund: Fund) -> list[Waiting]:
    if not can(viewer, Permission.DEPOSITS_CONFIRM, fund):
        return []
    advised = _posted(fund).where(STANDS, WAITS, CashDocument.by_id != viewer.id)
    found = advised.options(joinedload(CashDocument.party)).order_by(DOC.value_on, DOC.id).limit(MOST_READ)
    oldest = [
        Waiting(
            title=N_("Confirm {amount}: {kind}"),
            context=N_("Value date {day}, advised"),
            endpoint="cash.document",
            values={"public_id": row.public_id},
            facts={"amount": row.amount, "kind": row.kind.label, "day": row.value_on},
        )
        for row in db.session.scalars(found)
    ]
    return oldest_of(oldest, OTHERS_TO_CONFIRM)


def findable(viewer: Viewer, fund: Fund) -> list[Findable]:
    """Return the cash documents this person may find."""
    if not can(viewer, Permission.CASH_VIEW, fund):
        return []
    label = case(*((CashDocument.kind == kind, kind.label) for kind in EntryKind))
    whose = func.coalesce(Organisation.short_name, CashDocument.other_fund)
    named = case((whose == "", label), else_=label + ", " + whose)
    columns = result_columns(
        CashDocument.__tablename__, CashDocument.public_id, named, names=(DOC.reference, DOC.bank_reference),
        minor=DOC.amount_minor, currency=DOC.amount_currency, day=DOC.value_on,
    )  # fmt: skip
    seen = select(*columns).select_from(CashDocument).outerjoin(CashDocument.party)
    mine = seen.where(CashDocument.fund_id == fund.id)
    return [Findable(CashDocument.__tablename__, N_("Cash document"), "cash.document", mine)]


def _posted(fund: Fund) -> Select[CashDocument]:
    """Select the documents of a fund, each with its reversal if it has one.

    The key of an entry is enough: named once more, the fund would let SQLite begin with all of its reversals.
    """
    reversed_by = REVERSAL.reverses_id == CashDocument.entry_id
    return select(CashDocument).outerjoin(REVERSAL, reversed_by).where(CashDocument.fund_id == fund.id)


def _asked(fund: Fund, asked: Asked) -> Select[CashDocument]:
    found = _posted(fund)
    if asked.kind:
        found = found.where(CashDocument.kind == asked.kind)
    if asked.organisation:
        named = select(Organisation.id).where(Organisation.public_id == asked.organisation)
        found = found.where(CashDocument.organisation_id.in_(named))
    if asked.year:
        found = found.where(CashDocument.value_on.between(date(asked.year, 1, 1), date(asked.year, 12, 31)))
    if asked.standing:
        found = found.where(*_STANDING[asked.standing])
    return found.where(STANDS, around.flagged(fund)) if asked.flagged else found


_STANDING: dict[Standing, tuple[ColumnElement[bool], ...]] = {
    Standing.ADVISED: (STANDS, WAITS),
    Standing.CONFIRMED: (STANDS, ~WAITS),
    Standing.REVERSED: (~STANDS,),
}


def _sheet(fund: Fund, found: Select[CashDocument], number: int = 1) -> Select[CashDocument]:
    """Select a page of what was found, the latest value date first.

    First which they are, then what stands around them: asked at once, PostgreSQL walks from document to document.
    """
    order = (DOC.value_on.desc(), DOC.id.desc())
    keys = found.with_only_columns(DOC.id).order_by(*order).limit(PAGE_SIZE).offset(offset(number)).subquery()
    return _posted(fund).join(keys, keys.c.id == DOC.id).order_by(*order)


def _whole(fund: Fund, found: Select[CashDocument]) -> list[DocumentLine]:
    """Read documents with what stands around each at the end of its value date."""
    columns = (
        case((CashDocument.kind.in_(COMES_BACK), around.excess())),
        case((CashDocument.kind == EntryKind.DIRECT_COST, around.over_claim())),
        case((CashDocument.kind == EntryKind.CONTRIBUTOR_REFUND, around.over_kept())),
        around.kept_for_nobody(),
        around.kept_on_other_days(),
        *references.seen(CashDocument.__table__),
    )
    whole = found.add_columns(*columns).options(
        joinedload(CashDocument.party),
        joinedload(CashDocument.window),
        joinedload(CashDocument.claim),
        joinedload(CashDocument.kept_for).joinedload(InterestTerm.contributor),
        joinedload(CashDocument.of_fund).joinedload(InterestOfFund.by),
        joinedload(CashDocument.table).joinedload(TableImport.file),
        joinedload(CashDocument.by),
        joinedload(CashDocument.entry).options(
            joinedload(Entry.confirmation).joinedload(Confirmation.by), joinedload(Entry.reversal)
        ),
    )
    rows = db.session.execute(whole).all()
    held = around.held(fund, {row[0].value_on for row in rows})
    return [_line(fund, held, *row) for row in rows]


def _line(
    fund: Fund, held: Mapping[date, int], document: CashDocument, excess: Any, over_claim: Any, over_kept: Any,
    unsaid: bool, other_days: bool, *seen: date | None,
) -> DocumentLine:  # fmt: skip
    def money(minor: Any) -> Money | None:
        return None if minor is None else Money(int(minor), fund.currency)

    return DocumentLine(
        document,
        Around(
            Money(held.get(document.value_on, 0), fund.currency),
            money(excess),
            money(over_claim),
            money(over_kept),
            references.first_seen(seen),
            kept_for_nobody=bool(unsaid),
            kept_on_other_days=bool(other_days),
            posts_in=document.entry.period if document.entry.late else None,
        ),
    )
