"""Mail: sends what waits in the outbox, one recipient a message, with no transaction open meanwhile.

A message is claimed by moving its next try behind a lease, so that a second sender passes it by. A
process that dies between the mail server's "250" and our note sends that one message again, under
the same Message-ID: better twice than never.

A server that is away is no message's fault. A connection that breaks off in the middle of a message
counts against that message only where the server took others lately; the rest goes over a new one.
One that ends between two messages, as some servers do after each, counts against none.
"""

import email.policy
import smtplib
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import ScalarResult, select

from config import Config, Mail
from mptf.core import clock, logs, mail
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.mail import Letter, MailState, OutboxMessage
from mptf.people import notices
from mptf.people.models import Person
from mptf.web import config

# Each server takes 7 bits; that it takes 8 would have to be asked for with each message.
POLICY = email.policy.SMTP.clone(cte_type="7bit")
BATCH = 20
TAKEN = 250  # what a server answers that did as it was told
CLOSING = 421  # what a server answers that ends the connection
TIMEOUT = 10.0  # seconds the mail server has for each answer
BREAKS = 3  # connections that may break off in a batch before the rest of it waits
LATELY = timedelta(hours=1)  # so long a message that was taken proves that the server lives
LONGEST = 600.0  # seconds after which no other message of a batch is begun
LEASE = timedelta(minutes=20)  # longer than a batch can take, its last message and a new connection for it included

log = logs.get(__name__)

Loader = Callable[[OutboxMessage], Letter | None]
Post = Callable[[EmailMessage], None]


class Refused(Exception):
    """The mail server will never take this message."""


class Delayed(Exception):
    """The mail server did not take this message now."""


class BrokenOff(OSError):
    """The connection ended, or the server closes it, in the middle of a message."""


class UsedUp(Exception):
    """The server takes no more over this connection, which took messages before."""


@dataclass(frozen=True)
class Ready:
    """A claimed message, written out."""

    id: int
    email: EmailMessage


@dataclass
class Batch:
    """Claimed messages: what still waits, at which the connection broke off and why, and how many were taken."""

    waiting: deque[Ready]
    broken_off: dict[int, str] = field(default_factory=dict)
    taken: int = 0


def send_due(app: Flask, loaders: Mapping[str, Loader], *, ending: Callable[[], bool] = lambda: False) -> int:
    """Send the messages that are due; return how many the mail server took.

    Once it is `ending`, the message at hand is the last, and the others may be sent by whoever comes next.
    """
    with app.app_context():
        if not _due():
            return 0
        settings = config()
        batch, reason = Batch(deque(_claim(loaders, settings))), None
        latest = time.monotonic() + LONGEST

        def over() -> bool:
            return ending() or time.monotonic() > latest

        while batch.waiting and len(batch.broken_off) < BREAKS and not over():
            try:
                with transport(settings) as post:
                    _send_all(batch, post, over)
            except UsedUp:
                continue
            except (OSError, smtplib.SMTPException) as error:
                reason = str(error)
                if not isinstance(error, BrokenOff):
                    break
        if reason:
            log.warning("mail waits", reason=reason, messages=len(batch.waiting) + len(batch.broken_off))
            _wait_for_server(batch, reason)
        elif batch.waiting:
            _leave(batch)
        return batch.taken


def _send_all(batch: Batch, post: Post, over: Callable[[], bool]) -> None:
    """Send over one connection what waits, until there is no more time."""
    while batch.waiting and not over():
        message = batch.waiting.popleft()
        try:
            batch.taken += _send(message, post)
        except UsedUp:
            batch.waiting.appendleft(message)
            raise
        except (OSError, smtplib.SMTPException) as error:
            batch.broken_off[message.id] = str(error)
            raise BrokenOff(str(error)) from error


@contextmanager
def transport(settings: Config) -> Iterator[Post]:
    """Open the way mail leaves by: the SMTP server, or a folder where an installation has none."""
    if settings.mail.host:
        with _smtp(settings.mail) as server:
            yield _Connection(server).post
    else:
        yield lambda message: _drop(settings.data_folder / "mail", message)


def _due() -> bool:
    """Look for due mail without taking a lock."""
    with transactions("read"):
        try:
            waiting = select(OutboxMessage.id).where(
                OutboxMessage.state == MailState.QUEUED, OutboxMessage.next_try_at <= clock.now()
            )
            return db.session.scalar(waiting.limit(1)) is not None
        finally:
            db.session.remove()


def _claim(loaders: Mapping[str, Loader], settings: Config) -> list[Ready]:
    """Claim due messages and write them out; drop those their person may no longer have."""
    ready = []
    with unit_of_work():
        for message in mail.due(BATCH):
            try:
                letter = loaders[message.kind](message) if _wanted(message) else None
                if letter is None:
                    message.dropped("no longer for this person")
                    continue
                written = _written(message, letter, settings)
            # One message that cannot be written holds up no other.
            except Exception as error:
                log.exception("message cannot be written", message=message.public_id, kind=message.kind)
                message.delayed(f"cannot be written: {type(error).__name__}")
                continue
            message.next_try_at = clock.now() + LEASE
            ready.append(Ready(message.id, written))
    return ready


