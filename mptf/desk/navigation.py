"""The navigation of every page: one table, filtered by what the person may do."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from flask import Flask, request, url_for
from sqlalchemy import Select, select

from mptf.calls.models import Call
from mptf.core.db import db
from mptf.core.errors import N_
from mptf.fund.current import find_current
from mptf.fund.models import Fund
from mptf.opinions import queries as opinions
from mptf.policy import Permission, Role, Viewer, can
from mptf.questions import queries as questions
from mptf.screening import queries as screening
from mptf.signin.current import find_session
from mptf.web import find_viewer, the_viewer
from mptf.web.text import say


@dataclass(frozen=True)
class Entry:
    """One line of the side bar, for those who hold its permission.

    `of_fund` tells whether its address names the fund, `roles` who finds the page under this name,
    `published` that it is there only once the fund has a public page, `alone` that no other page stands under it.
    """

    label: str
    icon: str
    endpoint: str
    permission: Permission
    of_fund: bool = True
    roles: frozenset[Role] = frozenset(Role)
    published: bool = False
    alone: bool = False


@dataclass(frozen=True)
class Item:
    """One line as a page shows it."""

    label: str
    icon: str
    url: str
    alone: bool = False
    current: bool = False


@dataclass(frozen=True)
class Group:
    """Lines under one heading."""

    label: str | None
    items: list[Item]


@dataclass(frozen=True)
class CallTab:
    """One of the pages of a published call, for who holds its permission: `counted` how much one finds there."""

    label: str
    endpoint: str
    counted: Callable[[Viewer, Call], Select[int]] | None = None
    permission: Permission = Permission.CALLS_VIEW


# Later rooms keep pages of a call; the call itself knows nothing of them.
OF_A_CALL: tuple[CallTab, ...] = (
    CallTab(N_("The {kind}"), "calls.call"),
    CallTab(N_("Questions and answers"), "questions.questions", questions.counted_on),
    CallTab(N_("Screening"), "screening.screening", screening.counted_on, Permission.PROPOSALS_SCREEN),
    CallTab(N_("Opinions"), "opinions.of_call", opinions.counted_on, Permission.OPINIONS_VIEW),
)
Tab = tuple[str, str, bool, int | None]  # label, address, whether it is this page, count

# Who reads the fund's own public page; the Secretariat keeps the figures on it.
READERS = frozenset(
    {
        Role.COMMITTEE_MEMBER,
        Role.COMMITTEE_CHAIR,
        Role.ADMINISTRATIVE_AGENT,
        Role.DONOR_VIEWER,
        Role.AUDITOR,
    }
)
WAYS_ON = 2
CONTRIBUTORS = frozenset({Role.DONOR_VIEWER})
OFFICE = frozenset(Role) - CONTRIBUTORS
APPLICANTS = frozenset({Role.PUNO_OFFICER})

Table = tuple[tuple[str | None, tuple[Entry, ...]], ...]

IN_A_FUND: Table = (
    (None, (Entry(N_("Home"), "home", "desk.home", Permission.FUND_VIEW, alone=True),)),
    (
        N_("Allocation"),
        (
            Entry(
                N_("Calls"), "speakerphone", "calls.calls", Permission.CALLS_VIEW, roles=frozenset(Role) - APPLICANTS
            ),
            Entry(
                N_("Proposals"),
                "notes",
                "proposals.proposals",
                Permission.PROPOSALS_VIEW,
                roles=frozenset(Role) - APPLICANTS,
            ),
        ),
    ),
    (
        N_("Apply"),
        (
            Entry(N_("Calls"), "speakerphone", "calls.calls", Permission.CALLS_VIEW, roles=APPLICANTS),
            Entry(N_("My proposals"), "notes", "proposals.proposals", Permission.PROPOSALS_VIEW, roles=APPLICANTS),
        ),
    ),
    (
        N_("Delivery"),
        (Entry(N_("Framework and KPIs"), "target-arrow", "framework.frameworks", Permission.FRAMEWORK_VIEW),),
    ),
    (
        N_("Money"),
        (
            Entry(
                N_("Contributions"),
                "coins",
                "contributions.overview",
                Permission.CONTRIBUTIONS_VIEW,
                roles=OFFICE,
            ),
            Entry(
                N_("Your contributions"),
                "wallet",
                "contributions.overview",
                Permission.CONTRIBUTIONS_VIEW,
                roles=CONTRIBUTORS,
            ),
            Entry(
                N_("Agreements"),
                "file-certificate",
                "agreements.agreements",
                Permission.CONTRIBUTIONS_VIEW,
                roles=CONTRIBUTORS,
            ),
            Entry(
                N_("Deposits"),
                "coins",
                "deposits.deposits",
                Permission.CONTRIBUTIONS_VIEW,
                roles=CONTRIBUTORS,
            ),
            Entry(N_("Statements"), "certificate", "statements.statements", Permission.STATEMENTS_VIEW),
            Entry(
                N_("Certified statements and reports"),
                "report-analytics",
                "statements.documents",
                Permission.STATEMENTS_VIEW,
                roles=CONTRIBUTORS,
            ),
            Entry(N_("Cash documents"), "cash", "cash.documents", Permission.CASH_VIEW),
            Entry(N_("Available to allocate"), "wallet", "claims.available", Permission.CLAIMS_VIEW),
            Entry(N_("Funding status"), "scale", "funding_status.status", Permission.STATUS_VIEW),
            Entry(N_("Reported figures"), "receipt", "reported.figures", Permission.REPORTED_VIEW),
            Entry(N_("Ledger"), "book", "ledger.journal", Permission.LEDGER_VIEW),
            Entry(N_("Reconciliation"), "list-check", "reconciliation.differences", Permission.RECONCILIATION_VIEW),
        ),
    ),
    (
        N_("Output"),
        (
            Entry(N_("Gateway figures"), "database", "gateway.extracts", Permission.GATEWAY_VIEW),
            Entry(N_("Reports"), "report-analytics", "reports.reports", Permission.REPORTS_VIEW),
            Entry(N_("Public page"), "world", "publishing.figures", Permission.PUBLIC_PAGE_VIEW),
            Entry(N_("Public page"), "world", "public.fund", Permission.FUND_VIEW, roles=READERS, published=True),
        ),
    ),
    (
        N_("Fund"),
        (
            Entry(N_("People"), "users", "people.in_fund", Permission.PEOPLE_VIEW),
            Entry(N_("Organisations"), "building", "organisations.organisations", Permission.ORGANISATIONS_VIEW),
            Entry(N_("Exchange rates"), "exchange", "rates.rates", Permission.SETTINGS_VIEW),
            Entry(N_("Settings"), "settings", "fund.settings", Permission.SETTINGS_VIEW),
            Entry(N_("Audit log"), "history", "trail.of_fund", Permission.AUDIT_VIEW),
        ),
    ),
    (None, (Entry(N_("The installation"), "arrow-left", "desk.installation", Permission.INSTALLATION_VIEW, False),)),
)

OUTSIDE: Table = (
    (
        None,
        (Entry(N_("The installation"), "home", "desk.installation", Permission.INSTALLATION_VIEW, False, alone=True),),
    ),
    (
        N_("Installation"),
        (
            Entry(N_("People"), "users", "people.people_list", Permission.PEOPLE_EDIT, False),
            Entry(N_("Organisations"), "building", "organisations.organisations", Permission.ORGANISATIONS_VIEW, False),
            Entry(N_("Jurisdictions"), "map-pin", "organisations.jurisdictions", Permission.ORGANISATIONS_VIEW, False),
            Entry(N_("Funds"), "coin", "fund.funds", Permission.FUND_CREATE, False),
            Entry(N_("Audit log"), "history", "trail.of_installation", Permission.AUDIT_VIEW, False),
        ),
    ),
)


def groups() -> list[Group]:
    """Return the groups this person sees here; empty ones are absent."""
    viewer = find_viewer()
    fund = worked_in()
    table = IN_A_FUND if fund else OUTSIDE
    seen = [
        (label, [_item(entry, fund) for entry in entries if _shown(entry, viewer, fund)]) for label, entries in table
    ]
    here = _here(item for _, items in seen for item in items)
    return [Group(label, [replace(item, current=item == here) for item in items]) for label, items in seen if items]


def call_tabs(call: Call) -> list[Tab]:
    """Return the pages of a published call as this person finds them."""
    viewer, found = the_viewer(), []
    open_to = [tab for tab in OF_A_CALL if can(viewer, tab.permission, call.fund)]
    counts = dict(_counts(viewer, call, open_to))
    for tab in open_to:
        url = url_for(tab.endpoint, code=call.fund.code, public_id=call.public_id)
        label = say(tab.label, kind=say(call.kind.word))
        found.append((label, url, request.path == url, counts.get(tab.endpoint)))
    return found


def _counts(viewer: Viewer, call: Call, tabs: Iterable[CallTab]) -> Iterator[tuple[str, int]]:
    """Yield how much there is on each page of a call that counts, in one look."""
    counted = {tab.endpoint: tab.counted(viewer, call).scalar_subquery() for tab in tabs if tab.counted}
    if counted:
        yield from zip(counted, db.session.execute(select(*counted.values())).one(), strict=True)


def elsewhere() -> list[Item]:
    """Return the first pages this person may go on to from here."""
    return [item for group in groups() if group.label for item in group.items if not item.current][:WAYS_ON]


def worked_in() -> Fund | None:
    """Return the fund whose navigation, picker and search stand around this page."""
    return find_current() or _fund_chosen(find_viewer())


def _fund_chosen(viewer: Viewer | None) -> Fund | None:
    """Return the fund whose navigation stands beside the pages of one's own account; the installation has its own."""
    role = (viewer.chosen or next(iter(viewer.held), None)) if viewer else None
    signed = find_session() if role and role.fund_id is not None else None
    if role is None or signed is None:
        return None
    return next((fund for fund in signed.rights.funds if fund.id == role.fund_id), None)


