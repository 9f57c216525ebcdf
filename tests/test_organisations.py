"""Organisations, their offices, and the jurisdictions."""

from typing import Any

import pytest
from flask import Flask

from mptf.core.db import db
from mptf.core.errors import NotAllowed, RuleBroken
from mptf.desk.queries import find
from mptf.organisations import queries, service
from mptf.organisations.facts import JurisdictionFacts, OrganisationFacts
from mptf.organisations.models import Jurisdiction, OrganisationKind
from mptf.policy import Role, Viewer
from tests.factories import Make
from tests.support.at_once import at_once


@pytest.fixture
def admin(make: Make) -> Viewer:
    return make.viewer(Role.ADMINISTRATOR)


def organisation(short_name: str = "UNDP", kind: OrganisationKind = OrganisationKind.PUNO, **more: Any) -> Any:
    return OrganisationFacts(kind=kind, short_name=short_name, official_name=f"{short_name}, official", **more)


def test_organisations_are_found_by_short_name_kind_and_search(ctx: Flask, admin: Viewer) -> None:
    undp = service.add_organisation(organisation("UNDP", iati_identifier="XM-DAC-41114"), by=admin)
    unodc = service.add_organisation(organisation("UNODC"), by=admin)
    norway = service.add_organisation(organisation("Norway", OrganisationKind.GOVERNMENT, country_code="NO"), by=admin)
    service.add_reference_data(by=admin)
    albania = db.session.query(Jurisdiction).filter_by(iati_code="AL").one()
    service.add_office(undp, name="UNDP Albania", jurisdiction=albania, by=admin)
    db.session.commit()
    assert queries.find_organisation(" undp ") is undp
    assert queries.find_organisation("UN") is None
    assert queries.organisations_of(OrganisationKind.PUNO) == [undp, unodc]
    assert queries.search_organisations("41114").items == [undp]
    assert queries.search_organisations("albania").items == [undp]
    assert queries.search_organisations("%").items == []
    assert queries.search_organisations(kind=OrganisationKind.GOVERNMENT).items == [norway]
    second = queries.search_organisations(page=2, size=2)
    assert (second.items, second.total, second.pages) == ([unodc], 3, 2)


def test_the_secretariat_finds_an_organisation_by_its_present_names(ctx: Flask, make: Make, admin: Viewer) -> None:
    fund = make.fund()
    officer, donor = make.viewer(Role.SECRETARIAT_OFFICER, fund), make.viewer(Role.DONOR_VIEWER, fund)
    undp = service.add_organisation(organisation("UNDP"), by=admin)
    db.session.commit()
    assert [found.title for found in find(officer, fund, "undp official", 1).items] == ["UNDP, UNDP, official"]
    service.change_organisation(undp, organisation("Prize"), by=admin)
    db.session.commit()
    assert [found.values for found in find(officer, fund, "priz", 1).items] == [{"public_id": undp.public_id}]
    assert find(officer, fund, "undp", 1).total == 0
    assert find(donor, fund, "priz", 1).total == 0


def test_a_short_name_is_one_organisation_in_any_case(ctx: Flask, admin: Viewer) -> None:
    service.add_organisation(organisation("UNDP"), by=admin)
    unodc = service.add_organisation(organisation("UNODC"), by=admin)
    with pytest.raises(RuleBroken, match="UNDP already"):
        service.add_organisation(organisation("undp"), by=admin)
    with pytest.raises(RuleBroken, match="UNDP already"):
        service.change_organisation(unodc, organisation("Undp"), by=admin)
    assert service.change_organisation(unodc, organisation("unodc"), by=admin) is True


def test_a_short_name_beyond_ascii_is_one_organisation_in_any_case(ctx: Flask, admin: Viewer) -> None:
    austria = service.add_organisation(organisation("Österreich"), by=admin)
    db.session.commit()
    for again in ("ÖSTERREICH", "österreich", "Österreich"):
        with pytest.raises(RuleBroken, match="Österreich already"):
            service.add_organisation(organisation(again), by=admin)
        db.session.rollback()
    assert queries.search_organisations("ÖSTERREICH").items == [austria]


