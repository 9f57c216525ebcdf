"""Read a fund's books: accounts, entries, months, and what became of entries. Every query names its fund."""

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, exists, func, literal, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from mptf.core.db import db, one_of
from mptf.core.errors import N_
from mptf.core.paging import Page, page_of
from mptf.core.waiting import Findable, result_columns
from mptf.fund.models import Fund
from mptf.ledger.chart import ChartLine
from mptf.ledger.models import LONGEST_KEY, Account, Closing, Confirmation, Entry, Line
from mptf.ledger.periods import month_of, next_month
from mptf.organisations.models import Organisation
from mptf.policy import Permission, Viewer, can

_NUMBERED = re.compile(r"(?:entry *)?([0-9]{1,9})", re.IGNORECASE)


@dataclass(frozen=True)
class Posted:
    """How many entries posted in a month, and how many of them stand without being confirmed."""

    entries: int
    advised: int


def accounts(fund: Fund) -> Sequence[Account]:
    """Return the accounts of a fund with their parties, by code, party and reference."""
    return db.session.scalars(
        select(Account)
        .outerjoin(Account.party)
        .options(contains_eager(Account.party))
        .where(Account.fund_id == fund.id)
        .order_by(Account.code, Organisation.short_name.nulls_first(), Account.reference, Account.id)
    ).all()


def find_account(fund: Fund, line: ChartLine, party: Organisation | None, reference: str) -> Account | None:
    """Return the account of a line of the chart, of a party and a reference, if it was ever used."""
    wanted = select(Account).filter_by(
        fund_id=fund.id, code=line.code, organisation_id=party.id if party else None, reference=reference
    )
    return db.session.scalars(wanted).first()


def get_account(fund: Fund, public_id: str) -> Account:
    """Return an account of a fund, or raise NotFound."""
    wanted = select(Account).where(Account.fund_id == fund.id, Account.public_id == public_id)
    return one_of(wanted.options(joinedload(Account.party)))


def first_value_date(fund: Fund) -> date | None:
    """Return the earliest value date of a fund's books, or None before the first entry."""
    earliest: date | None = db.session.scalar(select(func.min(Entry.value_on)).where(Entry.fund_id == fund.id))
    return earliest


def last_number(fund: Fund) -> int:
    """Return how many entries a journal has: they are numbered without gaps."""
    return db.session.scalar(select(func.max(Entry.number)).where(Entry.fund_id == fund.id)) or 0


def every_entry(fund: Fund) -> Sequence[Entry]:
    """Return the whole journal, by value date and number."""
    whole = _whole().where(Entry.fund_id == fund.id).order_by(Entry.value_on, Entry.number)
    return db.session.scalars(whole).all()


def with_lines(fund: Fund, ids: Collection[int]) -> Sequence[Entry]:
    """Return these entries with all that stands around them."""
    return db.session.scalars(_whole().where(Entry.fund_id == fund.id, Entry.id.in_(ids))).all()


def entries_of(fund: Fund, source_kind: str, source_id: str) -> Sequence[Entry]:
    """Return what one document posted, in the order of posting."""
    return db.session.scalars(
        _whole()
        .where(Entry.fund_id == fund.id, Entry.source_kind == source_kind, Entry.source_id == source_id)
        .order_by(Entry.number)
    ).all()


def get_entry(fund: Fund, public_id: str) -> Entry:
    """Return an entry of a fund with its lines and what came of it, or raise NotFound."""
    return one_of(_whole().where(Entry.fund_id == fund.id, Entry.public_id == public_id))


def findable(viewer: Viewer, fund: Fund, asked: str) -> list[Findable]:
    """Return the entry a search names by its number, such as “Entry 7”; no other is looked for: a journal is long."""
    named = _NUMBERED.fullmatch(asked.strip())
    if named is None or not can(viewer, Permission.LEDGER_VIEW, fund):
        return []
    number = cast(Entry.number, String)
    title = literal(N_("Entry") + " ") + number
    columns = result_columns(Entry.__tablename__, Entry.public_id, title, names=(title, number), day=Entry.value_on)
    seen = select(*columns).where(Entry.fund_id == fund.id, Entry.number == int(named[1]))
    return [Findable(Entry.__tablename__, N_("Ledger entry"), "controls.entry", seen)]


