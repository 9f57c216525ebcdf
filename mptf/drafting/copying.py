"""What was typed goes where its proposal goes: taken over into a new one, called by its title, gone with a draft."""

from sqlalchemy import delete

from mptf.core.db import db
from mptf.drafting.content import packed, unpacked
from mptf.drafting.models import PartVersion
from mptf.drafting.queries import last_number, newest_of
from mptf.policy import Viewer
from mptf.proposals.contents import Contents
from mptf.proposals.models import PartKind, Proposal, Stage

TITLE = "title"  # the field of General that says what the proposal is called
VERSION = PartVersion.__table__.c


def copy(old: Proposal, new: Proposal, by: Viewer) -> None:
    """Let the newest content of every part be the first version of a new proposal, under its own title.

    What its call does not offer is told by whoever reads the parts; nothing that was written is left out, but a
    concept note where none is asked for. Under a call that asks for one the others wait until it is invited in full.
    """
    for version in newest_of(old).values():
        if version.part is PartKind.CONCEPT and new.stage is not Stage.CONCEPT:
            continue
        content = _called(version.content, new.title) if version.part is PartKind.GENERAL else version.content
        _keep(new, version.part, 1, content, by)


def rename(proposal: Proposal, by: Viewer) -> None:
    """Write the title of a proposal into General, where anything stands in it."""
    for version in newest_of(proposal).values():
        content = _called(version.content, proposal.title)
        if version.part is PartKind.GENERAL and content != version.content:
            _keep(proposal, version.part, last_number(proposal, version.part) + 1, content, by)


def drop(proposal: Proposal) -> None:
    """Remove every version of every part."""
    mine = delete(PartVersion).where(VERSION.proposal_id == proposal.id, VERSION.fund_id == proposal.fund_id)
    db.session.execute(mine.execution_options(synchronize_session="fetch"))


TYPED = Contents(copy=copy, rename=rename, drop=drop)


def _called(content: str, title: str) -> str:
    """Return the content of General under a title, as contents are kept."""
    return packed({**unpacked(content), TITLE: title})


def _keep(proposal: Proposal, part: PartKind, number: int, content: str, by: Viewer) -> None:
    db.session.add(
        PartVersion(
            proposal_id=proposal.id,
            fund_id=proposal.fund_id,
            part=part,
            number=number,
            content=content,
            by_id=by.id,
            explicit=True,
        )
    )
    db.session.flush()
