"""What SALW Commissions say of a proposal, appended to and never changed.

The first row of a Commission on a proposal replaces none, and there is one; every other names the row of both that it
replaces, and each is replaced once. So there is one newest row, and it is what stands.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import mapped_column, relationship

from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, PublicId, growing
from mptf.core.errors import N_
from mptf.core.files import StoredFile
from mptf.core.status import Status
from mptf.organisations.models import Jurisdiction
from mptf.people.models import Person
from mptf.proposals.models import Proposal
from mptf.submissions.models import Submission

LONGEST_TEXT = 10_000
LONGEST_REASON = 2_000


class Says(Status):
    """What a Commission says of a proposal; the last is what corrects an opinion that never was one."""

    SUPPORTS = "supports", N_("Supports"), "good", "circle-check"
    REMARKS = "supports_with_remarks", N_("Supports with remarks"), "warn", "notes"
    AGAINST = "does_not_support", N_("Does not support"), "bad", "x"
    TAKEN_BACK = "taken_back", N_("Recorded by mistake"), "flat", "archive"


GIVEN = (Says.SUPPORTS, Says.REMARKS, Says.AGAINST)


class Opinion(Base):
    """An opinion as it was recorded: on which submission, on which day it was given, in which words.

    `file_id` is the signed letter, if there is one; `reason` says why it corrects the row it replaces.
    """

    __tablename__ = "opinion"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    proposal_id: Mapped[int]
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))
    submission_id: Mapped[int]
    says: Mapped[Says] = mapped_column(growing(Says))
    text: Mapped[str] = mapped_column(default="")
    given_on: Mapped[date]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"), index=True)
    replaces_id: Mapped[int | None] = mapped_column(unique=True)
    reason: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    jurisdiction: Mapped[Jurisdiction] = relationship()
    submission: Mapped[Submission] = relationship(
        primaryjoin="and_(foreign(Opinion.submission_id) == Submission.id, Opinion.fund_id == Submission.fund_id)",
        viewonly=True,
    )
    proposal: Mapped[Proposal] = relationship(
        primaryjoin="and_(foreign(Opinion.proposal_id) == Proposal.id, Opinion.fund_id == Proposal.fund_id)",
        viewonly=True,
    )
    letter: Mapped[StoredFile | None] = relationship()
    by: Mapped[Person] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["proposal_id", "fund_id"], ["proposal.id", "proposal.fund_id"]),
        ForeignKeyConstraint(["submission_id", "fund_id"], ["submission.id", "submission.fund_id"]),
        ForeignKeyConstraint(
            ["replaces_id", "proposal_id", "jurisdiction_id"],
            ["opinion.id", "opinion.proposal_id", "opinion.jurisdiction_id"],
        ),
        UniqueConstraint("id", "proposal_id", "jurisdiction_id"),
        CheckConstraint("text <> '' OR says IN ('supports', 'taken_back')", name="text"),
        CheckConstraint("replaces_id IS NOT NULL OR (reason = '' AND says <> 'taken_back')", name="first"),
        Index(
            "uq_opinion_first", "proposal_id", "jurisdiction_id", unique=True,
            sqlite_where=sql("replaces_id IS NULL"), postgresql_where=sql("replaces_id IS NULL"),
        ),
        Index("ix_opinion_proposal", "fund_id", "proposal_id"),
    )  # fmt: skip

    @property
    def given(self) -> bool:
        """Whether the Commission gave it: a row that was recorded by mistake says nothing."""
        return self.says is not Says.TAKEN_BACK


ddl.append_only(Opinion.__tablename__)
