"""Pages of proposals as a browser reads them: starting, who works on one, lists, and what nobody else may notice."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from mptf.calls.models import Call, CallStatus
from mptf.core.db import db
from mptf.core.mail import OutboxMessage
from mptf.fund.models import Fund
from mptf.organisations.models import Office, OrganisationKind
from mptf.people.models import Person
from mptf.policy import Role
from mptf.proposals.models import Proposal, ProposalPerson
from mptf.proposals.service import JOINED, SHARED
from tests.factories import Make
from tests.support.proposing import call_out, submit
from tests.support.signing import sign_in

HOME = "/f/SLW00/proposals/"


class Applying:
    """Two officers of an office that may answer a call, one of another organisation, and one that was not asked."""

    def __init__(self, app: Flask, make: Make) -> None:
        self.app, self.fund = app, make.fund()
        undp, unodc = (make.organisation(name, OrganisationKind.PUNO) for name in ("UNDP", "UNODC"))
        self.office, self.other = make.office(undp, "UNDP Albania"), make.office(unodc, "UNODC Vienna")
        unasked = make.office(undp, "UNDP Serbia")
        self.people: dict[str, Person] = {}
        for name, office in (("ana", self.office), ("ben", self.office), ("dora", self.other), ("cem", unasked)):
            self.people[name] = make.person(f"Demo {name.title()}")
            make.grant(self.people[name], Role.PUNO_OFFICER, self.fund, office=office)
        self.call = self.out(self.fund, self.office, self.other)

    def out(self, fund: Fund, *offices: Office, number: int = 1) -> str:
        """Let a call go out; return its public id."""
        with self.app.app_context():
            found = call_out(fund, self.people["ana"].id, *offices, number=number)
            db.session.commit()
            return str(found.public_id)

    def client(self, name: str) -> FlaskClient:
        return sign_in(self.app.test_client(), self.people[name])

    def started(self, title: str = "Safe storage") -> str:
        """Start a proposal as Ana; return the address of its page."""
        answer = self.client("ana").post(f"{HOME}start/{self.call}", data={"title": title})
        assert answer.status_code == 303
        return str(answer.location)


@pytest.fixture
def here(app: Flask, make: Make) -> Applying:
    return Applying(app, make)


def count(app: Flask, table: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(table).execution_options(across_funds=True)) or 0


def mailed(app: Flask, kind: str) -> list[str]:
    with app.app_context():
        to = select(Person.name).join(OutboxMessage, OutboxMessage.to_person_id == Person.id)
        return sorted(db.session.scalars(to.where(OutboxMessage.kind == kind)))


def test_a_proposal_is_started_from_the_page_of_the_call(app: Flask, here: Applying) -> None:
    ana = here.client("ana")
    assert f"{HOME}start/{here.call}" in ana.get(f"/f/SLW00/calls/{here.call}").text
    form = ana.get(f"{HOME}start/{here.call}").text
    assert "A proposal of UNDP Albania" in form
    page = here.started()
    shown = ana.get(page).text
    assert "Write all parts." in shown
    assert "Safe storage" in ana.get(HOME).text


def test_a_title_is_as_long_as_general_takes_it(app: Flask, here: Applying) -> None:
    refused = here.client("ana").post(f"{HOME}start/{here.call}", data={"title": "x" * 201, "token": "one"})
    assert refused.status_code == 422
    assert "at most 200 characters" in refused.text
    assert count(app, Proposal) == 0


def test_a_proposal_is_started_from_the_list_too(here: Applying) -> None:
    page = here.client("ana").get(HOME).text
    assert f'href="{HOME}start/{here.call}"' in page
    assert "Start one under a call that your office may answer." in page


@pytest.mark.parametrize("again", ["the same form", "another tab"])
def test_two_clicks_and_two_tabs_start_one_proposal(app: Flask, here: Applying, again: str) -> None:
    ana = here.client("ana")
    first = ana.post(f"{HOME}start/{here.call}", data={"title": "Safe storage", "token": "one"})
    token = "one" if again == "the same form" else "two"
    second = ana.post(f"{HOME}start/{here.call}", data={"title": "Safe storage", "token": token})
    if token == "one":
        assert second.location == first.location
    else:
        assert second.status_code == 422
        assert f'href="{first.location}">Open what is here already' in second.text
    assert count(app, Proposal) == 1


def test_who_cannot_start_one_reads_why_at_the_button_and_is_refused(app: Flask, here: Applying) -> None:
    told = "Your office is not among those this call is open to."
    cem = here.client("cem")
    assert told in cem.get(f"/f/SLW00/calls/{here.call}").text
    assert told in cem.get(f"{HOME}start/{here.call}").text
    refused = cem.post(f"{HOME}start/{here.call}", data={"title": "x"})
    assert (refused.status_code, told in refused.text) == (422, True)
    with app.app_context():
        call = db.session.scalars(select(Call).filter_by(public_id=here.call, fund_id=here.fund.id)).one()
        call.status = CallStatus.CLOSED
        db.session.commit()
    refused = here.client("ana").post(f"{HOME}start/{here.call}", data={"title": "x"})
    assert (refused.status_code, "takes no proposals any more" in refused.text) == (422, True)
    assert count(app, Proposal) == 0


def test_a_draft_of_another_office_answers_as_one_that_is_not_there(app: Flask, here: Applying) -> None:
    page = here.started()
    member = re.search(r"/people/(\w{26})", here.client("ana").get(page).text)
    assert member
    ways = ["", "/copy", "/rename", "/people", f"/people/{member[1]}"]
    for name in ("cem", "dora"):
        client = here.client(name)
        for way in ways:
            real, none = client.get(page + way), client.get(f"{HOME}{'a' * 26}{way}")
            assert (real.status_code, real.data, dict(real.headers)) == (404, none.data, dict(none.headers))
        for way in ("/drop", "/join", f"/people/{member[1]}/remove", *ways[1:]):
            real, none = client.post(page + way), client.post(f"{HOME}{'a' * 26}{way}")
            assert (real.status_code, real.data) == (404, none.data)
    assert count(app, Proposal) == 1


def test_a_colleague_is_chosen_and_somebody_else_is_named_by_address(app: Flask, here: Applying) -> None:
    page, ana = here.started(), here.client("ana")
    form = ana.get(f"{page}/people").text
    assert "Demo Ben, UNDP Albania" in form
    assert "Demo Cem, UNDP Serbia" in form
    assert "Demo Dora" not in form
    ben, dora = here.people["ben"], here.people["dora"]
    assert ana.post(f"{page}/people", data={"person": ben.public_id, "email": "", "may": "read"}).status_code == 303
    assert ana.post(f"{page}/people", data={"person": "", "email": dora.email, "may": "finance"}).status_code == 303
    assert mailed(app, SHARED) == ["Demo Ben", "Demo Dora"]
    assert "Read all parts and write the budget" in here.client("dora").get(page).text
    for typed, told in (
        ({"person": "", "email": ""}, "Choose a colleague, or write an address."),
        ({"person": here.people["cem"].public_id, "email": dora.email}, "not both"),
        ({"person": "", "email": "nobody@example.org"}, "Nobody can be added by this address."),
        ({"person": "", "email": dora.email}, "works on this proposal already"),
    ):
        refused = ana.post(f"{page}/people", data={**typed, "may": "read"})
        assert (refused.status_code, told in refused.text) == (422, True), typed
    assert count(app, ProposalPerson) == 3


def test_who_is_removed_is_out_at_the_next_request(app: Flask, here: Applying) -> None:
    page, ana, dora = here.started(), here.client("ana"), here.client("dora")
    ana.post(f"{page}/people", data={"email": here.people["dora"].email, "may": "write"})
    assert dora.get(page).status_code == 200
    members = re.findall(r"/people/(\w{26})/remove", dora.get(page).text)
    assert dora.post(f"{page}/people/{members[0]}/remove").location == page
    assert mailed(app, JOINED) == []
    left = dora.post(f"{page}/people/{members[1]}/remove")
    assert (left.status_code, "last who may write all parts" in left.text) == (422, True)
    here.client("ben").post(f"{page}/join")
    assert mailed(app, JOINED) == ["Demo Dora"]
    assert dora.post(f"{page}/people/{members[1]}/remove").location == HOME
    assert dora.get(page).status_code == 404
    assert "Safe storage" not in dora.get(HOME).text


def test_before_somebody_joins_the_page_says_who_is_told(here: Applying) -> None:
    page = here.started()
    shown = here.client("ben").get(page).text
    assert "Told by mail: Demo Ana." in shown
    assert "Read, as your office" in shown


def test_what_may_be_done_was_changed_meanwhile(app: Flask, here: Applying) -> None:
    page, ana = here.started(), here.client("ana")
    ana.post(f"{page}/people", data={"email": here.people["dora"].email, "may": "read"})
    member = re.findall(r"/people/(\w{26})/remove", ana.get(page).text)[1]
    assert ana.post(f"{page}/people/{member}", data={"may": "write", "version": "read"}).status_code == 303
    stale = ana.post(f"{page}/people/{member}", data={"may": "finance", "version": "read"})
    assert (stale.status_code, "changed since you opened it" in stale.text) == (422, True)


def test_an_old_proposal_is_taken_up_under_another_call(app: Flask, here: Applying) -> None:
    page, ana = here.started(), here.client("ana")
    later = here.out(here.fund, here.office, number=2)
    form = ana.get(f"{page}/copy").text
    assert "SLW00/2026/2" in form
    assert ana.post(f"{page}/copy", data={"call": later, "title": "Safer storage"}).status_code == 303
    assert ana.post(f"{page}/copy", data={"call": "b" * 26, "title": "Safer"}).status_code == 422
    assert "Safer storage" in here.client("ben").get(HOME).text
    assert count(app, Proposal) == 2


def test_a_draft_is_thrown_away_from_its_page(app: Flask, here: Applying) -> None:
    page, ana = here.started(), here.client("ana")
    assert f"{page}/drop" in ana.get(page).text
    assert f"{page}/drop" not in here.client("ben").get(page).text
    assert ana.post(f"{page}/drop").location == HOME
    assert ana.get(page).status_code == 404
    assert count(app, Proposal) == count(app, ProposalPerson) == 0


def test_the_secretariat_reads_what_was_submitted_and_changes_nothing(app: Flask, make: Make, here: Applying) -> None:
    page, officer = here.started(), make.client(Role.SECRETARIAT_OFFICER, here.fund)
    assert "Nothing is submitted yet" in officer.get(HOME).text
    assert officer.get(page).status_code == 404
    with app.app_context():
        submit(db.session.scalars(select(Proposal).filter_by(fund_id=here.fund.id)).one())
        db.session.commit()
    listed = officer.get(f"{HOME}?words=storage").text
    assert "Safe storage" in listed
    assert "P1" in listed
    assert "No proposal fits" in officer.get(f"{HOME}?words=nothing").text
    shown = officer.get(page).text
    assert "Read what was submitted." in shown
    assert "/remove" not in shown
