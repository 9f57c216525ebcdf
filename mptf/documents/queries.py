"""Read the documents of a record; the caller has loaded the record for this person and so may read them."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from mptf.core.audit import Subject
from mptf.core.db import db, one_of
from mptf.core.paging import PAGE_SIZE
from mptf.documents.models import Attachment, AttachmentWithdrawal
from mptf.policy import Permission, Viewer, can


class FundSubject(Subject, Protocol):
    """A record of a fund that has a public id and a table."""

    @property
    def fund_id(self) -> int: ...


def attached_to(subject: FundSubject, viewer: Viewer) -> Sequence[Attachment]:
    """Return the documents of a record that this person may read, in the order they were attached."""
    return db.session.scalars(_whole(subject, viewer).order_by(Attachment.id).limit(PAGE_SIZE)).all()


def get_attached(subject: FundSubject, public_id: str, viewer: Viewer) -> Attachment:
    """Return one document of a record that this person may read, or raise NotFound."""
    return one_of(_whole(subject, viewer).where(Attachment.public_id == public_id))


def count_attached(subject: FundSubject) -> int:
    """Return how many documents were ever attached to a record, the withdrawn ones too."""
    return db.session.scalars(_of(subject).with_only_columns(func.count())).one()


def _whole(subject: FundSubject, viewer: Viewer) -> Select[Attachment]:
    """Select the documents of a record; a withdrawn one, often another's letter, is for those who keep the record."""
    found = _of(subject).options(
        joinedload(Attachment.file),
        joinedload(Attachment.by),
        joinedload(Attachment.withdrawal).joinedload(AttachmentWithdrawal.by),
    )
    if can(viewer, Permission.DOCUMENTS_WITHDRAWN_VIEW, subject):
        return found
    withdrawn = select(AttachmentWithdrawal.attachment_id).where(AttachmentWithdrawal.fund_id == subject.fund_id)
    return found.where(Attachment.id.not_in(withdrawn))


def _of(subject: FundSubject) -> Select[Attachment]:
    return select(Attachment).where(
        Attachment.fund_id == subject.fund_id,
        Attachment.subject_kind == subject.__tablename__,
        Attachment.subject_id == subject.public_id,
    )
