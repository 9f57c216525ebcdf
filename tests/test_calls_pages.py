"""The pages of calls: written part by part, previewed, published, amended in the open, cancelled."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mptf.calls import queries
from mptf.calls.models import Call, CallStatus
from mptf.core import clock
from mptf.core.db import db
from mptf.core.mail import OutboxMessage
from mptf.fund.models import Fund
from mptf.organisations.models import Office, Organisation
from mptf.people.models import Person
from mptf.policy import Role
from mptf.proposals import service as proposals
from mptf.proposals.models import Proposal
from tests.factories import Make
from tests.support.calls import open_for, published, whole_draft
from tests.support.posting import post
from tests.support.proposing import submit
from tests.support.signing import sign_in

BASE = "/f/SLW00/calls"


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def office(make: Make, undp: Organisation) -> Office:
    return make.office(undp, "UNDP Albania")


@pytest.fixture
def officer(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.SECRETARIAT_OFFICER, fund)


@pytest.fixture
def head(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.SECRETARIAT_HEAD, fund)


@pytest.fixture
def draft(app: Flask, make: Make, fund: Fund, office: Office) -> str:
    """Draft a call that lacks nothing; return its page."""
    by = make.viewer(Role.SECRETARIAT_HEAD, fund)
    with app.app_context():
        return f"{BASE}/{whole_draft(fund, [office], by=by).public_id}"


@pytest.fixture
def out(app: Flask, make: Make, fund: Fund, office: Office) -> str:
    """Publish a call; return its page."""
    by = make.viewer(Role.SECRETARIAT_HEAD, fund)
    with app.app_context():
        return f"{BASE}/{published(fund, [office], by=by).public_id}"


def the_call(app: Flask) -> Call:
    with app.app_context():
        return db.session.query(Call).one()


def words(page: str) -> str:
    """Return the words of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_call_is_begun_and_written_part_by_part(app: Flask, officer: FlaskClient, office: Office) -> None:
    begun = post(officer, f"{BASE}/", title="Safe storage")
    page = officer.get(begun.location)
    assert "Say what the call is about." in page.text
    assert "Nobody outside the Secretariat sees it" in page.text
    url = begun.location
    post(officer, f"{url}/write/basics", title="Safe storage", scope="What it is about", decision="SC1/D1",
         decided_on="3 Feb 2026")  # fmt: skip
    choices = officer.get(f"{url}/write/reach").text
    chosen = {name: re.findall(rf'name="{name}" type="checkbox" value="([^"]+)"', choices) for name in
              ("jurisdictions", "offices")}  # fmt: skip
    post(officer, f"{url}/write/reach", **chosen)
    post(officer, f"{url}/write/amounts", envelope="4,500,000", smallest="150,000", largest="900,000.50",
         shortest_months="12", longest_months="36",
         **{"ceilings-0-of": office.organisation_id and _puno(app), "ceilings-0-amount": "1,000,000"})  # fmt: skip
    post(officer, f"{url}/write/dates", opens_on="15 Mar 2027", opens_time="09:00", closes_on="16 May 2027",
         closes_time="17:00", zone="Europe/Belgrade", grace_minutes="30", questions_on="1 May 2027",
         questions_time="12:00")  # fmt: skip
    post(officer, f"{url}/write/documents", **{"documents-0-name": "Endorsement", "documents-0-needed": "y"})
    added = post(officer, f"{url}/criteria", name="Relevance", most_points="1", weight="100", anchors="no\nyes")
    assert added.location == f"{url}/criteria"
    written = words(officer.get(url).text)
    for said in (
        "USD 4,500,000", "USD 150,000", "USD 900,001", "UNDP USD 1,000,000", "Mon 15 Mar 2027, 09:00 Europe/Belgrade",
        "Sun 16 May 2027, 17:00 Europe/Belgrade", "30 minutes, for who pressed", "Sat 1 May 2027, 12:00",
        "Endorsement required", "Relevance", "SC1/D1 of 3 Feb 2026", "UNDP Albania", "Choose the goals or KPIs",
    ):  # fmt: skip
        assert said in written, said


def _puno(app: Flask) -> str:
    with app.app_context():
        return db.session.query(Organisation).filter_by(short_name="UNDP").one().public_id


