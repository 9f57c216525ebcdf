"""From an invitation to a home page and out again: passwords, second factor, resets (AUTH-1, 2, 4; SES-1)."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from config import Config, Environment
from mptf.core import clock
from mptf.core.audit import AuditDetail, AuditEvent
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.errors import RuleBroken
from mptf.core.mail import OutboxMessage
from mptf.people.models import Person
from mptf.people.queries import find_by_email
from mptf.policy import Role
from mptf.signin import service
from mptf.signin.mails import link_to
from mptf.signin.models import Credential, Invitation, PasswordReset, RecoveryCode, SigninSession, TotpSecret
from tests.factories import Make
from tests.support.visitor import Visitor, letters, link_in, secret_of

PASSWORD = "seven quiet herons"
OTHER = "nine brisk walnuts"
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def invite(app: Flask, make: Make, role: Role = Role.SECRETARIAT_OFFICER, name: str = "Demo Officer 1") -> Person:
    """Invite a new person with a role in SLW00; return the person."""
    fund = make.fund()
    person = make.person(name)
    organisation = make.organisation() if role.of_organisation else None
    make.grant(person, role, fund, organisation)
    with app.app_context(), transactions("write"), unit_of_work():
        service.send_invitation(service.invite(db.session.get_one(Person, person.id), by=None))
    return person


def invitation_link(app: Flask) -> str:
    return link_in(letters(app, "invitation")[-1][1])


def joined(app: Flask, make: Make, role: Role = Role.SECRETARIAT_OFFICER) -> tuple[Person, Visitor]:
    """Let a person join; return the person and the browser, signed in."""
    person, visitor = invite(app, make, role), Visitor(app)
    visitor.join(invitation_link(app), PASSWORD)
    return person, visitor


def rows(app: Flask) -> dict[str, int]:
    kinds = (Credential, Invitation, PasswordReset, SigninSession, TotpSecret, RecoveryCode, AuditEvent, OutboxMessage)
    with app.app_context(), transactions("read"):
        return {kind.__name__: db.session.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds}


def test_an_invited_person_chooses_a_password_sets_up_a_second_factor_and_is_in(app: Flask, make: Make) -> None:
    person, visitor = invite(app, make), Visitor(app)
    answer = visitor.post(invitation_link(app), password=PASSWORD, again=PASSWORD)
    assert answer.location.startswith("/sign-in/second-factor")
    assert visitor.get("/f/SLW00/").location.startswith("/sign-in?")
    page = visitor.enrol(answer.location)
    assert page.status_code == 200
    assert len(visitor.recovery_codes) == 10
    assert visitor.get("/f/SLW00/").status_code == 200
    assert person.name in visitor.get("/account/security").text


# What each address at the door leaves in the audit log; the matrix walks those behind it (tests/test_matrix.py).
DOOR = {
    "signin.accept": "invitation.accepted",
    "signin.set_up": "second_factor.set_up",
    "signin.sign_out": "session.ended",
    "signin.sign_in": "password.passed",
    "signin.second_factor": "session.opened",
    "signin.ask_reset": "reset.asked",
    "signin.choose_password": "password.changed",
}
ONLY_IN_THE_DEMONSTRATION = {"signin.sign_in_as"}  # it opens a session as the second factor does


def test_every_step_through_the_door_stands_in_the_audit_log(app: Flask, make: Make) -> None:
    person, visitor, stranger = invite(app, make), Visitor(app), Visitor(app)
    steps: dict[str, Callable[[], TestResponse]] = {
        "signin.accept": lambda: visitor.post(invitation_link(app), password=PASSWORD, again=PASSWORD),
        "signin.set_up": lambda: visitor.enrol("/sign-in/second-factor/set-up"),
        "signin.sign_out": lambda: visitor.post("/sign-out", page="/account/security"),
        "signin.sign_in": lambda: visitor.sign_in(person.email, PASSWORD),
        "signin.second_factor": lambda: visitor.post("/sign-in/second-factor", code=visitor.recovery_codes[0]),
        "signin.ask_reset": lambda: stranger.post("/sign-in/reset", email=person.email),
        "signin.choose_password": lambda: stranger.post(reset_link(app), password=OTHER, again=OTHER),
    }
    told: dict[str, str] = {}
    for endpoint, step in steps.items():
        before = rows(app)["AuditEvent"]
        step()
        letters(app)  # what is asked for at the door is answered in the background
        told[endpoint] = next((action for action in events_after(app, before) if action == DOOR[endpoint]), "")
    assert told == DOOR
    posted = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    open_to_all = {one for one in posted if getattr(app.view_functions[one], "permission", "") is None}
    assert open_to_all == DOOR.keys() | ONLY_IN_THE_DEMONSTRATION


def reset_link(app: Flask) -> str:
    return link_in(letters(app, "password_reset")[-1][1])


def events_after(app: Flask, count: int) -> list[str]:
    """Return what the audit log says after its first events."""
    with app.app_context():
        return list(
            db.session.scalars(select(AuditEvent.action).where(AuditEvent.seq > count).order_by(AuditEvent.seq))
        )


def test_reading_a_link_changes_nothing_and_it_works_once(app: Flask, make: Make) -> None:
    invite(app, make)
    link, scanner, visitor = invitation_link(app), Visitor(app), Visitor(app)
    before = rows(app)
    for _time in range(3):
        assert scanner.get(link).status_code == 200
        assert scanner.client.head(link).status_code == 200
    assert rows(app) == before
    visitor.join(link, PASSWORD)
    late = Visitor(app)
    assert late.get(link).status_code == 404
    assert late.post(link, page="/sign-in", password=OTHER, again=OTHER).status_code == 404
    assert visitor.get("/f/SLW00/").status_code == 200


def test_a_wrong_an_old_and_a_withdrawn_link_look_the_same(app: Flask, make: Make) -> None:
    administrator = make.viewer(Role.ADMINISTRATOR)
    with clock.at(MONDAY):
        person = invite(app, make)
        link = invitation_link(app)
    with clock.at(MONDAY + timedelta(days=6, hours=23)):
        assert Visitor(app).get(link).status_code == 200
    with clock.at(MONDAY + timedelta(days=7)):
        old = Visitor(app).get(link)
    with clock.at(MONDAY):
        forged = Visitor(app).get(link[:-1] + ("a" if link[-1] != "a" else "b"))
        absent = Visitor(app).get("/invitation/" + "a" * 69)
        with app.app_context(), transactions("write"), unit_of_work():
            service.withdraw_invitation(db.session.get_one(Person, person.id), by=administrator)
        withdrawn = Visitor(app).get(link)
        assert letters(app, "invitation")[-1][1] is None
    assert {answer.status_code for answer in (old, forged, absent, withdrawn)} == {404}
    assert len({answer.text for answer in (old, forged, absent, withdrawn)}) == 1


def test_an_invitation_sent_again_replaces_the_first(app: Flask, make: Make) -> None:
    person = invite(app, make)
    first = invitation_link(app)
    with app.app_context(), transactions("write"), unit_of_work():
        service.send_invitation(service.invite(db.session.get_one(Person, person.id), by=None))
    second = invitation_link(app)
    assert Visitor(app).get(first).status_code == 404
    assert Visitor(app).get(second).status_code == 200


def test_links_use_the_configured_address_whatever_the_host_says(app: Flask, make: Make) -> None:
    person, _visitor = joined(app, make)
    attacker = Visitor(app)
    attacker.post("/sign-in/reset", email=person.email, host="evil.example")
    ((_kind, letter),) = letters(app, "password_reset")
    assert letter is not None
    assert "evil" not in letter.text
    assert "http://localhost/reset/" in letter.text


@pytest.mark.parametrize(
    "password, least",
    [
        ("short1!", "at least"),
        ("password1234", "first to be tried"),
        ("qwertyuiop12345", "first to be tried"),
        ("aaaaaaaaaaaaaaaaaaaa", "first to be tried"),
        ("officer herons walk", "officer"),
        ("SLW00 herons walk", "slw00"),
        ("x" * 64 + "y7!" * 22, "at most 128"),
    ],
)
def test_poor_passwords_are_refused_with_a_reason(app: Flask, make: Make, password: str, least: str) -> None:
    invite(app, make)
    answer = Visitor(app).post(invitation_link(app), password=password, again=password)
    assert answer.status_code == 422
    assert least in answer.text
    assert rows(app)["Credential"] == 0


def test_a_password_alone_needs_fifteen_characters_and_eight_with_a_second_factor(app: Flask, make: Make) -> None:
    invite(app, make, Role.TECHNICAL_REVIEWER, "Rea Viewer")
    link, visitor = invitation_link(app), Visitor(app)
    assert visitor.post(link, password="herons-w4lk", again="herons-w4lk").status_code == 422
    answer = visitor.post(link, password="herons w4lk slowly", again="herons w4lk slowly")
    assert answer.location == "/home"
    assert visitor.get("/f/SLW00/").status_code == 200


def test_eight_characters_are_enough_where_a_second_factor_follows(app: Flask, make: Make) -> None:
    invite(app, make)
    visitor = Visitor(app)
    visitor.join(invitation_link(app), "x7K!m2pQ")
    assert visitor.get("/f/SLW00/").status_code == 200


def test_128_characters_count_to_the_last_one_and_composed_letters_are_the_same(app: Flask, make: Make) -> None:
    invite(app, make)
    long = ("žito bura kamen " * 8)[:127] + "1"
    Visitor(app).join(invitation_link(app), long)
    email = next(iter(_people(app))).email
    decomposed = long.replace("ž", "z\u030c")
    assert Visitor(app).sign_in(email, long[:-1] + "2").status_code == 422
    assert Visitor(app).sign_in(email, decomposed).status_code == 303


def _people(app: Flask) -> list[Person]:
    with app.app_context(), transactions("read"):
        return list(db.session.scalars(select(Person).order_by(Person.id)))


def test_password_and_code_open_a_session_and_a_code_works_once(app: Flask, make: Make) -> None:
    with clock.at(MONDAY):
        person, first = joined(app, make)
    with clock.at(MONDAY + timedelta(minutes=5)):
        second, third = Visitor(app), Visitor(app)
        second.secret = third.secret = first.secret
        for visitor in (second, third):
            assert visitor.sign_in(person.email, PASSWORD).location.startswith("/sign-in/second-factor")
        half = second.client.get_cookie("session")
        code = second.code()
        assert second.post("/sign-in/second-factor", code=code).location == "/home"
        assert second.client.get_cookie("session") != half
        assert third.post("/sign-in/second-factor", code=code).status_code == 422
        assert third.get("/f/SLW00/").location.startswith("/sign-in?")


def factors_told(app: Flask) -> list[str]:
    """Return by which second factor each whole session was opened, as the audit log has it."""
    with app.app_context(), transactions("read"):
        opened = select(AuditDetail.body).join(AuditEvent).where(AuditEvent.action == "session.opened")
        bodies = db.session.scalars(opened.order_by(AuditEvent.seq))
        return [json.loads(body or "{}")["second_factor"] for body in bodies]


def test_a_recovery_code_works_once_and_new_ones_replace_the_old(app: Flask, make: Make) -> None:
    person, owner = joined(app, make)
    first, second, *_rest, last = owner.recovery_codes
    answers = []
    for code in (first, first, second.upper().replace("-", " ")):
        visitor = Visitor(app)
        visitor.sign_in(person.email, PASSWORD)
        answers.append(visitor.post("/sign-in/second-factor", code=code).status_code)
    assert answers == [303, 422, 303]
    assert factors_told(app) == ["app", "recovery_code", "recovery_code"]
    owner.post("/account/recovery-codes", current=PASSWORD)
    visitor = Visitor(app)
    visitor.sign_in(person.email, PASSWORD)
    assert visitor.post("/sign-in/second-factor", code=last).status_code == 422


def test_a_session_with_the_password_alone_reaches_only_the_second_step_and_the_way_out(app: Flask, make: Make) -> None:
    person, _owner = joined(app, make)
    visitor = Visitor(app)
    visitor.sign_in(person.email, PASSWORD)
    reached = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if getattr(view, "permission", None) is None or "GET" not in (rule.methods or ()):
            continue
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<{name}>", "SLW00" if name == "code" else "a" * 26)
            path = path.replace(f"<path:{name}>", "a").replace(f"<int:{name}>", "1")
        answer = visitor.get(path)
        if not (answer.status_code == 302 and answer.location.startswith("/sign-in")):
            reached.append((path, answer.status_code))
    assert reached == []
    assert visitor.get("/sign-in/second-factor").status_code == 200
    assert visitor.get("/sign-in/second-factor/set-up").location.startswith("/sign-in/second-factor")
    visitor.post("/sign-out", page="/sign-in/second-factor")
    assert visitor.get("/sign-in/second-factor").location.startswith("/sign-in")


def test_a_half_session_dies_after_ten_minutes(app: Flask, make: Make) -> None:
    with clock.at(MONDAY):
        person, owner = joined(app, make)
        visitor = Visitor(app)
        visitor.sign_in(person.email, PASSWORD)
    with clock.at(MONDAY + timedelta(minutes=10)):
        assert visitor.get("/sign-in/second-factor").location.startswith("/sign-in")
        assert owner.get("/f/SLW00/").status_code == 200


def test_the_way_back_answers_alike_and_lets_the_owner_in_with_the_second_factor(app: Flask, make: Make) -> None:
    with clock.at(MONDAY):
        person, owner = joined(app, make)
        stranger, visitor = Visitor(app), Visitor(app)
        unknown = stranger.post("/sign-in/reset", email="nobody@example.org")
        known = visitor.post("/sign-in/reset", email=person.email)
        assert (unknown.status_code, unknown.location) == (known.status_code, known.location)
        assert [kind for kind, _letter in letters(app)].count("password_reset") == 1
        link = link_in(letters(app, "password_reset")[0][1])
    with clock.at(MONDAY + timedelta(minutes=59)):
        before = rows(app)
        assert visitor.get(link).status_code == 200
        assert rows(app) == before
        answer = visitor.post(link, password=OTHER, again=OTHER)
        assert answer.location == "/sign-in/second-factor"
        assert owner.get("/f/SLW00/").status_code == 302
        visitor.secret = owner.secret
        assert visitor.post("/sign-in/second-factor", code=visitor.code()).location == "/home"
        assert Visitor(app).get(link).status_code == 404
        assert Visitor(app).sign_in(person.email, PASSWORD).status_code == 422
        assert letters(app, "password_changed")[0][1] is not None


def test_a_reset_is_over_after_an_hour(app: Flask, make: Make) -> None:
    with clock.at(MONDAY):
        person, _owner = joined(app, make)
        Visitor(app).post("/sign-in/reset", email=person.email)
        link = link_in(letters(app, "password_reset")[0][1])
    with clock.at(MONDAY + timedelta(hours=1)):
        assert Visitor(app).get(link).status_code == 404
        assert letters(app, "password_reset")[0][1] is None


def test_a_wrong_password_an_unknown_address_and_an_invited_person_are_told_the_same(app: Flask, make: Make) -> None:
    person, _owner = joined(app, make)
    invited = make.person()
    answers = [
        Visitor(app, f"203.0.113.{number}").sign_in(email, "a wrong password")
        for number, email in enumerate((person.email, "nobody@example.org", invited.email))
    ]
    pages = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert len(pages) == 1


def test_sign_out_ends_the_session_for_copies_of_the_cookie_too(app: Flask, make: Make) -> None:
    _person, visitor = joined(app, make)
    copy = copied(app, visitor)
    assert visitor.post("/sign-out", page="/account/security").location == "/sign-in"
    assert copy.get("/f/SLW00/").status_code == 302


def copied(app: Flask, visitor: Visitor) -> Visitor:
    """Return somebody who has a copy of the visitor's cookie, and reaches what the visitor reaches."""
    copy, cookie = Visitor(app), visitor.client.get_cookie("session")
    assert cookie is not None
    copy.client.set_cookie("session", cookie.value)
    assert copy.get("/f/SLW00/").status_code == 200
    return copy


