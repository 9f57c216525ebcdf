"""What one person asks of the books and another decides (MON-6)."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import mapped_column, relationship

from mptf.core import clock
from mptf.core.db import Base, Key, Mapped, PublicId
from mptf.core.errors import N_
from mptf.core.status import Labelled, Status
from mptf.ledger.models import Entry
from mptf.people.models import Person
from mptf.policy import Permission
from mptf.workflow import Flow, step


class RequestKind(Labelled):
    """What is asked of the books."""

    REVERSAL = "reversal", N_("Reversal")
    CLOSING = "closing", N_("Closing of months")


class RequestStatus(Status):
    """How far a request has come."""

    REQUESTED = "requested", N_("Requested"), "info", "send"
    APPROVED = "approved", N_("Approved"), "good", "circle-check", True
    DECLINED = "declined", N_("Declined"), "bad", "x", True
    WITHDRAWN = "withdrawn", N_("Withdrawn"), "flat", "archive", True


REQUESTED, APPROVED, DECLINED, WITHDRAWN = RequestStatus
REQUEST_FLOW = Flow(
    "control_request",
    REQUESTED,
    step("approve", N_("Approve"), [REQUESTED], APPROVED, Permission.BOOKS_APPROVE, done="approved"),
    step("decline", N_("Decline"), [REQUESTED], DECLINED, Permission.BOOKS_APPROVE, done="declined"),
    step("withdraw", N_("Withdraw"), [REQUESTED], WITHDRAWN, Permission.BOOKS_PREPARE, done="withdrawn"),
)


class ControlRequest(Base):
    """A reversal of what an entry's document posted, or the closing of months; prepared by one, decided by another.

    `entry_id` is one entry of the document, `month` the first day of the last month that is closed. Whoever
    withdraws it decides nothing.
    """

    __tablename__ = "control_request"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    kind: Mapped[RequestKind]
    entry_id: Mapped[int | None]
    month: Mapped[date | None]
    reason: Mapped[str]
    status: Mapped[RequestStatus] = mapped_column(default=REQUESTED)
    prepared_at: Mapped[datetime] = mapped_column(default=clock.now)
    prepared_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answer: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)

    prepared_by: Mapped[Person] = relationship(foreign_keys=[prepared_by_id])
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id])
    entry: Mapped[Entry | None] = relationship(
        primaryjoin="foreign(ControlRequest.entry_id) == Entry.id", viewonly=True
    )

    __table_args__ = (
        ForeignKeyConstraint(["entry_id", "fund_id"], ["ledger_entry.id", "ledger_entry.fund_id"]),
        CheckConstraint("prepared_by_id <> decided_by_id", name="two_people"),
        CheckConstraint("(status IN ('approved', 'declined')) = (decided_by_id IS NOT NULL)", name="decided"),
        CheckConstraint("(status = 'requested') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(kind = 'reversal') = (entry_id IS NOT NULL)", name="reversal"),
        CheckConstraint("(kind = 'closing') = (month IS NOT NULL)", name="closing"),
        Index("ix_control_request_fund", "fund_id", "status", "prepared_at"),
        *(
            Index(
                f"uq_control_request_open_{what}", "fund_id", column, unique=True,
                sqlite_where=text("status = 'requested'"), postgresql_where=text("status = 'requested'"),
            )
            for what, column in (("reversal", "entry_id"), ("closing", "month"))
        ),
    )  # fmt: skip
    __mapper_args__ = {"version_id_col": version}

    @property
    def open(self) -> bool:
        """Whether it waits for a decision."""
        return self.status is REQUESTED
