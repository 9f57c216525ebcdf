"""The navigation of every page: one table, filtered by what the person may do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for

from mptf.core.errors import N_
from mptf.policy import Permission, can
from mptf.web import find_fund, find_viewer


@dataclass(frozen=True)
class Entry:
    """One line of the side bar; without a fund it belongs to the installation."""

    label: str
    icon: str
    endpoint: str
    permission: Permission
    in_fund: bool = True


@dataclass(frozen=True)
class Item:
    """One line as a page shows it."""

    label: str
    icon: str
    url: str
    current: bool
    count: int | None = None


@dataclass(frozen=True)
class Group:
    """Lines under one heading."""

    label: str | None
    items: list[Item]


TABLE: tuple[tuple[str | None, tuple[Entry, ...]], ...] = (
    (None, (Entry(N_("Home"), "home", "desk.home", Permission.FUND_VIEW),)),
)


def groups() -> Iterator[Group]:
    """Yield the groups this person sees here; empty ones are absent."""
    viewer, fund = find_viewer(), find_fund()
    for label, entries in TABLE:
        items = [
            _item(entry, fund)
            for entry in entries
            if (fund or not entry.in_fund) and can(viewer, entry.permission, fund if entry.in_fund else None)
        ]
        if items:
            yield Group(label, items)


def _item(entry: Entry, fund: Any) -> Item:
    values = {"code": fund.code} if entry.in_fund else {}
    current = request.blueprint == entry.endpoint.partition(".")[0]
    return Item(entry.label, entry.icon, url_for(entry.endpoint, **values), current)


def init_app(app: Flask) -> None:
    """Give every template its navigation."""
    app.context_processor(lambda: {"navigation": list(groups())})