def test_a_copied_cookie_is_dead_after_the_password_or_the_second_factor_changed(app: Flask, make: Make) -> None:
    _person, visitor = joined(app, make)
    copy = copied(app, visitor)
    assert visitor.post("/account/password", current=PASSWORD, password=OTHER, again=OTHER).status_code == 303
    assert (copy.get("/f/SLW00/").status_code, visitor.get("/f/SLW00/").status_code) == (302, 200)
    copy = copied(app, visitor)
    visitor.secret = secret_of(visitor.get("/account/second-factor").text)
    assert visitor.post("/account/second-factor", current=OTHER, code=visitor.code()).status_code == 200
    assert (copy.get("/f/SLW00/").status_code, visitor.get("/f/SLW00/").status_code) == (302, 200)


def test_changing_the_password_ends_the_other_sessions(app: Flask, make: Make) -> None:
    person, visitor = joined(app, make)
    other = Visitor(app)
    other.sign_in(person.email, PASSWORD)
    other.post("/sign-in/second-factor", code=visitor.recovery_codes[0])
    assert other.get("/f/SLW00/").status_code == 200
    wrong = visitor.post("/account/password", current="not this", password=OTHER, again=OTHER)
    assert wrong.status_code == 422
    assert visitor.post("/account/password", current=PASSWORD, password=OTHER, again=OTHER).status_code == 303
    assert other.get("/f/SLW00/").status_code == 302
    assert visitor.get("/f/SLW00/").status_code == 200
    assert Visitor(app).sign_in(person.email, OTHER).status_code == 303


