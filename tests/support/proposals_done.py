"""What is done to proposals in their history: each step as a person takes it, and what the model expects of it.

Every step is a service in a unit of work and a session of its own; what a rule refuses changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from flask import Flask
from hypothesis.stateful import RuleBasedStateMachine, initialize

from mptf.calls.facts import Dates
from mptf.calls.models import Call
from mptf.core import clock
from mptf.core.db import db, unit_of_work
from mptf.core.errors import NotAllowed, NotFound, RuleBroken
from mptf.drafting import queries as drafting
from mptf.drafting import service as typing
from mptf.drafting.content import Typing, packed
from mptf.drafting.parts import get_part
from mptf.organisations.models import Office, OrganisationKind
from mptf.people.models import Person
from mptf.policy import HeldRole, Role, Viewer
from mptf.proposals import service as proposals
from mptf.proposals.models import (
    DRAFT,
    IN_REVIEW,
    INELIGIBLE,
    PROPOSAL_FLOW,
    RETURNED,
    SCREENING,
    SUBMITTED,
    May,
    PartKind,
    Proposal,
    ProposalStatus,
)
from mptf.screening import service as screening
from mptf.screening.models import Answer, Ground
from mptf.screening.proposed import Said
from mptf.screening.queries import items_of, newest_answers
from mptf.submissions import service
from mptf.submissions.looked import looked_at
from mptf.submissions.queries import latest
from mptf.submissions.snapshot import unpacked
from tests.factories import Make
from tests.support import whole
from tests.support.calls import published
from tests.support.proposals_known import BEGUN, CLOSES, GRACE, PARTS, Announced, Sent, Written

SECOND = timedelta(seconds=1)
numbers = count(1)
# What a page that was opened before carries, and what stood then.
Shown = tuple[str, Mapping[PartKind, str]] | None

# What takes a field away without which a part is not complete.
BROKEN: Mapping[PartKind, str] = {
    PartKind.GENERAL: "gender_why",
    PartKind.NARRATIVE: "approach",
    PartKind.RESULTS: "indicators.cccccc.means",
    PartKind.WORKPLAN: "activities.dddddd.to",
    PartKind.RISKS: "risks.aaaaaa.owner",
    PartKind.TEAM: "team.aaaaaa.share",
}


class Proposals(RuleBasedStateMachine):
    """A fund with two calls, those who write proposals for an office, and who screens them."""

    app: Flask
    make: Make

    @initialize()
    def begin(self) -> None:
        self.now = BEGUN
        self.files = self.app.extensions["files"]
        fund = self.make.fund(f"S{next(numbers)}")
        self.puno = self.make.organisation(f"P{next(numbers)}", OrganisationKind.PUNO)
        offices = [self.make.office(self.puno, f"Office {next(numbers)}") for _ in range(2)]
        self.ana, self.ben = (self.make.viewer(Role.PUNO_OFFICER, fund, office=offices[0]) for _ in range(2))
        self.cat = self.make.viewer(Role.PUNO_OFFICER, fund, office=offices[1])
        roles = Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD, Role.ADMINISTRATOR
        self.officer, self.head, self.admin = (self.make.viewer(role, fund) for role in roles)
        held = HeldRole("beside", Role.SECRETARIAT_OFFICER, fund.id)
        self.near = replace(self.make.viewer(Role.PUNO_OFFICER, fund, office=offices[0]), chosen=held)
        self.near = replace(self.near, held=(*self.near.held, held))
        self.fund, self.offices = fund.id, [office.id for office in offices]
        self.written: list[Written] = []
        with clock.at(self.now):
            dates = Dates(self.now - timedelta(days=1), CLOSES, "Europe/Belgrade", int(GRACE.total_seconds()) // 60)
            self.calls = [
                Announced(published(fund, offices, by=self.head, title=f"Call {n}", dates=dates).id) for n in range(2)
            ]
        for number in range(2):
            self.starts(number, True)
            self.sends(self.written[-1], None, "")
        self.starts(0, True)

    def do(self, act: Callable[[], Any], *, at: datetime | None = None) -> Any:
        """Take one step as one unit of work; return what came of it, or the sentence with which it was refused."""
        self.now += timedelta(minutes=7)
        self.now = max(self.now, at or self.now)
        db.session.remove()
        try:
            with clock.at(at or self.now), unit_of_work():
                done = act()
                db.session.flush()
                return done
        except (RuleBroken, NotAllowed, NotFound) as refusal:
            return refusal

    def of(self, one: Written) -> Proposal:
        return db.session.get_one(Proposal, one.key)

    def call(self, number: int) -> tuple[Announced, Call]:
        known = self.calls[number % len(self.calls)]
        return known, db.session.get_one(Call, known.key)

    def pick(self, number: int, *statuses: ProposalStatus) -> Written:
        """Choose a proposal: mostly one in some status, now and then any."""
        fitting = [one for one in self.written if one.status in statuses] if number % 5 else []
        return (fitting or self.written)[number % len(fitting or self.written)]

    def starts(self, number: int, filled: bool) -> None:
        known = self.calls[number % len(self.calls)]
        title = f"Safe storage {next(numbers)}"

        def start() -> int:
            call, office = self.call(number)[1], db.session.get_one(Office, self.offices[0])
            return self.shared(proposals.start(call, office, title=title, by=self.ana))

        key = self.do(start)
        assert isinstance(key, int) == (not known.off and self.now < known.closes)
        if isinstance(key, int):
            self.written.append(Written(key, known.key))
            self.written[-1].plain[PartKind.ATTACHMENTS] = not known.needs
            for kind in PARTS if filled else ():
                if kind is not PartKind.ATTACHMENTS:
                    self.types(self.written[-1], kind, "whole", whole.CELL, self.ana, 0)

    def shared(self, started: Proposal) -> int:
        proposals.share(started, db.session.get_one(Person, self.ben.id), May.WRITE, by=self.ana)
        return started.id

    def content(self, one: Written, kind: PartKind, how: str, cell: str) -> dict[str, str]:
        """Return what is typed into a part: whole, broken, emptied, or what stands in that of another proposal."""
        if how == "foreign":
            other = self.of(self.written[one.key % len(self.written)])
            return drafting.content_of(drafting.newest(other, kind))
        if how == "emptied" or kind is PartKind.ATTACHMENTS:
            return {}
        proposal = self.of(one)
        typed = dict(whole.contents(proposal, drafting.frame_of(proposal), cell=cell)[kind])
        if kind is PartKind.NARRATIVE:
            typed["summary"] = f"Summary with {cell}."
        if how == "broken":
            lost = BROKEN.get(kind) or next(name for name in typed if name.startswith("b."))
            typed[lost] = "" if kind in BROKEN else "12k"
        return typed

    def types(self, one: Written, kind: PartKind, how: str, cell: str, by: Viewer, behind: int) -> None:
        """Let somebody type a part over the version that stands, or over one that is older."""
        typed: dict[str, str] = {}

        def save() -> Mapping[str, str]:
            proposal = self.of(one)
            typed.update(self.content(one, kind, how, cell))
            stands = drafting.newest(proposal, kind)
            over = max(0, (stands.number if stands else 0) - behind)
            saved = typing.save(proposal, get_part(kind.value), Typing(typed, version=over), by=by, explicit=bool(over))
            return saved.content

        done = self.do(save)
        assert isinstance(done, Mapping) == (kind in one.open_now), done
        if isinstance(done, Mapping):
            as_typed = packed(done) == packed(typed)
            plain = {"whole": True, "broken": False, "emptied": False}.get(how) if as_typed else None
            if kind is PartKind.ATTACHMENTS and as_typed and how != "foreign":
                plain = not next(known for known in self.calls if known.key == one.call).needs
            one.plain[kind] = plain

    def looked(self, one: Written) -> str:
        """Return what the page of submitting carries back now."""
        proposal = self.of(one)
        return looked_at(drafting.states_of(proposal, drafting.frame_of(proposal)))

    def stands(self, one: Written) -> Mapping[PartKind, str]:
        """Return what stands of every part, as its text."""
        found = drafting.newest_of(self.of(one))
        return {kind: packed(drafting.content_of(found.get(kind))) for kind in PARTS}

    def moment(self, one: Written, edge: timedelta | None) -> tuple[Announced, datetime]:
        """Return the call of a proposal, and when something is done: in a while, or so near to the closing."""
        known = next(known for known in self.calls if known.key == one.call)
        soon = self.now + timedelta(minutes=7)
        return known, soon if edge is None else max(soon, known.closes + edge)

    def in_time(self, one: Written, known: Announced, moment: datetime, *, begun_at: datetime | None) -> bool:
        """Tell whether a draft comes before its call is over, and an answer before its day is."""
        if one.status is RETURNED:
            return one.answer_by is not None and moment <= one.answer_by and not one.off
        return one.status is DRAFT and known.takes(moment, begun_at)

    def sends(self, one: Written, edge: timedelta | None, remark: str, *, shown: Shown = None) -> None:
        """Let a proposal be sent; `shown` is what a page that was opened before carries, and what stood then."""
        db.session.remove()
        unseen = shown is not None and shown[1] != self.stands(one)
        looked = shown[0] if shown else None
        known, moment = self.moment(one, edge)
        in_time = self.in_time(one, known, moment, begun_at=one.begun_at)

        def submit() -> Sent:
            sent = service.submit(self.of(one), by=self.ana, remark=remark, looked=looked)
            said = unpacked(sent.content)
            return Sent(sent.id, sent.content, sent.sha256, sent.requested.minor, said, said.budget)

        done = self.do(submit, at=moment)
        if not in_time or unseen or False in one.plain.values():
            assert isinstance(done, RuleBroken), "taken too late, or half, or unseen"
        elif all(one.plain.values()) and remark:
            assert isinstance(done, Sent), done
        if isinstance(done, Sent):
            assert done.said.submitted_at == moment
            assert remark or not one.sent or done.said.contents != one.sent[-1].said.contents
            one.sent.append(done)
            one.status, one.reopened, one.answer_by = SUBMITTED, frozenset(), None
            done.adds_up()

    def takes_up(self, one: Written) -> None:
        self.fires("screen", one, SCREENING, lambda: screening.take_up(self.of(one), by=self.officer))

    def admits(self, one: Written) -> None:
        """Answer every item, and admit the proposal."""
        proposal = self.of(one)
        items = items_of(proposal.call)
        before = newest_answers(latest(proposal)) if one.sent else {}
        said = [Said(item.id, Answer.YES, "", before[item.id].version if item.id in before else 0) for item in items]
        screening.answer(proposal, said, by=self.officer)
        screening.admit(proposal, by=self.officer)

    def refuses(self, one: Written) -> None:
        screening.refuse(self.of(one), [Ground.SCOPE], "It is outside the scope.", by=self.head)

    def fires(self, step: str, one: Written, target: ProposalStatus, act: Callable[[], object]) -> None:
        """Let the Secretariat take a step by what does it; nothing happens under a cancelled call."""
        done = self.do(act)
        possible = one.status in PROPOSAL_FLOW.steps[step].sources and not one.off
        assert isinstance(done, (RuleBroken, NotAllowed, NotFound)) != possible, done
        if possible:
            one.status = target

    def gives_back(self, one: Written, parts: set[PartKind], days: int) -> None:
        until = self.now.date() + timedelta(days=days)
        reasons = dict.fromkeys(parts, "Say more.")

        def give_back() -> datetime:
            service.give_back(self.of(one), reasons, until, by=self.officer)
            answer_by = self.of(one).answer_by
            assert answer_by is not None
            return answer_by

        done = self.do(give_back)
        assert isinstance(done, datetime) or one.status is not SCREENING or days < 2 or one.off
        assert not (isinstance(done, datetime) and one.off)
        if isinstance(done, datetime):
            one.status, one.reopened, one.answer_by = RETURNED, frozenset(parts), done

    def goes_on(self, one: Written, edge: timedelta | None) -> None:
        """Go on without an answer: in a while, or so near to the end of the day to answer."""
        moment = self.now + timedelta(minutes=7)
        if edge is not None and one.answer_by is not None:
            moment = max(moment, one.answer_by + edge)
        done = self.do(lambda: service.resume(self.of(one), by=self.officer), at=moment)
        possible = one.answer_by is not None and moment > one.answer_by and not one.off
        assert (done is None) == possible, done
        if possible:
            one.plain.update(dict.fromkeys(one.reopened, None))
            one.status, one.reopened, one.answer_by = SCREENING, frozenset(), None

    def nothing_is_plain_of(self, known: Announced, *parts: PartKind) -> None:
        for one in self.written:
            if one.call == known.key:
                one.plain.update(dict.fromkeys(parts, None))

    def nothing_happens_to(self, one: Written) -> None:
        """Try all that could happen to a proposal, were its call not cancelled."""
        self.takes_up(one)
        self.gives_back(one, {PartKind.RISKS}, 3)
        self.goes_on(one, SECOND)
        self.types(one, PartKind.RISKS, "whole", "1,000", self.ana, 0)
        self.sends(one, None, "As asked.")
        self.fires("admit", one, IN_REVIEW, lambda: self.admits(one))
        self.fires("refuse", one, INELIGIBLE, lambda: self.refuses(one))
