"""Names and addresses as long as they may be, in a real browser: they break, and no page is wider than the screen."""

import pytest
from flask import Flask

from mptf.core.db import db, unit_of_work
from mptf.people.models import Person
from mptf.policy import Role
from tests.factories import Make
from tests.support.visits import NARROW, PHONE, Visits

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser]

NAME = "Совместная программа по контролю за стрелковым оружием и лёгкими вооружениями в Kosovo* " + "N" * 60
ADDRESS = "somebody.with.many.names@" + "department." * 12 + "example.org"


@pytest.fixture
def person(app: Flask, make: Make) -> Person:
    found = make.person(NAME)
    with app.app_context(), unit_of_work():
        db.session.get_one(Person, found.id).email = ADDRESS
    make.grant(found, Role.AUDITOR, make.fund())
    return found


@pytest.mark.parametrize("width", [PHONE, NARROW])
def test_a_long_name_and_address_break(visits: Visits, make: Make, person: Person, width: int) -> None:
    administrator = make.person("Demo Administrator 1")
    make.grant(administrator, Role.ADMINISTRATOR)
    page = visits.open(administrator, width=width)
    here = f"/admin/people/{person.public_id}"
    for address in ("/admin/people", here, f"{here}/access", f"{here}/name", f"{here}/roles/give", "/f/SLW00/people"):
        page.goto(address)
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
