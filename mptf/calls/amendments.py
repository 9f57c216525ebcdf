"""How a call was amended after it went out, and who is told of it."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import mapped_column, relationship

from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, PublicId
from mptf.people.models import Person


class Follower(Base):
    """Somebody who is told what changes about a call; nobody sees their names, the Secretariat sees their number."""

    __tablename__ = "call_follower"

    id: Mapped[Key]
    call_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    from_at: Mapped[datetime] = mapped_column(default=clock.now)
    until_at: Mapped[datetime | None]

    __table_args__ = (
        ForeignKeyConstraint(["call_id", "fund_id"], ["call.id", "call.fund_id"]),
        Index(
            "uq_call_follower_now", "call_id", "person_id", unique=True,
            sqlite_where=text("until_at IS NULL"), postgresql_where=text("until_at IS NULL"),
        ),
    )  # fmt: skip


class CallAmendment(Base):
    """What was changed of a call after it went out: each field with what stood and what stands, as people read it."""

    __tablename__ = "call_amendment"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    call_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    number: Mapped[int]
    reason: Mapped[str]
    changes: Mapped[list[list[str]]] = mapped_column(JSON)
    amended_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["call_id", "fund_id"], ["call.id", "call.fund_id"]),
        UniqueConstraint("call_id", "number"),
        CheckConstraint("reason <> ''", name="reason"),
    )


ddl.append_only(CallAmendment.__tablename__)
