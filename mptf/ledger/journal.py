"""Read the journal of a fund, a page at a time, however long it is.

A page begins at a place in the journal, not at a number of pages from its beginning, and what was found is not counted:
both would take as long as the journal is. Every question is a short walk along an index.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Select, and_, bindparam, select, tuple_, union_all
from sqlalchemy.orm import aliased

from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.ledger import listed, queries
from mptf.ledger.chart import EntryKind
from mptf.ledger.listed import Listed
from mptf.ledger.models import DocumentKind, Entry

SIZE = 25  # entries, of two lines each
_SPELT = re.compile(r"(\d{4}-\d\d-\d\d)\.(\d{1,12})", re.ASCII)


@dataclass(frozen=True)
class Place:
    """An entry's place in the journal, which is ordered by value date and number, the latest first."""

    value_on: date
    number: int

    def __str__(self) -> str:
        return f"{self.value_on.isoformat()}.{self.number}"

    @classmethod
    def spelt(cls, text: str) -> "Place | None":
        """Read a place as an address spells it; what is none is None."""
        found = _SPELT.fullmatch(text)
        try:
            return cls(date.fromisoformat(found[1]), int(found[2])) if found else None
        except ValueError:
            return None


BEGINNING = Place(date.min, 0)


@dataclass(frozen=True)
class Journal:
    """What a person asked of the journal: a line of the chart, what posted, days, and the month it posts in.

    `corrections` asks for what was reversed and what reverses, or, if false, for what stands. The page of `size`
    entries ends before `after`, or begins behind `before`; without either it is the first.
    """

    account: str = ""
    kind: EntryKind | None = None
    document: DocumentKind | None = None
    since: date | None = None
    until: date | None = None
    period: date | None = None
    corrections: bool | None = None
    before: Place | None = None
    after: Place | None = None
    size: int = SIZE

    @property
    def kinds(self) -> tuple[EntryKind, ...]:
        """The kinds of entries that are asked for: accounts follow from the kind, and kinds from the document."""
        return tuple(
            kind for kind in EntryKind
            if self.kind in (None, kind)
            and self.account in ("", kind.debit.code, kind.credit.code)
            and (self.document is None or kind in self.document.posts)
        )  # fmt: skip

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        narrowed = self.document or self.since or self.until or self.period or self.corrections is not None
        return not narrowed and len(self.kinds) == len(EntryKind)


@dataclass(frozen=True)
class Sheet:
    """Entries of the journal, and where the sheets beside it begin: `newer` ends where this one begins.

    `total` is how many entries were found where that is known without counting: of the whole journal, and of what fits
    on one sheet.
    """

    items: Sequence[Listed]
    newer: Place | None = None
    older: Place | None = None
    total: int | None = None


def entries(fund: Fund, asked: Journal) -> Sheet:
    """Return a sheet of the journal with lines, accounts and standing; the latest value date first."""
    places = _places(fund, asked)
    more, places = len(places) > asked.size, places[: asked.size]
    places = places[::-1] if asked.after else places
    found = listed.by_id(fund, [place.id for place in places])
    items = [found[place.id] for place in places]
    newer = more if asked.after else asked.before is not None
    older = asked.after is not None or more
    alone = len(items) if not newer and not older else None
    total = queries.last_number(fund) if asked.everything else alone
    return Sheet(items, _place(items[:1], newer), _place(items[-1:], older), total)


_FUND_ID: Any = bindparam("fund_id")
_ON, _SINCE, _UNTIL, _PERIOD = (bindparam(name, type_=Date()) for name in ("on", "since", "until", "period"))
_NUMBER = bindparam("number", type_=BigInteger())


def _months() -> Select[Any]:
    """Select the months in which anything was posted: one step along the index for each."""
    period = select(Entry.period).where(Entry.fund_id == _FUND_ID).order_by(Entry.period.desc()).limit(1)
    month = select(period.scalar_subquery().label("month")).cte("month", recursive=True)
    earlier = period.where(Entry.period < month.c.month).correlate(month).scalar_subquery()
    month = month.union_all(select(earlier).where(month.c.month.is_not(None)))
    return select(month.c.month).where(month.c.month.is_not(None))


_MONTHS = _months()  # made once, as every page of the journal asks


def months(fund: Fund) -> Sequence[date]:
    """Return the months in which anything was posted, the latest first."""
    return db.session.scalars(_MONTHS, {"fund_id": fund.id}).all()


