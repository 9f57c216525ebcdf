"""A real SMTP server on a loopback port of its own, which keeps what it is given or refuses it."""

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Delivery:
    """One message as the server was given it."""

    sender: str
    recipients: list[str]
    message: EmailMessage


class MailServer:
    """What was delivered, oldest first; while `refusal` is set each recipient is answered with it.

    A message that holds `closes_at` ends the connection: with an answer, or without a word if `drops`. After `most`
    messages a connection takes no other, and with `drops` it is gone. While `data_refusal` is set a message is answered
    with it before it is said.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.deliveries: list[Delivery] = []
        self.refusal: str | None = None
        self.closes_at: str | None = None
        self.drops = False
        self.most: int | None = None
        self.data_refusal: str | None = None
        self._taken = Counter[object]()

    @property
    def messages(self) -> list[EmailMessage]:
        """The messages alone."""
        return [delivery.message for delivery in self.deliveries]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Begin a message, unless this connection took as many as it may."""
        if self._used_up(session):
            return "421 4.7.0 Too many messages"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Forget the message before; without a word if this connection is over."""
        if self.drops and self._used_up(session) and server.transport:
            server.transport.close()
        return "250 OK"

    def _used_up(self, session: Session) -> bool:
        return self.most is not None and self._taken[session.peer] >= self.most

    async def handle_RCPT(  # noqa: N802 - the server calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take one recipient, or refuse with a reply such as `451 4.3.0 Try later`."""
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the message."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        if self.closes_at and self.closes_at.encode() in content:
            if self.drops and server.transport:
                server.transport.close()
            return "421 4.3.2 Closing"
        message = message_from_bytes(content, policy=policy.default)
        self._taken[session.peer] += 1
        self.deliveries.append(Delivery(envelope.mail_from or "", list(envelope.rcpt_tos), message))
        return "250 OK"


class _Server(SMTP):
    """Refuses a message before it is said, and still has its sender and recipients then, as others do."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if refusal := self.event_handler.data_refusal:
            await self.push(refusal)
        else:
            await super().smtp_DATA(arg)


class _Controller(Controller):
    """Listens on a socket that is bound already, so that the port is known and nobody else's."""

    def __init__(self, handler: MailServer, bound: socket.socket) -> None:
        super().__init__(handler, hostname=LOOPBACK, port=handler.port)
        self._bound = bound

    def factory(self) -> SMTP:
        return _Server(self.handler, **self.SMTP_kwargs)

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._bound)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server inside the block; afterwards its port answers no more."""
    bound = socket.create_server((LOOPBACK, 0))
    server = MailServer(bound.getsockname()[1])
    controller = _Controller(server, bound)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
