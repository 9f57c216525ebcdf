"""Files go where their proposal goes: listed anew in a copy, gone with a draft that is dropped."""

from sqlalchemy import delete, select

from mptf.attachments.models import ProposalFile
from mptf.attachments.queries import files_of
from mptf.core.db import db
from mptf.core.files import StoredFile
from mptf.drafting.content import packed
from mptf.drafting.queries import content_of, newest
from mptf.drafting.shape import keys_of
from mptf.policy import Viewer
from mptf.proposals.contents import Contents
from mptf.proposals.models import PartKind, Proposal

LIST = "files"


def copy(old: Proposal, new: Proposal, by: Viewer) -> None:
    """Put the files that are attached on the record of a copy; the part was copied before and names the old ones.

    A document both calls ask for by the same name stays that document.
    """
    version = newest(new, PartKind.ATTACHMENTS)
    if version is None:
        return
    content, known = content_of(version), {row.public_id: row for row in files_of(old)}
    asked = {one.name: one.public_id for one in new.call.documents}
    documents = {one.public_id: asked[one.name] for one in old.call.documents if one.name in asked}
    for key in keys_of(content, LIST):
        file, document = f"{LIST}.{key}.file", f"{LIST}.{key}.document"
        if row := known.get(content.get(file, "")):
            content[file] = _again(row, new, by).public_id
        if (named := content.get(document, "")) in documents:
            content[document] = documents[named]
    version.content = packed(content)
    db.session.flush()


def rename(_proposal: Proposal, _by: Viewer) -> None:
    """Leave the files as they are: none is called after the proposal."""


def drop(proposal: Proposal) -> None:
    """Remove the files of a draft from the record, and their names unless a copy shares them.

    The bytes go when the store is swept.
    """
    stored = [row.file_id for row in files_of(proposal)]
    mine = ProposalFile.fund_id == proposal.fund_id, ProposalFile.proposal_id == proposal.id
    db.session.execute(delete(ProposalFile).where(*mine).execution_options(synchronize_session="fetch"))
    shared = select(ProposalFile.file_id).where(ProposalFile.fund_id == proposal.fund_id)
    loose = delete(StoredFile).where(StoredFile.id.in_(stored), StoredFile.id.not_in(shared))
    db.session.execute(loose.execution_options(synchronize_session="fetch"))


FILES = Contents(copy=copy, rename=rename, drop=drop)


def _again(row: ProposalFile, new: Proposal, by: Viewer) -> ProposalFile:
    again = ProposalFile(proposal_id=new.id, fund_id=new.fund_id, file_id=row.file_id, by_id=by.id)
    db.session.add(again)
    db.session.flush()
    return again
