"""Questions on a call: who asked is a secret, an answer is everybody's, a correction stands beside what it corrects."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from mptf.calls import service as calls
from mptf.calls.models import Call
from mptf.core import clock
from mptf.core.db import db
from mptf.core.errors import NotAllowed, NotFound, RuleBroken
from mptf.desk.queries import find, waiting_for
from mptf.fund.models import Fund
from mptf.organisations.models import Office, Organisation
from mptf.people import notices
from mptf.people.queries import get_person
from mptf.policy import Permission, Role, Viewer, can
from mptf.questions import queries, service
from mptf.questions.facts import Reply
from mptf.questions.models import LONGEST_ANSWER, CallQuestion, QuestionStanding
from tests.factories import Make
from tests.support.calls import open_for, published
from tests.support.outbox import mailed

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
YES = Reply("May offices apply together?", "Yes, one of them leads.")


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Let it be a Monday morning in March."""
    with clock.at(NOW):
        yield


@pytest.fixture
def office(make: Make, undp: Organisation) -> Office:
    return make.office(undp, "UNDP Albania")


@pytest.fixture
def call(fund: Fund, office: Office, head: Viewer, officer: Viewer, asker: Viewer, colleague: Viewer) -> Call:
    """Return a call with questions until ten days from now; it closes in thirty."""
    dates = replace(open_for(30), questions_until=NOW + timedelta(days=10))
    made = published(db.session.get_one(Fund, fund.id), [db.session.get_one(Office, office.id)], by=head, dates=dates)
    db.session.commit()  # the factories write in sessions of their own
    return made


@pytest.fixture
def asker(make: Make, fund: Fund, undp: Organisation, office: Office) -> Viewer:
    return make.viewer(Role.PUNO_OFFICER, fund, undp, office)


@pytest.fixture
def colleague(make: Make, fund: Fund, undp: Organisation, office: Office) -> Viewer:
    return make.viewer(Role.PUNO_OFFICER, fund, undp, office)


@pytest.fixture
def question(call: Call, asker: Viewer) -> CallQuestion:
    asked = service.ask(call, "May we, UNDP Albania, apply with others?", by=asker)
    db.session.commit()
    return asked


# ---- asking


def test_a_question_reaches_the_secretariat_with_who_asked(
    call: Call, question: CallQuestion, asker: Viewer, officer: Viewer, head: Viewer
) -> None:
    assert queries.waiting_on(officer, call) == [question]
    assert (question.by.name, question.asked_for) == (asker.name, "UNDP Albania")
    assert mailed(service.ASKED) == sorted([officer.id, head.id])
    assert service.told_of_question(call) == mailed(service.ASKED)


def test_until_the_question_is_answered_only_its_asker_and_the_secretariat_know_of_it(
    fund: Fund, call: Call, question: CallQuestion, asker: Viewer, colleague: Viewer, agent: Viewer
) -> None:
    assert queries.waiting_on(asker, call) == [question]
    for other in (colleague, agent):
        assert queries.waiting_on(other, call) == []
        assert db.session.scalar(queries.counted_on(other, call)) == 0
        with pytest.raises(NotFound):
            queries.get_question(other, fund, question.public_id)


@pytest.mark.parametrize("role", [role for role in Role if not role.of_installation])
def test_what_one_may_know_of_is_what_lists_show(
    make: Make, fund: Fund, call: Call, question: CallQuestion, asker: Viewer, officer: Viewer, role: Role
) -> None:
    viewer = make.viewer(role, fund)
    answered = service.ask(call, "Another", by=asker)
    service.answer(answered, YES, by=officer)
    seen = set(db.session.scalars(select(CallQuestion).where(queries.visible_to(viewer, fund))))
    assert {one for one in (question, answered) if can(viewer, Permission.CALLS_VIEW, one)} == seen
    assert answered in seen


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PUNO_OFFICER}))
def test_nobody_but_an_officer_of_an_office_asks(make: Make, fund: Fund, call: Call, role: Role) -> None:
    stranger = make.viewer(role, fund)
    with pytest.raises(NotAllowed):
        service.ask(call, "Why?", by=stranger)


