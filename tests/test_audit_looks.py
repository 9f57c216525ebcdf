"""Who saw what: which pages write it down, once, in a transaction of its own (docs/decisions/006-access-events.md)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import select

from mptf.core import clock
from mptf.core.audit import AccessEvent
from mptf.core.db import db
from mptf.policy import Role
from tests import matrix
from tests.factories import Make
from tests.matrix import Row, Stage
from tests.support.signing import sign_in

pytestmark = pytest.mark.one_engine

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

# Each page that writes a look, with a role that may open it and the kind of object it is about.
NOTED = {
    "deposits.deposit": (Role.SECRETARIAT_OFFICER, "page", "deposit"),
    "contributions.years_xlsx": (Role.AUDITOR, "export", "fund"),
    "controls.entry": (Role.AUDITOR, "page", "ledger_entry"),
    "controls.request": (Role.ADMINISTRATIVE_AGENT, "page", "control_request"),
    "ledger.account": (Role.AUDITOR, "page", "ledger_account"),
    "ledger.export": (Role.AUDITOR, "export", "fund"),
    "ledger.workbook": (Role.AUDITOR, "export", "fund"),
    "proposals.csv": (Role.SECRETARIAT_OFFICER, "export", "fund"),
    "proposals.xlsx": (Role.SECRETARIAT_HEAD, "export", "fund"),
    "funding_status.pdf": (Role.AUDITOR, "export", "fund"),
    "funding_status.xlsx": (Role.AUDITOR, "export", "fund"),
    "reported.of_year": (Role.AUDITOR, "page", "organisation"),
    "reported.table": (Role.SECRETARIAT_OFFICER, "page", "table_import"),
    "reported.import_file": (Role.SECRETARIAT_OFFICER, "file", "table_import"),
    "framework.table": (Role.SECRETARIAT_OFFICER, "page", "table_import"),
    "framework.import_file": (Role.SECRETARIAT_OFFICER, "file", "table_import"),
    "cash.document": (Role.AUDITOR, "page", "cash_document"),
    "cash.table": (Role.SECRETARIAT_OFFICER, "page", "table_import"),
    "cash.import_file": (Role.SECRETARIAT_OFFICER, "file", "table_import"),
    "claims.claim": (Role.AUDITOR, "page", "claim"),
    "deposits.deposit_attachment": (Role.DONOR_VIEWER, "file", "attachment"),
    "pledges.pledge_attachment": (Role.DONOR_VIEWER, "file", "attachment"),
    "agreements.agreement_attachment": (Role.DONOR_VIEWER, "file", "attachment"),
    "cash.document_attachment": (Role.AUDITOR, "file", "attachment"),
    "reconciliation.difference": (Role.AUDITOR, "page", "reconciliation_finding"),
    "reconciliation.table": (Role.AUDITOR, "page", "agent_list"),
    "reconciliation.import_file": (Role.AUDITOR, "file", "table_import"),
    "contributions.overview": (Role.DONOR_VIEWER, "page", "organisation"),
    "desk.home": (Role.DONOR_VIEWER, "page", "organisation"),
    "pledges.pledge": (Role.DONOR_VIEWER, "page", "pledge"),
    "agreements.agreement": (Role.ADMINISTRATIVE_AGENT, "page", "agreement"),
    "agreements.amend": (Role.SECRETARIAT_OFFICER, "page", "agreement"),
    "agreements.plan": (Role.SECRETARIAT_HEAD, "page", "agreement"),
    "agreements.withdraw": (Role.SECRETARIAT_OFFICER, "page", "agreement"),
    "proposals.proposal": (Role.PUNO_OFFICER, "page", "proposal"),
    "screening.screen": (Role.SECRETARIAT_OFFICER, "page", "proposal"),
    "screening.refuse": (Role.SECRETARIAT_HEAD, "page", "proposal"),
    "screening.letter": (Role.PUNO_OFFICER, "page", "proposal"),
    "screening.letter_pdf": (Role.PUNO_OFFICER, "export", "proposal"),
    "screening.xlsx": (Role.SECRETARIAT_OFFICER, "export", "call"),
    "screening.csv": (Role.SECRETARIAT_HEAD, "export", "call"),
    "opinions.xlsx": (Role.SECRETARIAT_OFFICER, "export", "call"),
    "opinions.csv": (Role.SECRETARIAT_HEAD, "export", "call"),
    "people.person": (Role.ADMINISTRATOR, "page", "person"),
    "signin.access_of": (Role.ADMINISTRATOR, "page", "person"),
    "trail.of_installation": (Role.ADMINISTRATOR, "page", "audit_event"),
    "trail.of_fund": (Role.AUDITOR, "page", "audit_event"),
    "dossiers.submission": (Role.SECRETARIAT_OFFICER, "page", "proposal"),
    "dossiers.changes": (Role.SECRETARIAT_HEAD, "page", "proposal"),
    "dossiers.snapshot": (Role.SECRETARIAT_OFFICER, "export", "proposal"),
    "dossiers.file": (Role.SECRETARIAT_HEAD, "file", "proposal"),
    "dossiers.take": (Role.SECRETARIAT_OFFICER, "export", "proposal"),
    "drafting.part": (Role.PUNO_OFFICER, "page", "proposal"),
    "drafting.versions": (Role.PUNO_OFFICER, "page", "proposal"),
    "opinions.letter": (Role.SECRETARIAT_OFFICER, "file", "opinion"),
    "attachments.file": (Role.PUNO_OFFICER, "file", "proposal"),
    "budgets.workbook": (Role.PUNO_OFFICER, "export", "proposal"),
    "gateway.file": (Role.AUDITOR, "file", "gateway_extract"),
    "statements.statements": (Role.DONOR_VIEWER, "page", "organisation"),
    "statements.draft": (Role.SECRETARIAT_OFFICER, "page", "organisation"),
    "statements.draft_pdf": (Role.DONOR_VIEWER, "export", "organisation"),
    "statements.draft_xlsx": (Role.AUDITOR, "export", "organisation"),
    "statements.statement": (Role.AUDITOR, "page", "contribution_statement"),
    "statements.pdf": (Role.DONOR_VIEWER, "export", "contribution_statement"),
    "statements.xlsx": (Role.ADMINISTRATIVE_AGENT, "export", "contribution_statement"),
    "statements.file": (Role.DONOR_VIEWER, "file", "contributor_document"),
    "reports.download": (Role.COMMITTEE_MEMBER, "export", "report_export"),
}
# Pages of one object that write none, each with its reason.
NOT_NOTED = {
    "gateway.extract": "figures the Gateway publishes",
    "gateway.progress": "how far a check is",
    "reported.import_progress": "how far an import is",
    "framework.import_progress": "how far an import is",
    **{
        f"screening.{page}": "a list of a call, and what its proposals are asked"
        for page in ("screening", "checklist", "change_item")
    },
    "calls.call": "what was published to everybody in the fund or sent to those invited, before that a draft",
    **{
        f"calls.{page}": "a form, a preview or a calendar, from the page of the call"
        for page in ("add_criterion", "calendar", "cancel", "change_criterion", "preview", "publish", "write_part")
    },
    "attachments.attach": "a form, from the noted page of the part",
    "budgets.bring": "a form, from the noted page of the part",
    "dossiers.dossier": "how far a dossier is",
    "drafting.parts": "leads to the noted page of the first part",
    "opinions.of_call": "a list, without the words of any",
    **{f"opinions.{page}": "a form, from the noted page of the proposal" for page in ("correct", "record")},
    "questions.question": "what is published to everybody in the fund, and before that the Secretariat's own work",
    "questions.questions": "what is published to everybody in the fund, and before that the Secretariat's own work",
    **{f"questions.{page}": "a form, from the page of the question" for page in ("answer", "decline")},
    "proposals.start": "a form, from the page of the call",
    **{
        f"submissions.{page}": "a form, from the noted page of the proposal"
        for page in ("give_back", "give_time", "submit", "withdraw")
    },
    **{
        f"proposals.{page}": "a form, from the noted page of the proposal"
        for page in ("add_person", "change_person", "copy", "rename")
    },
    "framework.framework": "a strategy everybody in the fund works by",
    "framework.item": "a strategy everybody in the fund works by",
    "lists.keep": "a form with the filters of a list, none of its rows",
    "lists.view": "one's own filters, which nobody else sees",
    "cash.import_progress": "how far an import is",
    "reconciliation.import_progress": "how far an import is",
    "cash.record": "a form for a kind of document, not an object",
    **{
        f"{page}_attachment_{what}": "a form, from the noted page of the record"
        for page in matrix.ATTACHED
        for what in ("add", "withdraw")
    },
    "reconciliation.record_missing": "what the noted page of the difference shows",
    "organisations.organisation": "reference data of the installation",
    "organisations.change_organisation": "reference data of the installation",
    "organisations.add_office": "reference data of the installation",
    "organisations.change_office": "reference data of the installation",
    "organisations.change_jurisdiction": "reference data of the installation",
    "rates.correct_rate": "published rates",
    "rates.import_table": "published rates",
    "statements.withdraw": "the name of a file the Secretariat keeps",
    "fund.change_fund": "what the fund says of itself",
    "agreements.rename_window": "the name alone of a part of the fund",
    "people.rename": "the name alone, from the noted page of the person",
    "people.give_role": "the name alone, from the noted page of the person",
}
# Lists, which name nobody's look.
LISTS = (
    "contributions.overview", "deposits.deposits", "agreements.agreements", "pledges.pledges",
    "agreements.instalments",
)  # fmt: skip


def address(here: Stage, endpoint: str) -> str:
    """Return the address of a page about the world's own objects."""
    row = Row(endpoint, "GET", "own", {})
    values = matrix.values(here, row, Role.AUDITOR.value)
    with here.app.test_request_context():
        return url_for(endpoint, **values)


