"""Two at the same moment: one second factor, one open invitation, and no way in by a password that was replaced."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from pyotp import TOTP
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from mptf.core import clock, ids
from mptf.core.audit import AuditEvent
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.errors import RuleBroken
from mptf.people.models import Person
from mptf.policy import Role
from mptf.signin import door, factors, service
from mptf.signin.keys import Keys
from mptf.signin.mails import link_to
from mptf.signin.models import Credential, Invitation, SigninSession, TotpSecret
from mptf.signin.queries import find_signed
from tests.factories import Make
from tests.support.at_once import at_once
from tests.support.visitor import Visitor
from tests.test_signin_pages import OTHER, PASSWORD, invitation_link, invite, joined

pytestmark = pytest.mark.both_engines

KEYS = Keys("only for this test")


def test_second_factors_set_up_at_once_leave_one_in_force(app: Flask, make: Make) -> None:
    person = make.person()

    def set_up() -> None:
        mine = db.session.get_one(Person, person.id)
        seed = ids.new()
        code = TOTP(KEYS.totp_secret(seed)).at(clock.now())
        factors.set_up(mine, keys=KEYS, seed=seed, code=code, by=mine)

    assert at_once(app, 4, set_up) == ["done"] * 4
    with app.app_context(), transactions("read"):
        open_ones = db.session.scalars(select(TotpSecret).where(TotpSecret.ended_at.is_(None))).all()
    assert len(open_ones) == 1


def test_the_database_refuses_a_second_factor_beside_another(app: Flask, make: Make) -> None:
    person = make.person()

    def factor(seed: str) -> TotpSecret:
        return TotpSecret(person_id=person.id, seed=seed, last_step=1)

    with app.app_context(), transactions("write"):
        db.session.add_all([factor("a"), factor("b")])
        with pytest.raises(IntegrityError):
            db.session.commit()


def test_a_half_session_sets_up_no_factor_beside_the_one_that_came_meanwhile(app: Flask, make: Make) -> None:
    person = make.person()
    with app.test_request_context():
        mine = db.session.get_one(Person, person.id)
        _session, token = service.open_session(mine, lasts=timedelta(hours=1), half=True)
        db.session.commit()
        signed = find_signed(token, idle_after=timedelta(hours=1))
        assert signed is not None
        code = TOTP(KEYS.totp_secret("seed")).at(clock.now())
        factors.set_up(mine, keys=KEYS, seed="seed", code=code, by=mine)
        db.session.commit()
        with pytest.raises(RuleBroken, match="You have a second factor already"):
            door.enrol(signed, "another", "000000")


def test_a_session_ended_by_four_at_once_is_told_once(app: Flask, make: Make) -> None:
    person = make.person()
    with app.app_context(), unit_of_work():
        session, _token = service.open_session(db.session.get_one(Person, person.id), lasts=timedelta(hours=1))
        opened = session.id

    def end() -> None:
        service.end_session(db.session.get_one(SigninSession, opened), by=db.session.get_one(Person, person.id))

    assert at_once(app, 4, end) == ["done"] * 4
    with app.app_context(), transactions("read"):
        assert len(db.session.scalars(select(AuditEvent).filter_by(action="session.ended")).all()) == 1


def test_recovery_codes_renewed_at_once_leave_ten(app: Flask, make: Make) -> None:
    person = make.person()
    met = at_once(app, 4, lambda: factors.renew_codes(db.session.get_one(Person, person.id), keys=KEYS))
    assert met == ["done"] * 4
    with app.app_context(), transactions("read"):
        assert factors.recovery_codes_left(person.id) == factors.RECOVERY_CODES


def test_an_invitation_accepted_and_withdrawn_at_once_is_one_of_both(app: Flask, make: Make) -> None:
    person, boss = invite(app, make), make.viewer(Role.ADMINISTRATOR)

    def accept() -> None:
        service.accept_invitation(db.session.scalars(select(Invitation)).one(), password_hash="hash", short=False)

    def withdraw() -> None:
        service.withdraw_invitation(db.session.get_one(Person, person.id), by=boss)

    acts = iter([accept, withdraw])
    met = at_once(app, 2, lambda: _do(next(acts)))
    with app.app_context(), transactions("read"):
        kept = db.session.get_one(Person, person.id)
        assert len([one for one in met if one == "done"]) == 1
        assert (kept.joined_at is None) == any(grant.ended_at for grant in kept.grants)


def test_invitations_made_at_once_leave_one_open(app: Flask, make: Make) -> None:
    person = invite(app, make)
    assert at_once(app, 4, lambda: service.invite(db.session.get_one(Person, person.id), by=None)) == ["done"] * 4
    with app.app_context(), transactions("read"):
        assert [row.open for row in db.session.scalars(select(Invitation))].count(True) == 1


def test_an_invitation_left_beside_the_used_one_says_that_there_is_an_account(app: Flask, make: Make) -> None:
    person, _visitor = joined(app, make)
    with app.app_context(), unit_of_work():
        used = db.session.scalars(select(Invitation).filter_by(person_id=person.id)).one()
        left = Invitation(person_id=person.id, nonce="n", created_at=used.created_at, expires_at=used.expires_at)
        db.session.add(left)
        db.session.flush()
        with app.test_request_context():
            link = link_to(left).partition("localhost")[2]
    answer = Visitor(app).post(link, password=OTHER, again=OTHER)
    assert answer.status_code == 422
    assert "You have an account already." in answer.text


def test_a_password_replaced_while_it_is_checked_opens_nothing(
    app: Flask, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = invite(app, make, Role.TECHNICAL_REVIEWER)
    assert Visitor(app).post(invitation_link(app), password=PASSWORD, again=PASSWORD).location == "/home"
    hasher = app.extensions["passwords"]
    verify = hasher.verify

    def slowly(kept: str | None, password: str) -> bool:
        fits: bool = verify(kept, password)
        with app.app_context(), transactions("write"), unit_of_work():
            mine = db.session.scalars(select(Credential).filter_by(person_id=person.id)).one()
            mine.password_hash = hasher.hash(OTHER)
        return fits

    with app.app_context(), transactions("read"):
        before = len(db.session.scalars(select(SigninSession)).all())
    monkeypatch.setattr(hasher, "verify", slowly)
    refused = Visitor(app).sign_in(person.email, PASSWORD)
    assert refused.status_code == 422
    assert "do not belong together" in refused.text
    with app.app_context(), transactions("read"):
        assert len(db.session.scalars(select(SigninSession)).all()) == before


def _do(act: Callable[[], None]) -> None:
    act()
