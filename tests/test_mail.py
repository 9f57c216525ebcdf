"""Mail waits for its server, is sent once, to one person, and only while the person may have it (MAIL-1)."""

import email
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from config import Config, Environment, Mail
from mptf.core import clock, mail
from mptf.core.audit import AuditEvent
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.mail import Letter, MailState, OutboxMessage
from mptf.jobs import sender
from tests.factories import Make
from tests.support.smtp import MailServer, mail_server

LOADERS: dict[str, sender.Loader] = {
    "greeting": lambda message: Letter("Good day\nBcc: everybody@example.org", f"About {message.subject_id}.\n"),
    "withdrawn": lambda _message: None,
    "broken": lambda _message: Letter(str(1 // 0), ""),
}


@contextmanager
def installed(app: Flask, settings: Mail, environment: Environment = Environment.TEST) -> Iterator[Flask]:
    """Let an installation hand its mail over elsewhere."""
    before: Config = app.extensions["config"]
    app.extensions["config"] = replace(before, mail=settings, environment=environment)
    try:
        yield app
    finally:
        app.extensions["config"] = before


@contextmanager
def served(app: Flask) -> Iterator[MailServer]:
    with mail_server() as server, installed(app, Mail(host="127.0.0.1", port=server.port)):
        yield server


class Deciding(str):
    """A refusal of the mail server that decides at each recipient whether it is one."""

    def __new__(cls, words: str, decide: Callable[[], bool]) -> "Deciding":
        made = super().__new__(cls, words)
        made.decide = decide
        return made

    decide: Callable[[], bool]

    def __bool__(self) -> bool:
        return self.decide()


def post(app: Flask, make: Make, *kinds: str) -> list[int]:
    """Put a message of each kind into the outbox, each to a person of its own."""
    people = [make.person() for _ in kinds]
    with app.app_context(), unit_of_work():
        rows = [
            mail.post(kind, subject_id=f"subject{number}", to_person_id=person.id)
            for number, (kind, person) in enumerate(zip(kinds, people, strict=True))
        ]
        db.session.flush()
        return [row.id for row in rows]


def see(app: Flask, message_id: int) -> OutboxMessage:
    with app.app_context(), transactions("read"):
        return db.session.get_one(OutboxMessage, message_id)


def test_a_message_reaches_its_one_recipient_and_nobody_else(app: Flask, make: Make) -> None:
    posted = post(app, make, "greeting", "greeting")
    with served(app) as server:
        assert sender.send_due(app, LOADERS) == 2
        assert sender.send_due(app, LOADERS) == 0
    assert [len(delivery.recipients) for delivery in server.deliveries] == [1, 1]
    assert server.deliveries[0].recipients != server.deliveries[1].recipients
    first = server.messages[0]
    assert first["Subject"] == "Good day Bcc: everybody@example.org"
    assert first["Bcc"] is None
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Message-ID"] == f"<{see(app, posted[0]).public_id}@localhost>"
    assert first.get_content().strip() == "About subject0."
    assert see(app, posted[0]).state is MailState.SENT


def test_what_a_person_may_no_longer_have_is_dropped(app: Flask, make: Make) -> None:
    (posted,) = post(app, make, "withdrawn")
    with served(app) as server:
        assert sender.send_due(app, LOADERS) == 0
    assert server.deliveries == []
    assert see(app, posted).state is MailState.DROPPED


def test_a_message_that_cannot_be_written_holds_up_no_other(app: Flask, make: Make) -> None:
    broken, unknown, fine = post(app, make, "broken", "nobody.knows", "greeting")
    with served(app):
        assert sender.send_due(app, LOADERS) == 1
    assert [see(app, message).state for message in (broken, unknown)] == [MailState.QUEUED] * 2
    assert see(app, broken).last_error == "cannot be written: ZeroDivisionError"
    assert see(app, fine).state is MailState.SENT


def test_a_server_that_is_down_for_days_loses_nothing(app: Flask, make: Make) -> None:
    posted = post(app, make, "greeting", "greeting")
    with mail_server() as gone:
        pass
    with installed(app, Mail(host="127.0.0.1", port=gone.port)):
        for hour in range(100):
            with clock.at(datetime.now(UTC) + timedelta(hours=hour)):
                assert sender.send_due(app, LOADERS) == 0
    waiting = [see(app, message) for message in posted]
    assert [(row.state, row.attempts) for row in waiting] == [(MailState.QUEUED, 0)] * 2
    assert all(row.last_error for row in waiting)
    with served(app) as server, clock.at(datetime.now(UTC) + timedelta(hours=101)):
        assert sender.send_due(app, LOADERS) == 2
    assert len(server.deliveries) == 2


def test_a_refusal_for_now_is_tried_again_later_and_given_up_at_last(app: Flask, make: Make) -> None:
    (posted,) = post(app, make, "greeting")
    now = datetime.now(UTC)
    with served(app) as server:
        server.refusal = "451 4.3.0 Try later"
        for tries, wait in enumerate([timedelta(0), *mail.RETRY_AFTER], start=1):
            now += wait + timedelta(seconds=1)
            with clock.at(now):
                assert sender.send_due(app, LOADERS) == 0
                assert see(app, posted).attempts == tries
                assert sender.send_due(app, LOADERS) == 0, "it was tried before its time"
    last = see(app, posted)
    assert (last.state, last.last_error) == (MailState.FAILED, "451 4.3.0 Try later")


def test_a_refusal_for_ever_fails_at_once_and_the_next_message_goes_out(app: Flask, make: Make) -> None:
    posted = post(app, make, "greeting", "greeting")
    with served(app) as server:
        answers = iter([True, False])
        server.refusal = Deciding("550 5.1.1 No such user", lambda: next(answers))
        assert sender.send_due(app, LOADERS) == 1
    assert [see(app, message).state for message in posted] == [MailState.FAILED, MailState.SENT]


@pytest.mark.parametrize("drops", [True, False])
def test_a_message_the_server_breaks_off_at_holds_up_no_other_and_is_given_up_at_last(
    app: Flask, make: Make, drops: bool
) -> None:
    poison, *others = post(app, make, *["greeting"] * 3)
    now = datetime.now(UTC)
    with served(app) as server:
        server.closes_at, server.drops = "About subject0.", drops
        assert sender.send_due(app, LOADERS) == 2
        assert [see(app, message).state for message in others] == [MailState.SENT] * 2
        assert (see(app, poison).state, see(app, poison).attempts) == (MailState.QUEUED, 1)
        for wait in mail.RETRY_AFTER:
            now += wait + timedelta(seconds=1)
            with clock.at(now):
                (other,) = post(app, make, "withdrawn")
                with app.app_context(), unit_of_work():
                    db.session.get_one(OutboxMessage, other).sent()  # the server takes others
                sender.send_due(app, LOADERS)
    assert (see(app, poison).state, see(app, poison).attempts) == (MailState.FAILED, len(mail.RETRY_AFTER) + 1)
    assert see(app, poison).last_error


def test_a_server_that_breaks_off_at_everything_for_days_loses_nothing(app: Flask, make: Make) -> None:
    posted = post(app, make, *["greeting"] * 5)
    with served(app) as server:
        server.closes_at = "About"
        for hour in range(0, 50, 10):
            with clock.at(datetime.now(UTC) + timedelta(hours=hour)):
                assert sender.send_due(app, LOADERS) == 0
        waiting = [see(app, message) for message in posted]
        assert [(row.state, row.attempts) for row in waiting] == [(MailState.QUEUED, 0)] * 5
        server.closes_at = None
        with clock.at(datetime.now(UTC) + timedelta(hours=51)):
            assert sender.send_due(app, LOADERS) == 5


def test_many_messages_the_server_breaks_off_at_do_not_stand_before_the_others_for_ever(app: Flask, make: Make) -> None:
    *_bad, good = post(app, make, *["withdrawn"] * 2 * sender.BREAKS, "greeting")
    breaking = {**LOADERS, "withdrawn": lambda _message: Letter("Good day", "It breaks off here.\n")}
    now = datetime.now(UTC)
    with served(app) as server:
        server.closes_at = "breaks off here"
        for minute in range(4):
            with clock.at(now + timedelta(minutes=minute, seconds=1)):
                sender.send_due(app, breaking)
    assert see(app, good).state is MailState.SENT


def test_a_server_that_closes_at_one_recipient_is_asked_anew_for_the_next(app: Flask, make: Make) -> None:
    closed, fine = post(app, make, "greeting", "greeting")
    with served(app) as server:
        answers = iter([True, False])
        server.refusal = Deciding("421 4.7.0 Too many connections", lambda: next(answers))
        assert sender.send_due(app, LOADERS) == 1
    assert see(app, fine).state is MailState.SENT
    assert (see(app, closed).state, see(app, closed).attempts) == (MailState.QUEUED, 1)


@pytest.mark.parametrize("drops", [True, False])
def test_a_connection_that_takes_one_message_alone_is_no_fault_of_the_next(app: Flask, make: Make, drops: bool) -> None:
    posted = post(app, make, *["greeting"] * 5)
    with served(app) as server:
        server.most, server.drops = 1, drops
        assert sender.send_due(app, LOADERS) == 5
    assert [(see(app, message).state, see(app, message).attempts) for message in posted] == [(MailState.SENT, 0)] * 5


def test_a_message_refused_before_it_is_said_spoils_no_other(app: Flask, make: Make) -> None:
    first, second = post(app, make, "greeting", "greeting")
    with served(app) as server:
        answers = iter([True, False])
        server.data_refusal = Deciding("451 4.7.1 Come back later", lambda: next(answers))
        assert sender.send_due(app, LOADERS) == 1
    assert (see(app, first).last_error, see(app, first).attempts) == ("451 4.7.1 Come back later", 1)
    assert (see(app, second).state, see(app, second).attempts) == (MailState.SENT, 0)


@pytest.mark.parametrize("late", [True, False])
def test_who_gives_the_lead_up_or_takes_too_long_sends_the_message_at_hand_and_leaves_the_others(
    app: Flask, make: Make, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    first, *others = post(app, make, *["greeting"] * 3)
    with served(app) as server:
        if late:
            monkeypatch.setattr(sender, "LONGEST", 0.2)
            server.refusal = Deciding("", lambda: threading.Event().wait(0.3))
        assert sender.send_due(app, LOADERS, ending=lambda: not late and bool(server.deliveries)) == 1
        assert see(app, first).state is MailState.SENT
        assert [(see(app, message).state, see(app, message).attempts) for message in others] == [
            (MailState.QUEUED, 0)
        ] * 2
        server.refusal = None
        monkeypatch.undo()
        assert sender.send_due(app, LOADERS) == 2


def test_a_message_is_sent_in_seven_bits(app: Flask, make: Make) -> None:
    post(app, make, "quoted")
    with served(app) as server:
        text = "“Österreich”, Kosovo’s Ω\n"
        assert sender.send_due(app, {"quoted": lambda _message: Letter("“Ö”", text)}) == 1
    (message,) = server.messages
    assert (message["Subject"], message.get_content().split()) == ("“Ö”", text.split())
    assert message.as_bytes().isascii()


def test_what_could_not_be_sent_is_tried_anew_when_the_operator_says_so(app: Flask, make: Make) -> None:
    first, second, waiting = posted = post(app, make, *["greeting"] * 3)
    with app.app_context(), unit_of_work():
        for message in (first, second):
            row = db.session.get_one(OutboxMessage, message)
            row.state, row.attempts = MailState.FAILED, 7
    named, other = see(app, first).public_id, see(app, waiting).public_id

    def retry(*said: str) -> tuple[int, str]:
        done = app.test_cli_runner().invoke(args=["mail", "retry", *said])
        return done.exit_code, done.output

    assert retry()[0] == retry("--failed", named)[0] == 2
    assert "none is tried" in retry(named, other)[1]
    assert see(app, first).state is MailState.FAILED
    assert retry(named) == (0, "1 messages wait for the next run of the jobs.\n")
    assert (see(app, first).state, see(app, first).attempts) == (MailState.QUEUED, 0)
    assert see(app, second).state is MailState.FAILED
    assert retry("--failed") == (0, "1 messages wait for the next run of the jobs.\n")
    with served(app):
        assert sender.send_due(app, LOADERS) == len(posted)
    with app.app_context(), transactions("read"):
        told = db.session.scalars(select(AuditEvent).filter_by(action="mail.retried")).all()
        assert [event.subject_id for event in told] == ["installation"] * 2


@pytest.mark.both_engines
def test_several_senders_at_once_send_each_message_once(app: Flask, make: Make) -> None:
    post(app, make, *["greeting"] * 12)
    sent: list[int] = []
    with served(app) as server:
        senders = [threading.Thread(target=lambda: sent.append(sender.send_due(app, LOADERS))) for _ in range(3)]
        for one in senders:
            one.start()
        for one in senders:
            one.join()
    assert sum(sent) == 12
    assert len({message["Message-ID"] for message in server.messages}) == len(server.messages) == 12


def test_no_transaction_is_open_while_the_server_takes_its_time(app: Flask, make: Make) -> None:
    (posted,) = post(app, make, "greeting")
    asked, answered = threading.Event(), threading.Event()

    def slowly() -> bool:
        asked.set()
        answered.wait(10)
        return False

    with served(app) as server:
        server.refusal = Deciding("", slowly)
        sending = threading.Thread(target=sender.send_due, args=(app, LOADERS))
        sending.start()
        assert asked.wait(10)
        post(app, make, "greeting")
        assert sending.is_alive(), "a write waited for the mail server"
        answered.set()
        sending.join()
    assert see(app, posted).state is MailState.SENT


def test_a_sender_that_died_after_claiming_is_followed_after_its_lease(app: Flask, make: Make) -> None:
    (posted,) = post(app, make, "greeting")
    with app.app_context():
        assert sender._claim(LOADERS, app.extensions["config"])
    with served(app):
        assert sender.send_due(app, LOADERS) == 0
        with clock.at(datetime.now(UTC) + sender.LEASE + timedelta(seconds=1)):
            assert sender.send_due(app, LOADERS) == 1
    assert see(app, posted).state is MailState.SENT


def test_without_a_mail_server_mail_is_kept_in_the_data_folder(app: Flask, make: Make) -> None:
    (posted,) = post(app, make, "greeting")
    with installed(app, Mail(), Environment.DEMO):
        assert sender.send_due(app, LOADERS) == 1
        shown = app.test_cli_runner().invoke(args=["mail", "show"])
    folder: Path = app.extensions["config"].data_folder / "mail"
    kept = folder / f"{see(app, posted).public_id}.eml"
    assert email.message_from_bytes(kept.read_bytes(), policy=policy.default)["Subject"].startswith("Good day")
    assert "About subject0." in shown.output
    kept.unlink()


def test_what_waits_is_listed_without_its_text(app: Flask, make: Make) -> None:
    post(app, make, "greeting")
    listed = app.test_cli_runner().invoke(args=["mail", "list"])
    assert "greeting" in listed.output
    assert "About" not in listed.output


@pytest.mark.parametrize("address", ["ä@example.org", "no-at-sign"])
def test_an_address_no_mail_can_go_to_holds_up_no_other(app: Flask, make: Make, address: str) -> None:
    with app.app_context(), unit_of_work():
        from mptf.people.models import Person

        odd = Person(name="Demo Person", email=address)
        db.session.add(odd)
        db.session.flush()
        row = mail.post("greeting", subject_id="odd", to_person_id=odd.id)
        db.session.flush()
        message_id = row.id
    post(app, make, "greeting")
    with served(app) as server:
        assert sender.send_due(app, LOADERS) == 1
    assert len(server.deliveries) == 1
    assert see(app, message_id).state in (MailState.QUEUED, MailState.FAILED)
