"""The documents of a record: its card on the page, and the addresses that attach one, send one and withdraw one.

A room says of each kind of record how it is loaded for the person who asks, and puts the addresses on its blueprint.
They are called after the page of the record: `deposit_attachment` sends one, `deposit_attachment_add` and
`deposit_attachment_withdraw` are the pages beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from mptf.core.files import StoredFile
from mptf.documents import queries, service
from mptf.documents.forms import AttachForm, WithdrawForm
from mptf.documents.models import Attachment
from mptf.documents.queries import FundSubject
from mptf.fund.current import the_fund
from mptf.paper.attachable import DocumentFormat, with_its_ending
from mptf.policy import Permission, Role, can, may_hold
from mptf.web import checked, commit, page_with, requires, send_attachment, the_viewer
from mptf.web.access import looked_at
from mptf.web.pages import Done
from mptf.web.uploads import Taken, UploadForm, take_along, take_in

Record = TypeVar("Record", bound=FundSubject)


@dataclass(frozen=True)
class Card:
    """What the card of a record shows: its documents, where they are sent from, and whether one may be added."""

    documents: Sequence[Attachment]
    endpoint: str
    address: dict[str, str]
    may_attach: bool


@dataclass(frozen=True)
class Documents(Generic[Record]):
    """The documents of one kind of record, shown on the page of the endpoint `page` to those who hold `reads`.

    `find` loads a record by its public id for the person who asks, or raises NotFound; `called` says what people call
    it.
    """

    page: str
    reads: Permission
    find: Callable[[str], Record]
    called: Callable[[Record], str]

    def put_on(self, bp: Blueprint, record: str) -> None:
        """Put the addresses on a room's blueprint, below that of the record (`…/<public_id>`)."""
        every, one = f"{record}/documents", f"{record}/documents/<document_id>"
        attach = Permission.DOCUMENTS_ATTACH
        for what, rule, methods, permission, view in (
            ("attachment", one, ("GET",), self.reads, self.send),
            ("attachment_add", every, ("GET", "POST"), attach, self.attach),
            ("attachment_withdraw", f"{one}/withdraw", ("GET", "POST"), attach, self.withdraw),
        ):
            bp.add_url_rule(rule, f"{self.page}_{what}", requires(permission)(view), methods=methods)

    def card(self, found: Record) -> Card:
        """Return what the page of a record shows of its documents to the person who reads it."""
        viewer, address = the_viewer(), {"code": the_fund().code, "public_id": found.public_id}
        return Card(
            queries.attached_to(found, viewer),
            f"{request.blueprint}.{self.page}_attachment",
            address,
            may_attach=can(viewer, Permission.DOCUMENTS_ATTACH, found),
        )

    def attach(self, code: str, public_id: str) -> ResponseReturnValue:
        """Attach a document to a record."""
        found, form = self.find(public_id), AttachForm()
        if take_in(form, nothing_to_read, lambda taken: _attach(found, taken, form)):
            return commit(f"{self._back(found)}#documents-h", "The document is attached.")
        return self._page("documents/attach.html", found, form)

    def send(self, code: str, public_id: str, document_id: str) -> ResponseReturnValue:
        """Send the file of a document of a record, and note who took it."""
        document = queries.get_attached(self.find(public_id), document_id, the_viewer())
        looked_at(document, what="file", fund_id=document.fund_id, name=document.file.name)
        return send_attachment(document.file)

    def withdraw(self, code: str, public_id: str, document_id: str) -> ResponseReturnValue:
        """Withdraw a document of a record with a reason."""
        found, form = self.find(public_id), WithdrawForm()
        document = queries.get_attached(found, document_id, the_viewer())
        if checked(form, lambda: service.withdraw(document, reason=form.reason.data or "", by=the_viewer())):
            return commit(f"{self._back(found)}#documents-h", "The document is withdrawn.")
        return self._page("documents/withdraw.html", found, form, document=document)

    def _page(
        self, template: str, found: Record, form: AttachForm | WithdrawForm, document: Attachment | None = None
    ) -> ResponseReturnValue:
        return page_with(
            template,
            form,
            document=document,
            called=self.called(found),
            back=self._back(found),
            for_contributor=may_hold(Role.DONOR_VIEWER, self.reads),
        )

    def _back(self, found: Record) -> str:
        return url_for(f".{self.page}", code=the_fund().code, public_id=found.public_id)


def record_with(
    form: UploadForm, record: Callable[[], Record], said: Callable[[], dict[str, Any]]
) -> Done[Record] | None:
    """Record what a form says, and attach the document that came along, if one did; `said` tells what it is."""

    def act(taken: Taken[None] | None) -> Record:
        made = record()
        if taken:
            service.attach(made, stored(taken), by=the_viewer(), **said())
        return made

    return take_along(form, act)


def nothing_to_read(_path: Path) -> None:
    """Leave the file as it is: nobody reads what stands in a document."""


def _attach(subject: FundSubject, taken: Taken[None], form: AttachForm) -> Attachment:
    return service.attach(subject, stored(taken), by=the_viewer(), **form.values())


def stored(taken: Taken[None]) -> StoredFile:
    """Give the file its name, with the ending of what it is."""
    return replace(taken, name=with_its_ending(taken.name, DocumentFormat(str(taken.kind)))).stored()
