"""The whole of a proposal as it is sent: every part as it was typed, and what the call gave to whoever wrote.

The bytes are canonical JSON (names in order, no space between), so that the same proposal has the same hash. Parts are
read from them again with the frame they were written in: what is renamed later changes nothing here.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from mptf.drafting.parts import every_part
from mptf.drafting.queries import State
from mptf.drafting.reading import Frame, Part, Read
from mptf.drafting.shape import Content
from mptf.proposals.models import PartKind, Proposal

LAYOUT = 1  # of the bytes; another one is read beside it


@dataclass(frozen=True)
class Sent:
    """A part as it was sent: what was typed, and what it says in the frame of that day."""

    part: Part[Any]
    version: int
    content: Content
    read: Read[Any]


@dataclass(frozen=True)
class Snapshot:
    """What was sent."""

    title: str
    call: str
    office: str
    organisation: str
    number: str
    version: int
    frame: Frame
    parts: Mapping[PartKind, Sent]


def pack(
    proposal: Proposal, states: Iterable[State], *, number: str, version: int, submitted_at: datetime
) -> bytes:  # fmt: skip
    """Return the bytes of a proposal as it is sent."""
    found = list(states)
    content = {
        "layout": LAYOUT,
        "fund": proposal.fund.code,
        "call": proposal.call.reference,
        "proposal": proposal.public_id,
        "number": number,
        "version": version,
        "title": proposal.title,
        "office": proposal.office.name,
        "organisation": proposal.organisation.short_name,
        "submitted_at": submitted_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "frame": _frames().dump_python(found[0].frame, mode="json"),
        "parts": {
            state.part.kind.value: {"version": state.number, "content": dict(state.content)} for state in found
        },
    }
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def hashed(content: bytes) -> str:
    """Return the hash that a receipt tells."""
    return hashlib.sha256(content).hexdigest()


def unpack(content: str) -> Snapshot:
    """Read what was sent."""
    said = json.loads(content)
    frame = _frames().validate_python(said["frame"])
    parts = {}
    for part in every_part():
        sent = said["parts"].get(part.kind.value)
        if sent is not None:
            parts[part.kind] = Sent(part, sent["version"], sent["content"], part.read(sent["content"], frame))
    return Snapshot(
        said["title"], said["call"], said["office"], said["organisation"], said["number"], said["version"], frame, parts
    )


@cache
def _frames() -> TypeAdapter[Frame]:
    return TypeAdapter(Frame)
