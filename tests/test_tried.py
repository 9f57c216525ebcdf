"""What was tried on the house and must not work again: odd addresses, damaged files, races, a role among several."""

import io
import threading
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select

from mptf.core import clock, links, tasks
from mptf.core.db import db, unit_of_work
from mptf.core.errors import RuleBroken
from mptf.organisations.models import OrganisationKind
from mptf.people import service as people
from mptf.people.models import Person, RoleGrant
from mptf.people.queries import viewer_of
from mptf.policy import Role, Viewer
from mptf.signin import service as signin
from tests import worlds
from tests.factories import Make
from tests.support.signing import sign_in

ODD_ADDRESSES = (
    "https://[x",
    "https://",
    "https://a\N{ACCOUNT OF}b/",
    "javascript:alert(1)",
    "mptf.undp.org",
    "https://a\nb",
)


@pytest.mark.parametrize("address", ODD_ADDRESSES)
def test_an_odd_address_is_refused_and_never_breaks_a_page(address: str) -> None:
    assert isinstance(links.site(address), str)
    with pytest.raises(RuleBroken, match="Give the address of the page"):
        links.check(address, field="source")


@pytest.mark.parametrize("wanted", ["//[", "//evil.example", "/\\evil.example", "https://evil.example", "/f/\0"])
def test_nobody_is_led_away_after_signing_in(app: Flask, make: Make, wanted: str) -> None:
    client = make.client(Role.SECRETARIAT_OFFICER, make.fund())
    response = client.get("/sign-in", query_string={"next": wanted})
    assert response.status_code in (302, 404)
    assert response.headers.get("Location", "/home") == "/home"


@pytest.mark.parametrize("token", ["a\0b", "x" * 5000, "ü", "' OR 1=1 --"])
def test_a_token_that_is_not_ours_changes_nothing(app: Flask, make: Make, token: str) -> None:
    client = make.client(Role.SECRETARIAT_OFFICER, make.fund())
    assert client.post("/f/SLW00/rates", data={"token": token}).status_code == 422


def damaged(book: bytes, at: int) -> bytes:
    """Return a workbook with a few of its bytes turned over."""
    return book[:at] + bytes(255 - byte for byte in book[at : at + 6]) + book[at + 6 :]


def test_a_damaged_workbook_is_refused_in_words(app: Flask, make: Make) -> None:
    book = openpyxl.Workbook()
    out = io.BytesIO()
    book.save(out)
    client = make.client(Role.SECRETARIAT_OFFICER, make.fund())
    for at in range(0, len(out.getvalue()), 311):
        file = (io.BytesIO(damaged(out.getvalue(), at)), "rates.xlsx")
        response = client.post("/f/SLW00/rates/import", data={"file": file, "source": "unore"})
        assert response.status_code in (303, 422), at


@pytest.mark.parametrize("table", [b"," * 400_000, b"currency,valid from,units per us dollar\n" + b'"\n",' * 100_000])
def test_a_table_of_very_many_columns_is_refused_at_once(app: Flask, make: Make, table: bytes) -> None:
    client = make.client(Role.SECRETARIAT_OFFICER, make.fund())
    file = (io.BytesIO(table), "rates.csv")
    response = client.post("/f/SLW00/rates/import", data={"file": file, "source": "unore"}, follow_redirects=True)
    assert "more than 256 columns" in response.text


def at_once(app: Flask, count: int, act: Any) -> list[str]:
    """Do something in several threads, each in its own unit of work; return what each met."""
    met: list[str] = []

    def run() -> None:
        with app.app_context():
            try:
                with unit_of_work():
                    act()
                met.append("done")
            except RuleBroken as refusal:
                met.append(str(refusal))

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return met


def test_the_same_role_given_by_six_at_once_is_held_once(app: Flask, make: Make) -> None:
    fund, person, boss = make.fund(), make.person(), make.viewer(Role.ADMINISTRATOR)

    def give() -> None:
        people.give_role(
            db.session.get_one(Person, person.id), role=Role.AUDITOR, fund=fund, organisation=None,
            from_on=clock.today(fund), until_on=None, by=boss,
        )  # fmt: skip

    assert at_once(app, 6, give).count("done") == 1
    with app.app_context():
        assert db.session.scalar(select(func.count(RoleGrant.id)).filter_by(person_id=person.id)) == 1


def test_the_same_address_added_by_six_at_once_is_one_person(app: Flask, make: Make) -> None:
    boss = make.viewer(Role.ADMINISTRATOR)
    met = at_once(app, 6, lambda: people.add_person(name="Demo", email="new@example.org", by=boss))
    assert met.count("done") == 1
    assert all("known already" in refusal for refusal in met if refusal != "done")


def test_an_administrator_for_a_while_does_not_end_the_lasting_one(app: Flask, make: Make) -> None:
    lasting, passing = make.person(), make.person()
    grant = make.grant(lasting, Role.ADMINISTRATOR)
    tomorrow = clock.now().date() + timedelta(days=1)
    make.grant(passing, Role.ADMINISTRATOR, until_on=tomorrow)
    with app.app_context(), pytest.raises(RuleBroken, match="without a last day"):
        people.end_role(db.session.get_one(RoleGrant, grant.id), by=viewer_of(passing.id))


def test_the_command_line_lets_in_a_new_administrator_when_the_last_ones_role_is_over(app: Flask, make: Make) -> None:
    make.grant(make.person(), Role.ADMINISTRATOR, until_on=clock.now().date() - timedelta(days=1))
    with app.app_context(), unit_of_work():
        assert signin.create_first_administrator("Demo", "again@example.org").person.name == "Demo"


def test_work_is_done_in_the_role_it_was_asked_in(app: Flask, make: Make) -> None:
    fund, donor, person = make.fund(), make.organisation(), make.person()
    make.grant(person, Role.DONOR_VIEWER, fund, donor)
    officer = make.grant(person, Role.SECRETARIAT_OFFICER, fund)
    with app.app_context():
        viewer: Viewer = viewer_of(person.id, officer.public_id)
        with unit_of_work():
            task = tasks.ask("gateway.check", by=viewer, fund_id=fund.id)
        assert task.role_id == officer.public_id
        held = viewer_of(task.by_id, task.role_id).role_in(fund.id)
        assert held is not None
        assert held.role is Role.SECRETARIAT_OFFICER


def test_the_same_deposit_told_without_the_banks_reference_is_refused(app: Flask, make: Make) -> None:
    world = worlds.build(make)
    with app.app_context():
        officer = world.viewer(Role.SECRETARIAT_OFFICER)
        worlds.records(app, world, fund=world.fund, donor=world.donor, by=officer)
    client = sign_in(app.test_client(), world.people[Role.SECRETARIAT_OFFICER])
    again = {
        "donor": world.donor.public_id, "received": "57,600.00", "value_on": "2 Mar 2026", "certainty": "certain",
        "agreement": "", "currency": "SEK",
    }  # fmt: skip
    response = client.post("/f/SLW00/contributions/deposits/new", data=again)
    assert response.status_code == 422
    assert "give the bank reference of each payment" in response.text


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(app: Flask, make: Make) -> None:
    make.fund()
    make.organisation("Donorland", OrganisationKind.GOVERNMENT)
    response = app.test_client().post("/f/SLW00/contributions/deposits/new", data={"received": "1"})
    assert response.status_code == 302
    assert response.location == "/sign-in?next=/f/SLW00/contributions/deposits/new"
