"""The navigation of every page: one table, filtered by what the person may do."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, request, url_for

from mptf.core.errors import N_
from mptf.policy import Permission, Viewer, can
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
    current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Group:
    """Lines under one heading."""

    label: str | None
    items: list[Item]


TABLE: tuple[tuple[str | None, tuple[Entry, ...]], ...] = (
    (
        None,
        (
            Entry(N_("Home"), "home", "desk.home", Permission.FUND_VIEW),
            Entry(N_("Home"), "home", "desk.installation", Permission.INSTALLATION_VIEW, in_fund=False),
        ),
    ),
    (
        N_("Money"),
        (
            Entry(N_("Contributions"), "coins", "contributions.overview", Permission.CONTRIBUTIONS_VIEW),
            Entry(N_("Fund ledger"), "book", "ledger.journal", Permission.LEDGER_VIEW),
        ),
    ),
    (
        N_("Output"),
        (
            Entry(N_("Gateway figures"), "database", "gateway.extracts", Permission.GATEWAY_VIEW),
            Entry(N_("Reports"), "report-analytics", "reports.reports", Permission.REPORTS_VIEW),
            Entry(N_("Public page"), "world", "publishing.figures", Permission.PUBLIC_PAGE_VIEW),
        ),
    ),
    (
        N_("Fund"),
        (
            Entry(N_("People"), "users", "people.in_fund", Permission.PEOPLE_VIEW),
            Entry(N_("Settings"), "settings", "fund.settings", Permission.SETTINGS_VIEW),
            Entry(N_("Exchange rates"), "exchange", "fund.rates", Permission.SETTINGS_VIEW),
            Entry(N_("Audit log"), "history", "people.fund_audit", Permission.AUDIT_VIEW),
        ),
    ),
    (
        N_("Installation"),
        (
            Entry(N_("People"), "users", "people.people_list", Permission.PEOPLE_EDIT, in_fund=False),
            Entry(N_("Organisations"), "building", "fund.organisations", Permission.ORGANISATIONS_VIEW, in_fund=False),
            Entry(N_("Jurisdictions"), "map-pin", "fund.jurisdictions", Permission.ORGANISATIONS_VIEW, in_fund=False),
            Entry(N_("Funds"), "coin", "fund.funds", Permission.FUND_CREATE, in_fund=False),
            Entry(N_("Audit log"), "history", "people.audit_log", Permission.AUDIT_VIEW, in_fund=False),
        ),
    ),
)


def groups() -> list[Group]:
    """Return the groups this person sees here; empty ones are absent."""
    viewer, fund = find_viewer(), find_fund()
    seen = [(label, [_item(e, fund) for e in entries if _seen(e, viewer, fund)]) for label, entries in TABLE]
    here = _here(item.url for _, items in seen for item in items)
    return [Group(label, [replace(i, current=i.url == here) for i in items]) for label, items in seen if items]


def _seen(entry: Entry, viewer: Viewer | None, fund: Any) -> bool:
    """Tell whether an entry belongs to this place and person."""
    from flask import current_app

    if entry.endpoint not in current_app.view_functions:
        return False
    if entry.in_fund:
        return fund is not None and can(viewer, entry.permission, fund)
    return can(viewer, entry.permission)


def _item(entry: Entry, fund: Any) -> Item:
    return Item(entry.label, entry.icon, url_for(entry.endpoint, **({"code": fund.code} if entry.in_fund else {})))


def _here(urls: Iterable[str]) -> str | None:
    """Return the entry this page stands under: the longest address its own begins with."""
    return max((url for url in urls if request.path.startswith(url)), key=len, default=None)


def init_app(app: Flask) -> None:
    """Give every template its navigation."""
    app.context_processor(lambda: {"navigation": groups()})