def whole(fund: Fund, asked: Journal, most: int) -> Sequence[Entry] | None:
    """Return all that was asked of the journal, the earliest value date first; None where that is more than so many."""
    places = _places(fund, replace(asked, size=most, before=None, after=BEGINNING))
    if len(places) > most:
        return None
    found = {entry.id: entry for entry in queries.with_lines(fund, [place.id for place in places])}
    return [found[place.id] for place in places]


def _place(ends: Sequence[Listed], there: bool) -> Place | None:
    return Place(ends[0].value_on, ends[0].number) if there and ends else None


def _places(fund: Fund, asked: Journal) -> list[Any]:
    """Return the ids and places of a sheet and of one entry more, in the direction that is asked for."""
    if not asked.kinds:
        return []
    place = asked.after or asked.before or BEGINNING
    bound = {
        "fund_id": fund.id, "on": place.value_on, "number": place.number, "since": asked.since, "until": asked.until,
        "period": asked.period,
    }  # fmt: skip
    return list(db.session.execute(_sheet(_shape(asked)), bound))


def _shape(asked: Journal) -> Journal:
    """Return which days and places are asked for and not which they are: of these there are few."""
    day, here = date.min, BEGINNING
    return replace(
        asked, since=asked.since and day, until=asked.until and day, period=asked.period and day,
        before=asked.before and here, after=asked.after and here,
    )  # fmt: skip


@lru_cache(maxsize=16)
def _sheet(asked: Journal) -> Select[Any]:
    """Select the places of a sheet of this shape; put together once, as that takes longer than to read them."""
    walks = _walks(asked)
    if len(walks) == 1:
        return walks[0]
    each = (walk.subquery() for walk in walks)
    merged = union_all(*(select(walk.c.id, walk.c.value_on, walk.c.number) for walk in each)).subquery()
    return _ended(select(merged), asked, merged.c.value_on, merged.c.number)


def _walks(asked: Journal) -> list[Select[Any]]:
    """Select what is asked for as walks, each along an index in its order, until a sheet is full."""
    some = len(asked.kinds) < len(EntryKind)
    of_kinds = [Entry.kind.in_(asked.kinds)] if some else []
    if asked.corrections:
        back = aliased(Entry)
        taken_back = and_(back.fund_id == Entry.fund_id, back.reverses_id == Entry.id)
        # A reversal keeps the value date, so that what was taken back has its order.
        return [
            _walk(asked, Entry, Entry.reverses_id.is_not(None), *of_kinds),
            _walk(asked, back, back.reverses_id.is_not(None), taken_back, *of_kinds),
        ]
    if some and not asked.period:
        return [_walk(asked, Entry, Entry.kind == kind) for kind in asked.kinds]
    return [_walk(asked, Entry, *of_kinds)]


def _walk(asked: Journal, along: type[Entry], *conditions: ColumnElement[bool]) -> Select[Any]:
    """Select entries along those that give the fund and the value date: themselves, or what takes them back."""
    found = select(Entry.id, along.value_on, Entry.number).where(along.fund_id == _FUND_ID, *conditions)
    return _ended(found.where(*_days(asked, along.value_on), *_facts(asked)), asked, along.value_on, Entry.number)


def _ended(walk: Select[*tuple[Any, ...]], asked: Journal, value_on: Any, number: Any) -> Select[Any]:
    """Put a walk in order, and end it with the first entry that is not on the sheet."""
    order = (value_on.asc(), number.asc()) if asked.after else (value_on.desc(), number.desc())
    return walk.order_by(*order).limit(asked.size + 1)


def _days(asked: Journal, value_on: Any) -> Iterator[ColumnElement[bool]]:
    here, place = tuple_(value_on, Entry.number), tuple_(_ON, _NUMBER)
    if asked.after:
        yield and_(value_on >= _ON, here > place)
    elif asked.before:
        yield and_(value_on <= _ON, here < place)
    if asked.since:
        yield value_on >= _SINCE
    if asked.until:
        yield value_on <= _UNTIL


def _facts(asked: Journal) -> Iterator[ColumnElement[bool]]:
    if asked.period:
        yield Entry.period == _PERIOD
    if asked.document:
        yield Entry.source_kind == asked.document.kind
    if asked.corrections is False:
        yield and_(Entry.reverses_id.is_(None), ~queries.taken_back())
