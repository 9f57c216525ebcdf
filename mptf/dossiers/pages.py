"""What pages show of what was sent: its parts, and what changed."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from mptf.core.tasks import Task
from mptf.dossiers import queries
from mptf.dossiers.changes import money_changes, text_changes
from mptf.dossiers.queries import Reading
from mptf.drafting.telling import Block, lines_of
from mptf.proposals.models import PartKind, Proposal
from mptf.submissions.queries import get_submission
from mptf.submissions.snapshot import unpacked
from mptf.web.text import say

Shown = dict[str, Any]

spoken = partial(lines_of, say=say)


def reading_facts(reading: Reading) -> Shown:
    """Return what the page of a submission shows."""
    return {**_shared(reading), "parts": _parts(reading)}


def changes_facts(proposal: Proposal, reading: Reading, since: int) -> Shown:
    """Return what the page shows of what changed since another version, or raise NotFound where there is none."""
    before = unpacked(get_submission(proposal, since).content)
    return {
        **_shared(reading),
        "since": since,
        "texts": text_changes(before, reading.snapshot),
        "money": money_changes(before, reading.snapshot),
        "returns": reading.returns_since(since),
    }


def dossier_facts(task: Task | None) -> Shown:
    """Return what is shown of a dossier that is made or kept."""
    until = task.ended_at + queries.KEPT_FOR if task and task.ended_at else None
    return {"task": task, "made": task.result if task else None, "until": until}


def _shared(reading: Reading) -> Shown:
    return {"sent": reading.sent, "snapshot": reading.snapshot, "all": reading.all, "earlier": reading.earlier,
            "spoken": spoken}  # fmt: skip


def _parts(reading: Reading) -> Sequence[tuple[PartKind, Sequence[Block]]]:
    snapshot = reading.snapshot
    return [
        (kind, list(sent.part.tell(sent.read.value, snapshot.frame))) for kind, sent in snapshot.parts.items()
    ]  # fmt: skip
