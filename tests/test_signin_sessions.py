"""Who is signed in: what a cookie is worth, and when it is worth nothing (SES-1, SES-2)."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import select, update

from mptf.core import clock
from mptf.core.db import db, transactions
from mptf.fund.models import FundSettings
from mptf.fund.queries import settings_on
from mptf.people.models import Person, RoleGrant
from mptf.people.queries import rights_of
from mptf.policy import Role
from mptf.signin import service
from mptf.signin.models import Credential, PasswordReset, SigninSession
from tests.factories import Make
from tests.support.signing import sign_in
from tests.support.visitor import queries

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def reaches_home(client: FlaskClient, path: str = "/f/SLW00/") -> bool:
    """Tell whether a client sees the home of the fund, or is sent to sign in or away."""
    with client.application.test_request_context():
        door = url_for("signin.sign_in")
    answer = client.get(path)
    if answer.status_code in (302, 303):
        assert answer.location.partition("?")[0] == door
        return False
    return answer.status_code == 200


def change(app: Flask, statement: object) -> None:
    with app.app_context(), transactions("write"):
        db.session.execute(statement)  # type: ignore[call-overload]
        db.session.commit()


@pytest.fixture
def officer(make: Make) -> Person:
    person = make.person("Demo Officer 1")
    make.grant(person, Role.SECRETARIAT_OFFICER, make.fund())
    return person


def test_a_session_lives_until_it_is_idle_or_old(app: Flask, officer: Person) -> None:
    with clock.at(MONDAY):
        client = sign_in(app.test_client(), officer)
    for minutes, alive in ((29, True), (50, True), (81, False), (82, False)):
        with clock.at(MONDAY + timedelta(minutes=minutes)):
            assert reaches_home(client) is alive, minutes


def test_a_session_ends_after_twelve_hours_however_busy(app: Flask, officer: Person) -> None:
    with clock.at(MONDAY):
        client = sign_in(app.test_client(), officer)
    for minutes in range(20, 12 * 60, 20):
        with clock.at(MONDAY + timedelta(minutes=minutes)):
            assert reaches_home(client), minutes
    with clock.at(MONDAY + timedelta(hours=12)):
        assert not reaches_home(client)


def test_last_use_moves_every_five_minutes_and_never_by_what_a_page_fetches_itself(app: Flask, officer: Person) -> None:
    with clock.at(MONDAY):
        client = sign_in(app.test_client(), officer)

    def last_seen() -> timedelta:
        with app.app_context():
            return db.session.scalars(select(SigninSession.last_seen_at)).one() - MONDAY

    for minutes, headers, expected in ((4, {}, 0), (6, {"HX-Request": "true"}, 0), (7, {}, 7), (9, {}, 7)):
        with clock.at(MONDAY + timedelta(minutes=minutes)):
            client.get("/f/SLW00/", headers=headers)
        assert last_seen() == timedelta(minutes=expected)


def test_a_role_ended_or_over_is_gone_at_the_next_request(app: Flask, officer: Person) -> None:
    client = sign_in(app.test_client(), officer)
    assert reaches_home(client)
    change(app, update(RoleGrant).values(ended_at=clock.now()))
    assert not reaches_home(client)


def test_before_the_first_settings_hold_the_first_ones_ask_for_a_factor_or_not(app: Flask, make: Make) -> None:
    fund, person = make.fund(), make.person()
    make.grant(person, Role.AUDITOR, fund)
    later = MONDAY.date() + timedelta(days=30)
    for asked in (True, False):
        first = update(FundSettings).where(FundSettings.fund_id == fund.id)
        change(app, first.values(valid_from=later, second_factor_required=asked))
        with app.app_context(), clock.at(MONDAY):
            assert settings_on(fund, MONDAY.date()).second_factor_required is asked
            assert rights_of(db.session(), person.id).second_factor_needed is asked


def test_a_role_is_held_on_the_days_of_the_fund(app: Flask, make: Make) -> None:
    person = make.person()
    until = MONDAY.date()
    make.grant(person, Role.AUDITOR, make.fund(zone="Europe/Belgrade"), from_on=until, until_on=until)
    belgrade_midnight = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    moments = (
        (belgrade_midnight - timedelta(seconds=1), False),
        (belgrade_midnight, True),
        (belgrade_midnight + timedelta(hours=23, minutes=59), True),
        (belgrade_midnight + timedelta(hours=24), False),
    )
    for moment, held in moments:
        with clock.at(moment):
            assert reaches_home(sign_in(app.test_client(), person)) is held, moment


def test_a_password_alone_is_enough_only_where_role_and_fund_say_so(app: Flask, make: Make) -> None:
    strict, lax = make.fund("SLW00"), make.fund("LAX00")
    change(app, update(FundSettings).where(FundSettings.fund_id == lax.id).values(second_factor_required=False))
    cases = (
        (Role.SECRETARIAT_OFFICER, strict, False),
        (Role.SECRETARIAT_OFFICER, lax, True),
        (Role.TECHNICAL_REVIEWER, strict, True),
        (Role.DONOR_VIEWER, strict, True),
        (Role.ADMINISTRATOR, lax, False),
        (Role.AUDITOR, strict, False),
    )
    for role, fund, enough in cases:
        person = make.person()
        make.grant(person, role, fund)
        client = sign_in(app.test_client(), person, second_factor=False)
        assert reaches_home(client, f"/f/{fund.code}/") is enough, (role, fund.code)


def test_every_role_that_must_pass_a_second_factor_is_stopped_without_one(app: Flask, make: Make) -> None:
    fund = make.fund()
    for role in Role:
        person = make.person()
        make.grant(person, role, fund)
        client = sign_in(app.test_client(), person, second_factor=False)
        assert reaches_home(client) is (not role.needs_second_factor), role


def test_signed_in_pages_are_kept_by_nobody(app: Flask, officer: Person) -> None:
    client = sign_in(app.test_client(), officer)
    assert client.get("/f/SLW00/").headers["Cache-Control"] == "no-store"


def test_knowing_who_is_signed_in_takes_two_queries(app: Flask, officer: Person, make: Make) -> None:
    for number in range(5):
        make.grant(officer, Role.AUDITOR, make.fund(f"FND0{number}"))
    client = sign_in(app.test_client(), officer)
    with queries(app) as statements:
        assert reaches_home(client)
    own = [line for line in statements if "signin_session" in line or "role_grant" in line]
    assert len(own) == 2, "\n".join(statements)


def test_a_link_to_reset_ends_with_the_password_it_would_have_replaced(ctx: Flask, officer: Person) -> None:
    person = db.session.get_one(Person, officer.id)
    db.session.add(Credential(person_id=person.id, password_hash="one", short=False))
    person.joined_at = clock.now()
    db.session.commit()
    service.ask_for_reset(person.email)
    assert service.answer_reset()
    db.session.commit()
    link = db.session.scalars(select(PasswordReset)).one()
    assert link.open
    service.change_password(person, password_hash="another", short=False)
    db.session.commit()
    db.session.refresh(link)
    assert not link.open
