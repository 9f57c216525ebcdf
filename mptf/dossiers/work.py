"""What the jobs process does for this room: make a dossier, with no transaction open while it does."""

import tempfile
from pathlib import Path
from typing import Any

from mptf.core.db import db, transactions
from mptf.core.errors import N_, NotFound
from mptf.core.tasks import Reporter, Task
from mptf.dossiers.packing import make
from mptf.dossiers.papers import Dossier
from mptf.fund.models import Fund
from mptf.people.queries import viewer_of
from mptf.proposals.queries import get_proposal
from mptf.submissions.queries import find_sent, get_submission
from mptf.web import store

LARGEST = 1 << 31


def write(task: Task, report: Reporter) -> dict[str, Any]:
    """Make both files; the rights of who asked are looked at again first.

    No row names them: the sweeper takes them after a day, and whoever asks again gets the same.
    """
    report(0, 1, N_("Reading what was sent"))
    with transactions("read"):
        dossier = _dossier(task)
        db.session.remove()
    with tempfile.TemporaryDirectory() as folder:
        made = make(dossier, store(), Path(folder), report)
        return {"stem": dossier.stem, "pdf": _kept(made.pdf), "zip": _kept(made.zip)}


def _dossier(task: Task) -> Dossier:
    """Return what is taken away, with everything its papers say of it loaded."""
    by, fund = viewer_of(task.by_id, task.role_id), db.session.get_one(Fund, task.fund_id)
    found = find_sent(fund, task.params["submission"])
    if found is None:
        raise NotFound
    proposal = get_proposal(by, fund, found.proposal.public_id)
    return Dossier.of(get_submission(proposal, found.number))


def _kept(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        blob = store().keep(stream, limit=LARGEST)
    return {"sha256": blob.sha256, "size": blob.size}
