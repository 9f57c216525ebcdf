"""A form is posted once: its token is claimed in the same transaction as what it does."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import mapped_column

from mptf.core import clock
from mptf.core.audit import Actor
from mptf.core.db import Base, Mapped, db


class FormToken(Base):
    """A form that was posted, and where its first result is to be seen."""

    __tablename__ = "form_token"

    token: Mapped[str] = mapped_column(String(40), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    location: Mapped[str] = mapped_column(default="")


class AlreadyDone(Exception):
    """The same form was posted before; `location` shows what came of it."""

    def __init__(self, location: str) -> None:
        self.location = location
        super().__init__(location)


def claim(token: str, *, by: Actor | None) -> FormToken:
    """Claim a form's token first of all, so that a twin waits here and then finds the first result."""
    person_id = by.id if by else None
    row = FormToken(token=token, person_id=person_id)
    if earlier := db.session.get(FormToken, token, populate_existing=True):
        raise AlreadyDone(earlier.location if earlier.person_id == person_id else "")
    db.session.add(row)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        earlier = db.session.get_one(FormToken, token)
        raise AlreadyDone(earlier.location if earlier.person_id == person_id else "") from None
    return row