def test_sessions_are_listed_and_ended_one_by_one_or_all(app: Flask, make: Make) -> None:
    person, visitor = joined(app, make)
    others = [Visitor(app) for _number in range(2)]
    for other, code in zip(others, visitor.recovery_codes, strict=False):
        other.sign_in(person.email, PASSWORD)
        other.post("/sign-in/second-factor", code=code)
    with app.app_context(), transactions("read"):
        mine = [row.public_id for row in db.session.scalars(select(SigninSession).order_by(SigninSession.id))]
    visitor.post(f"/account/sessions/{mine[-1]}/end", page="/account/security")
    assert [other.get("/f/SLW00/").status_code for other in others] == [200, 302]
    visitor.post("/account/sessions/end-all", page="/account/security")
    assert [browser.get("/f/SLW00/").status_code for browser in (visitor, *others)] == [302, 302, 302]


def test_nobody_ends_a_session_of_somebody_else(app: Flask, make: Make) -> None:
    _person, visitor = joined(app, make)
    stranger = make.client(Role.AUDITOR, make.fund("OTHER"))
    with app.app_context(), transactions("read"):
        victim = db.session.scalars(select(SigninSession.public_id).order_by(SigninSession.id)).first()
    page = Visitor(app)
    page.client = stranger
    assert page.post(f"/account/sessions/{victim}/end", page="/account/security").status_code == 404
    assert visitor.get("/f/SLW00/").status_code == 200


