"""The pages of the part Budget: the grid as it was typed, its totals and limits, and the workbook that comes back."""

import io
import re
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from mptf.budgets.part import PART
from mptf.calls.terms import CallOffice, Ceiling
from mptf.core.audit import AccessEvent
from mptf.core.db import db
from mptf.core.money import Money
from mptf.drafting import queries
from mptf.drafting.parts import get_part
from mptf.organisations.models import OrganisationKind
from mptf.policy import Role
from mptf.proposals.models import May
from tests.factories import Make
from tests.support.drafting import Drafted, drafted
from tests.support.posting import post

NO_BREAK = "\N{NO-BREAK SPACE}"


@pytest.fixture
def draft(app: Any, make: Make) -> Drafted:
    """Make a draft of two years whose call gives at most USD 100,000."""
    draft = drafted(make)
    with draft.open() as proposal:
        proposal.call.smallest, proposal.call.largest = Money(1_000_000, "USD"), Money(10_000_000, "USD")
    draft.save(draft.ana, "general", {"title": "Safe stores", "months": "18"})
    return draft


@pytest.fixture
def page(draft: Drafted) -> str:
    return f"/f/SLW00/proposals/{draft.proposal.public_id}/parts/budget"


@pytest.fixture
def ana(draft: Drafted) -> FlaskClient:
    return draft.make.client_of(draft.ana)


@pytest.fixture
def cell(draft: Drafted) -> Callable[[int, int], str]:
    return lambda year, category: f"b.{draft.office.public_id}.{year}.{category}"


Cell = Callable[[int, int], str]


def with_vienna(draft: Drafted) -> str:
    """Let an office of another organisation take part, whose ceiling is USD 1,000; return its public id."""
    unodc = draft.make.organisation("UNODC", OrganisationKind.PUNO)
    vienna = draft.make.office(unodc, "UNODC Vienna")
    keys = {"call_id": draft.call.id, "fund_id": draft.fund.id}
    draft.make._kept(CallOffice(office_id=vienna.id, **keys))
    draft.make._kept(Ceiling(organisation_id=unodc.id, amount=Money(100_000, "USD"), **keys))
    number = draft_number(draft, "general")
    draft.save(draft.ana, "general", {"months": "18", f"offices.{vienna.public_id}": "y"}, version=number)
    return vienna.public_id


def draft_number(draft: Drafted, word: str) -> int:
    with draft.open() as proposal:
        stands = queries.newest(proposal, get_part(word).kind)
        return stands.number if stands else 0


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text)).replace(NO_BREAK, " ")


def test_without_a_duration_there_is_no_column_and_the_page_says_what_to_do(
    draft: Drafted, ana: FlaskClient, page: str
) -> None:
    draft.save(draft.ana, "general", {"title": "Safe stores"}, version=1)
    assert "Write the duration in the part General first." in text_of(ana.get(page))
    reader = draft.make.client_of(draft.officer("Reader", May.READ))
    assert "How many there are is not said yet in the part General." in text_of(reader.get(page))
    assert ana.get(page.replace("parts/budget", "budget/workbook")).status_code == 409


def test_a_budget_is_typed_totalled_and_told_where_it_is_no_amount(
    draft: Drafted, ana: FlaskClient, page: str, cell: Cell
) -> None:
    typed = {cell(1, 1): "62,000", cell(2, 5): "12k", cell(2, 1): "100.07"}
    answer = post(ana, page, **typed)
    assert answer.status_code == 303
    assert draft.stands("budget") == typed, "what was typed is kept as it was typed"
    shown = ana.get(answer.location)
    assert 'value="12k"' in shown.text
    told = text_of(shown)
    assert "Travel, year 2: “12k” is not an amount. Write 12000 or 12,000." in told
    assert (
        "Supplies, commodities and materials, year 1: Missing here and in 10 more cells: "
        "write 0 where nothing is planned."
    ) in told
    assert "Requested so far USD 66,447.07 of at most USD 100,000.00, and no less than USD 10,000.00" in told
    assert "2 things to look at in this part" in told


def test_the_last_empty_cells_are_told_one_by_one(ana: FlaskClient, page: str, cell: Cell) -> None:
    rest = {cell(year, category): "0" for year in (1, 2) for category in range(1, 8) if (year, category) != (2, 6)}
    answer = post(ana, page, **{**rest, cell(1, 1): "90,000"})
    told = text_of(ana.get(answer.location))
    assert "Transfers and grants to counterparts, year 2: Missing: write 0 if nothing is planned." in told
    answer = post(ana, page, **{**rest, cell(1, 1): "90,000", cell(2, 6): "0"})
    assert "This part is complete" in text_of(ana.get(answer.location))


