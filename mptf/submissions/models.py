"""What was submitted, exactly as it was sent, and what was returned of it; appended to, never changed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, PublicId, growing, money
from mptf.core.money import Money
from mptf.people.models import Person
from mptf.proposals.models import PartKind, Proposal, Stage

LONGEST_REMARK = 4000


class BegunSubmission(Base):
    """Somebody pressed “Begin submission” first; before the closing, that gives the grace period of the call.

    A concept note and the full proposal after it are begun each.

    It goes with a draft that is thrown away.
    """

    __tablename__ = "begun_submission"

    id: Mapped[Key]
    proposal_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    stage: Mapped[Stage] = mapped_column(growing(Stage), default=Stage.FULL)
    begun_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    __table_args__ = (
        ForeignKeyConstraint(["proposal_id", "fund_id"], ["proposal.id", "proposal.fund_id"]),
        UniqueConstraint("proposal_id", "stage"),
    )


class Submission(Base):
    """A version of a proposal as it was sent: `content` is the whole of it, `sha256` the hash of these bytes.

    `stage` says whether it is the concept note or the full proposal.
    `remark` is what its office says of its answer to what was returned.
    """

    __tablename__ = "submission"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    proposal_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    number: Mapped[int]
    stage: Mapped[Stage] = mapped_column(growing(Stage), default=Stage.FULL)
    content: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    requested: Mapped[Money] = money("requested")
    remark: Mapped[str] = mapped_column(default="")
    submitted_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person] = relationship()
    returns: Mapped[list["SubmissionReturn"]] = relationship(viewonly=True, order_by="SubmissionReturn.id")
    proposal: Mapped[Proposal] = relationship(
        primaryjoin="and_(foreign(Submission.proposal_id) == Proposal.id, Submission.fund_id == Proposal.fund_id)",
        viewonly=True,
    )

    __table_args__ = (
        ForeignKeyConstraint(["proposal_id", "fund_id"], ["proposal.id", "proposal.fund_id"]),
        UniqueConstraint("id", "fund_id"),
        UniqueConstraint("proposal_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("requested_minor >= 0", name="requested"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
    )


class SubmissionPlace(Base):
    """A jurisdiction a submission says its project works in: what lists ask of all, without reading every whole."""

    __tablename__ = "submission_place"

    id: Mapped[Key]
    submission_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))

    __table_args__ = (
        ForeignKeyConstraint(["submission_id", "fund_id"], ["submission.id", "submission.fund_id"]),
        UniqueConstraint("submission_id", "jurisdiction_id"),
    )


class SubmissionReturn(Base):
    """The Secretariat gave parts of a submission back; until when they are answered stands on the proposal."""

    __tablename__ = "submission_return"

    id: Mapped[Key]
    submission_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    returned_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person] = relationship()
    parts: Mapped[list["ReturnedPart"]] = relationship(order_by="ReturnedPart.id", viewonly=True)

    __table_args__ = (
        ForeignKeyConstraint(["submission_id", "fund_id"], ["submission.id", "submission.fund_id"]),
        UniqueConstraint("id", "fund_id"),
        Index("ix_submission_return_submission", "fund_id", "submission_id"),
    )


class ReturnedPart(Base):
    """A part that was given back, with the reason its writers read."""

    __tablename__ = "returned_part"

    id: Mapped[Key]
    return_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    part: Mapped[PartKind] = mapped_column(growing(PartKind))
    reason: Mapped[str]

    __table_args__ = (
        ForeignKeyConstraint(["return_id", "fund_id"], ["submission_return.id", "submission_return.fund_id"]),
        UniqueConstraint("return_id", "part"),
        CheckConstraint("reason <> ''", name="reason"),
    )


class Withdrawal(Base):
    """Why a submitted proposal was withdrawn, by its office."""

    __tablename__ = "proposal_withdrawal"

    id: Mapped[Key]
    proposal_id: Mapped[int] = mapped_column(unique=True)
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    reason: Mapped[str]
    withdrawn_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["proposal_id", "fund_id"], ["proposal.id", "proposal.fund_id"]),
        CheckConstraint("reason <> ''", name="reason"),
    )


for table in (Submission, SubmissionPlace, SubmissionReturn, ReturnedPart, Withdrawal):
    ddl.append_only(table.__tablename__)
ddl.never_changed(BegunSubmission.__tablename__)
