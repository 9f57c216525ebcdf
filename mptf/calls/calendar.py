"""The moments of a call in a calendar: it opens and closes, concept notes and questions end; none names a person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from mptf.calls.models import Call, CallStanding
from mptf.calls.wording import moment_text
from mptf.core import sentences
from mptf.core.errors import N_
from mptf.paper.calendar import Moment

UNDER = "trust-fund-desk"  # names are kept under it, whatever address the desk has


@dataclass(frozen=True)
class Amended:
    """How often a call was amended, and when last."""

    times: int = 0
    at: datetime | None = None


def moments_of(call: Call, amended: Amended, page: str) -> Iterator[Moment]:
    """Yield the moments of a published call; each change of the call is one more in the sequence of all of them."""
    cancelled = call.standing is CallStanding.CANCELLED
    changed_at = call.cancelled_at or amended.at or call.published_at
    for key, template, at in (
        ("opens", N_("{call} opens"), call.opens_at),
        ("questions", N_("{call}: the last moment for questions"), call.questions_until),
        ("concept", N_("{call}: the last moment for concept notes"), call.concept_until),
        ("closes", N_("{call} closes"), call.closes_at),
    ):
        if at and changed_at:
            yield Moment(
                uid=f"call-{call.public_id}-{key}@{UNDER}",
                title=sentences.filled(template, {"call": call.name}),
                at=at,
                changed_at=changed_at,
                sequence=amended.times + cancelled,
                cancelled=cancelled,
                told=moment_text(at, call.zone),
                page=page,
            )
