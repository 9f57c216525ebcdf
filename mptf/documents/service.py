"""Attach documents to a record, and withdraw them; nothing attached is ever changed or deleted."""

from mptf.core import audit
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import needed
from mptf.core.files import StoredFile
from mptf.core.paging import PAGE_SIZE
from mptf.documents import queries
from mptf.documents.models import Attachment, AttachmentKind, AttachmentWithdrawal
from mptf.documents.queries import FundSubject
from mptf.fund.service import lock
from mptf.policy import Permission, Viewer, require

audit.tell(
    {
        "attachment.attached": N_("attached {title}"),
        "attachment.withdrawn": N_("withdrew the document {title}: {reason}"),
    },
    names={"attachment": N_("document"), "record": N_("attached to")},
    values={"attachment.record": audit.called},
)


def attach(subject: FundSubject, stored: StoredFile, *, kind: AttachmentKind, title: str, by: Viewer) -> Attachment:
    """Attach a file to a record; a file that is attached to it already is refused."""
    require(by, Permission.DOCUMENTS_ATTACH, subject)
    needed(title, "title", N_("Say what the document is."))
    lock(subject.fund_id)
    _not_a_repeat(subject, stored, by)
    attachment = Attachment(
        fund_id=subject.fund_id, subject_kind=subject.__tablename__, subject_id=subject.public_id, kind=kind,
        title=title, file_id=stored.id, by_id=by.id,
    )  # fmt: skip
    db.session.add(attachment)
    db.session.flush()
    audit.record(
        "attachment.attached", attachment, by=by, fund_id=subject.fund_id, title=title,
        record=subject.__tablename__, sha256=stored.sha256,
    )  # fmt: skip
    return attachment


def withdraw(attachment: Attachment, *, reason: str, by: Viewer) -> None:
    """Take a document out of use, saying why; it stays readable for those who keep the record."""
    require(by, Permission.DOCUMENTS_ATTACH, attachment)
    needed(reason, "reason", N_("Say why the document is withdrawn."))
    lock(attachment.fund_id)
    db.session.refresh(attachment, ["withdrawal"])
    if attachment.withdrawal:
        raise RuleBroken(N_("This document is withdrawn already."))
    db.session.add(
        AttachmentWithdrawal(attachment_id=attachment.id, fund_id=attachment.fund_id, reason=reason, by_id=by.id)
    )
    db.session.flush()
    db.session.expire(attachment, ["withdrawal"])
    audit.record(
        "attachment.withdrawn", attachment, by=by, fund_id=attachment.fund_id, title=attachment.title, reason=reason
    )


def _not_a_repeat(subject: FundSubject, stored: StoredFile, by: Viewer) -> None:
    if queries.count_attached(subject) >= PAGE_SIZE:
        raise RuleBroken(N_("At most {most} documents belong to one record."), most=PAGE_SIZE, field="file")
    for other in queries.attached_to(subject, by):
        if other.file.sha256 == stored.sha256 and other.withdrawal is None:
            raise RuleBroken(
                N_("This file is attached already, as “{title}”. Nothing was added."), title=other.title, field="file"
            )
