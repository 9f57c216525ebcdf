"""What was typed into a part of a proposal, version by version."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.core import clock
from mptf.core.db import Base, Key, Mapped, PublicId, growing
from mptf.people.models import Person
from mptf.proposals.models import PartKind


class PartVersion(Base):
    """A part as it was typed at a moment: `content` is the text of each field by its name, as canonical JSON.

    The newest that is not `aside` is what stands. One that is `aside` holds what somebody typed over a text another
    had changed meanwhile, until `settled_at`. `explicit` tells a save somebody asked for from one the page did by
    itself; those are thinned out after a while.
    """

    __tablename__ = "part_version"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    proposal_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    part: Mapped[PartKind] = mapped_column(growing(PartKind))
    number: Mapped[int]
    content: Mapped[str]
    saved_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    explicit: Mapped[bool] = mapped_column(default=False)
    aside: Mapped[bool] = mapped_column(default=False)
    settled_at: Mapped[datetime | None]

    by: Mapped[Person] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["proposal_id", "fund_id"], ["proposal.id", "proposal.fund_id"]),
        UniqueConstraint("proposal_id", "part", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("settled_at IS NULL OR aside", name="settled"),
    )
