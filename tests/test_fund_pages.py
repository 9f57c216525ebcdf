"""The pages of funds, settings and calendar: who sees them, what they keep, what they refuse."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from mptf.core import clock
from mptf.core.db import db
from mptf.fund import queries, service
from mptf.fund.models import Fund
from mptf.fund.rules import Rules
from mptf.organisations import queries as organisation_queries
from mptf.organisations import service as organisations
from mptf.organisations.facts import OrganisationFacts
from mptf.organisations.models import OrganisationKind
from mptf.policy import Role
from mptf.rates import service as rates
from mptf.rates.service import NewRate
from tests.factories import Make
from tests.support.posting import post

FUND_PAGES = ("settings", "settings/calendar", "rates", "organisations", "organisations/jurisdictions")
ADMIN_PAGES = (
    "organisations", "organisations/new", "jurisdictions", "jurisdictions/new", "funds", "funds/new", "funds/SLW00",
)  # fmt: skip
SETTINGS = {
    "valid_from": "1 Jan 2199", "aa_fee": "0.98", "indirect_cost": "7", "reserve": "1,000.50", "statement_layout": "1",
    "second_factor_required": "y", "no_objection_days": "10", "next_tranche": "75", "category_tolerance": "15",
}  # fmt: skip


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def admin(make: Make) -> FlaskClient:
    return make.client(Role.ADMINISTRATOR)


@pytest.fixture
def officer(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.SECRETARIAT_OFFICER, fund)


@contextmanager
def counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


# ---- who


def test_the_secretariat_reads_and_the_administrator_keeps(
    fund: Fund, admin: FlaskClient, officer: FlaskClient
) -> None:
    for page in FUND_PAGES:
        assert officer.get(f"/f/SLW00/{page}").status_code == 200, page
        assert admin.get(f"/f/SLW00/{page}").status_code == 200, page
    for page in ADMIN_PAGES:
        assert admin.get(f"/admin/{page}").status_code == 200, page
        assert officer.get(f"/admin/{page}").status_code == 404, page
    assert officer.get("/f/SLW00/settings/change").status_code == 404
    assert admin.get("/f/SLW00/rates/import").status_code == 404


@pytest.mark.parametrize("role", [Role.DONOR_VIEWER, Role.PUNO_OFFICER, Role.TECHNICAL_REVIEWER])
def test_others_find_nothing_there(make: Make, fund: Fund, role: Role) -> None:
    client = make.client(role, fund)
    for page in FUND_PAGES:
        assert client.get(f"/f/SLW00/{page}").status_code == 404


def test_the_pages_of_another_fund_do_not_exist(make: Make, officer: FlaskClient) -> None:
    make.fund("FWREG")
    for page in FUND_PAGES:
        assert officer.get(f"/f/FWREG/{page}").status_code == 404


# ---- settings


def test_the_rules_in_force_are_shown_with_their_units(fund: Fund, officer: FlaskClient) -> None:
    text = officer.get("/f/SLW00/settings").text
    for value in ("1%", "7%", "USD\N{NO-BREAK SPACE}0", "10 working days", "75%", "15%", "Layout 1", "Required"):
        assert f">{value}<" in text
    assert "Plan a change" not in text


def test_a_change_is_planned_shown_edited_and_withdrawn(app: Flask, fund: Fund, admin: FlaskClient) -> None:
    url = "/f/SLW00/settings/change"
    assert post(admin, url, **SETTINGS, basis="Decision SC8/D3").status_code == 303
    page = admin.get("/f/SLW00/settings").text
    assert "1 Jan 2199" in page
    assert "0.98%" in page
    assert "Decision SC8/D3" in page
    with app.app_context():
        row = queries.settings_on(fund, date(2199, 1, 1))
        assert row.rules == Rules(aa_fee_bp=98, reserve_minor=100050)
    edit = f"{url}?row={row.public_id}"
    assert 'value="0.98"' in admin.get(edit).text
    assert post(admin, edit, **{**SETTINGS, "aa_fee": "0.5"}).status_code == 303
    withdraw = f"/f/SLW00/settings/{row.public_id}/withdraw"
    assert post(admin, withdraw, admin.get("/f/SLW00/settings")).status_code == 303
    with app.app_context():
        assert queries.settings_on(fund, date(2199, 1, 1)).rules == Rules()


@pytest.mark.parametrize(
    "field, typed, words",
    [
        ("aa_fee", "1.000,00", "Write percent with a point"), ("aa_fee", "100.01", "between 0 and 100"),
        ("reserve", "NaN", "is not an amount"), ("reserve", "-1", "0 or more"),
        ("valid_from", "1 Jan 2020", "not rewritten"),
        ("valid_from", "yesterday", "Write the day"), ("no_objection_days", "ten", "whole number"),
        ("no_objection_days", "91", "between 1 and 90"), ("statement_layout", "3", "Not a valid choice"),
        ("basis", "Meeting in Kosovo", "asterisk"), ("aa_fee", "", "Fill this in"),
    ],
)  # fmt: skip
def test_a_refusal_stands_at_its_field_and_what_was_typed_stays(
    fund: Fund, admin: FlaskClient, field: str, typed: str, words: str
) -> None:
    answer = post(admin, "/f/SLW00/settings/change", **{**SETTINGS, "basis": "Typed", field: typed})
    assert answer.status_code == 422
    error = re.search(rf'id="{field}-error".*?</p>', answer.text, re.DOTALL)
    assert error
    assert words in error[0]
    assert 'value="1,000.50"' in answer.text or field == "reserve"
    assert f'value="{typed}"' in answer.text or field == "statement_layout"


def test_settings_changed_meanwhile_show_both_texts_and_can_be_sent_again(
    app: Flask, make: Make, fund: Fund, admin: FlaskClient
) -> None:
    url, other = "/f/SLW00/settings/change", make.client(Role.ADMINISTRATOR)
    opened = admin.get(url)
    assert post(other, url, **{**SETTINGS, "indirect_cost": "8"}).status_code == 303
    refused = post(admin, url, opened, **SETTINGS)
    assert refused.status_code == 422
    assert refused.text.count("This was changed since you opened it") == 1
    assert re.search(r"Indirect cost</th><td>8</td><td>7</td>", refused.text)
    assert "Fee of the Administrative Agent</th>" not in refused.text
    assert post(admin, url, refused, **SETTINGS).status_code == 303
    with app.app_context():
        assert queries.settings_on(fund, date(2199, 1, 1)).indirect_cost_bp == 700


def test_a_form_posted_twice_changes_once(app: Flask, fund: Fund, admin: FlaskClient) -> None:
    opened = admin.get("/f/SLW00/settings/change")
    first, second = (post(admin, "/f/SLW00/settings/change", opened, **SETTINGS) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    with app.app_context():
        assert len(queries.timeline(fund).rows) == 2


# ---- calendar


def test_a_holiday_is_added_shown_and_removed(app: Flask, fund: Fund, officer: FlaskClient) -> None:
    url = "/f/SLW00/settings/calendar"
    assert post(officer, url, falls_on="25 Dec 2198", name="Christmas Day").status_code == 303
    page = officer.get(f"{url}?year=2198")
    assert page.text.count("Christmas Day") >= 3
    refused = post(officer, url, falls_on="25 Dec 2198", name="Again")
    assert refused.status_code == 422
    assert "holiday already" in refused.text
    with app.app_context():
        holiday = queries.holidays(fund)[0]
    assert post(officer, f"{url}/{holiday.public_id}/remove", page).status_code == 303
    assert "Christmas Day" not in officer.get(f"{url}?year=2198").text


@pytest.mark.parametrize("year", ["", "0", "99999999", "-1", "x", "١٩٩٩"])
def test_a_year_that_is_none_gives_a_page(officer: FlaskClient, year: str) -> None:
    assert officer.get("/f/SLW00/settings/calendar", query_string={"year": year}).status_code == 200


# ---- funds


def test_a_fund_is_added_and_changed(app: Flask, fund: Fund, admin: FlaskClient) -> None:
    facts = {"name": "Regional project", "short_name": "Regional", "purpose": "", "zone": "Europe/Belgrade",
             "decision_body": "donor_agreement", "established_on": ""}  # fmt: skip
    new = {**facts, "code": "FWREG", "currency": "USD", "valid_from": "1 Jan 2020"}
    assert post(admin, "/admin/funds/new", **{**new, "zone": "Mars/Base"}).status_code == 422
    assert post(admin, "/admin/funds/new", **new).location.endswith("/f/FWREG/settings")
    assert "Regional project" in admin.get("/admin/funds").text
    changed = {**facts, "name": "Regional project, phase 2", "code": "OTHER", "currency": "EUR", "is_demo": "y"}
    assert post(admin, "/admin/funds/FWREG", **changed).status_code == 303
    with app.app_context():
        row = queries.get_fund("FWREG")
        assert (row.name, row.currency, row.is_demo) == ("Regional project, phase 2", "USD", False)


# ---- odd addresses


@pytest.mark.parametrize(
    "address",
    ["/f/SLW00/settings/change?row=%00", "/f/SLW00/settings/change?row=none", "/admin/organisations/%00",
     "/admin/organisations/%00/edit", "/admin/jurisdictions/none", "/admin/funds/%00", "/f/%00/settings",
     "/f/SLW00/rates?currency=%00"],
)  # fmt: skip
def test_an_address_of_nothing_is_not_found(fund: Fund, admin: FlaskClient, address: str) -> None:
    assert admin.get(address).status_code == 404


@pytest.mark.parametrize(
    "words", ["currency=%22", "source=none", "page=9999999", "page=-1", "currency=EUR%27", "q=%25"]
)
def test_an_odd_filter_gives_a_page(fund: Fund, admin: FlaskClient, words: str) -> None:
    for page in ("/f/SLW00/rates", "/f/SLW00/organisations"):
        assert admin.get(f"{page}?{words}").status_code == 200


ODD = {
    "nul": "%00",
    "surrogate": "%ED%A0%80",
    "long": "x" * 1_000_000,
    "digits": "9" * 1000,
    "right to left": "%E2%80%AE",
}
FORMS = {
    "/f/SLW00/rates": {"currency": "EUR", "valid_from": "1 Jan 2026", "rate": "0.5", "source": "unore", "note": ""},
    "/f/SLW00/settings/calendar": {"falls_on": "1 Jan 2199", "name": "Holiday"},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize(
    "url, field", [(url, field) for url, fields in FORMS.items() for field in (*fields, "version")]
)
def test_odd_text_is_refused_in_words_or_kept(officer: FlaskClient, url: str, field: str, odd: str) -> None:
    typed = "&".join(f"{name}={text}" for name, text in {**FORMS[url], field: odd}.items())
    answer = officer.post(url, data=typed, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (303, 422)


# ---- speed


def test_pages_ask_few_questions_however_much_there_is(app: Flask, make: Make, fund: Fund) -> None:
    client = make.client(Role.ADMINISTRATOR)
    officer = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    pages = ("/f/SLW00/settings", "/f/SLW00/settings/calendar", "/f/SLW00/rates", "/f/SLW00/organisations",
             "/admin/organisations", "/admin/jurisdictions", "/admin/funds")  # fmt: skip
    few = {page: questions(app, client, page) for page in pages}
    admin = make.viewer(Role.ADMINISTRATOR)
    with app.app_context():
        organisations.add_reference_data(by=None)
        place = organisation_queries.jurisdictions()[0]
        for number in range(30):
            facts = OrganisationFacts(OrganisationKind.PUNO, f"ORG{number}", f"Organisation {number}")
            row = organisations.add_organisation(facts, by=admin)
            organisations.add_office(row, name=f"Office {number}", jurisdiction=place, by=admin)
            day = date(2020 + number // 12, 1 + number % 12, 1)
            rates.record_rate(NewRate("EUR", day, 900000 + number), fund=fund, by=officer)
            holiday = clock.today(fund).replace(year=clock.today(fund).year + 1 + number, day=1)
            service.add_holiday(fund, falls_on=holiday, name="Holiday", by=officer)
        db.session.commit()
    many = {page: questions(app, client, page) for page in pages}
    assert all(many[page] <= 8 for page in pages), many
    # a list with rows in it loads what belongs to them, once
    assert all(many[page] <= few[page] + 1 for page in pages), (few, many)


def questions(app: Flask, client: FlaskClient, page: str) -> int:
    with app.app_context(), counted() as statements:
        assert client.get(page).status_code == 200
    return len([s for s in statements if s.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE"))])
