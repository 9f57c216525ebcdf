"""Which job runs when, which function does which task, who writes which letter: tables, not code."""

from datetime import timedelta

from mptf.calls import mails as calls
from mptf.desk.queries import WORK
from mptf.jobs import chores
from mptf.jobs.schedule import Job
from mptf.jobs.sender import Loader
from mptf.people import mails as people
from mptf.proposals import mails as proposals
from mptf.questions import mails as questions
from mptf.screening import mails as screening
from mptf.signin import mails as signin
from mptf.statements import mails as statements
from mptf.submissions import mails as submissions

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# Times are UTC; the nightly ones stand apart so that they do not wait for each other.
JOBS: tuple[Job, ...] = (
    Job("audit.anchor", every=DAY, at=timedelta(hours=0, minutes=5), run=chores.print_anchor),
    Job("calls.close", every=5 * MINUTE, at=timedelta(), run=chores.close_calls),
    Job("drafts.thin", every=DAY, at=timedelta(hours=3, minutes=30), run=chores.thin_drafts),
    Job("files.check", every=DAY, at=timedelta(hours=1, minutes=20), run=chores.check_files),
    Job("files.sweep", every=HOUR, at=timedelta(minutes=35), run=chores.sweep_files),
    Job("proposals.remind", every=HOUR, at=timedelta(minutes=10), run=chores.remind_of_closing),
    Job("rows.forget", every=DAY, at=timedelta(hours=2, minutes=50), run=chores.forget),
)

TASKS = {kind: work.function for kind, work in WORK.items()}

# `load(message) -> Letter`, or None when the person may no longer have it.
LETTERS: dict[str, Loader] = {
    **calls.LOADERS,
    **people.LOADERS,
    **proposals.LOADERS,
    **questions.LOADERS,
    **screening.LOADERS,
    **signin.LOADERS,
    **statements.LOADERS,
    **submissions.LOADERS,
}
