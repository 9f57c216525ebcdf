"""Questions somebody asked on a call, their published answers version by version, and those that were declined.

Nothing here is ever changed: a correction is another version of the answer. Who asked is known to the
Secretariat alone.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.calls.models import Call
from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, PublicId
from mptf.core.errors import N_
from mptf.core.status import Status
from mptf.organisations.models import Office, Organisation
from mptf.people.models import Person
from mptf.policy import HeldRole, Permission, Viewer

LONGEST_QUESTION = 4_000
LONGEST_ANSWER = 20_000


class QuestionStanding(Status):
    """What became of a question; read from what was written to it, never stored."""

    WAITING = "waiting", N_("Waits for an answer"), "open", "clock"
    ANSWERED = "answered", N_("Answered"), "good", "circle-check", True
    DECLINED = "declined", N_("Declined"), "flat", "x", True


class CallQuestion(Base):
    """A question as it was asked, by whom, and the office or organisation the person asked for."""

    __tablename__ = "call_question"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    call_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    text: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    office_id: Mapped[int | None]

    call: Mapped[Call] = relationship(
        primaryjoin="and_(foreign(CallQuestion.call_id) == Call.id, CallQuestion.fund_id == Call.fund_id)",
        viewonly=True,
    )
    by: Mapped[Person] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    office: Mapped[Office | None] = relationship(
        primaryjoin="foreign(CallQuestion.office_id) == Office.id", viewonly=True
    )
    answers: Mapped[list["CallAnswer"]] = relationship(
        primaryjoin="and_(CallQuestion.id == foreign(CallAnswer.question_id), "
        "CallQuestion.fund_id == CallAnswer.fund_id)",
        order_by="CallAnswer.version.desc()",
        viewonly=True,
    )
    refusal: Mapped["QuestionRefusal | None"] = relationship(viewonly=True)

    __table_args__ = (
        ForeignKeyConstraint(["call_id", "fund_id"], ["call.id", "call.fund_id"]),
        ForeignKeyConstraint(["office_id", "organisation_id"], ["office.id", "office.organisation_id"]),
        UniqueConstraint("id", "fund_id"),
        UniqueConstraint("id", "call_id"),
        CheckConstraint("text <> ''", name="text"),
        CheckConstraint("office_id IS NULL OR organisation_id IS NOT NULL", name="office"),
        Index("ix_call_question_call", "fund_id", "call_id"),
    )

    @property
    def answer(self) -> "CallAnswer | None":
        """The answer in force: its newest version."""
        return self.answers[0] if self.answers else None

    @property
    def standing(self) -> QuestionStanding:
        """What became of it."""
        if self.answers:
            return QuestionStanding.ANSWERED
        return QuestionStanding.DECLINED if self.refusal else QuestionStanding.WAITING

    @property
    def version(self) -> int:
        """How many versions of an answer it has."""
        return len(self.answers)

    @property
    def asked_for(self) -> str:
        """Whom it was asked for, as people know it."""
        if self.office:
            return self.office.name
        return self.organisation.short_name if self.organisation else ""

    def open_to(self, viewer: Viewer, held: HeldRole, permission: Permission) -> bool:
        """Tell whether somebody outside the Secretariat may know of it: once it is answered, or who asked it.

        Nobody knows of a question who may not know of its call.
        """
        return self.call.open_to(viewer, held, permission) and (bool(self.answers) or self.by_id == viewer.id)


class CallAnswer(Base):
    """A version of an answer with the wording its question is published in.

    `number` counts the questions of a call in the order in which they were first answered: it tells nothing of others.
    """

    __tablename__ = "call_answer"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    question_id: Mapped[int]
    call_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    number: Mapped[int]
    version: Mapped[int]
    question: Mapped[str]
    answer: Mapped[str]
    answered_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["question_id", "fund_id"], ["call_question.id", "call_question.fund_id"]),
        ForeignKeyConstraint(["question_id", "call_id"], ["call_question.id", "call_question.call_id"]),
        UniqueConstraint("question_id", "version"),
        UniqueConstraint("call_id", "number", "version"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("question <> '' AND answer <> ''", name="said"),
        Index("ix_call_answer_call", "fund_id", "call_id"),
    )


class QuestionRefusal(Base):
    """That a question is not answered, and why; the reason is for who asked."""

    __tablename__ = "call_question_refusal"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    question_id: Mapped[int] = mapped_column(unique=True)
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    reason: Mapped[str]
    declined_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["question_id", "fund_id"], ["call_question.id", "call_question.fund_id"]),
        CheckConstraint("reason <> ''", name="reason"),
    )


for _table in (CallQuestion, CallAnswer, QuestionRefusal):
    ddl.append_only(_table.__tablename__)