@pytest.mark.parametrize("written", ["", "  ", "x" * 4001, "In Kosovo too?"])
def test_a_question_says_something_and_keeps_the_asterisk(call: Call, asker: Viewer, written: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        service.ask(call, written, by=asker)
    assert refused.value.field == "text"


def test_questions_end_at_their_moment_and_not_before(call: Call, asker: Viewer) -> None:
    assert call.questions_until
    with clock.at(call.questions_until - timedelta(seconds=1)):
        service.ask(call, "In time?", by=asker)
    with clock.at(call.questions_until), pytest.raises(RuleBroken, match="Questions could be asked until Thu 12 Mar"):
        service.ask(call, "Too late?", by=asker)


def test_without_a_moment_of_its_own_questions_end_when_the_call_closes(
    fund: Fund, office: Office, head: Viewer, asker: Viewer
) -> None:
    call = published(db.session.get_one(Fund, fund.id), [db.session.get_one(Office, office.id)], by=head)
    assert call.closes_at
    with clock.at(call.closes_at - timedelta(seconds=1)):
        service.ask(call, "In time?", by=asker)
    with clock.at(call.closes_at), pytest.raises(RuleBroken):
        service.ask(call, "Too late?", by=asker)


def test_on_a_cancelled_call_nothing_is_asked_or_answered(
    fund: Fund, call: Call, question: CallQuestion, asker: Viewer, head: Viewer
) -> None:
    calls.cancel(call, reason="No money", by=head)
    with pytest.raises(RuleBroken, match="cancelled"):
        service.ask(call, "Why?", by=asker)
    with pytest.raises(RuleBroken, match="cancelled"):
        service.answer(question, YES, by=head)
    assert [one.title for one in waiting_for(head, fund) if "question" in one.title] == []


# ---- answering


def test_an_answer_is_read_by_everybody_in_its_published_words(
    fund: Fund, call: Call, question: CallQuestion, officer: Viewer, colleague: Viewer
) -> None:
    assert service.answer(question, YES, by=officer)
    (read,) = queries.answered_on(call, 1).items
    assert read.answer
    assert (read.answer.number, read.answer.question) == (1, YES.question)
    assert queries.get_question(colleague, fund, question.public_id).standing is QuestionStanding.ANSWERED
    assert question.text == "May we, UNDP Albania, apply with others?"


def test_followers_and_who_asked_are_told_each_once(
    call: Call, question: CallQuestion, asker: Viewer, colleague: Viewer, officer: Viewer
) -> None:
    for one in (asker, colleague):
        calls.follow(call, one.id)
    promised = service.told_of_answer(question)
    service.answer(question, YES, by=officer)
    assert promised == mailed(service.ANSWERED) == sorted([asker.id, colleague.id])


def test_who_turned_the_notice_off_is_neither_counted_nor_told(
    call: Call, question: CallQuestion, asker: Viewer, colleague: Viewer, officer: Viewer
) -> None:
    calls.follow(call, colleague.id)
    offered = notices.offered_to(colleague.held)
    notices.choose(get_person(colleague.public_id), (), offered, by=colleague)
    assert service.told_of_answer(question) == [asker.id]
    service.answer(question, YES, by=officer)
    assert mailed(service.ANSWERED) == [asker.id]


def test_numbers_follow_the_order_of_answers_and_tell_nothing_of_what_waits(
    call: Call, question: CallQuestion, asker: Viewer, officer: Viewer
) -> None:
    later = service.ask(call, "Later", by=asker)
    service.answer(later, replace(YES, question="Later"), by=officer)
    service.answer(question, YES, by=officer)
    numbered = [(one.answer.number, one.answer.question) for one in queries.answered_on(call, 1).items if one.answer]
    assert numbered == [(1, "Later"), (2, YES.question)]


def test_a_correction_is_another_version_and_the_earlier_one_stays(
    call: Call, question: CallQuestion, officer: Viewer, asker: Viewer
) -> None:
    service.answer(question, YES, by=officer)
    with clock.at(NOW + timedelta(days=1)):
        assert service.answer(question, replace(YES, answer="No, one office alone."), by=officer)
    assert [(one.version, one.number, one.answer) for one in question.answers] == [
        (2, 1, "No, one office alone."),
        (1, 1, "Yes, one of them leads."),
    ]
    assert len(mailed(service.ANSWERED)) == 2
    assert not service.answer(question, replace(YES, answer="No, one office alone. "), by=officer)
    assert len(question.answers) == 2
    assert len(mailed(service.ANSWERED)) == 2, "what says nothing new is told to nobody"


@pytest.mark.parametrize(
    "reply,field",
    [
        (Reply(" ", "Yes"), "question"),
        (Reply("May we?", ""), "answer"),
        (Reply("May we in Kosovo?", "Yes"), "question"),
        (Reply("May we?", "x" * (LONGEST_ANSWER + 1)), "answer"),
    ],
)
def test_an_answer_says_something(question: CallQuestion, officer: Viewer, reply: Reply, field: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        service.answer(question, reply, by=officer)
    assert refused.value.field == field
    assert question.standing is QuestionStanding.WAITING


def test_only_the_secretariat_answers_and_declines(question: CallQuestion, asker: Viewer, agent: Viewer) -> None:
    for viewer in (asker, agent):
        with pytest.raises(NotAllowed):
            service.answer(question, YES, by=viewer)
        with pytest.raises(NotAllowed):
            service.decline(question, reason="No", by=viewer)


# ---- declining


def test_a_declined_question_is_known_to_its_asker_alone(
    call: Call, question: CallQuestion, officer: Viewer, asker: Viewer, colleague: Viewer
) -> None:
    calls.follow(call, colleague.id)
    assert service.told_of_refusal(question) == [asker.id]
    service.decline(question, reason="It is about another fund.", by=officer)
    assert question.standing is QuestionStanding.DECLINED
    assert [one.refusal.reason for one in queries.declined_on(asker, call) if one.refusal] == [
        "It is about another fund."
    ]
    assert queries.declined_on(officer, call) == [question]
    assert queries.declined_on(colleague, call) == []
    assert mailed(service.DECLINED) == [asker.id]


def test_a_question_is_settled_once(question: CallQuestion, officer: Viewer, call: Call, asker: Viewer) -> None:
    with pytest.raises(RuleBroken) as refused:
        service.decline(question, reason="", by=officer)
    assert refused.value.field == "reason"
    service.decline(question, reason="No", by=officer)
    with pytest.raises(RuleBroken, match="declined"):
        service.answer(question, YES, by=officer)
    with pytest.raises(RuleBroken, match="does not wait"):
        service.decline(question, reason="No", by=officer)
    answered = service.ask(call, "Another", by=asker)
    service.answer(answered, YES, by=officer)
    with pytest.raises(RuleBroken, match="does not wait"):
        service.decline(answered, reason="No", by=officer)


# ---- what waits, what is found, what is kept


def test_a_question_waits_on_the_home_of_the_secretariat_until_it_is_settled(
    fund: Fund, call: Call, question: CallQuestion, officer: Viewer, asker: Viewer
) -> None:
    (waiting,) = waiting_for(officer, fund)
    assert waiting.title.format(**waiting.facts) == f"Answer a question on {call.reference} Safe storage"
    assert (waiting.endpoint, waiting.values) == ("questions.answer", {"public_id": question.public_id})
    assert waiting_for(asker, fund) == []
    service.answer(question, YES, by=officer)
    assert waiting_for(officer, fund) == []


def test_more_questions_than_fit_on_home_are_one_line(
    fund: Fund, call: Call, asker: Viewer, officer: Viewer
) -> None:  # fmt: skip
    for number in range(12):
        service.ask(call, f"Question {number}", by=asker)
    lines = waiting_for(officer, fund)
    assert (len(lines), lines[-1].endpoint) == (11, "calls.calls")


def test_search_finds_what_is_published_and_nothing_of_what_was_asked(
    fund: Fund, call: Call, question: CallQuestion, officer: Viewer, asker: Viewer, colleague: Viewer
) -> None:
    for viewer in (officer, asker, colleague):
        assert find(viewer, fund, "others", 1).total == 0
    service.answer(question, YES, by=officer)
    for viewer in (officer, asker, colleague):
        (found,) = find(viewer, fund, "leads", 1).items
        assert found.title == f"Question 1 on {call.reference}: {YES.question}"
        assert find(viewer, fund, "others", 1).total == 0, "the words it was asked in"
    service.answer(question, replace(YES, answer="Only alone"), by=officer)
    assert find(colleague, fund, "leads", 1).total == 0
    assert find(colleague, fund, "alone", 1).total == 1


def test_a_number_and_an_amount_are_not_mixed_up_in_search(fund: Fund, officer: Viewer) -> None:
    assert find(officer, fund, "Question 1", 1).total == 0


@pytest.mark.both_engines
@pytest.mark.parametrize("table", ["call_question", "call_answer", "call_question_refusal"])
def test_the_database_keeps_what_was_asked_and_answered(
    call: Call, question: CallQuestion, asker: Viewer, officer: Viewer, table: str
) -> None:
    service.answer(question, YES, by=officer)
    service.decline(service.ask(call, "Another", by=asker), reason="No", by=officer)
    db.session.commit()
    for statement in (f"UPDATE {table} SET fund_id = fund_id", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="never"):
            db.session.execute(text(statement))
        db.session.rollback()