@pytest.mark.parametrize(
    "part,typed,field,told",
    [
        ("basics", {"title": " "}, "title", "Write the title."),
        ("basics", {"title": "Kosovo"}, "title", "Kosovo*"),
        ("basics", {"title": "t", "decided_on": "31.02.2026"}, "decided_on", "no day"),
        ("amounts", {"envelope": "1.000,00"}, "envelope", "“1.000,00”"),
        ("amounts", {"ceilings-0-amount": "5"}, "ceilings-0-of", "Choose what it limits."),
        ("dates", {"opens_on": "1 Mar 2027", "opens_time": "25:00"}, "opens_time", "no such time"),
        ("dates", {"opens_on": "1 Mar 2027", "opens_time": "9 am"}, "opens_time", "Write the time as 17:00."),
        ("dates", {"zone": "Mars/Base"}, "zone", "no time zone"),
        ("dates", {"opens_on": "2 Mar 2027", "closes_on": "1 Mar 2027"}, "closes_on", "closes after it opens"),
        ("judging", {"reviews_required": "ten"}, "reviews_required", "whole number"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    officer: FlaskClient, draft: str, part: str, typed: dict[str, str], field: str, told: str
) -> None:
    usual = {"zone": "Europe/Belgrade"} if part == "dates" else {}
    answer = post(officer, f"{draft}/write/{part}", **{**usual, **typed})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert told in unescape(answer.text)
    for value in typed.values():
        assert value.strip() in unescape(answer.text)


def test_a_part_nobody_knows_is_absent(officer: FlaskClient, draft: str) -> None:
    assert officer.get(f"{draft}/write/nothing").status_code == 404


def test_two_officers_at_one_part_are_told_of_each_other(officer: FlaskClient, head: FlaskClient, draft: str) -> None:
    opened = officer.get(f"{draft}/write/basics")
    post(head, f"{draft}/write/basics", title="The head’s title", scope="One scope")
    late = post(officer, f"{draft}/write/basics", opened, title="The officer’s title", scope="One scope")
    assert late.status_code == 422
    assert "The head’s title" in unescape(late.text)
    assert "The officer’s title" in unescape(late.text)


def test_a_list_typed_meanwhile_is_no_silent_loss(officer: FlaskClient, head: FlaskClient, draft: str) -> None:
    opened = officer.get(f"{draft}/write/documents")
    post(head, f"{draft}/write/documents", **{"documents-0-name": "Endorsement"})
    late = post(officer, f"{draft}/write/documents", opened, **{"documents-0-name": "Theory"})
    assert late.status_code == 422
    assert "Endorsement" in late.text
    assert "Theory" in late.text


def test_an_applicant_is_shown_the_same_page_without_its_buttons(officer: FlaskClient, draft: str) -> None:
    page = officer.get(f"{draft}/preview").text
    assert "This is how an applicant reads the call" in page
    assert "/write/" not in page
    assert "Drop the draft" not in page


def test_only_a_whole_call_is_published_and_the_page_says_who_is_told(
    app: Flask, make: Make, fund: Fund, office: Office, undp: Organisation, head: FlaskClient, draft: str
) -> None:
    person = make.person("Demo Invited")
    make.grant(person, Role.PUNO_OFFICER, fund, undp, office=office)
    page = head.get(f"{draft}/publish").text
    assert "Demo Invited" in page
    answer = post(head, f"{draft}/publish")
    assert "published as SLW00/" in head.get(answer.location).text
    with app.app_context():
        assert [row.to_person_id for row in db.session.query(OutboxMessage)] == [person.id]
    client = sign_in(app.test_client(), person)
    assert client.get(draft).status_code == 200
    assert "may answer</span>" in client.get(f"{BASE}/").text


def test_a_document_that_has_no_name_is_refused_and_an_empty_row_is_none(
    app: Flask, head: FlaskClient, draft: str
) -> None:
    nameless = {"documents-0-name": "Endorsement", "documents-1-guidance": "Signed", "documents-2-needed": "y"}
    refused = post(head, f"{draft}/write/documents", **nameless)
    assert refused.status_code == 422
    assert "Write its name, or leave the whole row empty." in refused.text
    post(head, f"{draft}/write/documents", **{**nameless, "documents-1-guidance": ""})
    with app.app_context():
        assert [one.name for one in db.session.query(Call).one().documents] == ["Endorsement"]


def test_a_call_that_lacks_something_is_not_published(app: Flask, head: FlaskClient, draft: str) -> None:
    post(head, f"{draft}/write/basics", title="Safe storage", scope="")
    page = head.get(f"{draft}/publish").text
    assert "Say what the call is about." in page
    assert "Possible once nothing is missing." in page
    assert post(head, f"{draft}/publish").status_code == 422
    assert the_call(app).status is CallStatus.DRAFT


def test_an_amendment_asks_for_its_reason_and_stands_on_the_page(app: Flask, officer: FlaskClient, out: str) -> None:
    form = words(officer.get(f"{out}/write/basics").text)
    assert "What you change and why required" in form
    refused = post(officer, f"{out}/write/basics", title="Safer storage", scope="Another scope")
    assert refused.status_code == 422
    assert 'id="reason-error"' in refused.text
    post(officer, f"{out}/write/basics", title="Safer storage", scope="Another scope", decision="SC1/D1",
         decided_on="15 Jan 2026", reason="A better word")  # fmt: skip
    page = words(officer.get(out).text)
    for said in ("Amendment 1", "A better word", "Title Safe storage Safer storage"):
        assert said in page, said
    nothing = post(officer, f"{out}/write/basics", title="Safer storage", scope="Another scope", decision="SC1/D1",
                   decided_on="15 Jan 2026", reason="Again")  # fmt: skip
    assert "Nothing was changed." in officer.get(nothing.location).text


def test_what_is_frozen_says_so(officer: FlaskClient, out: str) -> None:
    assert "was frozen when the call went out" in officer.get(f"{out}/write/judging").text
    assert "Add a criterion" not in officer.get(f"{out}/criteria").text
    refused = post(officer, f"{out}/criteria", name="Late", most_points="1", weight="10", anchors="no\nyes")
    assert refused.status_code == 422
    assert "The criteria were frozen" in refused.text


def test_a_call_over_is_amended_no_more_and_nobody_may_answer_it(
    app: Flask, make: Make, fund: Fund, office: Office, undp: Organisation, officer: FlaskClient
) -> None:
    by = make.viewer(Role.SECRETARIAT_HEAD, fund)
    with app.app_context(), clock.at(clock.now() - timedelta(days=31)):
        over = f"{BASE}/{published(fund, [office], by=by).public_id}"
    page = officer.get(f"{over}/write/basics").text
    assert "takes no submissions any more" in page
    assert "<textarea" not in page
    page = officer.get(over).text
    assert "/write/" not in page
    assert "No proposal is a draft now." in page
    person = make.person("Demo Asked")
    make.grant(person, Role.PUNO_OFFICER, fund, undp, office=office)
    listed = sign_in(app.test_client(), person).get(f"{BASE}/").text
    assert "was asked" in listed
    assert "may answer</span>" not in listed


def test_a_cancelled_call_says_why(app: Flask, head: FlaskClient, out: str) -> None:
    refused = post(head, f"{out}/cancel", reason=" ")
    assert refused.status_code == 422
    assert ">Keep the call</a>" in refused.text
    assert ">Cancel</a>" not in refused.text
    post(head, f"{out}/cancel", reason="The decision was withdrawn")
    page = words(head.get(out).text)
    assert "This call is cancelled The decision was withdrawn" in page
    assert the_call(app).status is CallStatus.CANCELLED
    assert post(head, f"{out}/cancel", head.get(f"{out}/cancel"), reason="again").status_code == 422


def test_a_draft_is_dropped_and_a_published_call_is_not(head: FlaskClient, draft: str, out: str) -> None:
    opened = head.get(draft)
    gone = post(head, f"{draft}/drop", opened)
    assert gone.location == f"{BASE}/"
    assert head.get(draft).status_code == 404
    refused = post(head, f"{out}/drop", head.get(f"{out}/cancel"))
    assert refused.status_code == 422
    assert "Cancel it instead" in refused.text


def test_criteria_are_changed_moved_and_removed_by_buttons(app: Flask, officer: FlaskClient, draft: str) -> None:
    post(officer, f"{draft}/criteria", name="Method", most_points="1", weight="20", anchors="no\nyes")
    page = officer.get(f"{draft}/criteria").text
    assert "they must come to 100%" in page
    first, second = re.findall(rf'href="({re.escape(draft)}/criteria/[a-z0-9]+)"', page)
    post(officer, first, name="Relevance", most_points="1", weight="80", anchors="no\nyes")
    post(officer, f"{second}/up", officer.get(f"{draft}/criteria"))
    with app.app_context():
        call = db.session.query(Call).one()
        assert [(one.name, one.weight) for one in call.criteria] == [("Method", 20), ("Relevance", 80)]
    refused = post(officer, first, name="Method", most_points="1", weight="80", anchors="no\nyes")
    assert refused.status_code == 422
    post(officer, f"{second}/remove", officer.get(f"{draft}/criteria"))
    with app.app_context():
        assert [one.name for one in db.session.query(Call).one().criteria] == ["Relevance"]


def test_the_list_says_when_each_call_closes(app: Flask, make: Make, fund: Fund, office: Office) -> None:
    by = make.viewer(Role.SECRETARIAT_HEAD, fund)
    with app.app_context():
        published(fund, [office], by=by, title="Soon", dates=open_for(3))
    page = words(make.client(Role.DONOR_VIEWER, fund).get(f"{BASE}/").text)
    assert "Soon SLW00/" in page
    assert "Open" in page
    assert "in 3 days" in page or "in 2 days" in page


def test_the_head_finds_a_draft_on_home_and_everybody_a_call_by_its_words(
    app: Flask, make: Make, fund: Fund, office: Office, head: FlaskClient, draft: str
) -> None:
    assert "Publish the call Safe storage" in unescape(head.get("/f/SLW00/").text)
    donor = make.client(Role.DONOR_VIEWER, fund)
    assert draft not in donor.get("/f/SLW00/search?q=storage").text
    post(head, f"{draft}/publish")
    assert draft in donor.get("/f/SLW00/search?q=storage").text
    assert draft in donor.get(f"/f/SLW00/search?q={the_call(app).reference}").text
    assert "Publish the call" not in head.get("/f/SLW00/").text


def test_nobody_sees_who_follows_a_call(app: Flask, make: Make, fund: Fund, officer: FlaskClient, out: str) -> None:
    follower: Person = make.person("Demo Follower")
    from mptf.calls import service

    with app.app_context():
        service.follow(db.session.query(Call).one(), follower.id)
        db.session.commit()
        assert queries.followers(db.session.query(Call).one()) == 1
    page = officer.get(out).text
    assert "1 person is told when the call changes" in words(page)
    assert "Demo Follower" not in page
    assert "is told when the call changes" not in words(make.client(Role.AUDITOR, fund).get(out).text)


def test_the_secretariat_alone_is_told_how_many_drafts_there_are(
    app: Flask, make: Make, fund: Fund, office: Office, officer: FlaskClient, out: str
) -> None:
    by = make.viewer(Role.PUNO_OFFICER, fund, office=office)

    def drafts(client: FlaskClient) -> str | None:
        found = re.search(r"(\d+|No) proposals? (is a draft|are drafts) now", words(client.get(out).text))
        return found[1] if found else None

    def start(title: str) -> int:
        call, there = db.session.query(Call).one(), db.session.get_one(Office, office.id)
        key = proposals.start(call, there, title=title, by=by).id
        db.session.commit()
        return key

    assert drafts(officer) == "No"
    with app.app_context():
        thrown, kept = start("A canary"), start("Another canary")
    assert drafts(officer) == "2"
    assert "canary" not in officer.get(out).text
    with app.app_context():
        proposals.drop(db.session.get_one(Proposal, thrown), by=by)
        db.session.commit()
    assert drafts(officer) == "1"
    for role in set(Role) - {Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD, Role.PUNO_OFFICER}:
        assert drafts(make.client(role, fund)) is None, role
    with app.app_context():
        writer = db.session.get_one(Person, by.id)
    assert drafts(sign_in(app.test_client(), writer)) is None
    with app.app_context():
        submit(db.session.get_one(Proposal, kept))
        db.session.commit()
    assert drafts(officer) == "No"
    head = make.client(Role.SECRETARIAT_HEAD, fund)
    post(head, f"{out}/cancel", reason="No money")
    assert drafts(head) is None
