"""Read what was sent of a proposal, and the dossiers somebody asked for. Whoever asks has been let to the proposal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from mptf.attachments import queries as attachments
from mptf.attachments.models import ProposalFile
from mptf.core import clock
from mptf.core.db import db
from mptf.core.errors import NotFound
from mptf.core.files import SWEPT_AFTER
from mptf.core.tasks import Task, TaskState
from mptf.policy import Viewer
from mptf.proposals.models import Proposal
from mptf.submissions.models import Submission, SubmissionReturn
from mptf.submissions.queries import get_submission, submissions_of
from mptf.submissions.snapshot import Snapshot, unpacked

KIND = "dossiers.write"
# The sweeper takes bytes that no row names after a day; a dossier is made anew before.
KEPT_FOR = SWEPT_AFTER - timedelta(hours=1)


@dataclass(frozen=True)
class Reading:
    """Something that was sent of a proposal, what it says, and everything that was sent of it, the latest first."""

    sent: Submission
    snapshot: Snapshot
    all: Sequence[Submission]

    @property
    def earlier(self) -> Sequence[Submission]:
        """What was sent before it in its stage, the latest first: a full proposal is no change of a concept note."""
        return [one for one in self.all if one.number < self.sent.number and one.stage is self.sent.stage]

    def returns_since(self, number: int) -> Sequence[SubmissionReturn]:
        """Return what the Secretariat gave back from another version on until this one was sent."""
        between = [one for one in self.all if number <= one.number < self.sent.number]
        return [given for one in reversed(between) for given in one.returns]


def read(proposal: Proposal, number: int) -> Reading:
    """Return what was sent of a proposal by its number, or raise NotFound."""
    sent = get_submission(proposal, number)
    return Reading(sent, unpacked(sent.content), submissions_of(proposal))


def get_file(proposal: Proposal, number: int, file_id: str) -> ProposalFile:
    """Return a file that was sent in this very submission, or raise NotFound; another that was uploaded is absent."""
    snapshot = unpacked(get_submission(proposal, number).content)
    if file_id not in {one.file for one in snapshot.attached}:
        raise NotFound
    return attachments.get_file(proposal, file_id)


def find_task(sent: Submission, by: Viewer) -> Task | None:
    """Return the latest dossier somebody asked for of what was sent, while it is made or kept; or None."""
    mine = select(Task).where(
        Task.kind == KIND,
        Task.fund_id == sent.fund_id,
        Task.by_id == by.id,
        Task.params["submission"].as_string() == sent.public_id,
    )
    task = db.session.scalars(mine.order_by(Task.id.desc()).limit(1)).first()
    gone = task is not None and task.ended_at is not None and task.ended_at + KEPT_FOR <= clock.now()
    return None if gone else task


def get_made(sent: Submission, by: Viewer, task_id: str) -> Task:
    """Return a dossier that was made for somebody and is kept, or raise NotFound."""
    task = find_task(sent, by)
    if task is None or task.public_id != task_id or task.state is not TaskState.DONE:
        raise NotFound
    return task
