"""The budget in a real browser: totals that move, keys of a spreadsheet, a block that is pasted and taken back."""

import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from mptf.calls.terms import CallOffice
from mptf.core.money import Money
from mptf.organisations.models import OrganisationKind
from tests.factories import Make
from tests.support.drafting import Drafted, drafted
from tests.support.visits import DESK, NARROW, PHONE, Visits, look

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser]

PASTED = """([input, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  return input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def draft(app: Flask, make: Make) -> Drafted:
    """Make a draft of two years, of an office in Albania and one in Vienna, whose call gives at most USD 100,000."""
    draft = drafted(make)
    with draft.open() as proposal:
        proposal.call.largest = Money(10_000_000, "USD")
    vienna = make.office(make.organisation("UNODC", OrganisationKind.PUNO), "UNODC Vienna")
    make._kept(CallOffice(office_id=vienna.id, call_id=draft.call.id, fund_id=draft.fund.id))
    draft.save(draft.ana, "general", {"months": "18", f"offices.{vienna.public_id}": "y"})
    return draft


@pytest.fixture
def page(visits: Visits, draft: Drafted) -> Page:
    return visits.open(draft.ana)


@pytest.fixture
def cell(page: Page, draft: Drafted) -> Callable[[int, int], Locator]:
    """Open the budget; return how a cell of the first office is found, by year and category."""
    page.goto(f"/f/SLW00/proposals/{draft.proposal.public_id}/parts/budget")
    return lambda year, category: page.locator(f"[id='b.{draft.office.public_id}.{year}.{category}']")


Cell = Callable[[int, int], Locator]


def total(page: Page, name: str, table: int = 0) -> Locator:
    return page.locator("table[data-office]").nth(table).locator(f"[data-sum='{name}']")


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_contain_text(re.compile(r"Saved \d"))


def paste(target: Locator, text: str) -> bool:
    """Paste a text into a cell; tell whether the browser pastes it as into any field."""
    target.focus()
    return bool(target.page.evaluate(PASTED, [target.element_handle(), text]))


def test_totals_move_while_it_is_typed_and_are_the_servers_when_it_is_saved(page: Page, cell: Cell) -> None:
    cell(1, 1).fill("33.36")
    cell(2, 1).fill("66.71")
    expect(total(page, "category:1")).to_have_text("100.07")
    expect(total(page, "indirect")).to_have_text("7.00")
    expect(total(page, "indirect:1")).to_have_text("2.33")
    expect(total(page, "indirect:2")).to_have_text("4.67")
    expect(total(page, "total")).to_have_text("107.07")
    expect(page.locator("#figures [data-limit=all] b")).to_have_text("USD 107.07")
    expect(page.locator("[data-said]")).to_have_text("Requested so far USD\xa0107.07.")
    saved(page)
    page.reload()
    expect(total(page, "indirect:1")).to_have_text("2.33")
    expect(total(page, "total")).to_have_text("107.07")


def test_more_than_the_call_gives_is_told_at_once(page: Page, cell: Cell) -> None:
    cell(1, 1).fill("100,000")
    line = page.locator("#figures [data-limit=all]")
    expect(line).to_contain_text("USD\xa07,000.00 too much")
    expect(page.locator("[data-said]")).to_contain_text("USD\xa07,000.00 more than the call gives")
    saved(page)
    expect(line).to_contain_text("USD\xa07,000.00 too much")
    cell(1, 1).fill("1,000")
    expect(line.locator("[data-over]")).to_be_hidden()


def test_a_cell_that_is_no_amount_says_so_when_it_is_left_and_what_to_write_when_it_is_saved(
    page: Page, cell: Cell
) -> None:
    travel = cell(2, 5)
    error = page.locator(f"[id='{travel.get_attribute('id')}-error']")
    travel.fill("12k")
    travel.press("Tab")
    expect(error).to_contain_text("“12k” is not an amount")
    expect(error).to_have_text("“12k” is not an amount. Write 12000 or 12,000.")
    expect(total(page, "category:5")).to_have_text("0.00")
    travel.fill("12,000")
    travel.press("Tab")
    expect(error).to_be_hidden()
    expect(total(page, "category:5")).to_have_text("12,000.00")


def test_keys_move_between_cells_where_they_do_not_hinder_typing(page: Page, cell: Cell) -> None:
    cell(1, 1).focus()
    page.keyboard.type("125")
    page.keyboard.press("Enter")
    expect(cell(1, 2)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(cell(1, 3)).to_be_focused()
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("ArrowUp")
    expect(cell(1, 1)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("0")
    expect(cell(1, 1)).to_have_value("1205")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(cell(2, 1)).to_be_focused()
    cell(1, 7).focus()
    page.keyboard.press("Enter")
    expect(cell(2, 1)).to_be_focused()
    cell(2, 7).focus()
    page.keyboard.press("Enter")
    expect(cell(2, 7)).to_be_focused()
    assert page.url.endswith("/budget"), "no key sends the form"


def test_a_block_of_a_spreadsheet_fills_the_grid_and_is_taken_back(page: Page, cell: Cell, draft: Drafted) -> None:
    cell(1, 3).fill("5")
    saved(page)
    assert not paste(cell(1, 2), "1,000.00\t2,000.50\r\n\t -   \r\n12k\t\xa04\xa0\r\n")
    expect(cell(1, 2)).to_have_value("1,000.00")
    expect(cell(2, 2)).to_have_value("2,000.50")
    expect(cell(1, 3)).to_have_value("")
    expect(cell(2, 3)).to_have_value("0")
    expect(cell(1, 4)).to_have_value("12k")
    expect(cell(2, 4)).to_have_value("4")
    expect(cell(1, 4)).to_have_attribute("aria-invalid", "true")
    expect(total(page, "direct")).to_have_text("3,004.50")
    note = page.locator("[data-pasted]")
    expect(note).to_contain_text(
        "6 cells were filled. 1 of them is no amount and counts as 0: look at the marked cells."
    )
    expect(page.locator("#saved")).to_contain_text("with 1 warning")
    look(page, "budget-pasted", themes=("light", "dark"), widths=(DESK, PHONE, NARROW))
    cell(1, 2).press("Control+z")
    expect(cell(1, 2)).to_have_value("")
    expect(cell(1, 3)).to_have_value("5")
    expect(total(page, "direct")).to_have_text("5.00")
    expect(note).to_contain_text("6 cells stand as before.")
    saved(page)
    expect(cell(1, 4)).to_have_attribute("aria-invalid", "false")
    assert list(draft.stands("budget").values()) == ["5"]


def test_what_was_typed_after_a_paste_is_not_taken_back_with_it(page: Page, cell: Cell) -> None:
    paste(cell(1, 1), "1\t2\n3\t4")
    cell(2, 1).fill("20")
    page.get_by_role("button", name="Take it back").click()
    expect(cell(1, 1)).to_have_value("")
    expect(cell(2, 1)).to_have_value("20")
    expect(cell(2, 2)).to_have_value("")
    expect(cell(1, 1)).to_be_focused()


def test_the_empty_cells_of_an_office_become_0_at_once(page: Page, cell: Cell, draft: Drafted) -> None:
    cell(1, 1).fill("100")
    page.get_by_role("button", name="Write 0 into empty cells of UNDP Albania").click()
    expect(page.locator("[data-pasted]")).to_contain_text("13 cells were filled.")
    expect(cell(2, 7)).to_have_value("0")
    expect(page.locator("table[data-office]").nth(1).locator("[data-cell]").first).to_have_value("")
    page.get_by_role("button", name="Take it back").click()
    expect(cell(2, 7)).to_have_value("")
    expect(cell(1, 1)).to_have_value("100")


def test_what_does_not_fit_is_named_and_heads_are_left_out(page: Page, cell: Cell) -> None:
    paste(cell(2, 6), "1\t2\n3\t4\n5")
    expect(page.locator("[data-pasted]")).to_contain_text(
        "2 cells were filled. 3 values did not fit into the table and were left out: 2, 4, 5."
    )
    expect(cell(2, 7)).to_have_value("3")
    paste(cell(1, 1), "Category\tYear 1\tYear 2\nStaff\t10\t20\nSupplies\t30\t")
    expect(page.locator("[data-pasted]")).to_contain_text(
        "4 cells were filled. Heads that were copied along were left out."
    )
    expect(cell(1, 1)).to_have_value("10")
    expect(cell(2, 1)).to_have_value("20")
    expect(cell(1, 2)).to_have_value("30")


def test_a_single_value_is_pasted_as_into_any_field(cell: Cell) -> None:
    assert paste(cell(1, 1), "1,000.00")
    assert paste(cell(1, 1), "1,000.00\r\n")


def test_one_column_with_a_quoted_break_fills_downwards(cell: Cell) -> None:
    paste(cell(1, 1), '1\n"2\nof two"\n3\n')
    expect(cell(1, 1)).to_have_value("1")
    expect(cell(1, 3)).to_have_value("3")


def test_the_amounts_of_a_colleague_come_into_the_grid_and_count(page: Page, cell: Cell, draft: Drafted) -> None:
    cell(1, 1).fill("100")
    saved(page)
    office = draft.office.public_id
    draft.save(draft.ben, "budget", {f"b.{office}.1.1": "100", f"b.{office}.1.2": "50"}, version=1)
    cell(2, 1).fill("7")
    expect(cell(1, 2)).to_have_value("50")
    expect(total(page, "direct")).to_have_text("157.00")


@pytest.mark.parametrize("width", [DESK, PHONE, NARROW])
def test_the_names_of_categories_stay_while_the_years_scroll(page: Page, cell: Cell, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    box = page.locator(".tblbox").first
    box.evaluate("box => { box.scrollLeft = 1000; }")
    name, edge = page.get_by_role("rowheader", name="5 Travel").first.bounding_box(), box.bounding_box()
    assert name
    assert edge
    assert abs(name["x"] - edge["x"]) <= 1
    cell(2, 5).focus()
    field = cell(2, 5).bounding_box()
    assert field
    assert field["width"] >= 80
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_workbook_is_brought_back_by_hand(page: Page, cell: Cell) -> None:
    cell(1, 1).fill("100")
    saved(page)
    with page.expect_download() as taken:
        page.get_by_role("link", name="Take as a workbook").click()
    page.get_by_role("link", name="Bring back a workbook").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "budget.xlsx", "mimeType": "application/x", "buffer": filled_in(taken.value.path().read_bytes())}
    )
    page.get_by_role("button", name="Upload and look").click()
    expect(page.get_by_text("The workbook changes 2 cells of the budget.")).to_be_visible()
    look(page, "budget-workbook", themes=("light", "dark"), widths=(DESK, PHONE, NARROW))
    page.get_by_role("button", name="Save the cells that can be read").click()
    expect(page.get_by_text("The workbook is saved: version 2.")).to_be_visible()
    expect(total(page, "category:2")).to_have_text("4,321.00")


def filled_in(content: bytes) -> bytes:
    """Return a workbook somebody wrote into: two amounts, and a word that is none."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book.worksheets[0]
    page["B7"], page["B8"], page["C9"] = 200, 4321, "to be decided"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
