"""The navigation of every page: one table, filtered by what the person may do."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, request, url_for

from mptf.core.errors import N_
from mptf.policy import Permission, Viewer, can
from mptf.signin.current import find_session
from mptf.web import find_fund, find_viewer


@dataclass(frozen=True)
class Entry:
    """One line of the side bar; `of_fund` tells whether its address names the fund."""

    label: str
    icon: str
    endpoint: str
    permission: Permission
    of_fund: bool = True


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


Table = tuple[tuple[str | None, tuple[Entry, ...]], ...]

IN_A_FUND: Table = (
    (None, (Entry(N_("Home"), "home", "desk.home", Permission.FUND_VIEW),)),
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
            Entry(N_("Organisations"), "building", "fund.organisations", Permission.ORGANISATIONS_VIEW),
            Entry(N_("Exchange rates"), "exchange", "fund.rates", Permission.SETTINGS_VIEW),
            Entry(N_("Settings"), "settings", "fund.settings", Permission.SETTINGS_VIEW),
            Entry(N_("Audit log"), "history", "people.fund_audit", Permission.AUDIT_VIEW),
        ),
    ),
    (None, (Entry(N_("The installation"), "arrow-left", "desk.installation", Permission.INSTALLATION_VIEW, False),)),
)

OUTSIDE: Table = (
    (None, (Entry(N_("Home"), "home", "desk.installation", Permission.INSTALLATION_VIEW, False),)),
    (
        N_("Installation"),
        (
            Entry(N_("People"), "users", "people.people_list", Permission.PEOPLE_EDIT, False),
            Entry(N_("Organisations"), "building", "fund.organisations", Permission.ORGANISATIONS_VIEW, False),
            Entry(N_("Jurisdictions"), "map-pin", "fund.jurisdictions", Permission.ORGANISATIONS_VIEW, False),
            Entry(N_("Funds"), "coin", "fund.funds", Permission.FUND_CREATE, False),
            Entry(N_("Audit log"), "history", "people.audit_log", Permission.AUDIT_VIEW, False),
        ),
    ),
)


def groups() -> list[Group]:
    """Return the groups this person sees here; empty ones are absent."""
    viewer = find_viewer()
    fund = find_fund() or _fund_worked_in(viewer)
    table = IN_A_FUND if fund else OUTSIDE
    seen = [
        (label, [_item(e, fund) for e in entries if can(viewer, e.permission, fund if e.of_fund else None)])
        for label, entries in table
    ]
    here = _here(item.url for _, items in seen for item in items)
    return [Group(label, [replace(i, current=i.url == here) for i in items]) for label, items in seen if items]


def _fund_worked_in(viewer: Viewer | None) -> Any:
    """Return the fund whose navigation stands beside the pages of one's own account; the installation has its own."""
    role = (viewer.chosen or next(iter(viewer.held), None)) if viewer else None
    signed = find_session() if role and role.fund_id is not None else None
    if role is None or signed is None:
        return None
    return next((fund for fund in signed.rights.funds if fund.id == role.fund_id), None)


def _item(entry: Entry, fund: Any) -> Item:
    return Item(entry.label, entry.icon, url_for(entry.endpoint, **({"code": fund.code} if entry.of_fund else {})))


def _here(urls: Iterable[str]) -> str | None:
    """Return the entry this page stands under: the longest address its own begins with."""
    return max((url for url in urls if request.path.startswith(url)), key=len, default=None)


def init_app(app: Flask) -> None:
    """Give every template its navigation."""
    app.context_processor(lambda: {"navigation": groups()})