def test_another_second_factor_replaces_the_first_and_a_mail_says_so(app: Flask, make: Make) -> None:
    with clock.at(MONDAY):
        person, visitor = joined(app, make)
        old = visitor.secret
    with clock.at(MONDAY + timedelta(minutes=2)):
        visitor.secret = secret_of(visitor.get("/account/second-factor").text)
        assert visitor.secret != old
        refused = visitor.post("/account/second-factor", code=visitor.code(), current="not this")
        assert refused.status_code == 422
        assert visitor.post("/account/second-factor", code=visitor.code(), current=PASSWORD).status_code == 200
    with clock.at(MONDAY + timedelta(minutes=4)):
        new = Visitor(app)
        new.secret = old
        new.sign_in(person.email, PASSWORD)
        assert new.post("/sign-in/second-factor", code=new.code()).status_code == 422
        new.secret = visitor.secret
        assert new.post("/sign-in/second-factor", code=new.code()).status_code == 303
    assert [kind for kind, _letter in letters(app)].count("second_factor_changed") == 1


def test_the_second_factor_stays_while_the_role_asks_for_it(app: Flask, make: Make) -> None:
    _person, visitor = joined(app, make)
    assert visitor.post("/account/second-factor/remove", current=PASSWORD).status_code in (200, 422)
    assert rows(app)["TotpSecret"] == 1
    with app.app_context(), transactions("read"):
        assert db.session.scalars(select(TotpSecret.ended_at)).one() is None


