"""What a call is screened by, what was found of each submission, and the letters that declare proposals ineligible.

Answers are appended to, one version after another; the first one freezes the checklist of its call.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.calls.models import Call
from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, Name, PublicId, growing
from mptf.core.errors import N_
from mptf.core.status import Labelled
from mptf.people.models import Person
from mptf.proposals.models import Proposal

LONGEST_NOTE = 4_000
LONGEST_GUIDANCE = 2_000
LONGEST_LETTER = 12_000


class Ground(Labelled):
    """Why a proposal is ineligible; statistics count these."""

    LATE = "late", N_("Submitted too late")
    OFFICE = "office", N_("Office not among those the call is open to")
    UNSIGNED = "unsigned", N_("Not signed by the authorised officer")
    DOCUMENT = "document", N_("Required document missing or not valid")
    AMOUNT = "amount", N_("Amount outside the limits of the call")
    DURATION = "duration", N_("Duration outside the limits of the call")
    PLACE = "place", N_("Outside the jurisdictions of the call")
    SCOPE = "scope", N_("Does not serve the goals of the call")
    DUPLICATE = "duplicate", N_("Proposed or funded before")
    OTHER = "other", N_("Another condition of the call is not met")


class Fact(Labelled):
    """What the system knows of a submission and shows beside an item."""

    IN_TIME = "in_time", N_("When it was submitted")
    OFFICE = "office", N_("Whether the call is open to its office")
    COMPLETE = "complete", N_("Whether every part was complete")
    DOCUMENTS = "documents", N_("Which required documents are attached")
    AMOUNT = "amount", N_("What is asked for, beside the limits")
    DURATION = "duration", N_("How long it takes, beside the limits")
    PLACE = "place", N_("Where the project works, beside where the call reaches")


class Answer(Labelled):
    """What was found at an item."""

    YES = "yes", N_("Yes")
    NO = "no", N_("No")
    NOT_APPLICABLE = "not_applicable", N_("Does not apply")


class ScreeningItem(Base):
    """One question of the checklist of a call; a “no” makes a proposal ineligible where a ground says so."""

    __tablename__ = "screening_item"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    call_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    position: Mapped[int]
    question: Mapped[Name]
    guidance: Mapped[str] = mapped_column(default="")
    ground: Mapped[Ground | None] = mapped_column(growing(Ground))
    fact: Mapped[Fact | None] = mapped_column(growing(Fact))

    call: Mapped[Call] = relationship(
        primaryjoin="and_(foreign(ScreeningItem.call_id) == Call.id, ScreeningItem.fund_id == Call.fund_id)",
        viewonly=True,
    )

    __table_args__ = (
        ForeignKeyConstraint(["call_id", "fund_id"], ["call.id", "call.fund_id"]),
        UniqueConstraint("id", "fund_id"),
        UniqueConstraint("id", "call_id"),
        UniqueConstraint("call_id", "position"),
        CheckConstraint("question <> ''", name="question"),
    )


class ScreeningAnswer(Base):
    """A version of what was found at an item of one submission; the highest counts."""

    __tablename__ = "screening_answer"

    id: Mapped[Key]
    item_id: Mapped[int]
    submission_id: Mapped[int]
    call_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    version: Mapped[int]
    answer: Mapped[Answer] = mapped_column(growing(Answer))
    note: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["item_id", "fund_id"], ["screening_item.id", "screening_item.fund_id"]),
        ForeignKeyConstraint(["item_id", "call_id"], ["screening_item.id", "screening_item.call_id"]),
        ForeignKeyConstraint(["submission_id", "fund_id"], ["submission.id", "submission.fund_id"]),
        UniqueConstraint("item_id", "submission_id", "version"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("answer <> 'no' OR note <> ''", name="note"),
        Index("ix_screening_answer_submission", "submission_id", "item_id"),
        Index("ix_screening_answer_call", "call_id"),
    )


class TakenUp(Base):
    """Who took up the screening of a submission, and when."""

    __tablename__ = "screening_taken_up"

    id: Mapped[Key]
    submission_id: Mapped[int] = mapped_column(unique=True)
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    taken_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person] = relationship()

    __table_args__ = (ForeignKeyConstraint(["submission_id", "fund_id"], ["submission.id", "submission.fund_id"]),)


class IneligibilityLetter(Base):
    """The letter that declared a proposal ineligible, as it was issued: `content` is all it says, to the byte."""

    __tablename__ = "ineligibility_letter"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    proposal_id: Mapped[int] = mapped_column(unique=True)
    submission_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    year: Mapped[int]
    sequence: Mapped[int]
    number: Mapped[str] = mapped_column(String(60))
    content: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person] = relationship()
    grounds: Mapped[list["IneligibilityGround"]] = relationship(order_by="IneligibilityGround.id", viewonly=True)
    proposal: Mapped[Proposal] = relationship(
        primaryjoin="and_(foreign(IneligibilityLetter.proposal_id) == Proposal.id, "
        "IneligibilityLetter.fund_id == Proposal.fund_id)",
        viewonly=True,
    )

    __table_args__ = (
        ForeignKeyConstraint(["proposal_id", "fund_id"], ["proposal.id", "proposal.fund_id"]),
        ForeignKeyConstraint(["submission_id", "fund_id"], ["submission.id", "submission.fund_id"]),
        UniqueConstraint("id", "fund_id"),
        UniqueConstraint("fund_id", "year", "sequence"),
        UniqueConstraint("fund_id", "number"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
    )

    @property
    def reasons(self) -> Sequence[Ground]:
        """Its grounds, in the order of the catalogue."""
        named = {row.ground for row in self.grounds}
        return [ground for ground in Ground if ground in named]


class IneligibilityGround(Base):
    """One of the grounds a letter rests on."""

    __tablename__ = "ineligibility_ground"

    id: Mapped[Key]
    letter_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    ground: Mapped[Ground] = mapped_column(growing(Ground))

    __table_args__ = (
        ForeignKeyConstraint(["letter_id", "fund_id"], ["ineligibility_letter.id", "ineligibility_letter.fund_id"]),
        UniqueConstraint("letter_id", "ground"),
    )


ddl.frozen_once(
    ScreeningItem.__tablename__,
    "EXISTS (SELECT 1 FROM screening_answer WHERE call_id = {row}.call_id)",
    told="a checklist that was answered is frozen",
)
for _table in (ScreeningAnswer, TakenUp, IneligibilityLetter, IneligibilityGround):
    ddl.append_only(_table.__tablename__)
