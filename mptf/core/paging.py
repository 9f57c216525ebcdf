"""Pages of a list: some rows in a total order, and how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select

from mptf.core.db import db

PAGE_SIZE = 50
T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of a list."""

    items: Sequence[T]
    page: int
    total: int
    size: int = PAGE_SIZE

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return pages(self.total, self.size)

    @property
    def first(self) -> int:
        """The number of the first row on this page."""
        return min((self.page - 1) * self.size + 1, self.total)

    @property
    def last(self) -> int:
        """The number of the last row on this page."""
        return min(self.page * self.size, self.total)


def pages(total: int, size: int = PAGE_SIZE) -> int:
    """Return how many pages so many rows take; none take one."""
    return max(1, -(-total // size))


def within(number: int, total: int, *, size: int = PAGE_SIZE) -> int:
    """Return the page to show of so many rows; a number past the end means the last page."""
    return min(max(number, 1), pages(total, size))


def offset(page: int, size: int = PAGE_SIZE) -> int:
    """Return how many rows stand before a page."""
    return (max(1, page) - 1) * size


def counted(statement: Select[T], number: int, *, size: int = PAGE_SIZE, total: int | None = None) -> tuple[int, int]:
    """Return the page to show and how many rows there are; a number past the end means the last page.

    `total` is given by who knows it without counting.
    """
    if total is None:
        counting: Select[Any] = select(func.count()).select_from(statement.order_by(None).subquery())
        total = db.session.scalar(counting) or 0
    return within(number, total, size=size), total


def page_of(statement: Select[T], number: int, *, size: int = PAGE_SIZE, total: int | None = None) -> Page[T]:
    """Read one page of an ordered statement and count the whole; a number past the end gives the last page."""
    number, total = counted(statement, number, size=size, total=total)
    rows = db.session.scalars(statement.limit(size).offset(offset(number, size))).unique().all()
    return Page(rows, number, total, size)


def keys_of(keys: Select[int], number: int, *, size: int = PAGE_SIZE) -> tuple[int, int, list[int]]:
    """Return the page to show, how many rows there are, and the keys of that page; mostly in one look at them."""
    rows = db.session.execute(keys.add_columns(func.count().over()).limit(size).offset(offset(number, size))).all()
    if rows or number == 1:
        return number, rows[0][1] if rows else 0, [row[0] for row in rows]
    number, total = counted(keys, number, size=size)
    return number, total, list(db.session.scalars(keys.limit(size).offset(offset(number, size))))
