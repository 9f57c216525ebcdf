"""The rule of DOMAIN 1: `Kosovo*` keeps its asterisk, and a page that says it prints the footnote once."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from flask import Flask, Response
from sqlalchemy.exc import IntegrityError

from mptf.core.db import db
from mptf.core.errors import RuleBroken
from mptf.core.kosovo import keep_asterisk, with_asterisk
from mptf.organisations import service
from mptf.organisations.facts import JurisdictionFacts, OrganisationFacts
from mptf.organisations.models import Jurisdiction, OrganisationKind
from mptf.organisations.reference import JURISDICTIONS
from mptf.paper.values import KOSOVO_FOOTNOTE
from mptf.paper.values import KOSOVO_FOOTNOTE as ON_PAPER
from mptf.people.letters import write
from mptf.policy import Role
from mptf.web.text import FOOTNOTE_PLACE, kosovo_footnote
from tests.factories import Make

Page = Callable[..., str]


@pytest.fixture
def page() -> Page:
    def printed(body: str, mimetype: str = "text/html") -> str:
        response = Response(f"<main>{body}</main><footer>{FOOTNOTE_PLACE}</footer>", mimetype=mimetype)
        return kosovo_footnote(response).get_data(as_text=True)

    return printed


def test_the_footnote_has_the_words_of_the_united_nations_on_screen_and_paper() -> None:
    assert KOSOVO_FOOTNOTE == (
        "* References to Kosovo shall be understood to be in the context of Security Council Resolution 1244 (1999)."
    )
    assert ON_PAPER == KOSOVO_FOOTNOTE


@pytest.mark.parametrize(
    "body",
    [
        "<p>UNDP Kosovo*</p>",
        "<td>Kosovo*</td><td>Kosovo*</td>",
        "<b>Kosovo</b>*",
        "<option>Kosovo*</option>",
        "<p>UNDP KOSOVO*</p>",
    ],
)
def test_a_page_that_says_it_prints_the_footnote_once(page: Page, body: str) -> None:
    text = page(body)
    assert text.count(KOSOVO_FOOTNOTE) == 1
    assert FOOTNOTE_PLACE not in text


@pytest.mark.parametrize(
    "body",
    ["<p>Albania</p>", '<a title="Kosovo*">XK</a>', '<input value="Kosovo*">', "<p>5 * 3</p>", "<!-- Kosovo* -->"],
)  # fmt: skip
def test_a_page_that_does_not_say_it_prints_none(page: Page, body: str) -> None:
    text = page(body)
    assert KOSOVO_FOOTNOTE not in text
    assert FOOTNOTE_PLACE not in text


def test_other_answers_stay_as_they_are(page: Page) -> None:
    assert FOOTNOTE_PLACE in page("Kosovo*", "text/plain")


def test_a_mail_that_says_it_prints_the_footnote(app: Flask) -> None:
    with app.test_request_context():
        told, silent = (
            write("password_changed", "Subject", person=SimpleNamespace(name=name), link="x").text
            for name in ("Ana of Kosovo*", "Ana of Albania")
        )
    assert told.endswith(f"\n\n{KOSOVO_FOOTNOTE}\n")
    assert KOSOVO_FOOTNOTE not in silent


@pytest.mark.parametrize(
    "written, kept",
    [
        ("UNDP  Kosovo", "UNDP  Kosovo*"), ("KOSOVO, Kosovo* and Kosovo", "KOSOVO*, Kosovo* and Kosovo*"),
        ("office@kosovo.example https://kosovo.example/Kosovo", "office@kosovo.example https://kosovo.example/Kosovo"),
        ("Albania", "Albania"), ("", ""),
    ],
)  # fmt: skip
def test_what_others_wrote_gets_the_asterisk(written: str, kept: str) -> None:
    assert with_asterisk(written) == kept
    keep_asterisk(kept)


@pytest.mark.parametrize("name", ["Kosovo", "UNDP Kosovo", "kosovo (1244)", "Kosovo * and Kosovo*"])
def test_the_asterisk_cannot_be_dropped_from_a_name(ctx: Flask, make: Make, name: str) -> None:
    admin = make.viewer(Role.ADMINISTRATOR)
    with pytest.raises(RuleBroken, match="with its asterisk"):
        service.add_organisation(OrganisationFacts(OrganisationKind.PUNO, "UNDP", name), by=admin)
    undp = service.add_organisation(OrganisationFacts(OrganisationKind.PUNO, "UNDP", "UNDP"), by=admin)
    service.add_reference_data(by=admin)
    place = db.session.query(Jurisdiction).filter_by(iati_code="XK").one()
    with pytest.raises(RuleBroken, match="with its asterisk"):
        service.add_office(undp, name=name, jurisdiction=place, by=admin)


def test_the_name_with_its_asterisk_is_kept(ctx: Flask, make: Make) -> None:
    admin = make.viewer(Role.ADMINISTRATOR)
    service.add_reference_data(by=admin)
    undp = service.add_organisation(OrganisationFacts(OrganisationKind.PUNO, "UNDP", "UNDP"), by=admin)
    place = db.session.query(Jurisdiction).filter_by(iati_code="XK").one()
    office = service.add_office(undp, name="UNDP Kosovo*", jurisdiction=place, by=admin)
    db.session.commit()
    assert (office.name, office.jurisdiction.name) == ("UNDP Kosovo*", "Kosovo*")


@pytest.mark.parametrize("name, code", [("Kosovo*", "RS"), ("Pristina", "XK")])
def test_the_code_and_the_name_belong_together(ctx: Flask, make: Make, name: str, code: str) -> None:
    with pytest.raises(RuleBroken, match="called Kosovo"):
        service.add_jurisdiction(JurisdictionFacts(name, code), by=make.viewer(Role.ADMINISTRATOR))
    db.session.add(Jurisdiction(name=name, iati_code=code))
    with pytest.raises(IntegrityError):
        db.session.flush()


def test_iati_gets_its_own_code() -> None:
    assert {place.name: place.iati_code for place in JURISDICTIONS}["Kosovo*"] == "XK"
