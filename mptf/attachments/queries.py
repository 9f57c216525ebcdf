"""Read the files of a proposal. Whoever asks has been let to the proposal before."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from mptf.attachments.models import ProposalFile
from mptf.core.db import db, one_of
from mptf.drafting.reading import Frame, OnRecord
from mptf.proposals.models import Proposal


def files_of(proposal: Proposal) -> Sequence[ProposalFile]:
    """Return every file that was uploaded to a proposal, in its order."""
    return db.session.scalars(_of(proposal).order_by(ProposalFile.id)).all()


def get_file(proposal: Proposal, public_id: str) -> ProposalFile:
    """Return a file that was uploaded to a proposal, or raise NotFound."""
    return one_of(_of(proposal).where(ProposalFile.public_id == public_id))


def with_files(proposal: Proposal, frame: Frame) -> Frame:
    """Return the frame with the files that are on record."""
    found = {
        row.public_id: OnRecord(row.file.name, row.file.size, row.file.sha256, row.uploaded_at, row.by.name)
        for row in files_of(proposal)
    }
    return replace(frame, files=found)


def _of(proposal: Proposal) -> Select[ProposalFile]:
    mine = select(ProposalFile).where(ProposalFile.fund_id == proposal.fund_id, ProposalFile.proposal_id == proposal.id)
    return mine.options(joinedload(ProposalFile.file), joinedload(ProposalFile.by))
