"""Whatever happens to proposals, in whatever order: no snapshot ever changes, and what is sent is complete.

What may happen stands here, in any order, and what holds then; the model stands in `support.proposals_known`, and how
each step is taken and held against it in `support.proposals_done`.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import select

from mptf.attachments import service as attachments
from mptf.calls import service as calls
from mptf.calls.facts import Amounts, Basics, Dates, Papers, Wanted
from mptf.core import audit, files
from mptf.core.db import db
from mptf.core.errors import NotAllowed, RuleBroken
from mptf.core.money import Money
from mptf.drafting import queries as drafting
from mptf.drafting import service as typing
from mptf.drafting.content import Typing, packed
from mptf.drafting.parts import get_part
from mptf.fund.models import Fund
from mptf.organisations import service as organisations
from mptf.organisations.facts import JurisdictionFacts, OrganisationFacts
from mptf.organisations.models import Jurisdiction, Office, Organisation
from mptf.policy import Permission, can
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
    PartKind,
    ProposalStatus,
)
from mptf.screening import queries as screened
from mptf.screening import service as screening
from mptf.submissions import service
from mptf.submissions.models import BegunSubmission, Submission
from mptf.submissions.snapshot import hashed, unpacked
from tests.factories import Make
from tests.support.histories import run_histories
from tests.support.proposals_done import SECOND, Proposals, numbers
from tests.support.proposals_known import BEGUN, GRACE, PARTS, Written
from tests.support.proposing import proposals_known_to

NEEDED = "Letter of the host"
any_one = st.integers(0, 99)
cells = st.integers(1_000_00, 40_000_00).map(lambda minor: f"{minor / 100:,.2f}")
kinds = st.sampled_from(PARTS)
some_kinds = st.sets(kinds, min_size=1, max_size=3)
# Around the closing and the end of the grace period, where one second decides.
edges = st.sampled_from([-GRACE, -SECOND, timedelta(), SECOND, GRACE - SECOND, GRACE, GRACE + SECOND])


class History(Proposals):
    """A fund with two calls, those who write proposals for an office, and everything that may happen to these."""

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

    @rule(number=any_one, edge=edges)
    def a_proposal_is_sent_at_the_last_moment(self, number: int, edge: timedelta) -> None:
        self.sends(self.pick(number, DRAFT, RETURNED), edge, "At last.")

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

    @rule(number=any_one, good=st.booleans())
    def screening_is_decided(self, number: int, good: bool) -> None:
        if number % 3:
            return
        one = self.pick(number, SCREENING)
        if good:
            self.fires("admit", one, IN_REVIEW, lambda: self.admits(one))
        else:
            self.fires("refuse", one, INELIGIBLE, lambda: self.refuses(one))

    @rule(number=any_one)
    def somebody_near_to_a_proposal_looks_at_it_for_the_secretariat(self, number: int) -> None:
        one = self.pick(number, SUBMITTED)
        refused = self.do(lambda: screening.take_up(self.of(one), by=self.near))
        assert isinstance(refused, NotAllowed)

    @rule(number=any_one, parts=some_kinds, days=st.integers(0, 5))
    def parts_are_returned(self, number: int, parts: set[PartKind], days: int) -> None:
        self.gives_back(self.pick(number, SCREENING), parts, days)

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
                    sent.adds_up()
            db.session.remove()
            assert audit.verify(db.session())[1] is None
            db.session.remove()


@pytest.mark.slow
def test_any_history_of_proposals_keeps_every_rule(app: Flask, make: Make) -> None:
    run_histories(History, app, make)