def looks(app: Flask) -> list[tuple[int, str, str, str]]:
    """Return who saw what of which object."""
    with app.app_context():
        found = db.session.scalars(select(AccessEvent).order_by(AccessEvent.id))
        return [(row.person_id, row.what, row.subject_kind, row.subject_id) for row in found]


def read(client: FlaskClient, page: str) -> None:
    """Open a page that must be there."""
    assert client.get(page).status_code == 200, page


@pytest.mark.one_engine
def test_every_page_of_one_object_is_noted_or_says_why_not(app: Flask) -> None:
    of_one_object = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "permission", None) is not None
        and "GET" in (rule.methods or ())
        and rule.arguments - {"code", "key"}
    }
    assert of_one_object - NOTED.keys() - NOT_NOTED.keys() == set(), "decide: docs/decisions/006-access-events.md"
    assert NOT_NOTED.keys() <= of_one_object


@pytest.mark.one_engine
@pytest.mark.parametrize("endpoint", NOTED)
def test_a_page_writes_who_saw_it(app: Flask, staged: Callable[[], Stage], endpoint: str) -> None:
    role, what, kind = NOTED[endpoint]
    here = staged()
    client, page = sign_in(app.test_client(), here.world.people[role]), address(here, endpoint)
    before = looks(app)
    read(client, page)
    added = looks(app)[len(before) :]
    assert [(person, *told[:2]) for person, *told in added] == [(here.world.people[role].id, what, kind)]