def test_what_is_missing_is_not_told_before_somebody_asks(ana: FlaskClient, page: str) -> None:
    assert "Missing: write 0" not in text_of(ana.get(page))


def test_limits_of_the_call_are_told_with_their_figures(
    draft: Drafted, ana: FlaskClient, page: str, cell: Cell
) -> None:
    vienna = with_vienna(draft)
    answer = ana.post(page, data={"alone": "yes", "do": "keep", cell(1, 1): "90,000", f"b.{vienna}.1.1": "5000"}).json
    assert answer
    told = [one["sentence"].replace(NO_BREAK, " ") for one in answer["problems"] if not one["missing"]]
    assert told == [
        (
            "The budget asks for USD 101,650.00; at most USD 100,000.00 is given to a proposal. "
            "Take at least USD 1,650.00 out of the budget."
        ),
        (
            "The offices of UNODC ask for USD 5,350.00 together; at most USD 1,000.00 is given to UNODC. "
            "Take at least USD 4,350.00 out of their budgets."
        ),
    ]
    assert "1,650.00 too much" in answer["figures"].replace(NO_BREAK, " ")
    assert "UNODC Vienna: Staff and other personnel costs, year 2" in labels(draft)


def labels(draft: Drafted) -> list[str]:
    """Return what people call the fields with a problem."""
    with draft.open() as proposal:
        state = queries.state_of(proposal, PART, queries.frame_of(proposal))
        return [PART.name_of(one.field, state.content, state.frame) for one in state.read.problems]


def test_what_stands_for_an_office_that_went_is_kept_and_told(
    draft: Drafted, ana: FlaskClient, page: str, cell: Cell
) -> None:
    vienna = with_vienna(draft)
    post(ana, page, **{cell(1, 1): "100", f"b.{vienna}.1.1": "500"})
    draft.save(draft.ana, "general", {"months": "18"}, version=draft_number(draft, "general"))
    shown = ana.get(page)
    assert "UNODC Vienna, year 1: USD 500.00 in 1 cell" in text_of(shown)
    post(ana, page, shown, **{cell(1, 1): "200"})
    assert draft.stands("budget") == {cell(1, 1): "200", f"b.{vienna}.1.1": "500"}


def test_finance_writes_the_budget_and_nothing_else(draft: Drafted, page: str, cell: Cell) -> None:
    finance = draft.make.client_of(draft.officer("Finance", May.FINANCE))
    assert post(finance, page, **{cell(1, 1): "100"}).status_code == 303
    assert draft.stands("budget") == {cell(1, 1): "100"}
    narrative = page.replace("budget", "narrative")
    assert finance.post(narrative, data={"summary": "Mine"}).status_code == 404
    assert draft.stands("narrative") == {}


def test_who_only_reads_types_nothing_and_takes_the_workbook(draft: Drafted, page: str) -> None:
    reader = draft.make.client_of(draft.officer("Reader", May.READ))
    shown = reader.get(page)
    assert "readonly" in shown.text
    assert "Bring back a workbook" not in shown.text
    assert reader.get(workbook_of(page)).status_code == 200
    assert reader.get(f"{workbook_of(page)}/back").status_code == 404


def test_nobody_else_takes_or_brings_a_workbook(draft: Drafted, make: Make, page: str) -> None:
    for client in (make.client(Role.SECRETARIAT_OFFICER, draft.fund), make.client(Role.AUDITOR, draft.fund)):
        assert client.get(workbook_of(page)).status_code == 404
        assert client.get(f"{workbook_of(page)}/back").status_code == 404
        assert client.post(f"{workbook_of(page)}/back").status_code == 404


def workbook_of(page: str) -> str:
    return page.replace("parts/budget", "budget/workbook")


def taken(client: FlaskClient, page: str, **cells: float | str | None) -> bytes:
    """Take the workbook, and fill cells of the first sheet in."""
    answer = client.get(workbook_of(page))
    assert answer.headers["Content-Disposition"] == "attachment; filename=SLW00-budget.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    for place, value in cells.items():
        book.worksheets[0][place] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def brought(client: FlaskClient, page: str, content: bytes, name: str = "budget.xlsx", **more: str) -> TestResponse:
    return post(client, f"{workbook_of(page)}/back", file=(io.BytesIO(content), name), **more)


