"""The pages of reported figures: a table looked at, imported in the background, and read with its versions."""

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.imports.models import TableImport
from mptf.organisations.models import OrganisationKind
from mptf.policy import Role
from mptf.reported.models import ReportedFigure
from tests.factories import Make
from tests.support.posting import post
from tests.support.statements import statements
from tests.support.work import work_off

HEAD = "Organisation,Project number,Year,Category,Basis,Amount USD,Note\n"
TABLE = HEAD + "UNDP,00123456,2024,1,interim,1000.00,\nUNDP,00123456,2024,8,interim,70.00,\n"


@pytest.fixture
def fund(make: Make) -> Fund:
    make.organisation("UNDP", OrganisationKind.PUNO)
    return make.fund()


@pytest.fixture
def officer(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.SECRETARIAT_OFFICER, fund)


def upload(client: FlaskClient, content: str) -> TestResponse:
    return post(client, "/f/SLW00/reported/import", file=(io.BytesIO(content.encode()), "figures.csv"))


def imported(app: Flask, client: FlaskClient, content: str) -> str:
    """Bring a table in, and return its page."""
    page = upload(client, content).location
    assert post(client, f"{page}/import").status_code == 303
    with app.app_context():
        assert work_off() == 1
    return page


def rows(app: Flask) -> int:
    with app.app_context():
        return len(db.session.scalars(select(ReportedFigure)).all())


def test_only_who_may_import_is_told_to_import(make: Make, fund: Fund, officer: FlaskClient) -> None:
    told, here = "Import the table an organisation sent", "/f/SLW00/reported/"
    assert told in officer.get(here).text
    page = make.client(Role.AUDITOR, fund).get(here).text
    assert told not in page
    assert "appears here once the Secretariat has imported it" in page


def test_a_table_is_looked_at_then_imported_and_the_same_table_adds_nothing(app: Flask, officer: FlaskClient) -> None:
    page = upload(officer, TABLE).location
    assert "Each row becomes the newest version of its figure" in officer.get(page).text
    assert rows(app) == 0
    page = imported(app, officer, TABLE.replace("1000.00", "1001.00"))
    assert "Rows added" in officer.get(page).text
    again = upload(officer, TABLE.replace("1000.00", "1001.00")).location
    assert "There is nothing new in this table." in officer.get(again).text
    assert rows(app) == 2


def test_the_list_leads_to_every_version(app: Flask, officer: FlaskClient) -> None:
    imported(app, officer, TABLE)
    imported(app, officer, TABLE.replace("1000.00", "900.00"))
    imported(app, officer, HEAD + "UNDP,00123456,2024,1,certified,880.00,\n")
    shown = officer.get("/f/SLW00/reported/").text
    assert "880.00" in shown
    assert "Certified" in shown
    with app.app_context():
        reporter = db.session.scalars(select(ReportedFigure)).first()
        assert reporter is not None
        address = f"/f/SLW00/reported/{reporter.organisation.public_id}/2024"
    assert address in shown
    history = officer.get(address).text
    assert all(amount in history for amount in ("1,000.00", "900.00", "880.00", "70.00"))
    assert history.count("</svg>Counts</span>") == 1
    assert officer.get(address.replace("2024", "2023")).status_code == 404


def test_the_form_says_how_large_a_table_may_be(officer: FlaskClient) -> None:
    assert "at most 0.6 MB" in officer.get("/f/SLW00/reported/import").text


def test_a_table_with_an_error_cannot_be_imported(app: Flask, officer: FlaskClient) -> None:
    page = upload(officer, HEAD + "UNDP,,2024,9,interim,1,\n").location
    assert "There is no category 9" in officer.get(page).text
    assert post(officer, f"{page}/import").status_code == 303
    with app.app_context():
        work_off()
        assert db.session.scalars(select(TableImport)).one().imported_at is None
    assert "The table has errors" in officer.get(page).text
    assert rows(app) == 0


def test_the_list_asks_as_much_for_many_figures_as_for_few(app: Flask, officer: FlaskClient) -> None:
    imported(app, officer, TABLE)
    with statements(app) as few:
        officer.get("/f/SLW00/reported/")
    years = "".join(f"UNDP,,{year},{n},interim,{n},\n" for year in range(2001, 2024) for n in range(1, 9))
    imported(app, officer, HEAD + years)
    with statements(app) as many:
        officer.get("/f/SLW00/reported/")
    assert len(many) == len(few)


def test_a_correction_is_shown_where_it_counts_and_where_it_corrects(app: Flask, officer: FlaskClient) -> None:
    head = HEAD.replace("Note", "Corrects year,Note")
    imported(app, officer, head + "UNDP,00123456,2023,1,certified,1000.00,,\n")
    table = head + "UNDP,00123456,2024,1,interim,500.00,,\nUNDP,00123456,2024,1,interim,-30.00,2023,\n"
    preview = officer.get(upload(officer, table).location).text
    assert "<td>2023</td>" in preview
    imported(app, officer, table.replace("500.00", "501.00"))
    shown = officer.get("/f/SLW00/reported/").text
    assert "of which −30.00 corrects 2023" in shown
    with app.app_context():
        reporter = db.session.scalars(select(ReportedFigure)).first()
        assert reporter is not None
        address = f"/f/SLW00/reported/{reporter.organisation.public_id}"
    corrected, counted = (" ".join(officer.get(f"{address}/{year}").text.split()) for year in (2023, 2024))
    assert "Corrected in 2024 by USD −30.00" in corrected
    assert "USD −30.00 of it corrects 2023" in counted
    assert '<span class="sub2">corrects 2023</span>' in counted


def test_the_list_of_certified_figures_says_what_it_leaves_out(app: Flask, officer: FlaskClient) -> None:
    imported(app, officer, TABLE)
    none = officer.get("/f/SLW00/reported/?figures=certified").text
    assert "No organisation certified what it reported here." in none
    imported(app, officer, HEAD + "UNDP,00123456,2023,1,certified,880.00,\n")
    shown = officer.get("/f/SLW00/reported/?figures=certified").text
    for told in ("by year and organisation, certified figures only", "Interim figures of USD\xa01,070.00 are left out",
                 "1 year of an organisation.", "880.00", '<option value="certified" selected>'):  # fmt: skip
        assert told in shown, told
    assert ">1,070.00<" not in shown
    assert ">1,070.00<" in officer.get("/f/SLW00/reported/").text
