"""Notices by mail: on until somebody turns them off, asked when posted and sent; what keeps an account safe comes."""

import pytest
from flask import Flask
from sqlalchemy import select

from mptf.core import mail
from mptf.core.audit import AuditEvent
from mptf.core.db import db, unit_of_work
from mptf.core.errors import NotAllowed
from mptf.core.mail import Letter, MailState, OutboxMessage
from mptf.fund.models import Fund
from mptf.jobs import sender
from mptf.jobs.table import LETTERS
from mptf.people import notices
from mptf.people.models import NoticePreference, Person
from mptf.people.notices import Notice
from mptf.people.queries import get_person
from mptf.policy import Role, Viewer
from tests.factories import Make
from tests.support.posting import post

# Who gets into an account, or into a draft one works on, is told in any case.
SAFETY = {
    "invitation", "password_reset", "password_changed", "second_factor_changed", "role_given", "proposal_shared",
    "proposal_joined",
    "submission_receipt", "proposal_returned", "proposal_resumed", "proposal_admitted", "proposal_refused",
    "proposal_invited", "answered_call_cancelled",
}  # fmt: skip
KIND = "call_amended"


@pytest.fixture
def applicant(make: Make, fund: Fund) -> Viewer:
    return make.viewer(Role.PUNO_OFFICER, fund)


def person(viewer: Viewer) -> Person:
    return get_person(viewer.public_id)


def turn_off(viewer: Viewer, *kinds: str) -> bool:
    """Turn kinds of notices off, and every other on."""
    offered = notices.offered_to(viewer.held)
    wanted = [one.kind for one in offered if one.kind not in kinds]
    return notices.choose(person(viewer), wanted, offered, by=viewer)


def test_every_mail_is_a_notice_or_keeps_an_account_safe() -> None:
    assert set(LETTERS) - SAFETY == set(notices.TABLE)
    assert not SAFETY & set(notices.TABLE)


def test_a_kind_is_offered_once() -> None:
    with pytest.raises(ValueError, match="offered twice"):
        notices.offer(Notice(KIND, "Again", frozenset({Role.AUDITOR})))


def test_people_are_offered_what_may_come_to_their_roles(make: Make, fund: Fund, applicant: Viewer) -> None:
    donor = make.viewer(Role.DONOR_VIEWER, fund)
    assert [one.kind for one in notices.offered_to(donor.held)] == ["statement_issued"]
    assert {"call_published", "question_answered", "draft_closing"} <= {
        one.kind for one in notices.offered_to(applicant.held)
    }
    assert notices.offered_to(()) == []


def test_a_notice_is_on_until_it_is_turned_off_and_may_come_back(ctx: Flask, applicant: Viewer) -> None:
    assert notices.wanting(KIND, [applicant.id, applicant.id]) == [applicant.id]
    assert turn_off(applicant, KIND)
    assert notices.wanting(KIND, [applicant.id]) == []
    assert notices.wanting("call_cancelled", [applicant.id]) == [applicant.id]
    assert not turn_off(applicant, KIND), "as it was chosen before"
    assert turn_off(applicant)
    assert notices.wanting(KIND, [applicant.id]) == [applicant.id]


def test_what_is_no_notice_is_always_wanted(ctx: Flask, applicant: Viewer) -> None:
    with unit_of_work():
        db.session.add_all(
            NoticePreference(person_id=applicant.id, kind=kind, by_mail=False) for kind in (*SAFETY, KIND)
        )
    assert {kind for kind in (*SAFETY, KIND) if notices.wants(applicant.id, kind)} == SAFETY


def test_a_notice_is_posted_to_who_wants_it_once_each(ctx: Flask, make: Make, fund: Fund, applicant: Viewer) -> None:
    other = make.viewer(Role.PUNO_OFFICER, fund)
    turn_off(applicant, KIND)
    told = [applicant.id, other.id, other.id]
    assert notices.post(KIND, told, subject_id="subject", fund_id=fund.id) == 1
    assert [row.to_person_id for row in db.session.scalars(select(OutboxMessage))] == [other.id]


def test_nobody_chooses_for_somebody_else(ctx: Flask, make: Make, fund: Fund, applicant: Viewer) -> None:
    other = make.viewer(Role.PUNO_OFFICER, fund)
    with pytest.raises(NotAllowed):
        notices.choose(person(applicant), (), notices.offered_to(other.held), by=other)


def test_a_notice_turned_off_while_it_waited_is_not_sent_and_a_safety_mail_is(
    ctx: Flask, app: Flask, fund: Fund, applicant: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    class Way:
        def __enter__(self):  # type: ignore[no-untyped-def]
            return lambda message: sent.append(str(message["Subject"]))

        def __exit__(self, *_error: object) -> None:
            return

    monkeypatch.setattr(sender, "transport", lambda _settings: Way())
    with unit_of_work():
        notices.post(KIND, [applicant.id], subject_id="subject", fund_id=fund.id)
        mail.post("password_changed", subject_id="subject", to_person_id=applicant.id)
    with unit_of_work():
        turn_off(applicant, KIND)
        db.session.add(NoticePreference(person_id=applicant.id, kind="password_changed", by_mail=False))
    loaders = {kind: (lambda message: Letter(message.kind, "text")) for kind in (KIND, "password_changed")}
    assert sender.send_due(app, loaders) == 1
    assert sent == ["password_changed"]
    states = {row.kind: row.state for row in db.session.scalars(select(OutboxMessage))}
    assert states == {KIND: MailState.DROPPED, "password_changed": MailState.SENT}


def test_the_page_keeps_what_was_chosen_and_the_log_says_that_it_was(app: Flask, make: Make) -> None:
    fund = make.fund()
    client = make.client(Role.PUNO_OFFICER, fund)
    page = client.get("/account/notices").text
    assert page.count('type="checkbox"') == page.count(" checked") == 8
    answer = post(client, "/account/notices", kinds=["call_published", "question_declined"])
    assert answer.status_code == 303
    page = client.get("/account/notices").text
    assert "the next notices come as you chose" in page
    assert page.count(" checked") == 2
    assert post(client, "/account/notices").status_code == 303
    assert client.get("/account/notices").text.count(" checked") == 0
    assert post(client, "/account/notices", kinds=["statement_issued"]).status_code == 422, "not offered to the role"
    with app.app_context():
        assert len(db.session.scalars(select(AuditEvent).filter_by(action="person.notices_chosen")).all()) == 2


def test_a_role_without_notices_reads_why_there_is_nothing_to_choose(make: Make) -> None:
    page = make.client(Role.AUDITOR, make.fund()).get("/account/notices").text
    assert "No notice comes to the roles you hold" in page
    assert "Mails that keep your account safe" in page
