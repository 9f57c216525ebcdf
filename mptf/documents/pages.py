"""What the pages of a record do with its documents: attach one, send one, withdraw one.

A room loads its record for the person who asks, and hands it over with the address of its page; it owns the addresses.
"""

from dataclasses import replace
from pathlib import Path

from flask.typing import ResponseReturnValue

from mptf.core.files import StoredFile
from mptf.documents import queries, service
from mptf.documents.forms import AttachForm, WithdrawForm
from mptf.documents.models import Attachment
from mptf.documents.queries import FundSubject
from mptf.paper.attachable import DocumentFormat, with_its_ending
from mptf.web import checked, commit, page_with, send_attachment, the_viewer
from mptf.web.access import looked_at
from mptf.web.uploads import Taken, take_in


def attach(subject: FundSubject, *, called: str, back: str) -> ResponseReturnValue:
    """Attach a document to a record called `called` that is shown at `back`."""
    form = AttachForm()
    if take_in(form, _nothing_to_read, lambda taken: _attach(subject, taken, form)):
        return commit(f"{back}#documents-h", "The document is attached.")
    return page_with("documents/attach.html", form, called=called, back=back)


def send(subject: FundSubject, document_id: str) -> ResponseReturnValue:
    """Send the file of a document of a record, and note who took it."""
    found = queries.get_attached(subject, document_id, the_viewer())
    looked_at(found, what="file", fund_id=found.fund_id, name=found.file.name)
    return send_attachment(found.file)


def withdraw(subject: FundSubject, document_id: str, *, called: str, back: str) -> ResponseReturnValue:
    """Withdraw a document of a record with a reason."""
    found, form = queries.get_attached(subject, document_id, the_viewer()), WithdrawForm()
    if checked(form, lambda: service.withdraw(found, reason=form.reason.data or "", by=the_viewer())):
        return commit(f"{back}#documents-h", "The document is withdrawn.")
    return page_with("documents/withdraw.html", form, document=found, called=called, back=back)


def _nothing_to_read(_path: Path) -> None:
    """Leave the file as it is: nobody reads what stands in a document."""


def _attach(subject: FundSubject, taken: Taken[None], form: AttachForm) -> Attachment:
    return service.attach(subject, _stored(taken), by=the_viewer(), **form.values())


def _stored(taken: Taken[None]) -> StoredFile:
    """Give the file its name, with the ending of what it is."""
    return replace(taken, name=with_its_ending(taken.name, DocumentFormat(str(taken.kind)))).stored()