def place_of(fund: Fund, key: str) -> tuple[str, Entry | None]:
    """Return the key a fact posts under, and the entry that stands there already, if one does.

    After a reversal the same fact may be posted anew; its key then names the reversal.
    """
    key = fitting(key)
    while (entry := _find_by_key(fund, key)) is not None and entry.reversal:
        key = f"after {entry.reversal.public_id}"
    return key, entry


def fitting(key: str) -> str:
    """Return a key as an entry keeps it: one that is too long ends in the digest of the whole."""
    if len(key) <= LONGEST_KEY:
        return key
    whole = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[: LONGEST_KEY - len(whole) - 1]} {whole}"


def _find_by_key(fund: Fund, key: str) -> Entry | None:
    wanted = select(Entry).where(Entry.fund_id == fund.id, Entry.key == key).options(joinedload(Entry.reversal))
    return db.session.scalars(wanted.execution_options(populate_existing=True)).first()


def find_reversal(entry: Entry) -> Entry | None:
    """Return the entry that takes this one back, if there is one."""
    return db.session.scalars(
        select(Entry).where(Entry.fund_id == entry.fund_id, Entry.reverses_id == entry.id)
    ).first()


def fund_of(entry: Entry) -> Fund:
    """Return the fund of an entry."""
    return db.session.get_one(Fund, entry.fund_id)


def posted_by_month(fund: Fund, first: date, last: date) -> dict[date, Posted]:
    """Return what posted in each month of a span in which anything did."""
    same = and_(Confirmation.entry_id == Entry.id, Confirmation.fund_id == Entry.fund_id)
    waits = and_(Confirmation.id.is_(None), Entry.reverses_id.is_(None), ~taken_back())
    counts = (
        select(Entry.period, func.count(), func.sum(case((waits, 1), else_=0)))
        .outerjoin(Confirmation, same)
        .where(Entry.fund_id == fund.id, Entry.period.between(first, last))
        .group_by(Entry.period)
    )
    return {month: Posted(entries, int(advised)) for month, entries, advised in db.session.execute(counts)}


def taken_back() -> ColumnElement[bool]:
    """Return the condition that an entry was reversed."""
    back = aliased(Entry)
    return exists().where(back.fund_id == Entry.fund_id, back.reverses_id == Entry.id)


def closings(fund: Fund, page: int = 1) -> Page[Closing]:
    """Return a page of the closed months of a fund, the latest first."""
    closed = select(Closing).where(Closing.fund_id == fund.id).order_by(Closing.month.desc())
    return page_of(closed.options(joinedload(Closing.prepared_by), joinedload(Closing.approved_by)), page)


def closed_to(fund: Fund) -> date | None:
    """Return the last closed month of a fund, or None before the first."""
    last: date | None = db.session.scalar(select(func.max(Closing.month)).where(Closing.fund_id == fund.id))
    return last


def next_to_close(fund: Fund) -> date | None:
    """Return the month to be closed next: after the last closed one, or that of the earliest value date."""
    if following := next_open(fund):
        return following
    earliest = first_value_date(fund)
    return None if earliest is None else month_of(earliest)


def next_open(fund: Fund) -> date | None:
    """Return the first month that takes entries, or None while every month does."""
    closed = closed_to(fund)
    return None if closed is None else next_month(closed)


def find_confirmation(entry: Entry) -> Confirmation | None:
    """Return the confirmation of an entry, if there is one."""
    return db.session.scalars(
        select(Confirmation).where(Confirmation.fund_id == entry.fund_id, Confirmation.entry_id == entry.id)
    ).first()


def headed() -> Select[Entry]:
    """Select entries with what stands at their head: who posted and confirmed them, and what takes what back."""
    return select(Entry).options(
        joinedload(Entry.by),
        joinedload(Entry.confirmation).joinedload(Confirmation.by),
        joinedload(Entry.reversal),
        joinedload(Entry.reverses).joinedload(Entry.confirmation),
    )


def _whole() -> Select[Entry]:
    lines = selectinload(Entry.lines)
    account = lines.joinedload(Line.account).joinedload(Account.party)
    return headed().options(account, lines.joinedload(Line.window))
