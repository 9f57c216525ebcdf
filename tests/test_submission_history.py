"""Whatever happens to proposals, in whatever order: no snapshot ever changes, and what is sent is complete.

The model knows what was sent as it was given back, and of each part whether it plainly is whole, plainly is not, or
neither. Every step is a service as a person calls it, in a unit of work and a session of its own; what a rule refuses
changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO
from itertools import count
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from mptf.attachments import service as attachments
from mptf.budgets.grid import DIRECT, Budget
from mptf.calls import service as calls
from mptf.calls.facts import Amounts, Basics, Dates, Papers, Wanted
from mptf.calls.models import Call
from mptf.core import audit, clock, files
from mptf.core.db import db, unit_of_work
from mptf.core.errors import NotAllowed, NotFound, RuleBroken
from mptf.core.money import Money
from mptf.drafting import queries as drafting
from mptf.drafting import service as typing
from mptf.drafting.content import Typing, packed
from mptf.drafting.parts import get_part
from mptf.fund.models import Fund
from mptf.organisations import service as organisations
from mptf.organisations.facts import JurisdictionFacts, OrganisationFacts
from mptf.organisations.models import Jurisdiction, Office, Organisation, OrganisationKind
from mptf.people.models import Person
from mptf.policy import HeldRole, Permission, Role, Viewer, can
from mptf.proposals import service as proposals
from mptf.proposals.models import (
    DRAFT,
    IN_REVIEW,
    INELIGIBLE,
    PROPOSAL_FLOW,
    RETURNED,
    SCREENING,
    SUBMITTED,
    WITHDRAWN,
    May,
    PartKind,
    Proposal,
    ProposalStatus,
    Stage,
)
from mptf.screening import queries as screened
from mptf.screening import service as screening
from mptf.screening.models import Answer, Ground
from mptf.screening.proposed import Said
from mptf.screening.queries import items_of, newest_answers
from mptf.submissions import service
from mptf.submissions.looked import looked_at
from mptf.submissions.models import BegunSubmission, Submission
from mptf.submissions.queries import latest
from mptf.submissions.snapshot import Snapshot, hashed, unpacked
from tests.factories import Make
from tests.support import whole
from tests.support.calls import published
from tests.support.proposing import proposals_known_to

BEGUN = datetime(2026, 4, 20, 9, tzinfo=UTC)
CLOSES = BEGUN + timedelta(days=2)
GRACE = timedelta(minutes=30)
SECOND = timedelta(seconds=1)
RATE = Decimal("0.07")
NEEDED = "Letter of the host"
numbers = count(1)
any_one = st.integers(0, 99)
cells = st.integers(1_000_00, 40_000_00).map(lambda minor: f"{minor / 100:,.2f}")
# What a call without concept notes asks for.
PARTS = tuple(kind for kind in PartKind if kind in Stage.FULL.asks)
kinds = st.sampled_from(PARTS)
some_kinds = st.sets(kinds, min_size=1, max_size=3)
# Around the closing and the end of the grace period, where one second decides.
edges = st.sampled_from([-GRACE, -SECOND, timedelta(), SECOND, GRACE - SECOND, GRACE, GRACE + SECOND])

# What takes a field away without which a part is not complete.
BROKEN: Mapping[PartKind, str] = {
    PartKind.GENERAL: "gender_why",
    PartKind.NARRATIVE: "approach",
    PartKind.RESULTS: "indicators.cccccc.means",
    PartKind.WORKPLAN: "activities.dddddd.to",
    PartKind.RISKS: "risks.aaaaaa.owner",
    PartKind.TEAM: "team.aaaaaa.share",
}


@dataclass(frozen=True)
class Sent:
    """A submission as it was when it was sent: its row, and what it said when it was read then."""

    key: int
    content: str
    sha256: str
    minor: int
    said: Snapshot
    figures: Budget


Shown = tuple[str, Mapping[PartKind, str]] | None


@dataclass
class Written:
    """A proposal as the model knows it; `plain` says of a part whether it is whole, None where that is not plain."""

    key: int
    call: int
    status: ProposalStatus = DRAFT
    plain: dict[PartKind, bool | None] = field(default_factory=lambda: dict.fromkeys(PARTS))
    begun_at: datetime | None = None
    answer_by: datetime | None = None
    reopened: frozenset[PartKind] = frozenset()
    left: frozenset[PartKind] = frozenset()  # what was written since stays with those who wrote it
    sent: list[Sent] = field(default_factory=list)
    off: bool = False

    @property
    def open_now(self) -> frozenset[PartKind]:
        if self.off:
            return frozenset()
        return frozenset(PARTS) if self.status is DRAFT else self.reopened


@dataclass
class Announced:
    """A call as the model knows it."""

    key: int
    closes: datetime = CLOSES
    grace: timedelta = GRACE
    needs: bool = False
    off: bool = False

    def takes(self, moment: datetime, begun_at: datetime | None) -> bool:
        in_time = begun_at is not None and begun_at < self.closes
        return not self.off and moment < (self.closes + self.grace if in_time else self.closes)


class History(RuleBasedStateMachine):
    """A fund with two calls, those who write proposals for an office, and everything that may happen to these."""

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

    # How a step is taken

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

    # What those who write do

    @precondition(lambda self: len(self.written) < 6)
    @rule(number=any_one, filled=st.booleans())
    def a_proposal_is_started(self, number: int, filled: bool) -> None:
        self.starts(number, filled)

    @rule(
        number=any_one, kind=kinds, how=st.sampled_from(["whole", "whole", "broken", "emptied", "foreign"]),
        cell=cells, ben=st.booleans(), behind=st.sampled_from([0, 0, 1, 2]),
    )  # fmt: skip
    def a_part_is_typed(self, number: int, kind: PartKind, how: str, cell: str, ben: bool, behind: int) -> None:
        self.types(self.pick(number, DRAFT, RETURNED), kind, how, cell, self.ben if ben else self.ana, behind)

    @rule(number=any_one, cell=cells)
    def what_was_returned_is_written_anew(self, number: int, cell: str) -> None:
        one = self.pick(number, RETURNED)
        for kind in sorted(one.reopened):
            self.types(one, kind, "whole", cell, self.ben, 0)

    @rule(number=any_one, kind=kinds, secretariat=st.booleans())
    def somebody_else_types(self, number: int, kind: PartKind, secretariat: bool) -> None:
        one, by = self.pick(number, DRAFT), self.officer if secretariat else self.cat
        part = get_part(kind.value)
        refused = self.do(lambda: typing.save(self.of(one), part, Typing({"title": "Mine"}), by=by))
        assert isinstance(refused, NotAllowed)

    @rule(number=any_one, asked=st.booleans())
    def a_file_is_attached(self, number: int, asked: bool) -> None:
        one = self.pick(number, DRAFT, RETURNED)
        content = f"file {next(numbers)}".encode()

        def attach() -> str:
            proposal = self.of(one)
            blob = self.files.keep(BytesIO(content), limit=1_000)
            stored = files.add(blob, name="f.txt", media_type="text/plain", by=self.ana, fund_id=self.fund)
            document = next(iter(drafting.frame_of(proposal).documents), "other") if asked else ""
            return attachments.attach(proposal, stored, document=document, by=self.ana)

        done = self.do(attach)
        assert isinstance(done, str) == (PartKind.ATTACHMENTS in one.open_now), done
        if isinstance(done, str):  # which document it is, or what, is not said yet
            needs = next(known for known in self.calls if known.key == one.call).needs
            one.plain[PartKind.ATTACHMENTS] = None if asked and needs else False

    @rule(number=any_one)
    def a_proposal_is_renamed(self, number: int) -> None:
        one = self.pick(number, DRAFT)
        done = self.do(lambda: proposals.rename(self.of(one), title=f"Renamed {next(numbers)}", by=self.ana))
        assert (done is None) == (one.status is DRAFT and not one.off), done

    @rule(number=any_one)
    def a_proposal_is_thrown_away(self, number: int) -> None:
        one = self.pick(number, DRAFT)
        if len(self.written) == 1:
            return
        done = self.do(lambda: proposals.drop(self.of(one), by=self.ana))
        assert (done is None) == (one.status is DRAFT), done
        if done is None:
            self.written.remove(one)

    @precondition(lambda self: len(self.written) < 6)
    @rule(number=any_one, to=any_one)
    def a_proposal_is_copied(self, number: int, to: int) -> None:
        one, known = self.pick(number, *ProposalStatus), self.calls[to % len(self.calls)]

        def copy() -> int:
            old = self.of(one)
            title = f"Copied {next(numbers)}"
            return self.shared(proposals.copy(old, self.call(to)[1], old.office, title=title, by=self.ana))

        if isinstance(key := self.do(copy), int):
            self.written.append(Written(key, known.key))

    # What sends them

    @rule(number=any_one, edge=st.none() | edges)
    def a_submission_is_begun(self, number: int, edge: timedelta | None) -> None:
        one = self.pick(number, DRAFT)
        known, moment = self.moment(one, edge)
        done = self.do(lambda: service.begin(self.of(one), by=self.ana), at=moment)
        ended = one.off or one.status is RETURNED
        if one.begun_at is None and not ended and self.in_time(one, known, moment, begun_at=moment):
            one.begun_at = moment
        if one.begun_at is None or ended:
            assert isinstance(done, RuleBroken)
        else:
            assert done == one.begun_at

    @rule(number=any_one, remark=st.sampled_from(["", "As asked."]))
    def a_proposal_is_sent(self, number: int, remark: str) -> None:
        self.sends(self.pick(number, DRAFT, RETURNED), None, remark)

    @rule(number=any_one, remark=st.sampled_from(["", "As asked."]))
    def an_answer_is_sent(self, number: int, remark: str) -> None:
        self.sends(self.pick(number, RETURNED), None, remark)

    @rule(number=any_one, typed=st.sets(kinds, max_size=2), cell=cells)
    def a_proposal_is_sent_from_a_page_that_was_left_open(self, number: int, typed: set[PartKind], cell: str) -> None:
        one = self.pick(number, DRAFT, RETURNED)
        shown = self.do(lambda: (self.looked(one), self.stands(one)))
        for kind in sorted(typed):
            self.types(one, kind, "whole", cell, self.ben, 0)
        self.sends(one, None, "As asked.", shown=shown)

    def looked(self, one: Written) -> str:
        """Return what the page of submitting carries back now."""
        proposal = self.of(one)
        return looked_at(drafting.states_of(proposal, drafting.frame_of(proposal)))

    def stands(self, one: Written) -> Mapping[PartKind, str]:
        """Return what stands of every part, as its text."""
        found = drafting.newest_of(self.of(one))
        return {kind: packed(drafting.content_of(found.get(kind))) for kind in PARTS}

    @rule(number=any_one, edge=edges)
    def a_proposal_is_sent_at_the_last_moment(self, number: int, edge: timedelta) -> None:
        self.sends(self.pick(number, DRAFT, RETURNED), edge, "At last.")

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
            self.holds_what_it_says(done)

    def holds_what_it_says(self, sent: Sent) -> None:
        """Add up by hand what was typed: every cell of the lead office, and its indirect cost, half up."""
        lacking = {kind: part.read.problems for kind, part in sent.said.parts.items() if not part.read.complete}
        assert lacking == {}
        assert set(sent.said.contents) == set(PARTS)
        frame, typed = sent.said.frame, sent.said.contents[PartKind.BUDGET]
        direct = sum(
            Decimal(typed[f"b.{frame.lead}.{year}.{category}"].replace(",", ""))
            for year in (1, 2)
            for category in DIRECT
        )
        indirect = (direct * RATE).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert sent.minor == int((direct + indirect) * 100) == sent.said.requested.minor
        zero, sums = Money.zero(frame.currency), sent.figures.all
        assert sum((office.total for office in sent.figures.offices.values()), zero) == sums.total
        assert sum(sums.total_by_year.values(), zero) == sums.total
        assert sum(sums.by_category.values(), zero) + sums.indirect == sums.total

    @rule(number=any_one)
    def a_proposal_is_withdrawn(self, number: int) -> None:
        one = self.pick(number, SUBMITTED, SCREENING, RETURNED, IN_REVIEW)
        if number % 3:  # it ends everything, so it is rarer than the rest
            return
        possible = one.status in PROPOSAL_FLOW.steps["withdraw"].sources
        done = self.do(lambda: service.withdraw(self.of(one), reason="The partner left.", by=self.ana))
        assert (done is None) == possible, done
        if possible:
            one.left |= one.reopened
            one.status, one.reopened, one.answer_by = WITHDRAWN, frozenset(), None

    # What the Secretariat does

    @rule(number=any_one, parts=some_kinds, cell=cells, again=st.booleans())
    def a_proposal_comes_back_and_is_answered(self, number: int, parts: set[PartKind], cell: str, again: bool) -> None:
        one = self.pick(number, SUBMITTED)
        self.takes_up(one)
        self.gives_back(one, parts, 3)
        for kind in sorted(one.reopened):
            self.types(one, kind, "whole" if again else "broken", cell, self.ana, 0)
        self.sends(one, None, "As asked.")

    @rule(
        number=any_one, parts=some_kinds, cell=cells, edge=st.sampled_from([-SECOND, timedelta(), timedelta.resolution])
    )
    def a_proposal_comes_back_and_its_day_comes(
        self, number: int, parts: set[PartKind], cell: str, edge: timedelta
    ) -> None:
        one = self.pick(number, SUBMITTED)
        self.takes_up(one)
        self.gives_back(one, parts, 2)
        for kind in sorted(one.reopened):
            self.types(one, kind, "whole", cell, self.ben, 0)
        self.goes_on(one, edge)

    @rule(number=any_one)
    def screening_is_taken_up(self, number: int) -> None:
        self.takes_up(self.pick(number, SUBMITTED))

    def takes_up(self, one: Written) -> None:
        self.fires("screen", one, SCREENING, lambda: screening.take_up(self.of(one), by=self.officer))

    @rule(number=any_one, good=st.booleans())
    def screening_is_decided(self, number: int, good: bool) -> None:
        if number % 3:
            return
        one = self.pick(number, SCREENING)
        if good:
            self.fires("admit", one, IN_REVIEW, lambda: self.admits(one))
        else:
            self.fires("refuse", one, INELIGIBLE, lambda: self.refuses(one))

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

    @rule(number=any_one)
    def somebody_near_to_a_proposal_looks_at_it_for_the_secretariat(self, number: int) -> None:
        one = self.pick(number, SUBMITTED)
        refused = self.do(lambda: screening.take_up(self.of(one), by=self.near))
        assert isinstance(refused, NotAllowed)

    def fires(self, step: str, one: Written, target: ProposalStatus, act: Callable[[], object]) -> None:
        """Let the Secretariat take a step by what does it; nothing happens under a cancelled call."""
        done = self.do(act)
        possible = one.status in PROPOSAL_FLOW.steps[step].sources and not one.off
        assert isinstance(done, (RuleBroken, NotAllowed, NotFound)) != possible, done
        if possible:
            one.status = target

    @rule(number=any_one, parts=some_kinds, days=st.integers(0, 5))
    def parts_are_returned(self, number: int, parts: set[PartKind], days: int) -> None:
        self.gives_back(self.pick(number, SCREENING), parts, days)

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

    @rule(number=any_one, days=st.integers(0, 9))
    def more_time_is_given(self, number: int, days: int) -> None:
        one = self.pick(number, RETURNED)

        def give() -> datetime | None:
            service.give_time(self.of(one), self.now.date() + timedelta(days=days), by=self.head)
            return self.of(one).answer_by

        if isinstance(done := self.do(give), datetime):
            assert one.answer_by is not None
            assert one.answer_by < done
            assert not one.off
            one.answer_by = done

    @rule(number=any_one, edge=st.none() | st.sampled_from([-SECOND, timedelta(), timedelta.resolution, SECOND]))
    def it_goes_on_without_an_answer(self, number: int, edge: timedelta | None) -> None:
        self.goes_on(self.pick(number, RETURNED), edge)

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

    # What changes around them

    @rule(number=any_one, hours=st.integers(1, 30), minutes=st.integers(30, 60))
    def a_closing_is_put_off(self, number: int, hours: int, minutes: int) -> None:
        known = self.calls[number % len(self.calls)]
        closes, grace = known.closes + timedelta(hours=hours), timedelta(minutes=minutes)

        def amend() -> bool:
            call = self.call(number)[1]
            return calls.write(
                call,
                replace(Dates.of(call), closes_at=closes, grace_minutes=minutes),
                by=self.head,
                reason="Asked for.",
            )

        if self.do(amend) is True:
            known.closes, known.grace = closes, grace

    @rule(number=any_one, months=st.sampled_from([6, 12, 24, 30]), least=st.sampled_from([10_000_00, 60_000_00]))
    def a_call_asks_for_something_else(self, number: int, months: int, least: int) -> None:
        known, now = self.calls[number % len(self.calls)], Money(least, "USD")

        def amend() -> bool:
            call = self.call(number)[1]
            amounts = replace(Amounts.of(call), smallest=now, shortest_months=months)
            return calls.write(call, amounts, by=self.head, reason="As decided.")

        if self.do(amend) is True:
            self.nothing_is_plain_of(known, PartKind.GENERAL, PartKind.BUDGET)

    @rule(number=any_one, needed=st.booleans())
    def a_call_asks_for_a_document(self, number: int, needed: bool) -> None:
        known = self.calls[number % len(self.calls)]

        def amend() -> bool:
            papers = Papers((Wanted(NEEDED, f"Signed {next(numbers)}", needed),))
            return calls.write(self.call(number)[1], papers, by=self.head, reason="As decided.")

        if self.do(amend) is True:
            known.needs = needed
            self.nothing_is_plain_of(known, PartKind.ATTACHMENTS)

    def nothing_is_plain_of(self, known: Announced, *parts: PartKind) -> None:
        for one in self.written:
            if one.call == known.key:
                one.plain.update(dict.fromkeys(parts, None))

    @rule()
    def everything_is_called_otherwise(self) -> None:
        word = f"Renamed {next(numbers)}"

        def change() -> None:
            for office in db.session.scalars(select(Office).where(Office.id.in_(self.offices))):
                place = office.jurisdiction
                name = f"{word} {office.id}"
                facts = JurisdictionFacts(name, place.iati_code if place.iati_code != "XX" else "AL")
                organisations.change_jurisdiction(db.session.get_one(Jurisdiction, place.id), facts, by=self.admin)
                organisations.change_office(office, name=name, jurisdiction=place, by=self.admin)
            puno = db.session.get_one(Organisation, self.puno.id)
            called = OrganisationFacts(puno.kind, word, f"{word} of the United Nations")
            organisations.change_organisation(puno, called, by=self.admin)

        assert self.do(change) is None
        call = self.calls[0]
        basics = Basics(word, "Another scope.", "SC1/D1", BEGUN.date())
        done = self.do(lambda: calls.write(self.call(0)[1], basics, by=self.head, reason="Better."))
        assert isinstance(done, bool) == call.takes(self.now, None)

    @rule(hours=st.integers(1, 20))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def the_clock_closes_what_is_over(self) -> None:
        for number, known in enumerate(self.calls):
            if self.now > known.closes + known.grace:
                self.do(lambda at=number: calls.close(self.call(at)[1]))  # type: ignore[misc]

    @rule(number=any_one)
    def the_second_call_is_called_off(self, number: int) -> None:
        if number % 4 == 0 and self.do(lambda: calls.cancel(self.call(1)[1], reason="No money", by=self.head)) is None:
            self.calls[1].off = True
            for one in [one for one in self.written if one.call == self.calls[1].key]:
                one.off, one.left = True, one.left | one.reopened
                self.nothing_happens_to(one)

    def nothing_happens_to(self, one: Written) -> None:
        """Try all that could happen to a proposal, were its call not cancelled."""
        self.takes_up(one)
        self.gives_back(one, {PartKind.RISKS}, 3)
        self.goes_on(one, SECOND)
        self.types(one, PartKind.RISKS, "whole", "1,000", self.ana, 0)
        self.sends(one, None, "As asked.")
        self.fires("admit", one, IN_REVIEW, lambda: self.admits(one))
        self.fires("refuse", one, INELIGIBLE, lambda: self.refuses(one))

    # What always holds

    @invariant()
    def what_was_sent_is_what_was_sent(self) -> None:
        db.session.remove()
        rows = select(
            Submission.id, Submission.content, Submission.sha256, Submission.__table__.c.requested_minor
        ).where(Submission.fund_id == self.fund)
        stored = {row.id: tuple(row) for row in db.session.execute(rows)}
        sent = [sent for one in self.written for sent in one.sent]
        assert stored == {one.key: (one.key, one.content, one.sha256, one.minor) for one in sent}
        assert all(hashed(one.content) == one.sha256 for one in sent)
        if sent:
            again = sent[self.now.minute % len(sent)]
            now = unpacked(again.content)
            assert now == again.said
            assert {kind: part.read for kind, part in now.parts.items()} == {
                kind: part.read for kind, part in again.said.parts.items()
            }

    @invariant()
    def a_proposal_says_what_its_latest_submission_says(self) -> None:
        for one in self.written:
            proposal = self.of(one)
            assert proposal.status is one.status
            assert proposal.writable_parts == one.open_now
            assert proposal.answer_by == one.answer_by
            assert (proposal.number is None, proposal.requested is None, proposal.is_unsent) == (not one.sent,) * 3
            if one.sent:
                latest = one.sent[-1]
                assert proposal.requested == latest.said.requested
                assert proposal.title == latest.said.title
                assert (proposal.number, len(one.sent)) == (latest.said.number, latest.said.version)
                stands = drafting.newest_of(proposal)
                for kind in set(PARTS) - one.open_now - one.left:
                    content = drafting.content_of(stands.get(kind))
                    assert packed(content) == packed(latest.said.contents[kind]), f"{kind} is closed and changed"

    @invariant()
    def numbers_have_no_gap(self) -> None:
        for known in self.calls:
            given = [self.of(one).number for one in self.written if one.call == known.key and one.sent]
            assert sorted(given, key=str) == sorted((f"P{n + 1}" for n in range(len(given))), key=str)

    @invariant()
    def the_secretariat_knows_exactly_what_was_sent(self) -> None:
        fund = db.session.get_one(Fund, self.fund)
        sent = {one.key for one in self.written if one.sent}
        assert {proposal.id for proposal in proposals_known_to(self.officer, fund)} == sent
        assert proposals_known_to(self.cat, fund) == []
        assert proposals_known_to(self.near, fund) == []
        for one in self.written:
            assert can(self.officer, Permission.PROPOSALS_VIEW, self.of(one)) == bool(one.sent)
            assert not can(self.officer, Permission.DRAFTS_VIEW, self.of(one))

    @invariant()
    def what_waits_is_what_something_can_be_done_about(self) -> None:
        fund = db.session.get_one(Fund, self.fund)
        (awaited,) = screened.awaited(self.officer, fund)
        waits = {row.public_id for row in db.session.execute(awaited.rows)}
        in_screening = [one for one in self.written if one.status in (SUBMITTED, SCREENING) and not one.off]
        assert waits == {self.of(one).public_id for one in in_screening}
        returned = [one for one in self.written if one.status is RETURNED and not one.off]
        asked = {waiting.values["public_id"] for waiting in screened.waiting_for(self.ana, fund)}
        assert asked == {self.of(one).public_id for one in returned}
        begun = select(BegunSubmission.proposal_id).where(BegunSubmission.fund_id == self.fund)
        assert set(db.session.scalars(begun)) == {one.key for one in self.written if one.begun_at}

    def teardown(self) -> None:
        if hasattr(self, "written"):
            for one in self.written:
                for sent in one.sent:
                    self.holds_what_it_says(sent)
            db.session.remove()
            assert audit.verify(db.session())[1] is None
            db.session.remove()


@pytest.mark.slow
def test_any_history_of_proposals_keeps_every_rule(app: Flask, make: Make) -> None:
    kind = type("HistoryHere", (History,), {"app": app, "make": make})
    with app.app_context():
        run_state_machine_as_test(
            kind,
            settings=settings(
                max_examples=8,
                stateful_step_count=40,
                deadline=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
