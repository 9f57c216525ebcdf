"""Read a fund's books: balances as at a day and as known at a moment, and the journal.

`as_at` limits by value date (that day included), `known_at` by the moment of recording; without them
everything counts. Every query names its fund.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, extract, func, or_, select, tuple_
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from mptf.core.db import db, one_of
from mptf.core.money import Money, totals
from mptf.core.paging import PAGE_SIZE, Page, counted, offset, page_of
from mptf.fund.models import Fund
from mptf.ledger.chart import ChartLine, EntryKind
from mptf.ledger.models import Account, Closing, Confirmation, Entry, Line
from mptf.ledger.periods import month_of, next_month
from mptf.organisations.models import Organisation


@dataclass(frozen=True)
class Balance:
    """What an account holds in one currency; debits are positive. `advised` is the part not yet confirmed."""

    account: Account
    amount: Money
    advised: Money

    @property
    def debit(self) -> Money | None:
        """The amount, if it stands on the left."""
        return self.amount if self.amount.minor > 0 else None

    @property
    def credit(self) -> Money | None:
        """The amount without its sign, if it stands on the right."""
        return -self.amount if self.amount.minor < 0 else None

    @property
    def advised_size(self) -> Money:
        """The part not yet confirmed, on the side the balance stands on."""
        return -self.advised if self.amount.minor < 0 else self.advised


@dataclass(frozen=True)
class TrialBalance:
    """The balances of every account that moved, and what both sides come to in each currency."""

    rows: Sequence[Balance]
    debits: dict[str, Money]
    credits: dict[str, Money]


@dataclass(frozen=True, slots=True)
class Movement:
    """What moved in a month on a line of the chart, over all its accounts, in the fund's currency; debits positive."""

    code: str
    month: date
    amount: Money


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


@dataclass(frozen=True)
class AccountLine:
    """A line of an account with its entry, and what the account holds after it in the line's currency."""

    line: Line
    entry: Entry
    balance: Money


@dataclass(frozen=True)
class Statement:
    """A page of an account: what it held before, its lines by value date, what it held after, per currency."""

    opening: dict[str, Money]
    page: Page[AccountLine]
    closing: dict[str, Money]


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


def balances(
    fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None, period: date | None = None
) -> list[Balance]:
    """Return the balance of every account that moved, per currency, by code; of one month, what posted in it."""
    sums = (
        select(Line.account_id, Line.amount_currency, func.sum(Line.amount_minor))
        .where(*_moved(fund, as_at, known_at))
        .group_by(Line.account_id, Line.amount_currency)
    )
    if period is not None:
        sums = sums.where(Line.entry_id.in_(select(Entry.id).where(Entry.fund_id == fund.id, Entry.period == period)))
    waiting = {(row[0], row[1]): int(row[2]) for row in db.session.execute(sums.where(_advised(fund, known_at)))}
    held: dict[int, list[tuple[str, int]]] = {}
    for account_id, currency, minor in db.session.execute(sums.order_by(Line.amount_currency)):
        held.setdefault(account_id, []).append((currency, int(minor)))
    return [
        Balance(account, Money(minor, currency), Money(waiting.get((account.id, currency), 0), currency))
        for account in accounts(fund)
        for currency, minor in held.get(account.id, ())
    ]


def balance(
    fund: Fund, account: ChartLine, *, as_at: date | None = None, known_at: datetime | None = None
) -> dict[str, Money]:
    """Return what a line of the chart holds over all its accounts, per currency."""
    sums = (
        select(Line.amount_currency, func.sum(Line.amount_minor))
        .join(Account, and_(Account.id == Line.account_id, Account.fund_id == Line.fund_id))
        .where(*_moved(fund, as_at, known_at), Account.code == account.code)
        .group_by(Line.amount_currency)
    )
    return totals(Money(int(minor), currency) for currency, minor in db.session.execute(sums))


def movements(
    fund: Fund, *, as_at: date, known_at: datetime | None = None, confirmed_only: bool = False
) -> list[Movement]:
    """Return what moved up to a day by line of the chart and month; without what was advised then, if asked."""
    moved = _monthly(fund, _moved(fund, as_at, known_at))
    if confirmed_only:
        for key, minor in _monthly(fund, [*_moved(fund, as_at, known_at), _advised(fund, known_at)]).items():
            moved[key] -= minor
    return [Movement(code, month, Money(minor, fund.currency)) for (code, month), minor in moved.items()]


def _monthly(fund: Fund, where: list[ColumnElement[bool]]) -> dict[tuple[str, date], int]:
    """Add lines up by day within their account, as the index holds them, and these few sums by month."""
    daily = (
        select(Line.account_id, Line.value_on, func.sum(Line.amount_minor).label("minor"))
        .where(*where, Line.amount_currency == fund.currency)
        .group_by(Line.account_id, Line.value_on)
        .subquery()
    )
    year, month = extract("year", daily.c.value_on), extract("month", daily.c.value_on)
    sums = (
        select(Account.code, year, month, func.sum(daily.c.minor))
        .join(Account, and_(Account.id == daily.c.account_id, Account.fund_id == fund.id))
        .group_by(Account.code, year, month)
        .order_by(year, month, Account.code)
    )
    rows = db.session.execute(sums)
    return {(code, date(int(in_year), int(in_month), 1)): int(minor) for code, in_year, in_month, minor in rows}


