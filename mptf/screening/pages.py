"""What pages show of screening: to the Secretariat how far it has come, to an applicant what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mptf.core.errors import RuleBroken
from mptf.policy import Permission, Viewer, can
from mptf.proposals.beside import Card
from mptf.proposals.cancelled import why_off
from mptf.proposals.models import IN_REVIEW, INELIGIBLE, INVITED, SCREENING, SUBMITTED, PartKind, Proposal
from mptf.screening import beside, queries
from mptf.screening.facts import Known, Seen, seen
from mptf.screening.letters import digest
from mptf.screening.listed import waits_for
from mptf.screening.models import Answer, Fact, Ground, ScreeningAnswer, ScreeningItem
from mptf.screening.proposed import proposed
from mptf.screening.queries import Progress, Version
from mptf.screening.service import grounds_found, told_of_outcome, why_not_let_on
from mptf.submissions.snapshot import unpacked
from mptf.web.text import say, sentence

Shown = dict[str, Any]
TONES = {Answer.YES: "good", Answer.NO: "bad", Answer.NOT_APPLICABLE: "flat"}


@dataclass(frozen=True)
class Told:
    """A sentence of what the system knows, and whether it is as it should be; None where only a person can tell."""

    fine: bool | None
    sentence: str


@dataclass(frozen=True)
class Line:
    """An item with what was found of what was sent last, what it said before, and what the system knows."""

    item: ScreeningItem
    answer: ScreeningAnswer | None
    before: Sequence[ScreeningAnswer]
    told: Told | None

    @property
    def ineligible(self) -> bool:
        """Whether its answer makes the proposal ineligible."""
        return self.item.ground is not None and self.answer is not None and self.answer.answer is Answer.NO


@dataclass(frozen=True)
class Screened:
    """All that a page shows of the screening of a proposal: the version that counts, earlier ones, what is known."""

    proposal: Proposal
    items: Sequence[ScreeningItem]
    versions: Sequence[Version]
    known: Known

    @property
    def now(self) -> Version:
        """The version that was sent last."""
        return self.versions[0]

    @property
    def stands(self) -> Mapping[int, ScreeningAnswer]:
        """What counts of what was found, by the key of the item."""
        return {key: given[-1] for key, given in self.now.found.items()}

    @property
    def opened_on(self) -> str:
        """Which version a page is about and what it is asked, as a form carries it back."""
        asked = "\n".join(f"{item.public_id} {item.question}" for item in self.items)
        return f"{self.now.sent.number}-{digest(asked)[:12]}"

    @property
    def lines(self) -> list[Line]:
        """The checklist as it stands."""
        facts = seen(self.known)
        return [self._line(item, facts) for item in self.items]

    @property
    def grounds(self) -> list[Ground]:
        """The grounds the answers give."""
        return grounds_found(self.items, self.stands)

    @property
    def why_not_admit(self) -> RuleBroken | None:
        """Why it is not admitted as it stands, or as a concept note not invited, or None."""
        return why_not_let_on(self.proposal, self.items, self.stands)

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        noes = sum(one.answer is Answer.NO for one in self.stands.values())
        return Progress(len(self.items), len(self.stands), noes, frozenset(self.grounds))

    def _line(self, item: ScreeningItem, facts: Mapping[Fact, Seen]) -> Line:
        given = self.now.found.get(item.id, ())
        fact = facts[item.fact] if item.fact else None
        told = Told(fact.fine, say(fact.template, **fact.values)) if fact else None
        return Line(item, given[-1] if given else None, given[:-1], told)


def screened(proposal: Proposal) -> Screened:
    """Read the screening of a proposal that was submitted."""
    versions, begun_at = queries.versions_of(proposal)
    sent = versions[0].sent
    first = min(one.sent.submitted_at for one in versions if one.sent.stage is sent.stage)
    known = Known(proposal.call, first, begun_at, sent.requested, unpacked(sent.content))
    return Screened(proposal, queries.items_of(proposal.call), versions, known)


def page_facts(shown: Screened, viewer: Viewer) -> Shown:
    """Return what the page of screening shows beside the checklist."""
    proposal = shown.proposal
    summary = shown.known.sent.contents.get(PartKind.NARRATIVE, {}).get("summary", "")
    earlier, count = beside.earlier_of(proposal, viewer)
    template, values = waits_for(proposal, proposal.call, shown.progress)
    status = proposal.status
    return {
        "shown": shown,
        "lines": shown.lines,
        "proposed": [] if shown.items else list(proposed(proposal.call)),
        "alike": [(one, [say(told, **said) for told, said in one.match.signs])
                  for one in beside.alike(proposal, summary, viewer)],
        "earlier": earlier,
        "earlier_count": count,
        "waits": say(template, **values),
        "answering": status is SCREENING and not proposal.is_off,
        "to_take_up": status is SUBMITTED and not proposal.is_off,
        "off": sentence(why_off(proposal)),
        "why_not_admit": sentence(shown.why_not_admit),
        "told": len(told_of_outcome(proposal)),
        "tones": TONES,
    }  # fmt: skip


def card_facts(proposal: Proposal, viewer: Viewer) -> Shown | None:
    """Return what the card of a proposal shows: how far screening is, or to an applicant what came of it."""
    if proposal.is_unsent:
        return None
    letter = queries.find_letter(proposal) if proposal.status is INELIGIBLE else None
    if can(viewer, Permission.PROPOSALS_SCREEN, proposal):
        progress = queries.progress_of(proposal.call, [proposal.id])[proposal.id]
        template, values = waits_for(proposal, proposal.call, progress)
        return {"secretariat": True, "progress": progress, "waits": say(template, **values), "off": proposal.is_off,
                "letter": letter}  # fmt: skip
    told = proposal.is_off or can(viewer, Permission.DRAFTS_VIEW, proposal)  # by the tasks: that it is invited
    admitted, invited = proposal.status is IN_REVIEW, proposal.status is INVITED and not told
    if not (admitted or invited or letter):
        return None
    return {"secretariat": False, "admitted": admitted, "invited": invited, "letter": letter}


CARD = Card("screening/_card.html", card_facts)