@pytest.mark.parametrize(
    "facts, field",
    [
        (organisation(" "), "short_name"), (organisation(country_code="ZZ"), "country_code"),
        (organisation(country_code="no"), "country_code"), (organisation(iati_identifier="XM DAC"), "iati_identifier"),
        (organisation(iati_identifier="XM/DAC"), "iati_identifier"),
    ],
)  # fmt: skip
def test_an_organisation_that_cannot_be_published_is_refused(
    ctx: Flask, admin: Viewer, facts: OrganisationFacts, field: str
) -> None:
    with pytest.raises(RuleBroken) as refused:
        service.add_organisation(facts, by=admin)
    assert refused.value.field == field


def test_an_office_is_named_once_in_its_organisation(ctx: Flask, admin: Viewer) -> None:
    undp = service.add_organisation(organisation("UNDP"), by=admin)
    service.add_reference_data(by=admin)
    albania, serbia = (db.session.query(Jurisdiction).filter_by(iati_code=code).one() for code in ("AL", "RS"))
    office = service.add_office(undp, name="UNDP Albania", jurisdiction=albania, by=admin)
    second = service.add_office(undp, name="UNDP Serbia", jurisdiction=serbia, by=admin)
    db.session.commit()
    with pytest.raises(RuleBroken, match="UNDP has an office UNDP Albania already"):
        service.add_office(undp, name="UNDP Albania", jurisdiction=serbia, by=admin)
    with pytest.raises(RuleBroken, match="already"):
        service.change_office(second, name="UNDP Albania", jurisdiction=serbia, by=admin)
    db.session.rollback()
    assert service.change_office(office, name="UNDP Tirana", jurisdiction=albania, by=admin) is True


def test_the_jurisdictions_of_the_region_come_with_every_installation(ctx: Flask, admin: Viewer) -> None:
    assert service.add_reference_data(by=None) == 7
    assert service.add_reference_data(by=None) == 0
    db.session.commit()
    assert [(place.name, place.iati_code) for place in queries.jurisdictions()] == [
        ("Albania", "AL"), ("Bosnia and Herzegovina", "BA"), ("Kosovo*", "XK"), ("Montenegro", "ME"),
        ("North Macedonia", "MK"), ("Serbia", "RS"), ("Regional", "89"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "facts, field",
    [
        (JurisdictionFacts("Sweden", "SWE"), "iati_code"), (JurisdictionFacts("Region", "AL", True), "iati_code"),
        (JurisdictionFacts("Sweden", "89"), "iati_code"), (JurisdictionFacts("", "SE"), "name"),
    ],
)  # fmt: skip
def test_a_jurisdiction_has_a_code_iati_knows(ctx: Flask, admin: Viewer, facts: JurisdictionFacts, field: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        service.add_jurisdiction(facts, by=admin)
    assert refused.value.field == field


@pytest.mark.parametrize("role", [Role.SECRETARIAT_HEAD, Role.AUDITOR, Role.PUNO_OFFICER])
def test_only_an_administrator_adds_organisations(ctx: Flask, make: Make, role: Role) -> None:
    with pytest.raises(NotAllowed):
        service.add_organisation(organisation(), by=make.viewer(role, make.fund()))


@pytest.mark.both_engines
def test_short_names_that_differ_in_case_alone_added_at_once_are_one(app: Flask, make: Make) -> None:
    boss, names = make.viewer(Role.ADMINISTRATOR), iter(["unicef", "UNICEF", "Unicef", "uNICEF"])

    def add() -> None:
        facts = OrganisationFacts(short_name=next(names), official_name="Demo", kind=OrganisationKind.PUNO)
        service.add_organisation(facts, by=boss)

    met = at_once(app, 4, add)
    assert met.count("done") == 1
    assert all("already" in refusal for refusal in met if refusal != "done")
