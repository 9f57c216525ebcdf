"""Guessing: how often anybody may try, and that the owner still gets in (AUTH-3, AUTH-4)."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from flask import Flask
from sqlalchemy import func, select

from mptf.core import clock
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.errors import RuleBroken
from mptf.people.models import Person
from mptf.policy import Role
from mptf.signin import factors, hashing, limits, service
from mptf.signin import passwords as passwords_module
from mptf.signin.keys import Keys
from mptf.signin.models import FactorKind, SigninAttempt, SigninSession, TotpSecret
from mptf.signin.passwords import Passwords
from tests.factories import Make
from tests.support.visitor import Visitor, hidden_fields

PASSWORD = "seven quiet herons walk"
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Counting:
    """Counts how many passwords reach the hash, for real."""

    def __init__(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen = 0
        hasher: Passwords = app.extensions["passwords"]
        verify = hasher.verify

        def counted(kept: str | None, password: str) -> bool:
            self.seen += 1
            return verify(kept, password)

        monkeypatch.setattr(hasher, "verify", counted)


@pytest.fixture
def hashed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Counting:
    return Counting(app, monkeypatch)


@pytest.fixture
def reviewer(app: Flask, make: Make) -> Person:
    """Somebody who signs in with a password alone."""
    person = make.person("Rea Viewer")
    make.grant(person, Role.TECHNICAL_REVIEWER, make.fund())
    with app.app_context(), transactions("write"), unit_of_work():
        hashed = app.extensions["passwords"].hash(PASSWORD)
        invitation = service.invite(db.session.get_one(Person, person.id), by=None)
        service.accept_invitation(invitation, password_hash=hashed, short=False)
    return person


def guess(visitor: Visitor, email: str, number: int, token: dict[str, str]) -> int:
    return visitor.client.post(
        "/sign-in",
        data={**token, "email": email, "password": f"guess number {number}"},
        headers={"X-Forwarded-For": f"198.51.100.{number % 250}"},
        environ_base={"REMOTE_ADDR": visitor.address},
    ).status_code


def token_of(visitor: Visitor) -> dict[str, str]:
    return hidden_fields(visitor.get("/sign-in").text)


def test_a_thousand_guesses_reach_the_hash_at_most_ten_times(app: Flask, reviewer: Person, hashed: Counting) -> None:
    attacker = Visitor(app)
    token = token_of(attacker)
    with clock.at(MONDAY):
        for turn in range(4):
            attacker.address = f"203.0.113.{turn}"
            answers = Counter(guess(attacker, reviewer.email, number, token) for number in range(250))
            assert set(answers) <= {422, 429}
        assert hashed.seen == 10
    with clock.at(MONDAY + timedelta(minutes=11)):
        assert guess(attacker, reviewer.email, 0, token) == 422
    assert hashed.seen == 11


def test_guesses_from_one_place_leave_the_owner_a_way_in_from_elsewhere(app: Flask, reviewer: Person) -> None:
    attacker, owner = Visitor(app, "203.0.113.1"), Visitor(app, "203.0.113.2")
    token = token_of(attacker)
    for number in range(100):
        guess(attacker, reviewer.email, number, token)
    assert owner.sign_in(reviewer.email, PASSWORD).location == "/home"


def test_guesses_from_everywhere_leave_the_owner_the_browser_used_before(app: Flask, reviewer: Person) -> None:
    owner = Visitor(app, "203.0.113.200")
    assert owner.sign_in(reviewer.email, PASSWORD).status_code == 303
    owner.post("/sign-out", page="/account/security")
    for place in range(20):
        attacker = Visitor(app, f"203.0.113.{place}")
        token = token_of(attacker)
        for number in range(5):
            guess(attacker, reviewer.email, number, token)
    assert Visitor(app, "203.0.113.99").sign_in(reviewer.email, PASSWORD).status_code == 429
    assert owner.sign_in(reviewer.email, PASSWORD).location == "/home"


def test_a_known_browser_of_one_account_is_a_stranger_to_another(app: Flask, reviewer: Person, make: Make) -> None:
    insider = Visitor(app, "203.0.113.50")
    insider.sign_in(reviewer.email, PASSWORD)
    insider.post("/sign-out", page="/account/security")
    victim, token = make.person().email, token_of(insider)
    answers = [guess(insider, victim, number, token) for number in range(6)]
    assert answers == [422] * 5 + [429]


def test_a_device_cookie_nobody_signed_is_worth_nothing(app: Flask, reviewer: Person) -> None:
    forger = Visitor(app)
    forger.client.set_cookie("device", "WyJhYmMiLFsieCJdXQ.aaaa.bbbb")
    token = token_of(forger)
    assert [guess(forger, reviewer.email, number, token) for number in range(6)][-1] == 429


def test_unknown_addresses_are_limited_and_hashed_like_known_ones(
    app: Flask, reviewer: Person, hashed: Counting
) -> None:
    answers = {}
    for email in (reviewer.email, "nobody@example.org"):
        visitor = Visitor(app)
        token = token_of(visitor)
        answers[email] = [guess(visitor, email, number, token) for number in range(7)]
    known, unknown = answers.values()
    assert known == unknown == [422] * 5 + [429] * 2
    assert hashed.seen == 10


def test_one_address_may_try_fifty_accounts_in_ten_minutes(app: Flask) -> None:
    visitor = Visitor(app)
    token = token_of(visitor)
    answers = [guess(visitor, f"person{number}@example.org", number, token) for number in range(52)]
    assert answers == [422] * 50 + [429] * 2


def test_a_right_password_does_not_count(app: Flask, reviewer: Person) -> None:
    for _time in range(12):
        assert Visitor(app).sign_in(reviewer.email, PASSWORD).status_code == 303


def test_guesses_at_the_same_time_are_no_more_than_guesses_in_a_row(
    app: Flask, reviewer: Person, hashed: Counting
) -> None:
    visitors = [Visitor(app, f"203.0.113.{number}") for number in range(8)]
    tokens = [token_of(visitor) for visitor in visitors]
    start = threading.Barrier(8)

    def many(index: int) -> list[int]:
        start.wait()
        return [guess(visitors[index], reviewer.email, number, tokens[index]) for number in range(5)]

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(code for codes in pool.map(many, range(8)) for code in codes)
    assert answers == {422: 10, 429: 30}
    assert hashed.seen == 10


def test_codes_are_limited_to_five_in_ten_minutes(app: Flask, make: Make) -> None:
    person = make.person()
    make.grant(person, Role.AUDITOR, make.fund())
    keys = Keys(app.config["SECRET_KEY"])
    with clock.at(MONDAY), app.app_context(), transactions("write"), unit_of_work():
        kept = db.session.get_one(Person, person.id)
        hashed = app.extensions["passwords"].hash(PASSWORD)
        service.accept_invitation(service.invite(kept, by=None), password_hash=hashed, short=False)
        seed = factors.seed_for(keys, kept, "seed")
        visitor = Visitor(app)
        visitor.secret = keys.totp_secret(seed)
        factors.set_up(kept, keys=keys, seed=seed, code=visitor.code(), by=kept)
    with clock.at(MONDAY + timedelta(minutes=2)):
        visitor.sign_in(person.email, PASSWORD)
        wrong = str((int(visitor.code()) + 1) % 10**6).zfill(6)
        answers = [visitor.post("/sign-in/second-factor", code=wrong).status_code for _time in range(5)]
        answers.append(visitor.post("/sign-in/second-factor", code=visitor.code()).status_code)
    assert answers == [422] * 5 + [429]


def test_one_code_sent_twice_at_once_opens_one_session(app: Flask, make: Make) -> None:
    person = make.person()
    make.grant(person, Role.AUDITOR, make.fund())
    keys = Keys(app.config["SECRET_KEY"])
    with app.app_context(), transactions("write"), unit_of_work():
        kept = db.session.get_one(Person, person.id)
        seed = factors.seed_for(keys, kept, "seed")
        phone = Visitor(app)
        phone.secret = keys.totp_secret(seed)
        factors.set_up(kept, keys=keys, seed=seed, code=phone.code(), by=kept)
        factor = factors.find_factor(kept.id)
        assert factor is not None
        factor.last_step = 0
    start = threading.Barrier(4)
    code = phone.code()

    def use(_number: int) -> bool:
        start.wait()
        with app.app_context(), transactions("write"), unit_of_work():
            taken = factors.taken(db.session.get_one(Person, person.id), keys=keys, typed=code)
            return taken is FactorKind.APP

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(4))) == [False, False, False, True]


def test_the_way_back_is_asked_for_three_times_an_hour(app: Flask, reviewer: Person) -> None:
    visitor = Visitor(app)
    answers = {
        email: [visitor.post("/sign-in/reset", email=email).status_code for _time in range(4)]
        for email in (reviewer.email, "nobody@example.org")
    }
    assert list(answers.values()) == [[303, 303, 303, 429]] * 2


def test_twenty_sign_ins_at_once_are_hashed_one_after_the_other_and_outside_the_worker() -> None:
    passwords = Passwords()
    kept = passwords.hash(PASSWORD)
    process, start, done = psutil.Process(), threading.Barrier(21), threading.Event()
    before, peak, at_once = process.memory_info().rss, 0, 0

    def verify(_number: int) -> bool:
        start.wait()
        return passwords.verify(kept, PASSWORD)

    def watch() -> None:
        nonlocal peak, at_once
        start.wait()
        while not done.is_set():
            peak = max(peak, process.memory_info().rss)
            at_once = max(at_once, sum(hashing.__name__ in command_of(child) for child in process.children()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(20) as pool:
        assert all(pool.map(verify, range(20)))
    done.set()
    watcher.join()
    grown = (peak - before) / (19 << 20)
    assert grown < 0.5, f"{grown:.1f} hashes in the memory of the worker"
    assert at_once == 1


def command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it ended meanwhile
        return []


@pytest.mark.parametrize("apart", [True, False])
def test_a_password_is_known_by_its_hash_of_the_costs_that_are_asked(apart: bool) -> None:
    passwords = Passwords(memory_kib=64, passes=1, apart=apart)
    kept = passwords.hash("zwölf stille Reiher 🪶")
    assert kept.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert passwords.verify(kept, "zwo\u0308lf stille Reiher 🪶"), "composed by another keyboard"
    assert not passwords.verify(kept, "zwölf stille Reiher")
    assert not passwords.verify("no hash", PASSWORD)
    assert not passwords.verify(None, "")
    assert (passwords.outdated(kept), Passwords().outdated(kept)) == (False, True)


def test_who_waits_too_long_for_their_turn_is_told_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords_module, "PATIENCE", 0.05)
    passwords, going, go = Passwords(apart=False), threading.Event(), threading.Event()

    def slowly(_asked: hashing.Asked) -> bool:
        going.set()
        return go.wait(10)

    monkeypatch.setattr(hashing, "answer", slowly)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(passwords.verify, "kept", PASSWORD)
        assert going.wait(10)
        with pytest.raises(RuleBroken, match="Many people are signing in"):
            passwords.verify("kept", PASSWORD)
        go.set()
        assert first.result()


@pytest.mark.parametrize("command", [("/bin/sh", "-c", "kill -9 $$"), ("/no/such/program",)])
def test_where_no_process_hashes_a_password_nobody_is_told_that_it_is_wrong(
    app: Flask, reviewer: Person, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setitem(app.extensions, "passwords", Passwords())
    monkeypatch.setattr(passwords_module, "_HASHING", command)
    visitor = Visitor(app)
    answer = visitor.post("/sign-in", email=reviewer.email, password=PASSWORD)
    assert answer.status_code == 422
    assert "could not look at the password just now" in answer.text


def test_without_the_memory_to_compare_a_password_it_is_not_taken_for_a_wrong_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passwords = Passwords(memory_kib=64, passes=1, apart=False)
    kept = passwords.hash(PASSWORD)

    def lacks(*_asked: object) -> bool:
        raise VerificationError("Memory allocation error")

    monkeypatch.setattr(PasswordHasher, "verify", lacks)
    with pytest.raises(VerificationError):
        passwords.verify(kept, PASSWORD)


def test_old_attempts_are_forgotten_and_young_ones_kept(app: Flask) -> None:
    visitor = Visitor(app)
    token = token_of(visitor)
    with clock.at(MONDAY):
        guess(visitor, "a@example.org", 1, token)
    with clock.at(MONDAY + timedelta(days=29)):
        guess(visitor, "a@example.org", 2, token)
    with clock.at(MONDAY + timedelta(days=31)), app.app_context(), transactions("write"), unit_of_work():
        assert limits.forget_old() == 1
    with app.app_context(), transactions("read"):
        assert db.session.scalar(select(func.count()).select_from(SigninAttempt)) == 1


def test_what_stands_in_the_database_opens_nothing(app: Flask, reviewer: Person) -> None:
    visitor = Visitor(app)
    visitor.sign_in(reviewer.email, PASSWORD)
    cookie = visitor.client.get_cookie("session")
    assert cookie is not None
    with visitor.client.session_transaction() as kept:
        token = kept["sid"]
    with app.app_context(), transactions("read"):
        session = db.session.scalars(select(SigninSession)).one()
        attempt = db.session.scalars(select(SigninAttempt)).one()
    assert token not in (session.token_hash, session.public_id)
    assert reviewer.email not in (attempt.account, attempt.device)
    assert not hasattr(TotpSecret, "secret")
