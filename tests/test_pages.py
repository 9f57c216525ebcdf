"""About every page: how much it asks of the database, that reading changes nothing, and who sees what."""

from collections.abc import Iterable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from mptf.commitments.models import Agreement
from mptf.commitments.queries import visible
from mptf.core.audit import AccessEvent
from mptf.core.db import Base, db
from mptf.core.errors import NotFound
from mptf.deposits.models import Deposit
from mptf.deposits.queries import get_deposit
from mptf.pledges.models import Pledge
from mptf.policy import Permission, Role, can
from mptf.signin.models import SigninSession
from tests import crawl, worlds
from tests.conftest import Once
from tests.factories import Make
from tests.support.signing import sign_in
from tests.support.statements import statements
from tests.worlds import Records, World

SHELL, PAGE, HOME = 3, 8, 20
# A page that shows a form and nothing of the database: what it asks is asked by the shell.
EMPTY_PAGE = "/f/SLW00/public-page/new"
LISTS = (
    "/f/SLW00/contributions",
    "/f/SLW00/contributions/deposits",
    "/f/SLW00/contributions/agreements",
    "/f/SLW00/contributions/pledges",
    "/f/SLW00/cash",
    "/f/SLW00/cash?flagged=yes",
    "/f/SLW00/cash/import",
    "/f/SLW00/available",
    "/f/SLW00/available/claims",
    "/f/SLW00/contributions/instalments",
    "/f/SLW00/contributions/windows",
    "/f/SLW00/contributions/to-look-at",
    "/f/SLW00/contributions/ranking",
    "/f/SLW00/contributions/years",
    "/f/SLW00/statements/",
    "/f/SLW00/statements/documents",
    "/f/SLW00/ledger",
    "/f/SLW00/ledger/balances",
    "/f/SLW00/ledger/months",
    "/f/SLW00/ledger/requests",
    "/f/SLW00/reconciliation/",
    "/f/SLW00/reconciliation/lists",
    "/f/SLW00/proposals/",
    "/f/SLW00/gateway/",
    "/f/SLW00/reports/downloads",
    "/f/SLW00/rates",
    "/f/SLW00/settings",
    "/f/SLW00/settings/calendar",
    "/f/SLW00/people",
    "/f/SLW00/public-page",
    "/f/SLW00/search?q=bank",
)
# What a GET may write, each in a transaction of its own: who looked, and when a session was last used.
MAY_GROW = {AccessEvent.__tablename__, SigninSession.__tablename__}


def asked(app: Flask, client: FlaskClient, address: str) -> int:
    """Return how many statements a page sends, once everything is warm."""
    client.get(address)
    with statements(app) as sent:
        response = client.get(address, headers={"HX-Request": "true"} if address.endswith("/downloads") else {})
    assert response.status_code == 200, address
    return len(sent)


def test_the_shell_asks_at_most_four_times(app: Flask, make: Make) -> None:
    client = make.client(Role.SECRETARIAT_HEAD, make.fund())
    assert asked(app, client, EMPTY_PAGE) <= SHELL


def test_lists_ask_as_often_however_much_there_is(app: Flask, make: Make) -> None:
    world = worlds.build(make)
    client = sign_in(app.test_client(), world.people[Role.SECRETARIAT_HEAD])
    _grow(app, world, range(1))
    little = {address: asked(app, client, address) for address in (*LISTS, "/f/SLW00/")}
    _grow(app, world, range(1, 25))
    much = {address: asked(app, client, address) for address in (*LISTS, "/f/SLW00/")}
    assert much == little
    most = asked(app, client, EMPTY_PAGE) + PAGE
    assert {address: count for address, count in much.items() if count > most and address != "/f/SLW00/"} == {}
    assert much["/f/SLW00/"] <= HOME


@pytest.mark.parametrize("role", [Role.SECRETARIAT_OFFICER, Role.ADMINISTRATOR, Role.DONOR_VIEWER])
def test_reading_every_page_changes_no_domain_table(app: Flask, make: Make, role: Role) -> None:
    world = worlds.build(make)
    _grow(app, world, range(2))
    client = sign_in(app.test_client(), world.people[role])
    before = _sizes(app)
    crawl.crawl(client)
    after = _sizes(app)
    assert {table for table in after if after[table] != before[table]} <= MAY_GROW


def _two_donors(make: Make) -> tuple[World, Records, Records]:
    """Make the world with one object of each kind for two donors."""
    world = worlds.build(make)
    officer = world.viewer(Role.SECRETARIAT_OFFICER)
    own = worlds.records(make.app, world, fund=world.fund, donor=world.donor, by=officer)
    other = worlds.records(make.app, world, fund=world.fund, donor=world.other_donor, by=officer, word="other")
    return world, own, other


@pytest.mark.parametrize("role", Role)
def test_what_policy_allows_is_what_lists_show(ctx: Flask, once: Once, role: Role) -> None:
    world, own, other = once(_two_donors)
    viewer = world.viewer(role)
    for kind, rows in ((Pledge, (own.pledge, other.pledge)), (Agreement, (own.agreement, other.agreement))):
        assert _allowed(viewer, rows) == _shown(visible(viewer, world.fund, kind))
    deposits = [db.session.get_one(Deposit, records.deposit.id) for records in (own, other)]
    assert _allowed(viewer, deposits) == _shown(visible(viewer, world.fund, Deposit))
    for deposit in deposits:
        if can(viewer, Permission.CONTRIBUTIONS_VIEW, deposit):
            assert get_deposit(viewer, world.fund, deposit.public_id).deposit is deposit
        else:
            with pytest.raises(NotFound):
                get_deposit(viewer, world.fund, deposit.public_id)


def _grow(app: Flask, world: World, numbers: Iterable[int]) -> None:
    for number in numbers:
        with app.app_context():
            officer = world.viewer(Role.SECRETARIAT_OFFICER)
            worlds.records(
                app, world, fund=world.fund, donor=world.donor, by=officer, word=f"no{number}", number=number
            )


def _sizes(app: Flask) -> dict[str, int]:
    with app.app_context():
        tables = Base.metadata.sorted_tables
        return {table.name: db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def _allowed(viewer, rows) -> set[str]:  # type: ignore[no-untyped-def]
    return {row.public_id for row in rows if can(viewer, Permission.CONTRIBUTIONS_VIEW, row)}


def _shown(selected) -> set[str]:  # type: ignore[no-untyped-def]
    return {row.public_id for row in db.session.scalars(selected)}
