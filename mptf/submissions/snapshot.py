"""The whole of a proposal as it is sent: every part as it was typed, and what the call gave to whoever wrote.

The bytes are canonical JSON (names in order, no space between), so that what is taken away can be held against the hash
of its receipt. Parts are read from them again in the frame they were written in: what is renamed later changes nothing.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any

from pydantic import TypeAdapter

from mptf.attachments.part import Attached
from mptf.budgets.grid import Budget
from mptf.core.money import Money
from mptf.drafting.general import title_of
from mptf.drafting.parts import every_part
from mptf.drafting.queries import State
from mptf.drafting.reading import Frame, Part, Read
from mptf.drafting.shape import Content, chosen
from mptf.proposals.models import PartKind, Proposal, Stage

_PIECES = re.compile("([0-9]{1,9})")
LAYOUT = 1  # of the bytes; another one is read beside it


@dataclass(frozen=True)
class Sent:
    """A part as it was sent: what was typed, and what it says in the frame of that day."""

    part: Part[Any]
    content: Content
    read: Read[Any]


@dataclass(frozen=True)
class Snapshot:
    """What was sent: `number` is that of the proposal under its call, `version` counts what was sent of it."""

    title: str
    call: str
    office: str
    organisation: str
    number: str
    version: int
    submitted_at: datetime
    by: str
    frame: Frame
    contents: Mapping[PartKind, Content]

    @cached_property
    def parts(self) -> Mapping[PartKind, Sent]:
        """Every part that was sent, in their order."""
        return {
            part.kind: Sent(part, content, part.read(content, self.frame))
            for part in every_part()
            if (content := self.contents.get(part.kind)) is not None
        }

    @property
    def stage(self) -> Stage:
        """Whether this is a concept note or a full proposal."""
        return stage_of(self.contents)

    @property
    def budget(self) -> Budget:
        """The budget of a full proposal as it counts."""
        return budget_of(self.parts[PartKind.BUDGET].read)

    @property
    def attached(self) -> tuple[Attached, ...]:
        """The files that were sent; with a concept note none."""
        sent = self.parts.get(PartKind.ATTACHMENTS)
        files: tuple[Attached, ...] = sent.read.value.files if sent else ()
        return files

    @property
    def places(self) -> list[str]:
        """The jurisdictions it was offered and works in, by their public ids."""
        said = PartKind.CONCEPT if self.stage is Stage.CONCEPT else PartKind.GENERAL
        return list(chosen(self.contents[said], "jurisdictions", self.frame.jurisdictions))

    @property
    def requested(self) -> Money:
        """What is asked for in all; of a concept note, what is expected to be."""
        if self.stage is Stage.CONCEPT:
            expected: Money = self.parts[PartKind.CONCEPT].read.value.amount
            return expected
        return self.budget.total


def stage_of(contents: Collection[PartKind]) -> Stage:
    """Return the stage in which just these parts are sent."""
    return Stage.CONCEPT if PartKind.CONCEPT in contents else Stage.FULL


def budget_of(read: Read[Any]) -> Budget:
    """Return the budget of the part that was read."""
    budget: Budget = read.value.budget
    return budget


def taken(
    proposal: Proposal, states: Sequence[State], *, number: str, version: int, at: datetime, by: str
) -> Snapshot:  # fmt: skip
    """Take the snapshot of a proposal as its parts stand; files that are not attached any more are left out."""
    contents = {state.part.kind: dict(state.content) for state in states}
    named = set(contents.get(PartKind.ATTACHMENTS, {}).values())
    whole = states[0].frame
    frame = replace(whole, files={key: file for key, file in whole.files.items() if key in named})
    title = title_of(contents.get(PartKind.GENERAL, {})) or proposal.title
    office, organisation = proposal.office.name, proposal.organisation.short_name
    return Snapshot(
        title, proposal.call.name, office, organisation, number, version, at, by, frame, contents
    )  # fmt: skip


def packed(snapshot: Snapshot) -> str:
    """Write a snapshot as the text that is kept; its bytes in UTF-8 are what the hash is of."""
    said = {
        "layout": LAYOUT,
        "title": snapshot.title,
        "call": snapshot.call,
        "office": snapshot.office,
        "organisation": snapshot.organisation,
        "number": snapshot.number,
        "version": snapshot.version,
        "submitted_at": snapshot.submitted_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "by": snapshot.by,
        "frame": _frames().dump_python(snapshot.frame, mode="json"),
        "parts": {kind.value: dict(content) for kind, content in snapshot.contents.items()},
    }
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def unpacked(text: str) -> Snapshot:
    """Read a snapshot that was kept."""
    said = json.loads(text)
    frame = _in_order(_frames().validate_python(said["frame"]))
    return Snapshot(
        said["title"], said["call"], said["office"], said["organisation"], said["number"], said["version"],
        datetime.fromisoformat(said["submitted_at"]), said["by"], frame,
        {PartKind(kind): content for kind, content in said["parts"].items()},
    )  # fmt: skip


def contents_of(text: str) -> Mapping[PartKind, Content]:
    """Return what was typed into the parts of a snapshot that was kept, without reading it."""
    return {PartKind(kind): content for kind, content in json.loads(text)["parts"].items()}


def hashed(text: str) -> str:
    """Return the SHA-256 of a snapshot that is kept, as a receipt tells it."""
    return hashlib.sha256(text.encode()).hexdigest()


def _in_order(frame: Frame) -> Frame:
    """Return a frame whose choices stand in the order of their names: the bytes have them by public id."""

    def named(names: Mapping[str, str]) -> dict[str, str]:
        return dict(sorted(names.items(), key=lambda one: _natural(one[1])))

    return replace(
        frame, goals=named(frame.goals), kpis=named(frame.kpis), jurisdictions=named(frame.jurisdictions),
        offices=named(frame.offices),
        documents=dict(sorted(frame.documents.items(), key=lambda one: _natural(one[1].name))),
    )  # fmt: skip


def _natural(name: str) -> list[tuple[int, str]]:
    """Return what a name is put in order by: its numbers as numbers, so that Goal 2 stands before Goal 10."""
    return [(int(piece) if piece.isdecimal() else 0, piece.casefold()) for piece in _PIECES.split(name)]


@cache
def _frames() -> TypeAdapter[Frame]:
    return TypeAdapter(Frame)