@pytest.mark.one_engine
@pytest.mark.parametrize("endpoint", [*NOT_NOTED, *LISTS])
def test_other_pages_write_nothing(app: Flask, staged: Callable[[], Stage], endpoint: str) -> None:
    here = staged()
    with app.test_request_context():
        page = url_for(endpoint, **matrix.values(here, Row(endpoint, "GET", "own", {}), Role.AUDITOR.value))
    for role in (Role.SECRETARIAT_OFFICER, Role.ADMINISTRATOR):
        sign_in(app.test_client(), here.world.people[role]).get(page)
    assert looks(app) == []


def test_a_page_read_again_at_once_is_one_look_and_a_file_taken_twice_two(
    app: Flask, staged: Callable[[], Stage]
) -> None:
    here = staged()
    deposit, file = address(here, "deposits.deposit"), address(here, "gateway.file")
    officer, agent = (here.world.people[role] for role in (Role.SECRETARIAT_OFFICER, Role.ADMINISTRATIVE_AGENT))
    for minutes, expected in ((0, 1), (4, 1), (6, 2)):
        with clock.at(MONDAY + timedelta(minutes=minutes)):
            read(sign_in(app.test_client(), officer), deposit)
            assert len(looks(app)) == expected, minutes
    with clock.at(MONDAY + timedelta(minutes=7)):
        read(sign_in(app.test_client(), agent), deposit)
        assert [person for person, *_ in looks(app)] == [officer.id, officer.id, agent.id]
        for _ in range(2):
            read(sign_in(app.test_client(), agent), file)
    assert [what for _, what, *_ in looks(app)][3:] == ["file", "file"]


def test_what_somebody_may_not_see_leaves_no_look(app: Flask, staged: Callable[[], Stage]) -> None:
    here = staged()
    donor = sign_in(app.test_client(), here.world.people[Role.DONOR_VIEWER])
    base = "/f/SLW00/contributions"
    for hidden in (
        f"{base}/deposits/{here.elsewhere.deposit.public_id}",
        f"{base}/agreements/{here.elsewhere.agreement.public_id}",
        f"{base}/pledges/{here.elsewhere.pledge.public_id}",
        f"{base}/agreements/{here.foreign.agreement.public_id}",
        f"{base}/pledges/nothing",
    ):
        assert donor.get(hidden).status_code == 404, hidden
    assert looks(app) == []


def test_a_look_is_in_the_log_of_its_fund_alone(app: Flask, make: Make, staged: Callable[[], Stage]) -> None:
    here = staged()
    read(sign_in(app.test_client(), here.world.people[Role.SECRETARIAT_OFFICER]), address(here, "deposits.deposit"))
    for code, seen in (("SLW00", True), ("OTHER", False)):
        fund = here.world.fund if seen else here.world.other
        page = make.client(Role.AUDITOR, fund).get(f"/f/{code}/audit?log=looks").text
        assert ("Demo Secretariat officer" in page) is seen
        assert ("opened the page" in page) is seen


def test_the_log_names_the_person_and_the_contributor_that_were_looked_at(
    app: Flask, staged: Callable[[], Stage]
) -> None:
    here = staged()
    read(sign_in(app.test_client(), here.world.people[Role.DONOR_VIEWER]), address(here, "contributions.overview"))
    admin = sign_in(app.test_client(), here.world.people[Role.ADMINISTRATOR])
    read(admin, address(here, "people.person"))
    page = admin.get("/admin/audit?log=looks").text
    assert re.search(r">organisation</a><span class=\"sub2\">Donorland</span>", page)
    assert re.search(r">person</a><span class=\"sub2\">Demo Auditor</span>", page)