@pytest.mark.parametrize(
    "wanted, landing",
    [
        ("/f/SLW00/people?page=2", "/f/SLW00/people?page=2"),
        ("//evil.example/", "/home"),
        ("/\\evil.example/", "/home"),
        ("https://evil.example/", "/home"),
        ("javascript:alert(1)", "/home"),
        ("/\tevil", "/home"),
        ("", "/home"),
    ],
)
def test_sign_in_goes_on_to_own_pages_only(app: Flask, make: Make, wanted: str, landing: str) -> None:
    person, owner = joined(app, make)
    visitor = Visitor(app)
    query = urlencode({"next": wanted})
    step = visitor.post(f"/sign-in?{query}", email=person.email, password=PASSWORD)
    last = visitor.post(step.location, code=owner.recovery_codes[0])
    assert last.location == landing


def test_the_first_administrator_comes_from_the_command_line_once(app: Flask, make: Make) -> None:
    with app.app_context(), transactions("write"):
        assert find_by_email("boss@example.org") is None
        with unit_of_work():
            first = link_to(service.create_first_administrator("Boss", "Boss@example.org").invitation)
        with unit_of_work():
            again = link_to(service.create_first_administrator("Boss", "boss@example.org").invitation)
    assert Visitor(app).get(first.removeprefix("http://localhost")).status_code == 404
    visitor = Visitor(app)
    visitor.join(again.removeprefix("http://localhost"), PASSWORD)
    assert visitor.get("/admin/people").status_code == 200
    with app.app_context(), transactions("write"), pytest.raises(RuleBroken, match="administrator already"):
        service.create_first_administrator("Other", "other@example.org")


