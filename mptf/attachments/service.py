"""Attach a file to a proposal; `by` is the Viewer."""

from mptf.attachments.models import ProposalFile
from mptf.attachments.part import LIST, MOST_FILES, PART
from mptf.core import audit
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.files import StoredFile
from mptf.drafting import queries
from mptf.drafting.content import Typing, new_key
from mptf.drafting.reading import OnRecord
from mptf.drafting.service import let_write, save
from mptf.drafting.shape import keys_of
from mptf.policy import Viewer
from mptf.proposals.models import Proposal

audit.tell({"part.attached": N_("attached a file to a proposal")})


def attach(proposal: Proposal, stored: StoredFile, *, document: str = "", by: Viewer) -> str:
    """Put a file on record and list it in the part, as a new version; return the key of its row."""
    let_write(proposal, PART, by=by)
    state = queries.state_of(proposal, PART, queries.frame_of(proposal))
    listed = keys_of(state.content, LIST)
    if len(listed) >= MOST_FILES:
        raise RuleBroken(N_("At most {most} files can be attached. Remove one first."), most=MOST_FILES, field="file")
    _not_a_repeat([one.known for one in state.read.value.files], stored)
    row = ProposalFile(proposal_id=proposal.id, fund_id=proposal.fund_id, file_id=stored.id, by_id=by.id)
    db.session.add(row)
    db.session.flush()
    key = new_key()
    added = {f"{LIST}.{key}.file": row.public_id, f"{LIST}.{key}.document": document}
    content = {**state.content, **added, LIST: " ".join([*listed, key])}
    audit.record("part.attached", proposal, by=by, fund_id=proposal.fund_id, sha256=stored.sha256)
    save(proposal, PART, Typing(content, version=state.number), by=by, explicit=True)
    return key


def _not_a_repeat(attached: list[OnRecord | None], stored: StoredFile) -> None:
    for one in attached:
        if one and one.sha256 == stored.sha256:
            raise RuleBroken(
                N_("This file is attached already, as “{name}”. Nothing was added."), name=one.name, field="file"
            )