def _wanted(message: OutboxMessage) -> bool:
    return notices.wants(message.to_person_id, message.kind)


def _written(message: OutboxMessage, letter: Letter, settings: Config) -> EmailMessage:
    """Write a message for its one recipient."""
    person = db.session.get_one(Person, message.to_person_id)
    written = EmailMessage(policy=POLICY)
    written["From"] = settings.mail.sender
    written["To"] = Address(" ".join(person.name.split()), addr_spec=person.email)
    written["Subject"] = " ".join(letter.subject.split())
    written["Date"] = format_datetime(clock.now())
    written["Message-ID"] = f"<{message.public_id}@{urlsplit(settings.base_url).hostname}>"
    written["Auto-Submitted"] = "auto-generated"
    written.set_content(letter.text)
    return written


def _send(message: Ready, post: Post) -> bool:
    """Send one message and note what came of it."""
    try:
        post(message.email)
    except Refused as refusal:
        with _noting(message.id) as row:
            row.state, row.last_error = MailState.FAILED, str(refusal)
        return False
    except Delayed as delay:
        with _noting(message.id) as row:
            row.delayed(str(delay))
        return False
    with _noting(message.id) as row:
        row.sent()
    return True


def _wait_for_server(batch: Batch, reason: str) -> None:
    """Let what was not sent wait; where the server takes others, a message it breaks off at counts that as an attempt.

    Without that proof none gives up, and such a message waits longer than the rest, so that it is not
    the first again.
    """
    with unit_of_work():
        lives = mail.taken_since(clock.now() - LATELY)
        for row in _queued(batch.broken_off):
            if lives:
                row.delayed(batch.broken_off[row.id])
            else:
                row.put_off(mail.RETRY_AFTER[1], batch.broken_off[row.id])
        for row in _queued(message.id for message in batch.waiting):
            row.put_off(mail.RETRY_AFTER[0], reason)


def _leave(batch: Batch) -> None:
    """Let what was claimed and not sent be due again."""
    with unit_of_work():
        for row in _queued(message.id for message in batch.waiting):
            row.next_try_at = clock.now()


def _queued(ids: Iterable[int]) -> ScalarResult[OutboxMessage]:
    return db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.id.in_(ids), OutboxMessage.state == MailState.QUEUED)
    )


@contextmanager
def _noting(message_id: int) -> Iterator[OutboxMessage]:
    with unit_of_work():
        yield db.session.get_one(OutboxMessage, message_id)


@contextmanager
def _smtp(settings: Mail) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT) as server:
        if settings.starttls:
            server.starttls(context=ssl.create_default_context())
        if settings.user:
            server.login(settings.user, settings.password)
        try:
            yield server
        except BaseException:
            server.close()  # nothing more is to be said, and no answer to be waited for
            raise


class _Connection:
    """A connection to the mail server, over which one message after the other goes."""

    def __init__(self, server: smtplib.SMTP) -> None:
        self._server, self._used = server, False

    def post(self, message: EmailMessage) -> None:
        """Hand a message over, unless the server ends what it took others by."""
        if self._used:
            self._begin_anew()
        used, self._used = self._used, True
        try:
            _hand_over(self._server, message)
        except smtplib.SMTPSenderRefused as refused:
            if used and refused.smtp_code == CLOSING:
                raise UsedUp from refused
            raise

    def _begin_anew(self) -> None:
        """Ask the server to forget the message before, which it may have refused half-way, and whether it is there."""
        try:
            code, _ = self._server.rset()
        except (OSError, smtplib.SMTPException) as ended:
            raise UsedUp from ended
        if code != TAKEN:
            raise UsedUp


def _hand_over(server: smtplib.SMTP, message: EmailMessage) -> None:
    """Hand one message to the server; its answer about this message alone says whether and when."""
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused as refused:
        (answer,) = refused.recipients.values()
        if answer[0] == CLOSING:
            raise
        raise _outcome(*answer) from refused
    except smtplib.SMTPNotSupportedError as impossible:
        raise Refused(str(impossible)) from impossible
    except smtplib.SMTPResponseException as answer:
        if answer.smtp_code == CLOSING or isinstance(answer, smtplib.SMTPSenderRefused):
            raise  # the server is closing, or takes nothing from us: perhaps no fault of this message
        raise _outcome(answer.smtp_code, answer.smtp_error) from answer


def _outcome(code: int, words: bytes | str) -> Exception:
    said = f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"
    return Refused(said) if code >= 500 else Delayed(said)


def _drop(folder: Path, message: EmailMessage) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = str(message["Message-ID"]).strip("<>").partition("@")[0]
    (folder / f"{name}.eml").write_bytes(message.as_bytes())
