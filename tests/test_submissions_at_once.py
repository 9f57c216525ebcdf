"""Several people at the same proposal in the same moment: one submission, whole, or a refusal in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread
from types import ModuleType

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from mptf.calls import service as calls
from mptf.calls.models import CANCELLED, CLOSED, Call
from mptf.core import audit, clock
from mptf.core.audit import AuditEvent
from mptf.core.db import db, unit_of_work
from mptf.core.errors import NotFound, RuleBroken
from mptf.core.mail import OutboxMessage
from mptf.drafting import queries as drafting
from mptf.drafting import service as typing
from mptf.drafting.content import Typing
from mptf.drafting.parts import get_part
from mptf.opinions import queries as opinion_queries
from mptf.opinions import service as opinions
from mptf.opinions.facts import Given
from mptf.opinions.models import Says
from mptf.organisations.models import Office, OrganisationKind
from mptf.policy import Role, Viewer
from mptf.proposals import service as proposals
from mptf.proposals.models import DRAFT, PROPOSAL_FLOW, RETURNED, SCREENING, SUBMITTED, WITHDRAWN, PartKind, Proposal
from mptf.screening import service as screening
from mptf.screening.models import Ground
from mptf.submissions import queries, service
from mptf.submissions.looked import looked_at
from mptf.submissions.models import Submission, SubmissionReturn
from mptf.submissions.snapshot import hashed, unpacked
from tests.conftest import Once
from tests.factories import Make
from tests.support.at_once import at_once
from tests.support.calls import open_for, published
from tests.support.whole import RISKS, fill, write

pytestmark = pytest.mark.both_engines

MANY = 20
LAST = {
    "proposal.screened", "proposal.returned", "proposal.submitted", "proposal.time_extended", "proposal.refused",
}  # fmt: skip
AGAIN = "This proposal is submitted already. Nothing was sent a second time."
CLOSED_NOW = "This part cannot be changed now. What you typed was not saved."


@dataclass
class Place:
    """A fund with an open call, an officer of an office with several whole drafts, and two of the Secretariat."""

    ana: Viewer
    officer: Viewer
    head: Viewer
    call: int
    keys: list[int]


def build(make: Make) -> Place:
    fund = make.fund()
    office = make.office(make.organisation("UNDP", OrganisationKind.PUNO), "UNDP Albania")
    ana = make.viewer(Role.PUNO_OFFICER, fund, office=office)
    officer, head = (make.viewer(role, fund) for role in (Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD))
    call = published(fund, [office], by=head, dates=open_for(5, grace=30))
    keys = []
    for number in range(6):
        draft = proposals.start(call, db.session.get_one(Office, office.id), title=f"Stores {number}", by=ana)
        db.session.commit()
        fill(draft, by=ana)
        keys.append(draft.id)
    return Place(ana, officer, head, call.id, keys)


@pytest.fixture
def place(once: Once, app: Flask) -> Place:
    with app.app_context():
        return once(build)


def the(key: int) -> Proposal:
    return db.session.get_one(Proposal, key)


def each(app: Flask, *acts: Callable[[], object]) -> list[str]:
    """Let each act be done by somebody else in the same moment; return what they met, in any order."""
    waiting = iter(acts)

    def act() -> None:
        next(waiting)()

    return at_once(app, len(acts), act)


def send(place: Place, key: int) -> Submission:
    return service.submit(the(key), by=place.ana)


def sent(key: int) -> list[Submission]:
    return list(queries.submissions_of(the(key)))


def in_screening(app: Flask, place: Place, key: int) -> None:
    with app.app_context():
        send(place, key)
        PROPOSAL_FLOW.fire(the(key), "screen", by=place.officer)
        db.session.commit()


def give_back(place: Place, key: int, by: Viewer, *parts: PartKind) -> SubmissionReturn:
    until = clock.now().date() + timedelta(days=7)
    return service.give_back(the(key), dict.fromkeys(parts, f"Says {by.name}."), until, by=by)


def test_twenty_clicks_at_once_send_once(app: Flask, place: Place) -> None:
    key = place.keys[0]
    met = at_once(app, MANY, lambda: send(place, key))
    assert sorted(met) == sorted(["done", *[AGAIN] * (MANY - 1)])
    with app.app_context():
        (only,) = sent(key)
        assert (only.number, the(key).number, the(key).status) == (1, "P1", SUBMITTED)
        assert hashed(only.content) == only.sha256
        receipts = select(func.count()).where(OutboxMessage.kind == service.RECEIPT)
        told = select(func.count()).where(AuditEvent.action == "proposal.submitted")
        assert (db.session.scalar(receipts), db.session.scalar(told)) == (1, 1)
        assert audit.verify(db.session())[1] is None


def test_proposals_sent_at_once_are_numbered_without_a_gap(app: Flask, place: Place) -> None:
    assert each(app, *[lambda key=key: send(place, key) for key in place.keys]) == ["done"] * len(place.keys)
    with app.app_context():
        assert {the(key).number for key in place.keys} == {f"P{number + 1}" for number in range(len(place.keys))}
        for key in place.keys:
            assert unpacked(sent(key)[0].content).number == the(key).number


def test_begun_by_many_at_once_is_begun_once_and_first(app: Flask, place: Place) -> None:
    key, moments = place.keys[0], []
    assert at_once(app, 6, lambda: moments.append(service.begin(the(key), by=place.ana))) == ["done"] * 6
    with app.app_context():
        assert set(moments) == {queries.begun_at(the(key))}


def test_what_is_frozen_while_it_is_typed_is_one_of_the_versions_whole(app: Flask, place: Place) -> None:
    key = place.keys[0]
    numbers = iter(range(MANY))

    def autosave() -> None:
        """Type two fields of a part anew, both the same, over what stands."""
        proposal, number = the(key), next(numbers)
        content = {**RISKS, "risks.aaaaaa.owner": f"Owner {number}", "risks.aaaaaa.mitigation": f"Guards {number}"}
        stands = drafting.newest(proposal, PartKind.RISKS)
        over = stands.number if stands else 0
        typing.save(proposal, get_part("risks"), Typing(content, version=over), by=place.ana)

    acts: list[Callable[[], object]] = [autosave] * MANY
    acts.insert(MANY // 2, lambda: send(place, key))
    met = each(app, *acts)
    assert set(met) <= {"done", CLOSED_NOW}
    with app.app_context():
        frozen = unpacked(sent(key)[0].content).contents[PartKind.RISKS]
        assert drafting.content_of(drafting.newest(the(key), PartKind.RISKS)) == frozen
        owner, guards = (frozen[f"risks.aaaaaa.{name}"] for name in ("owner", "mitigation"))
        assert owner.removeprefix("Owner ") == guards.removeprefix("Guards ") or frozen == RISKS
        assert met.count("done") >= 1


def test_who_asked_in_time_is_taken_also_while_the_clock_closes_the_call(app: Flask, place: Place) -> None:
    early, late = place.keys[:3], place.keys[3:]
    with app.app_context():
        call = db.session.get_one(Call, place.call)
        closes, over = call.closes_at, call.deadline.ends_at + timedelta(seconds=1)  # type: ignore[union-attr]
        assert closes is not None

    def close() -> None:
        calls.close(db.session.get_one(Call, place.call))

    def asked(key: int, at: object) -> Callable[[], object]:
        return lambda: service.submit(the(key), by=place.ana, at=at)  # type: ignore[arg-type]

    acts = [asked(key, closes - timedelta(milliseconds=1)) for key in early] + [asked(key, closes) for key in late]

    def later(act: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            with clock.at(over):
                act()

        return run

    met = each(app, *map(later, [acts[0], acts[3], close, *acts[1:3], *acts[4:]]))
    assert met.count("done") == len(early) + 1
    assert sum("was not begun before" in one for one in met) == len(late)
    with app.app_context():
        assert db.session.get_one(Call, place.call).status is CLOSED
        assert [len(sent(key)) for key in place.keys] == [1] * 3 + [0] * 3
        assert {the(key).number for key in early} == {"P1", "P2", "P3"}
        assert {the(key).status for key in late} == {DRAFT}


def test_a_call_cancelled_while_it_is_answered_has_what_came_before(app: Flask, place: Place) -> None:
    def cancel() -> None:
        calls.cancel(db.session.get_one(Call, place.call), reason="No money", by=place.head)

    acts: list[Callable[[], object]] = [lambda key=key: send(place, key) for key in place.keys]  # type: ignore[misc]
    acts.insert(3, cancel)
    met = each(app, *acts)
    refused = [one for one in met if one != "done"]
    assert all(one.startswith("The call was cancelled on ") for one in refused)
    with app.app_context():
        assert db.session.get_one(Call, place.call).status is CANCELLED
        taken = [key for key in place.keys if the(key).status is SUBMITTED]
        assert len(taken) == len(place.keys) - len(refused)
        assert {the(key).number for key in taken} == {f"P{number + 1}" for number in range(len(taken))}
        assert all(len(sent(key)) == (key in taken) for key in place.keys)


def test_nothing_happens_to_a_proposal_after_its_call_is_cancelled_in_the_same_moment(app: Flask, place: Place) -> None:
    sent, screened, returned, drafted, waiting, decided = place.keys
    for key in (screened, returned, waiting, decided):
        in_screening(app, place, key)
    with app.app_context():
        send(place, sent)
        for key in (returned, waiting):
            give_back(place, key, place.officer, PartKind.RISKS)
        db.session.commit()
        before = db.session.scalars(select(func.max(AuditEvent.seq))).one()
    until = clock.now().date() + timedelta(days=30)

    def cancel() -> None:
        calls.cancel(db.session.get_one(Call, place.call), reason="No money", by=place.head)

    met = each(
        app,
        lambda: screening.take_up(the(sent), by=place.officer),
        lambda: give_back(place, screened, place.officer, PartKind.TEAM),
        lambda: service.submit(the(returned), by=place.ana, remark="As it is."),
        cancel,
        lambda: send(place, drafted),
        lambda: service.give_time(the(waiting), until, by=place.head),
        lambda: screening.refuse(the(decided), [Ground.SCOPE], "It is outside the scope.", by=place.officer),
    )
    assert all(one == "done" or one.startswith("The call was cancelled on ") for one in met)
    with app.app_context():
        told = db.session.scalars(
            select(AuditEvent.action).where(AuditEvent.seq > before).order_by(AuditEvent.seq)
        ).all()
        assert told[-1] == "call.cancelled"
        assert met.count("done") == 1 + sum(action in LAST for action in told)
        assert audit.verify(db.session())[1] is None


def _say(place: Place, proposal: Proposal) -> None:
    where = opinion_queries.places_of(proposal)[0].jurisdiction
    opinions.record(proposal, where, Given(Says.SUPPORTS, "", clock.now().date(), 1), by=place.officer)


SMALL = (
    (service, 1, lambda place, proposal: service.begin(proposal, by=place.ana)),
    (proposals, 1, lambda place, proposal: proposals.rename(proposal, title="Other", by=place.ana)),
    (typing, 1, lambda place, proposal: write(proposal, PartKind.RISKS, {**RISKS, "risks": ""}, by=place.ana)),
    (opinions, 0, _say),
)


@pytest.mark.parametrize("room,number,act", SMALL, ids=lambda value: getattr(value, "__name__", None))
def test_nobody_cancels_a_call_while_something_small_is_done_under_it(
    app: Flask, place: Place, monkeypatch: pytest.MonkeyPatch, room: ModuleType, number: int,
    act: Callable[[Place, Proposal], object],
) -> None:  # fmt: skip
    """What is done was allowed when it was done: a cancellation that comes in between has its turn after it."""
    key = place.keys[number]
    if number == 0:
        in_screening(app, place, key)
    allowed, cancelled = room.refuse_off, Event()

    def cancel() -> None:
        with app.app_context(), unit_of_work():
            calls.cancel(db.session.get_one(Call, place.call), reason="No money", by=place.head)
        cancelled.set()

    other = Thread(target=cancel)

    def meanwhile(proposal: Proposal) -> None:
        allowed(proposal)
        if not other.ident:
            other.start()
            assert not cancelled.wait(0.3)

    monkeypatch.setattr(room, "refuse_off", meanwhile)
    with app.app_context(), unit_of_work():
        act(place, the(key))
    other.join(10)
    assert cancelled.is_set()
    with app.app_context():
        last = select(AuditEvent.action).order_by(AuditEvent.seq.desc()).limit(1)
        assert db.session.scalar(last) == "call.cancelled"


def test_what_a_colleague_saves_in_the_same_moment_is_sent_seen_or_not_at_all(app: Flask, place: Place) -> None:
    key = place.keys[0]
    with app.app_context():
        looked = looked_at(drafting.states_of(the(key), drafting.frame_of(the(key))))

    def save() -> None:
        write(the(key), PartKind.RISKS, {**RISKS, "risks.aaaaaa.owner": "The commander"}, by=place.ana)

    met = each(app, save, lambda: service.submit(the(key), by=place.ana, looked=looked))
    refused = [one for one in met if one != "done"]
    assert len(refused) == 1
    with app.app_context():
        if refused[0].startswith("Saved since you looked: Risks"):
            assert (the(key).status, sent(key)) == (DRAFT, [])
        else:
            assert refused == [CLOSED_NOW]
            assert unpacked(sent(key)[0].content).contents[PartKind.RISKS] == RISKS


def test_two_officers_return_at_once_and_one_does(app: Flask, place: Place) -> None:
    key = place.keys[0]
    in_screening(app, place, key)
    met = each(
        app,
        lambda: give_back(place, key, place.officer, PartKind.TEAM),
        lambda: give_back(place, key, place.head, PartKind.RISKS, PartKind.BUDGET),
    )
    assert sorted(met) == ["done", "“Return parts” is not possible while this is “Returned”."]
    with app.app_context():
        (returned,) = sent(key)[0].returns
        assert the(key).status is RETURNED
        assert the(key).writable_parts == {part.part for part in returned.parts}
        assert {part.reason for part in returned.parts} == {f"Says {returned.by.name}."}


def test_an_answer_and_going_on_without_one_are_one_of_both(app: Flask, place: Place) -> None:
    """Both are asked for around midnight: the answer came in before it, and has its turn after it."""
    key = place.keys[0]
    in_screening(app, place, key)
    with app.app_context():
        give_back(place, key, place.officer, PartKind.RISKS)
        write(the(key), PartKind.RISKS, {**RISKS, "risks.aaaaaa.owner": "The commander"}, by=place.ana)
        until = the(key).answer_by
        db.session.commit()
    assert until is not None
    after = until + timedelta(seconds=5)

    def answer() -> None:
        with clock.at(after):
            service.submit(the(key), by=place.ana, at=until)

    def resume() -> None:
        with clock.at(after):
            service.resume(the(key), by=place.officer)

    assert each(app, answer, resume).count("done") == 1
    with app.app_context():
        latest = unpacked(queries.latest(the(key)).content)
        assert (the(key).status, latest.version) in {(SUBMITTED, 2), (SCREENING, 1)}
        assert drafting.content_of(drafting.newest(the(key), PartKind.RISKS)) == latest.contents[PartKind.RISKS]


def test_a_proposal_withdrawn_while_it_is_taken_up_is_withdrawn(app: Flask, place: Place) -> None:
    key = place.keys[0]
    with app.app_context():
        send(place, key)
        db.session.commit()

    def screen() -> None:
        proposals.hold(the(key))
        PROPOSAL_FLOW.fire(the(key), "screen", by=place.officer)

    met = each(app, screen, lambda: service.withdraw(the(key), reason="The partner left.", by=place.ana))
    assert set(met) <= {"done", "“Take up screening” is not possible while this is “Withdrawn”."}
    with app.app_context():
        assert the(key).status is WITHDRAWN


def test_a_draft_thrown_away_while_it_is_sent_is_one_of_both(app: Flask, place: Place) -> None:
    key = place.keys[0]

    def drop() -> None:
        proposals.drop(the(key), by=place.ana)

    def submit() -> None:
        try:
            send(place, key)
        except (NotFound, NoResultFound) as gone:
            raise RuleBroken("gone") from gone

    met = each(app, submit, drop)
    with app.app_context():
        there = db.session.get(Proposal, key)
        assert met.count("done") == 1
        assert there is None or (there.status is SUBMITTED and len(sent(key)) == 1)
