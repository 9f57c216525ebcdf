"""The chain of the product, through the pages and on both engines; each later room adds its link.

Pledge → agreement → instalments → deposit → confirmation → call → proposal → submission → other cash → ledger →
funding status and the public page → statement, which anybody checks.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mptf.core.db import db
from mptf.drafting.queries import frame_of
from mptf.fund.queries import get_fund
from mptf.ledger import balances
from mptf.organisations.models import Organisation
from mptf.policy import Role
from mptf.proposals.models import Proposal
from tests import worlds
from tests.factories import Make
from tests.support.posting import post
from tests.support.signing import sign_in
from tests.support.visitor import hidden_fields
from tests.support.whole import contents
from tests.worlds import World

pytestmark = pytest.mark.both_engines

MONEY = "/f/SLW00/contributions"
CALLS, PROPOSALS = "/f/SLW00/calls/", "/f/SLW00/proposals"
REACH = ("items", "jurisdictions", "offices")


def test_the_chain(app: Flask, make: Make) -> None:
    world = worlds.build(make)
    _publish(app, world)
    officer = sign_in(app.test_client(), world.people[Role.SECRETARIAT_OFFICER])
    agent = sign_in(app.test_client(), world.people[Role.ADMINISTRATIVE_AGENT])
    head = sign_in(app.test_client(), world.people[Role.SECRETARIAT_HEAD])
    donor = sign_in(app.test_client(), world.people[Role.DONOR_VIEWER])
    applicant = sign_in(app.test_client(), world.people[Role.PUNO_OFFICER])

    pledge(officer, world.donor)
    agreement(officer, world.donor)
    address = deposit(officer, world.donor)
    assert "57,600" not in app.test_client().get("/funds/SLW00").text, "advised cash is not public yet"

    confirm(agent, address)
    assert "57,600" in app.test_client().get("/funds/SLW00").text
    assert "10.416667" in donor.get(address).text
    assert "57,600" in officer.get("/f/SLW00/ledger").text
    instalments(donor)
    address = proposal(applicant, call(officer, head))
    assert applicant.get(f"{address}/parts/risks").status_code == 200
    assert "What was submitted" in officer.get(address).text
    assert donor.get(address).status_code == 404
    transfer(officer, agent, world.puno)
    status(agent)
    check(app.test_client(), statement(head, donor, world.donor))
    with app.app_context():
        trial = balances.trial(get_fund("SLW00"))
        assert trial.debits == trial.credits
        assert {money.minor for money in trial.debits.values()} == {57_600_00}


def pledge(officer: FlaskClient, donor: Organisation) -> None:
    """The officer records what a contributor announced."""
    page = _post(
        officer, f"{MONEY}/pledges/new", donor=donor.public_id, amount="6,000,000", currency="SEK",
        announced_on="1 Mar 2026", precision="month", certainty="certain", source="https://example.org/news",
    )  # fmt: skip
    assert "6,000,000" in page.text


def agreement(officer: FlaskClient, donor: Organisation) -> None:
    """The contributor signs; the amount is a commitment, paid in instalments."""
    page = _post(
        officer, f"{MONEY}/agreements/new", donor=donor.public_id, kind="saa", reference="SAA-1",
        signed_on="2026-03-02", amount="6000000.00", currency="SEK",
    )  # fmt: skip
    assert "SAA-1" in page.text
    rows = {"instalments-0-due_on": "2 Mar 2026", "instalments-0-amount": "6,000,000"}
    assert "Overdue" in _post(officer, f"{page.request.path}/instalments", **rows).text
    assert "Pending" in officer.get(f"{MONEY}/agreements").text


def deposit(officer: FlaskClient, donor: Organisation) -> str:
    """Cash arrives: SEK 600,000 for USD 57,600.00, fee 1 %; return the address of its page."""
    signed = re.search(r'value="([a-z2-7]{26})">[^<]*SAA-1', officer.get(f"{MONEY}/deposits/new").text)
    assert signed
    page = _post(
        officer, f"{MONEY}/deposits/new", donor=donor.public_id, agreement=signed[1], received="57,600.00",
        value_on="3 Mar 2026", original="600,000.00", currency="SEK", fee="576.00", bank_reference="B-1",
        certainty="certain",
    )  # fmt: skip
    assert "Advised" in page.text
    return page.request.path


def confirm(agent: FlaskClient, address: str) -> None:
    """The Administrative Agent finds it in its books."""
    assert "Confirmed" in _post(agent, f"{address}/confirm", note="seen in the statement of 4 March").text


def instalments(donor: FlaskClient) -> None:
    """What arrived went to the instalment of March; the rest of it is late."""
    signed = re.search(rf'href="({MONEY}/agreements/[a-z2-7]{{26}})"', donor.get(f"{MONEY}/agreements").text)
    assert signed
    plan = donor.get(signed[1]).text
    for words in ("600,000.00", "5,400,000.00", "Overdue"):
        assert words in plan, words


def call(officer: FlaskClient, head: FlaskClient) -> str:
    """The officer drafts a call part by part, the head publishes it."""
    address = post(officer, CALLS, title="Safe storage").location
    opened = (datetime.now(UTC) - timedelta(hours=2)).astimezone(ZoneInfo("Europe/Belgrade"))
    closes = opened + timedelta(days=30)
    reach = officer.get(f"{address}/write/reach").text
    parts: dict[str, dict[str, Any]] = {
        "basics": {"title": "Safe storage", "scope": "Fences.", "decision": "SC1/D1", "decided_on": "1 Mar 2026"},
        "reach": {name: re.findall(rf'name="{name}"[^>]*value="(\w+)"', reach) for name in REACH},
        "amounts": {"envelope": "900,000", "smallest": "10,000", "largest": "400,000"},
        "dates": {
            "opens_on": f"{opened:%-d %b %Y}", "opens_time": f"{opened:%H:%M}", "closes_on": f"{closes:%-d %b %Y}",
            "closes_time": "17:00", "zone": "Europe/Belgrade", "grace_minutes": "30",
        },
    }  # fmt: skip
    for part, typed in parts.items():
        assert post(officer, f"{address}/write/{part}", **typed).status_code == 303, part
    post(officer, f"{address}/criteria", name="Relevance", most_points="1", weight="100", anchors="no\nyes")
    assert post(head, f"{address}/publish").status_code == 303
    return str(address)


def proposal(applicant: FlaskClient, call: str) -> str:
    """An officer of an office that was asked writes every part, and submits."""
    start = f"{PROPOSALS}/start/{call.rpartition('/')[2]}"
    address = post(applicant, start, title="Fences for the depots").location
    with applicant.application.app_context():
        drafted = db.session.query(Proposal).one()
        parts = {kind.value: content for kind, content in contents(drafted, frame_of(drafted)).items()}
    for part, typed in parts.items():
        assert post(applicant, f"{address}/parts/{part}", do="save", **typed).status_code == 303, part
    assert post(applicant, f"{address}/begin", applicant.get(address)).location == f"{address}/submit"
    assert post(applicant, f"{address}/submit", sure="y").location == address
    return str(address)


def transfer(officer: FlaskClient, agent: FlaskClient, puno: Organisation) -> None:
    """Cash goes out to an organisation for its project, and the Administrative Agent has it in its books."""
    page = _post(
        officer, "/f/SLW00/cash/new/transfer", organisation=puno.public_id, reference="00123456",
        amount="20,000.00", value_on="4 Mar 2026", bank_reference="T-1", window="",
    )  # fmt: skip
    assert "37,024.00" in page.text, "what the fund still holds: received, less the fee and the transfer"
    confirm(agent, page.request.path)


def status(agent: FlaskClient) -> None:
    """Both sides of the funding status follow from the documents."""
    page = agent.get("/f/SLW00/status/?as_at=31+Mar+2026").text
    for figure in ("57,600.00", "20,000.00", "576.00", "37,024.00"):
        assert figure in page, figure


def statement(head: FlaskClient, donor: FlaskClient, giver: Organisation) -> str:
    """The head of the Secretariat issues the contributor's statement; return the code it carries."""
    draft = f"/f/SLW00/statements/of/{giver.public_id}"
    looked_at = head.get(f"{draft}?until=31+Mar+2026")
    page = _post(head, draft, **{**hidden_fields(looked_at.text), "since": "", "until": "31 Mar 2026"})
    shown = donor.get(page.request.path).text
    for words in ("SLW00/CS/2026/001", "SAA-1", "57,600.00", "100.00%"):
        assert words in shown, words
    code = re.search(r"\b(?:[0-9A-Z]{4}-){2}[0-9A-Z]{4}\b", shown)
    assert code
    return code[0]


def check(anybody: FlaskClient, code: str) -> None:
    """Whoever holds the paper finds that it is genuine."""
    assert "SLW00/CS/2026/001" in anybody.get(f"/check/{code}").text


def _post(client: FlaskClient, address: str, **fields: str) -> TestResponse:
    """Send a form and follow to what it leads to; a form that comes back fails with its sentences."""
    page = client.post(address, data=fields, follow_redirects=True)
    assert page.status_code == 200, re.findall(r"field-error.*?<span>(.*?)</span>", page.text)
    return page


def _publish(app: Flask, world: World) -> None:
    with app.app_context():
        get_fund(world.fund.code).published = True
        db.session.commit()
