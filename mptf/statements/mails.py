"""What the mail of this room says; it is written when it is sent, after asking again whether it may be."""

from collections.abc import Callable

from mptf.core.errors import NotFound
from mptf.core.mail import Letter, OutboxMessage
from mptf.people.letters import address, envelope, write
from mptf.people.queries import viewer_of
from mptf.statements import queries


def load_issued(message: OutboxMessage) -> Letter | None:
    """Tell who looks after a contributor that a statement was issued to it, unless they may no longer see it."""
    fund, person = envelope(message)
    try:
        statement = queries.get_statement(viewer_of(person.id), fund, message.subject_id)
    except NotFound:
        return None
    link = address("statements.statement", code=fund.code, public_id=statement.public_id)
    return write("statement_issued", "A contribution statement was issued to you", person=person, fund=fund, link=link)


LOADERS: dict[str, Callable[[OutboxMessage], Letter | None]] = {"statement_issued": load_issued}
