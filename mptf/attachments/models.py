"""The files that were uploaded to a proposal, appended to and never changed; they go with a draft that is dropped."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import mapped_column, relationship

from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, PublicId
from mptf.core.files import StoredFile
from mptf.people.models import Person

SUBMITTED = "EXISTS (SELECT 1 FROM proposal WHERE id = OLD.proposal_id AND submitted_at IS NOT NULL)"
STAYS = "files of a proposal that was submitted are never deleted"


class ProposalFile(Base):
    """A file uploaded to a proposal; whether it is attached, and as what, the part Attachments says.

    A proposal that is copied shares the stored file.
    """

    __tablename__ = "proposal_file"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    proposal_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), index=True)
    uploaded_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    file: Mapped[StoredFile] = relationship()
    by: Mapped[Person] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["proposal_id", "fund_id"], ["proposal.id", "proposal.fund_id"]),
        Index("ix_proposal_file_proposal", "fund_id", "proposal_id"),
    )


ddl.never_changed("proposal_file")
ddl.register(
    ddl.Trigger(
        name="proposal_file_no_delete",
        table="proposal_file",
        sqlite=f"BEFORE DELETE ON proposal_file WHEN {SUBMITTED} BEGIN SELECT RAISE(ABORT, '{STAYS}'); END",
        postgresql=f"BEGIN IF {SUBMITTED} THEN RAISE EXCEPTION '{STAYS}'; END IF; RETURN OLD; END",
        fires="BEFORE DELETE ON proposal_file FOR EACH ROW",
    )
)