def _shown(entry: Entry, viewer: Viewer | None, fund: Fund | None) -> bool:
    """Tell whether a person finds an entry here."""
    place = fund if entry.of_fund else None
    held = viewer.role_in(place.id if place else None) if viewer else None
    allowed = held is not None and held.role in entry.roles and can(viewer, entry.permission, place)
    return allowed and (not entry.published or bool(fund and fund.published))


def _item(entry: Entry, fund: Fund | None) -> Item:
    code = fund.code if fund and entry.of_fund else None
    return Item(entry.label, entry.icon, _address(request.script_root, entry.endpoint, code), alone=entry.alone)


@lru_cache(maxsize=1024)
def _address(_root: str, endpoint: str, code: str | None) -> str:
    """Put the address of an entry together, once for each fund and place the desk is served at: every page has all."""
    return url_for(endpoint, code=code) if code else url_for(endpoint)


def _here(items: Iterable[Item]) -> Item | None:
    """Return the entry this page stands under: the longest address its own begins with."""
    under = (item for item in items if request.path == item.url or (_begins(item.url) and not item.alone))
    return max(under, key=lambda item: len(item.url), default=None)


def _begins(url: str) -> bool:
    return request.path.startswith(url.rstrip("/") + "/")


def init_app(app: Flask) -> None:
    """Give every template its navigation, and the pages of a call theirs."""
    app.context_processor(lambda: {"navigation": groups(), "worked_in": worked_in()})
    app.add_template_global(call_tabs)
