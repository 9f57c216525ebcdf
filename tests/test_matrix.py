"""Roles × objects × actions × relation: every cell of `matrix.csv`, and no address without its row (ACL-1)."""

from collections.abc import Callable

import pytest
from flask import Flask

from mptf.policy import Role
from tests import matrix
from tests.matrix import ACTORS, Row, Stage

pytestmark = pytest.mark.one_engine


def test_every_address_has_its_rows_and_every_row_its_cells(app: Flask) -> None:
    listed = {(row.endpoint, row.method, row.relation) for row in matrix.rows()}
    wanted = set(matrix.expected_rows(app))
    assert wanted - listed == set(), "write a row in tests/matrix.csv for each of these"
    assert listed - wanted == set(), "these rows name no address any more"
    for row in matrix.rows():
        assert set(row.cells) == set(ACTORS), row.name
        assert set(row.cells.values()) <= {matrix.OPENS, matrix.ABSENT, matrix.SIGN_IN}, row.name


@pytest.mark.parametrize("row", matrix.rows(), ids=lambda row: row.name)
def test_cells(staged: Callable[[], Stage], row: Row) -> None:
    answers = matrix.answers(row, staged)
    assert {actor: answer.outcome for actor, answer in answers.items()} == row.cells
    if row.method == "POST" and row.relation == "own":
        assert any(answer.wrote for answer in answers.values()), "nobody's form was taken: see tests/filled.py"


# Each kind of object with a page, and the list it stands in.
LISTS = {
    "agreements.agreement": "agreements.agreements",
    "agreements.rename_window": "agreements.show_windows",
    "calls.call": "calls.calls",
    "cash.document": "cash.documents",
    "cash.table": "cash.imports",
    "claims.claim": "claims.claims",
    "deposits.deposit": "deposits.deposits",
    "pledges.pledge": "pledges.pledges",
    "proposals.proposal": "proposals.proposals",
    "controls.entry": "ledger.journal",
    "controls.request": "controls.requests",
    "framework.framework": "framework.frameworks",
    "framework.table": "framework.imports",
    "fund.change_fund": "fund.funds",
    "gateway.extract": "gateway.extracts",
    "ledger.account": "ledger.balances",
    "organisations.change_jurisdiction": "organisations.jurisdictions",
    "organisations.organisation": "organisations.organisations",
    "people.person": "people.people_list",
    "rates.correct_rate": "rates.rates",
    "reconciliation.difference": "reconciliation.differences",
    "reconciliation.table": "reconciliation.lists",
    "reported.of_year": "reported.figures",
    "reported.table": "reported.imports",
    "reports.download": "reports.report",
    "statements.file": "statements.documents",
    "statements.statement": "statements.statements",
}
# What is reached from the page of its object: files, forms and progress, and the draft of a contributor's statement.
BESIDE = {
    "agreements.agreement_attachment", "agreements.agreement_attachment_add",
    "agreements.agreement_attachment_withdraw", "agreements.amend", "agreements.plan", "agreements.withdraw",
    "attachments.attach", "attachments.file",
    "budgets.bring", "budgets.workbook",
    "calls.add_criterion", "calls.calendar", "calls.cancel", "calls.change_criterion", "calls.preview", "calls.publish",
    "calls.write_part", "cash.document_attachment", "cash.document_attachment_add", "cash.document_attachment_withdraw",
    "cash.import_file", "cash.import_progress",
    "deposits.deposit_attachment", "deposits.deposit_attachment_add",
    "deposits.deposit_attachment_withdraw", "pledges.pledge_attachment",
    "pledges.pledge_attachment_add", "pledges.pledge_attachment_withdraw",
    "dossiers.changes", "dossiers.dossier", "dossiers.file", "dossiers.snapshot", "dossiers.submission",
    "dossiers.take",
    "drafting.part", "drafting.parts", "drafting.versions",
    "gateway.file", "gateway.progress", "organisations.add_office",
    "organisations.change_office", "organisations.change_organisation", "people.give_role", "people.rename",
    "framework.import_file", "framework.import_progress", "framework.item",
    "opinions.correct", "opinions.csv", "opinions.letter", "opinions.of_call", "opinions.record", "opinions.xlsx",
    "questions.answer", "questions.decline", "questions.question", "questions.questions",
    "proposals.add_person", "proposals.change_person", "proposals.copy", "proposals.rename", "proposals.start",
    "rates.import_table", "reconciliation.import_file", "reconciliation.import_progress",
    "reconciliation.record_missing", "reported.import_file", "reported.import_progress", "signin.access_of",
    *(f"screening.{page}" for page in (
        "screening", "xlsx", "csv", "checklist", "change_item", "screen", "refuse", "letter", "letter_pdf",
    )),
    "submissions.give_back", "submissions.give_time", "submissions.submit", "submissions.withdraw",
    "statements.draft", "statements.draft_pdf", "statements.draft_xlsx", "statements.pdf", "statements.withdraw",
    "statements.xlsx",
}  # fmt: skip


def test_every_page_of_an_object_stands_in_a_list_or_beside_one_that_does() -> None:
    pages = {row.endpoint for row in matrix.rows() if row.method == "GET" and row.endpoint in matrix.OBJECTS}
    assert pages == LISTS.keys() | BESIDE


@pytest.mark.parametrize("role", Role)
def test_a_list_shows_what_a_person_may_open_and_nothing_else(staged: Callable[[], Stage], role: Role) -> None:
    stage = staged()
    client = stage.client(role.value)
    opened = {(row.endpoint, row.relation): row.cells[role.value] for row in matrix.rows() if row.method == "GET"}
    for endpoint, listed in LISTS.items():
        in_fund = {
            relation: client.get(matrix.address(stage, Row(listed, "GET", relation, {}), role.value)).text
            for relation in matrix.relations(listed, stage.rule(listed))
        }
        for relation in matrix.relations(endpoint, stage.rule(endpoint)):
            address = matrix.address(stage, Row(endpoint, "GET", relation, {}), role.value)
            shown = f'href="{address}"' in in_fund.get(relation, in_fund["own"])
            assert shown == (opened[endpoint, relation] == matrix.OPENS), f"{role.label}: {address} in {listed}"
