"""The pages of organisations, offices and jurisdictions."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mptf.core.db import db
from mptf.organisations import queries, service
from mptf.organisations.models import Organisation, OrganisationKind
from mptf.paper.values import KOSOVO_FOOTNOTE
from mptf.policy import Role
from tests.factories import Make
from tests.support.posting import post


@pytest.fixture
def admin(make: Make) -> FlaskClient:
    return make.client(Role.ADMINISTRATOR)


def test_an_organisation_and_its_office_are_added_and_changed(app: Flask, make: Make, admin: FlaskClient) -> None:
    with app.app_context():
        service.add_reference_data(by=None)
        db.session.commit()
        places = {place.name: place.public_id for place in queries.jurisdictions()}
    facts = {"short_name": "UNDP", "official_name": "UN Development Programme", "kind": "puno", "country_code": "",
             "iati_identifier": "XM-DAC-41114"}  # fmt: skip
    location = post(admin, "/admin/organisations/new", **facts).location
    assert KOSOVO_FOOTNOTE not in admin.get(location).text
    office = {"name": "UNDP Kosovo*", "jurisdiction": places["Kosovo*"]}
    assert post(admin, f"{location}/offices/new", **office).status_code == 303
    assert admin.get(location).text.count(KOSOVO_FOOTNOTE) == 1
    assert admin.get("/admin/jurisdictions").text.count(KOSOVO_FOOTNOTE) == 1
    refused = post(admin, f"{location}/offices/new", **{**office, "name": "UNDP Kosovo"})
    assert refused.status_code == 422
    assert "with its asterisk" in refused.text
    assert "UNDP" in admin.get("/admin/organisations?q=41114&kind=puno").text
    assert post(admin, "/admin/organisations/new", **facts).status_code == 422


def test_an_organisation_changed_meanwhile_shows_both_texts(app: Flask, make: Make, admin: FlaskClient) -> None:
    row = make.organisation("Norway", OrganisationKind.GOVERNMENT)
    url = f"/admin/organisations/{row.public_id}/edit"
    facts = {"short_name": "Norway", "official_name": "Norway", "kind": "government", "country_code": "no"}
    opened = admin.get(url)
    assert post(admin, url, **{**facts, "official_name": "Kingdom of Norway"}).status_code == 303
    refused = post(admin, url, opened, **{**facts, "official_name": "Royal Ministry"})
    assert refused.status_code == 422
    assert re.search(r"Official name</th><td>Kingdom of Norway</td><td>Royal Ministry</td>", refused.text)
    assert 'value="Royal Ministry"' in refused.text
    assert post(admin, url, refused, **{**facts, "official_name": "Royal Ministry"}).status_code == 303
    with app.app_context():
        stored = db.session.get_one(Organisation, row.id)
        assert (stored.official_name, stored.country_code) == ("Royal Ministry", "NO")


def test_the_same_change_by_two_people_is_no_conflict(make: Make, admin: FlaskClient) -> None:
    row = make.organisation("Norway", OrganisationKind.GOVERNMENT)
    url = f"/admin/organisations/{row.public_id}/edit"
    facts = {"short_name": "Norway", "official_name": "Kingdom of Norway", "kind": "government"}
    opened = admin.get(url)
    assert post(admin, url, **facts).status_code == 303
    assert post(admin, url, opened, **{**facts, "token": "another"}).status_code == 303
