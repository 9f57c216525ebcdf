"""Keep what is typed into the parts of a proposal, so that nobody's words are lost; `by` is the Viewer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import N_, NotAllowed, RuleBroken
from mptf.drafting import queries
from mptf.drafting.content import Typing, cleaned, packed, unpacked
from mptf.drafting.general import title_of
from mptf.drafting.joining import Collision, join
from mptf.drafting.models import PartVersion
from mptf.drafting.reading import Part
from mptf.drafting.shape import Content
from mptf.policy import Permission, Viewer
from mptf.proposals.cancelled import refuse_off
from mptf.proposals.models import PartKind, Proposal
from mptf.proposals.service import let_act

audit.tell(
    {
        "part.saved": N_("saved version {version} of the part {part}"),
        "part.brought_back": N_("brought version {back} of the part {part} back as version {version}"),
    },
    values={"proposal.part": PartKind},
)


@dataclass(frozen=True)
class Saved:
    """What came of a save: what stands now, what differs from what was typed, and what collided."""

    version: PartVersion | None
    content: Content
    changed: Content
    collisions: tuple[Collision, ...] = ()


def save(proposal: Proposal, part: Part[Any], typed: Typing, *, by: Viewer, explicit: bool = False) -> Saved:
    """Keep what was typed, joined with what others saved meanwhile; what cannot be joined is kept aside.

    A save somebody asked for stands in the audit log; one the page did by itself does not.
    """
    ours = _may_write(proposal, part, by)
    content = cleaned(part.shape, typed.content.items())
    _settle(proposal, part, typed, ours)
    stands = queries.newest(proposal, part.kind)
    stored = queries.content_of(stands)
    joined = join(part.shape, base=_base(proposal, part, typed, stands), stored=stored, typed=content)
    if joined.content != stored or (explicit and stands and not stands.explicit):
        stands = ours.add(joined.content, explicit=explicit)
        _name(proposal, part, joined.content)
        if explicit:
            audit.record("part.saved", proposal, by=by, version=stands.number, **_told(part, proposal))
    for collision in joined.collisions:
        ours.add({collision.field: collision.typed}, aside=True)
    return Saved(stands, joined.content, joined.changed, joined.collisions)


def let_write(proposal: Proposal, part: Part[Any], *, by: Viewer) -> None:
    """Let one writer at a time at a part, before what is saved is put together; refuse as `save` does."""
    _may_write(proposal, part, by)


def bring_back(proposal: Proposal, part: Part[Any], number: int, *, by: Viewer) -> PartVersion:
    """Let the text of an earlier version stand again, as a new version."""
    ours = _may_write(proposal, part, by)
    earlier = queries.get_version(proposal, part.kind, number)
    if earlier.aside:
        raise RuleBroken(N_("This is one field that was kept aside. Copy what you need of it into the part."))
    stands = queries.newest(proposal, part.kind)
    if stands and stands.content == earlier.content:
        raise RuleBroken(N_("What stands now says the same."))
    content = unpacked(earlier.content)
    brought = ours.add(content, explicit=True)
    _name(proposal, part, content)
    audit.record(
        "part.brought_back", proposal, by=by, back=number, version=brought.number, **_told(part, proposal)
    )  # fmt: skip
    return brought


def put_back(proposal: Proposal, contents: Mapping[PartKind, Content], *, by: Viewer) -> None:
    """Let parts say again what was submitted, as new versions; whoever acts holds the proposal and was let to it."""
    stands = queries.newest_of(proposal, contents)
    for kind, content in contents.items():
        if packed(content) != packed(queries.content_of(stands.get(kind))):
            _Rows(proposal, kind, by, queries.last_number(proposal, kind)).add(content, explicit=True)


@dataclass
class _Rows:
    """The rows of a part, appended to by one person."""

    proposal: Proposal
    kind: PartKind
    by: Viewer
    last: int

    def add(self, content: Content, *, explicit: bool = False, aside: bool = False) -> PartVersion:
        """Keep a content as the next row."""
        self.last += 1
        row = PartVersion(
            proposal_id=self.proposal.id, fund_id=self.proposal.fund_id, part=self.kind, number=self.last,
            content=packed(content), by_id=self.by.id, explicit=explicit, aside=aside,
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        return row


def _may_write(proposal: Proposal, part: Part[Any], by: Viewer) -> _Rows:
    """Let one writer at a time at a proposal, and refuse who may not write the part, or nobody may now."""
    let_act(proposal, Permission.PROPOSALS_WRITE, by)
    if part.kind not in proposal.parts_of(by.id):
        raise NotAllowed
    refuse_off(proposal)
    if part.kind not in proposal.writable_parts:
        raise RuleBroken(N_("This part cannot be changed now. What you typed was not saved."))
    return _Rows(proposal, part.kind, by, queries.last_number(proposal, part.kind))


def _base(proposal: Proposal, part: Part[Any], typed: Typing, stands: PartVersion | None) -> Content:
    """Return what the form was typed over: the version it names, but for fields that were over another text."""
    same = stands and stands.number == typed.version
    base = queries.content_of(stands) if same else queries.base_of(proposal, part.kind, typed.version)
    over = cleaned(part.shape, typed.over.items(), rows=False)
    return {**base, **{name: over.get(name, "") for name in typed.over if part.shape.find(name)}}


def _settle(proposal: Proposal, part: Part[Any], typed: Typing, ours: _Rows) -> None:
    """End the texts kept aside that are done with, and keep anew those that were written on meanwhile."""
    for row in queries.aside_rows(proposal, part.kind, ours.by.id, {*typed.settled, *typed.asides}):
        aside = queries.aside_of(row)
        kept = cleaned(part.shape, [(aside.field, typed.asides.get(row.number, aside.typed))], rows=False)
        if row.number in typed.settled:
            row.settled_at = clock.now()
        elif kept and kept[aside.field] != aside.typed:
            row.settled_at = clock.now()
            ours.add(kept, aside=True)


def _name(proposal: Proposal, part: Part[Any], content: Content) -> None:
    """Let lists call a draft by the title General has now; what was submitted keeps its title until it is again."""
    title = title_of(content)
    if proposal.is_unsent and part.kind is PartKind.GENERAL and title and title != proposal.title:
        proposal.title = title


def _told(part: Part[Any], proposal: Proposal) -> dict[str, Any]:
    return {"fund_id": proposal.fund_id, "part": part.kind.value}
