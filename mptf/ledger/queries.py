"""Read a fund's books: accounts, the journal, months, and what became of entries. Every query names its fund."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from mptf.core.db import db, one_of
from mptf.core.paging import Page, page_of
from mptf.fund.models import Fund
from mptf.ledger.chart import ChartLine, EntryKind
from mptf.ledger.models import LONGEST_KEY, Account, Closing, Confirmation, Entry, Line
from mptf.ledger.periods import month_of, next_month
from mptf.organisations.models import Organisation


@dataclass(frozen=True)
class Journal:
    """What a person asked of the journal: a line of the chart, what posted, days, and the month it posts in.

    `document` is the table of the documents; `corrections` asks for what was reversed and what reverses, or, if false,
    for what stands.
    """

    account: str = ""
    kind: EntryKind | None = None
    document: str = ""
    since: date | None = None
    until: date | None = None
    period: date | None = None
    corrections: bool | None = None
    page: int = 1


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


def entries(fund: Fund, asked: Journal) -> Page[Entry]:
    """Return a page of the journal with lines, accounts and confirmations; the latest value date first."""
    ordered = _whole().where(*_asked(fund, asked)).order_by(Entry.value_on.desc(), Entry.number.desc())
    everything = asked == Journal(page=asked.page)
    return page_of(ordered, asked.page, total=last_number(fund) if everything else None)


def first_entries(fund: Fund, asked: Journal, most: int) -> Sequence[Entry]:
    """Return what was asked of the journal from its beginning, by value date and number, at most so many entries."""
    ordered = _whole().where(*_asked(fund, asked)).order_by(Entry.value_on, Entry.number)
    return db.session.scalars(ordered.limit(most)).all()


def last_number(fund: Fund) -> int:
    """Return how many entries a journal has: they are numbered without gaps."""
    return db.session.scalar(select(func.max(Entry.number)).where(Entry.fund_id == fund.id)) or 0


def every_entry(fund: Fund) -> Sequence[Entry]:
    """Return the whole journal, by value date and number."""
    whole = _whole().where(Entry.fund_id == fund.id).order_by(Entry.value_on, Entry.number)
    return db.session.scalars(whole).all()


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


def periods(fund: Fund) -> Sequence[date]:
    """Return the months in which anything was posted, the latest first."""
    return db.session.scalars(
        select(Entry.period).where(Entry.fund_id == fund.id).distinct().order_by(Entry.period.desc())
    ).all()


def count_advised(fund: Fund, *, period: date | None) -> int:
    """Return how many entries of a month stand and are not confirmed."""
    same = and_(Confirmation.entry_id == Entry.id, Confirmation.fund_id == Entry.fund_id)
    advised = select(func.count()).select_from(Entry).outerjoin(Confirmation, same)
    standing = (
        Entry.fund_id == fund.id,
        Entry.period == period,
        Entry.reverses_id.is_(None),
        Entry.id.not_in(_taken_back(fund)),
    )
    return db.session.scalar(advised.where(*standing, Confirmation.id.is_(None))) or 0


def _taken_back(fund: Fund) -> Select[int | None]:
    """Select the entries of a fund that were reversed."""
    back = aliased(Entry)
    return select(back.reverses_id).where(back.fund_id == fund.id, back.reverses_id.is_not(None))


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
        joinedload(Entry.reverses),
    )


def _whole() -> Select[Entry]:
    lines = selectinload(Entry.lines)
    account = lines.joinedload(Line.account).joinedload(Account.party)
    return headed().options(account, lines.joinedload(Line.window))


def _asked(fund: Fund, asked: Journal) -> list[ColumnElement[bool]]:
    where = [Entry.fund_id == fund.id]
    if asked.since:
        where.append(Entry.value_on >= asked.since)
    if asked.until:
        where.append(Entry.value_on <= asked.until)
    if asked.period:
        where.append(Entry.period == asked.period)
    if asked.kind:
        where.append(Entry.kind == asked.kind)
    if asked.document:
        where.append(Entry.source_kind == asked.document)
    if asked.corrections is not None:
        corrected = or_(Entry.reverses_id.is_not(None), Entry.id.in_(_taken_back(fund)))
        where.append(corrected if asked.corrections else ~corrected)
    if asked.account:
        touched = select(Line.entry_id).join(Account, Account.id == Line.account_id)
        where.append(Entry.id.in_(touched.where(Account.fund_id == fund.id, Account.code == asked.account)))
    return where
