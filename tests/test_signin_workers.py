"""What holds over several workers, and over TLS (SES-1, SES-2)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import update

from mptf import create_app
from mptf.core import clock
from mptf.core.db import db, transactions, unit_of_work
from mptf.people.models import Person, RoleGrant
from mptf.policy import Role
from mptf.signin import service
from mptf.signin.models import SigninSession
from tests.factories import Make
from tests.support.signing import sign_in

PASSWORD = "seven quiet herons walk"


@pytest.fixture
def second_worker(app: Flask) -> Iterator[Flask]:
    """Start a second worker over the same database."""
    worker = create_app(app.extensions["config"])
    yield worker
    with worker.app_context():
        db.engine.dispose()


def test_what_one_worker_ends_is_ended_on_the_other(app: Flask, second_worker: Flask, make: Make) -> None:
    person, fund = make.person(), make.fund()
    make.grant(person, Role.AUDITOR, fund)
    here, there = app.test_client(), second_worker.test_client()
    sign_in(here, person)
    cookie = here.get_cookie("session")
    assert cookie is not None
    there.set_cookie("session", cookie.value)

    def answers() -> list[int]:
        return [client.get("/f/SLW00/").status_code for client in (here, there)]

    def change(statement: object) -> None:
        with app.app_context(), transactions("write"), unit_of_work():
            db.session.execute(statement)  # type: ignore[call-overload]

    assert answers() == [200, 200]
    change(update(RoleGrant).values(ended_at=clock.now()))
    assert answers() == [404, 404]
    change(update(RoleGrant).values(ended_at=None))
    assert answers() == [200, 200]
    change(update(SigninSession).values(ended_at=clock.now()))
    assert answers() == [302, 302]


def test_cookies_over_tls_are_bound_to_the_host_and_closed_to_scripts(app: Flask, make: Make) -> None:
    config = replace(app.extensions["config"], base_url="https://desk.example.org")
    safe = create_app(config)
    safe.config["WTF_CSRF_ENABLED"] = False
    person = make.person()
    make.grant(person, Role.TECHNICAL_REVIEWER, make.fund())
    with app.app_context(), transactions("write"), unit_of_work():
        hashed = app.extensions["passwords"].hash(PASSWORD)
        invitation = service.invite(db.session.get_one(Person, person.id), by=None)
        service.accept_invitation(invitation, password_hash=hashed, short=False)
    answer = safe.test_client().post(
        "/sign-in", base_url="https://desk.example.org", data={"email": person.email, "password": PASSWORD}
    )
    assert answer.status_code == 303
    cookies = answer.headers.getlist("Set-Cookie")
    assert sorted(cookie.partition("=")[0] for cookie in cookies) == ["__Host-device", "__Host-session"]
    for cookie in cookies:
        parts = set(cookie.split("; "))
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= parts
        assert not any(part.startswith("Domain") for part in parts)
    with safe.app_context():
        db.engine.dispose()