def test_a_workbook_is_looked_at_first_and_then_saved(draft: Drafted, ana: FlaskClient, page: str, cell: Cell) -> None:
    post(ana, page, **{cell(1, 1): "62000", cell(1, 2): "7"})
    looked = brought(ana, page, taken(ana, page, B8=None, C7=1234.5))
    assert looked.status_code == 200
    told = text_of(looked)
    assert "Nothing is saved yet" in told
    assert "The workbook changes 2 cells of the budget." in told
    assert "Staff and other personnel costs, year 2 empty 1,234.50 It is taken over." in told
    assert "budget.xlsx, " in told
    assert draft.stands("budget") == {cell(1, 1): "62000", cell(1, 2): "7"}
    saved = post(ana, f"{workbook_of(page)}/back", looked, confirmed="yes")
    assert saved.status_code == 303
    assert draft.stands("budget") == {cell(1, 1): "62000", cell(2, 1): "1,234.50"}, (
        "an amount that is the same keeps its text"
    )
    assert "The workbook is saved: version 2." in text_of(ana.get(saved.location))


def test_amounts_others_changed_meanwhile_stay_and_what_both_changed_is_shown(
    draft: Drafted, ana: FlaskClient, page: str, cell: Cell
) -> None:
    post(ana, page, **{cell(1, 1): "1", cell(1, 2): "2", cell(1, 3): "3"})
    content = taken(ana, page, B7=10, B8=20)
    draft.save(draft.ben, "budget", {cell(1, 1): "1", cell(1, 2): "200", cell(1, 3): "300"}, version=1)
    looked = brought(ana, page, content)
    assert "Supplies, commodities and materials, year 1 200 20 Changed here too" in text_of(looked)
    post(ana, f"{workbook_of(page)}/back", looked, confirmed="yes")
    assert draft.stands("budget") == {cell(1, 1): "10", cell(1, 2): "200", cell(1, 3): "300"}
    assert [(one.field, one.typed) for one in draft.asides(draft.ana, "budget")] == [(cell(1, 2), "20")]


def test_cells_that_cannot_be_read_stay_and_are_named(draft: Drafted, ana: FlaskClient, page: str, cell: Cell) -> None:
    post(ana, page, **{cell(1, 1): "1", cell(1, 2): "2"})
    looked = brought(ana, page, taken(ana, page, B7="lots", B8=20))
    told = text_of(looked)
    assert "1 cell cannot be read and would stay as they stand." in told
    assert "B7 “lots” is not an amount." in told
    post(ana, f"{workbook_of(page)}/back", looked, confirmed="yes")
    assert draft.stands("budget") == {cell(1, 1): "1", cell(1, 2): "20"}


def test_a_workbook_that_is_not_as_it_was_is_never_saved(draft: Drafted, ana: FlaskClient, page: str) -> None:
    content = taken(ana, page, A7="Staff", B8=20)
    looked = brought(ana, page, content)
    assert "There is no row “1 Staff and other personnel costs”. Name it as it was." in text_of(looked)
    assert 'name="confirmed"' not in looked.text
    refused = brought(ana, page, content, confirmed="yes")
    assert refused.status_code == 422
    assert draft.stands("budget") == {}


def test_a_workbook_that_changes_nothing_says_so(ana: FlaskClient, page: str, cell: Cell) -> None:
    post(ana, page, **{cell(1, 1): "1"})
    content = taken(ana, page)
    assert "The workbook changes nothing" in text_of(brought(ana, page, content))
    assert brought(ana, page, content, confirmed="yes").status_code == 422


@pytest.mark.parametrize(
    "content, name, sentence",
    [
        (b"MZ\x90\0" + bytes(100), "budget.xlsx", "This file (EXE) is not a table."),
        (b"a,b\n1,2\n", "budget.csv", "This is no workbook."),
        (b"", "budget.xlsx", "The file is empty."),
    ],
)
def test_what_is_no_workbook_is_refused_in_words(
    ana: FlaskClient, page: str, content: bytes, name: str, sentence: str
) -> None:
    refused = brought(ana, page, content, name)
    assert refused.status_code == 422
    assert sentence in text_of(refused)


def test_a_workbook_of_another_proposal_is_refused(draft: Drafted, ana: FlaskClient, page: str) -> None:
    other = taken(ana, page, A4=f"Reference: {'a' * 26} 1 {draft.office.public_id}.")
    assert "This workbook was taken from another proposal." in text_of(brought(ana, page, other))


def test_who_took_the_workbook_is_noted(draft: Drafted, ana: FlaskClient, page: str) -> None:
    ana.get(workbook_of(page))
    with draft.app.app_context():
        assert [event.what for event in db.session.scalars(select(AccessEvent))] == ["export"]
