"""Rows that stand in an order people change, each at a place no other has."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from mptf.core.db import db


class Placed(Protocol):
    """A row with a place, counted from one."""

    position: int


Row = TypeVar("Row", bound=Placed)


def move_up(rows: Sequence[Row], row: Row) -> None:
    """Let a row stand before the one above it; the first stays where it is."""
    order = [one for one in rows if one is not row]
    order.insert(max(list(rows).index(row) - 1, 0), row)
    # First beyond all places in use, for two rows never share one, and a flush writes one row after the other.
    beyond = max(one.position for one in order)
    for first in (beyond + 1, 1):
        for place, one in enumerate(order):
            one.position = first + place
        db.session.flush()