def test_a_fresh_installation_has_no_account(app: Flask) -> None:
    assert rows(app)["Credential"] == 0
    assert Visitor(app).sign_in("admin@example.org", "admin").status_code == 422


def test_signing_in_as_an_invented_person_exists_only_in_the_demonstration(
    app: Flask, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, owner = joined(app, make)
    visitor = Visitor(app)
    assert visitor.post("/sign-in/as", page="/sign-in", person=person.public_id).status_code == 404
    assert "Demonstration" not in visitor.get("/sign-in").text
    config: Config = app.extensions["config"]
    monkeypatch.setitem(app.extensions, "config", replace(config, environment=Environment.DEMO))
    assert person.name in visitor.get("/sign-in").text
    assert visitor.post("/sign-in/as", page="/sign-in", person=person.public_id).location == "/home"
    assert visitor.get("/f/SLW00/").status_code == 200
    other = Visitor(app)
    other.sign_in(person.email, PASSWORD)
    with clock.at(clock.now()):
        assert owner.code() in other.get("/sign-in/second-factor").text
    assert other.post("/sign-in/as", page="/sign-in/second-factor", person="nobody").status_code == 404
    assert other.post("/sign-in/as", page="/sign-in/second-factor", person="a\0b").status_code == 404


@pytest.mark.parametrize("wanted", ["//[", "//evil.example", "/\\evil.example", "https://evil.example", "/f/\0"])
def test_nobody_is_led_away_after_signing_in(app: Flask, make: Make, wanted: str) -> None:
    client = make.client(Role.SECRETARIAT_OFFICER, make.fund())
    response = client.get("/sign-in", query_string={"next": wanted})
    assert response.status_code in (302, 404)
    assert response.headers.get("Location", "/home") == "/home"


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(app: Flask, make: Make) -> None:
    make.fund()
    response = app.test_client().post("/f/SLW00/contributions/deposits/new", data={"received": "1"})
    assert response.status_code == 302
    assert response.location == "/sign-in?next=/f/SLW00/contributions/deposits/new"
