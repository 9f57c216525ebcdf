"""Files attached to a record of a fund, appended to and never changed; a wrong one is withdrawn with a reason.

The record is named by its table and public id, because any room may have documents. Who may read a document is who may
read its record: the room that owns the record loads it first.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.core import clock, ddl, ids
from mptf.core.db import Base, Key, Mapped, Name, PublicId, growing
from mptf.core.errors import N_
from mptf.core.files import StoredFile
from mptf.core.status import Labelled
from mptf.people.models import Person


class AttachmentKind(Labelled):
    """What kind of paper a document is."""

    AA_NOTICE = "aa_notice", N_("Notice of the Administrative Agent")
    BANK_ADVICE = "bank_advice", N_("Bank advice")
    SIGNED_AGREEMENT = "signed_agreement", N_("Signed agreement")
    AMENDMENT = "amendment", N_("Amendment")
    LETTER = "letter", N_("Letter")
    CERTIFIED_STATEMENT = "certified_statement", N_("Certified financial statement")
    OTHER = "other", N_("Other document")


class Attachment(Base):
    """One file attached to one record; `subject_kind` is the record's table, `subject_id` its public id."""

    __tablename__ = "attachment"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    subject_kind: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[str] = mapped_column(String(ids.LENGTH))
    kind: Mapped[AttachmentKind] = mapped_column(growing(AttachmentKind))
    title: Mapped[Name]
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    attached_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    file: Mapped[StoredFile] = relationship()
    by: Mapped[Person] = relationship()
    withdrawal: Mapped["AttachmentWithdrawal | None"] = relationship(viewonly=True, uselist=False)

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        Index("ix_attachment_subject", "fund_id", "subject_kind", "subject_id", "id"),
    )


class AttachmentWithdrawal(Base):
    """Why a document no longer counts, who said so and when; one for each document."""

    __tablename__ = "attachment_withdrawal"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    attachment_id: Mapped[int] = mapped_column(unique=True)
    fund_id: Mapped[int]
    reason: Mapped[str]
    withdrawn_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person] = relationship()

    __table_args__ = (ForeignKeyConstraint(["attachment_id", "fund_id"], ["attachment.id", "attachment.fund_id"]),)


ddl.append_only("attachment")
ddl.append_only("attachment_withdrawal")
