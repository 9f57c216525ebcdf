"""The pages of the framework: a strategy is added by its numbers, its texts are imported and read by version."""

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mptf.core.db import db
from mptf.framework.models import Framework, FrameworkItem, ItemKind
from mptf.fund.models import Fund
from mptf.policy import Role
from tests.factories import Make
from tests.support.posting import post
from tests.support.statements import statements
from tests.support.work import work_off

PAGES = "/f/SLW00/framework/"
FACTS = {"title": "Roadmap 2030", "first_year": "2025", "last_year": "2030", "goals": "2", "kpis": "3"}
TABLE = (
    "Framework,Kind,Number,Text,Goal,Source\n"
    "Roadmap 2030,goal,1,Laws are in line,,page 4\n"
    "Roadmap 2030,KPI,2,Number of laws in line,1,annex 2\n"
)


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def officer(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.SECRETARIAT_OFFICER, fund)


@pytest.fixture
def framework(officer: FlaskClient) -> str:
    """Add a framework; return its page."""
    return post(officer, PAGES, **FACTS).location


def imported(app: Flask, client: FlaskClient, content: str) -> str:
    """Bring a table in, and return its page."""
    page = post(client, f"{PAGES}import", file=(io.BytesIO(content.encode()), "texts.csv")).location
    assert post(client, f"{page}/import").status_code == 303
    with app.app_context():
        assert work_off() == 1
    return page


def test_an_empty_list_says_what_to_do(make: Make, fund: Fund, officer: FlaskClient) -> None:
    assert "Add the strategy the fund serves" in officer.get(PAGES).text
    reader = make.client(Role.PUNO_OFFICER, fund).get(PAGES).text
    assert "No framework is recorded" in reader
    assert "Add the framework" not in reader


def test_a_framework_shows_its_numbers_and_that_no_text_is_loaded(officer: FlaskClient, framework: str) -> None:
    shown = officer.get(framework).text
    assert shown.count("official text not loaded") == 5
    assert all(name in shown for name in ("Goal 2", "KPI 3", "2025–2030"))
    assert "5 texts not loaded" in officer.get(PAGES).text


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(app: Flask, officer: FlaskClient) -> None:
    refused = post(officer, PAGES, **{**FACTS, "last_year": "2024", "kpis": "many"})
    assert refused.status_code == 422
    assert "Write a whole number, such as 10." in refused.text
    again = post(officer, PAGES, **{**FACTS, "last_year": "2024"})
    assert "Write a year that is not before the first." in again.text
    assert 'value="Roadmap 2030"' in again.text
    with app.app_context():
        assert db.session.query(Framework).count() == 0


def test_the_same_form_sent_twice_adds_one(app: Flask, officer: FlaskClient) -> None:
    first, second = (officer.post(PAGES, data={**FACTS, "token": "the-same"}) for _ in range(2))
    assert first.location == second.location
    with app.app_context():
        assert db.session.query(Framework).count() == 1


def test_texts_are_looked_at_then_imported_and_read_with_their_versions(
    app: Flask, make: Make, fund: Fund, officer: FlaskClient, framework: str
) -> None:
    page = imported(app, officer, TABLE)
    assert "Rows added" in officer.get(page).text
    shown = officer.get(framework).text
    assert "Number of laws in line" in shown
    assert shown.count("official text not loaded") == 3
    imported(app, officer, TABLE.replace("Number of laws", "Share of laws"))
    with app.app_context():
        item = db.session.query(FrameworkItem).filter_by(kind=ItemKind.KPI, number=2).one()
        address = f"{PAGES}items/{item.public_id}"
    assert address in officer.get(framework).text
    history = officer.get(address).text
    assert history.index("Share of laws in line") < history.index("Number of laws in line")
    assert "the table it came with" in history
    assert "the table it came with" not in make.client(Role.PUNO_OFFICER, fund).get(address).text


def test_a_goal_or_kpi_is_found_by_its_number_and_by_its_text(app: Flask, officer: FlaskClient, framework: str) -> None:
    assert "KPI 2, Roadmap 2030" in officer.get("/f/SLW00/search?q=kpi+2").text
    assert "KPI 2, Roadmap 2030" not in officer.get("/f/SLW00/search?q=laws+in+line").text
    imported(app, officer, TABLE)
    assert "KPI 2, Roadmap 2030" in officer.get("/f/SLW00/search?q=number+of+laws").text


def test_a_table_with_an_error_cannot_be_imported(app: Flask, officer: FlaskClient, framework: str) -> None:
    wrong = TABLE.replace("KPI,2", "KPI,4")
    page = post(officer, f"{PAGES}import", file=(io.BytesIO(wrong.encode()), "texts.csv")).location
    shown = officer.get(page).text
    assert "“Roadmap 2030” has no KPI 4." in shown
    assert "nothing of it can be imported" in shown


def test_pages_ask_as_often_however_much_there_is(
    app: Flask, make: Make, fund: Fund, officer: FlaskClient, framework: str
) -> None:
    def asked(page: str) -> int:
        with statements(app) as sent:
            assert officer.get(page).status_code == 200
        return len(sent)

    few = [asked(page) for page in (PAGES, framework)]
    post(officer, PAGES, **{**FACTS, "title": "Roadmap 2040", "goals": "90", "kpis": "90"})
    imported(app, officer, TABLE)
    assert [asked(page) for page in (PAGES, framework)] == few
