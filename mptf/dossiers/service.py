"""Ask for a dossier; `by` is the Viewer."""

from mptf.core import audit, tasks
from mptf.core.errors import N_
from mptf.core.tasks import Task, TaskState, Work
from mptf.dossiers.queries import KIND, find_task
from mptf.policy import Permission, Viewer, require
from mptf.submissions.models import Submission

WRITE = Work(KIND, N_("Making a dossier"), "mptf.dossiers.work:write")

audit.tell({"dossier.asked": N_("asked for the dossier of {about}, version {number}")})


def ask(sent: Submission, *, by: Viewer) -> Task:
    """Have the dossier of what was sent made in the background; one that is being made or kept is that one."""
    proposal = sent.proposal
    require(by, Permission.PROPOSALS_VIEW, proposal)
    there = find_task(sent, by)
    if there is not None and there.state is not TaskState.FAILED:
        return there
    task = tasks.ask(KIND, by=by, fund_id=proposal.fund_id, about=proposal.name, submission=sent.public_id)
    audit.record(
        "dossier.asked", task, by=by, fund_id=proposal.fund_id, about=proposal.on_record, number=sent.number
    )  # fmt: skip
    return task
