"""Home in a real browser, over the demonstration as it is before anybody has worked in it."""

import io

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from demo import load
from mptf.core.db import db
from mptf.people.models import Person
from tests.support.visits import Visits

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser]


@pytest.mark.parametrize("name", ["Demo Officer 1", "Demo Head 1"])
def test_home_prints_on_one_sheet(visits: Visits, name: str) -> None:
    load(visits.app)
    with visits.app.app_context():
        person = db.session.scalars(select(Person).filter_by(name=name)).one()
    page = visits.open(person)
    page.goto("/f/SLW00/")
    assert len(PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages) == 1


def test_the_figures_of_home_stand_on_one_line(visits: Visits) -> None:
    load(visits.app)
    with visits.app.app_context():
        person = db.session.scalars(select(Person).filter_by(name="Demo Officer 1")).one()
    page = visits.open(person)
    page.goto("/f/SLW00/")
    tops = page.locator(".strip .fig").evaluate_all("figures => figures.map(figure => figure.offsetTop)")
    assert len(tops) == 5
    assert len(set(tops)) == 1