def by_party(
    fund: Fund, lines: Iterable[ChartLine], *, as_at: date | None = None, known_at: datetime | None = None
) -> dict[tuple[int, str], Money]:
    """Return what each organisation's accounts hold in the fund's currency, by its key and the line of the chart."""
    sums = (
        select(Account.organisation_id, Account.code, func.sum(Line.amount_minor))
        .join(Account, and_(Account.id == Line.account_id, Account.fund_id == Line.fund_id))
        .where(*_moved(fund, as_at, known_at), Account.code.in_([line.code for line in lines]))
        .where(Account.organisation_id.is_not(None), Line.amount_currency == fund.currency)
        .group_by(Account.organisation_id, Account.code)
    )
    rows = db.session.execute(sums)
    return {(int(party or 0), code): Money(int(minor), fund.currency) for party, code, minor in rows}


def confirmed_lines(fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None) -> Select[Line]:
    """Select the lines whose entries the Administrative Agent had confirmed by then."""
    same = and_(Confirmation.entry_id == Line.entry_id, Confirmation.fund_id == Line.fund_id)
    confirmed = select(Line).join(Confirmation, same).where(*_moved(fund, as_at, known_at))
    return confirmed if known_at is None else confirmed.where(Confirmation.confirmed_at <= known_at)


def trial_balance(
    fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None, period: date | None = None
) -> TrialBalance:
    """Return the balances of a fund with the sums of both sides, which are equal."""
    rows = balances(fund, as_at=as_at, known_at=known_at, period=period)
    return TrialBalance(rows, _sums(row.debit for row in rows), _sums(row.credit for row in rows))


def entries(fund: Fund, asked: Journal) -> Page[Entry]:
    """Return a page of the journal with lines, accounts and confirmations; the latest value date first."""
    ordered = _whole().where(*_asked(fund, asked)).order_by(Entry.value_on.desc(), Entry.number.desc())
    return page_of(ordered, asked.page)


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


def statement(
    fund: Fund, account: Account, *, as_at: date | None = None, known_at: datetime | None = None, page: int = 1
) -> Statement:
    """Return a page of an account's lines, by value date and posting, with what it held before and after."""
    moved = and_(*_moved(fund, as_at, known_at), Line.account_id == account.id)
    found = select(Line).where(moved)
    number, total = counted(found, page, size=PAGE_SIZE)
    ordered = found.order_by(Line.value_on, Line.id).limit(PAGE_SIZE).offset(offset(number, PAGE_SIZE))
    lines = db.session.scalars(ordered).all()
    by_id = {
        entry.id: entry for entry in db.session.scalars(
            _headed().where(Entry.fund_id == fund.id, Entry.id.in_({line.entry_id for line in lines}))
        )
    }  # fmt: skip
    opening = held = _before(moved, lines[0]) if lines else {}
    rows = []
    for line in lines:
        currency = line.amount.currency
        held = {**held, currency: held.get(currency, Money.zero(currency)) + line.amount}
        rows.append(AccountLine(line, by_id[line.entry_id], held[currency]))
    return Statement(opening, Page(rows, number, total, PAGE_SIZE), held)


def _before(moved: ColumnElement[bool], first: Line) -> dict[str, Money]:
    """Add up the lines that come before one, per currency."""
    earlier = tuple_(Line.value_on, Line.id) < tuple_(first.value_on, first.id)
    sums = select(Line.amount_currency, func.sum(Line.amount_minor)).where(moved, earlier)
    return totals(
        Money(int(minor), currency) for currency, minor in db.session.execute(sums.group_by(Line.amount_currency))
    )


def place_of(fund: Fund, key: str) -> tuple[str, Entry | None]:
    """Return the key a fact posts under, and the entry that stands there already, if one does.

    After a reversal the same fact may be posted anew; its key then names the reversal.
    """
    while (entry := _find_by_key(fund, key)) is not None and entry.reversal:
        key = f"after {entry.reversal.public_id}"
    return key, entry


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
    earliest: date | None = db.session.scalar(select(func.min(Entry.value_on)).where(Entry.fund_id == fund.id))
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


def _headed() -> Select[Entry]:
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
    return _headed().options(account, lines.joinedload(Line.window))


def _moved(fund: Fund, as_at: date | None, known_at: datetime | None) -> list[ColumnElement[bool]]:
    where = [Line.fund_id == fund.id]
    if as_at is not None:
        where.append(Line.value_on <= as_at)
    if known_at is not None:
        where.append(Line.recorded_at <= known_at)
    return where


def _advised(fund: Fund, known_at: datetime | None) -> ColumnElement[bool]:
    """Return the condition that a line's entry was not confirmed by then: few entries, so they are found first."""
    same = and_(Confirmation.entry_id == Entry.id, Confirmation.fund_id == Entry.fund_id)
    by_then = same if known_at is None else and_(same, Confirmation.confirmed_at <= known_at)
    unconfirmed = select(Entry.id).outerjoin(Confirmation, by_then)
    return Line.entry_id.in_(unconfirmed.where(Entry.fund_id == fund.id, Confirmation.id.is_(None)))


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


def _sums(amounts: Iterable[Money | None]) -> dict[str, Money]:
    return totals(amount for amount in amounts if amount is not None)
