"""The journey of an officer, in a real browser: a list, what differs, a difference settled, a notice attached."""

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from mptf.core.db import db
from mptf.core.money import Money
from mptf.deposits.service import Receipt, record_deposit
from mptf.policy import Role
from tests.factories import Make
from tests.support.visits import Visits, look
from tests.support.work import work_off

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser]

LIST = """Contributor,Value date,Received,Original currency,Original amount,Fee,Reference
Donorland,2026-03-15,576000.00,SEK,6000000.00,5702.40,AA-17
Donorland,2026-04-17,250000.00,,,2475.00,AA-18
Elseland,2026-05-02,100000.00,,,990.00,AA-19
"""


@pytest.fixture
def page(app: Flask, make: Make, visits: Visits, width: int) -> Page:
    """Open a browser as an officer whose books hold two deposits: one as the list has it, one two days earlier."""
    fund, donor = make.fund(), make.organisation("Donorland")
    make.organisation("Elseland")
    person = make.person("Demo Officer 1")
    make.grant(person, Role.SECRETARIAT_OFFICER, fund)
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    whole = Receipt(
        donor, Money(576_000_00, "USD"), date(2026, 3, 15), original=Money(6_000_000_00, "SEK"),
        fee=Money(5_702_40, "USD"), bank_reference="AA-17",
    )  # fmt: skip
    near = Receipt(donor, Money(250_000_00, "USD"), date(2026, 4, 15), fee=Money(2_475_00, "USD"))
    with app.app_context():
        for receipt in (whole, near):
            record_deposit(fund, receipt, by=by)
        db.session.commit()
    return visits.open(person, width=width)


def test_an_officer_compares_a_list_and_settles_what_differs(app: Flask, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "aa-deposits-may.csv"
    file.write_text(LIST, encoding="utf-8")
    page.goto("/f/SLW00/reconciliation/upload")
    look(page, "reconciliation-upload")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("textbox", name="Complete up to").fill("31 May 2026")
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_text("No problem was found")).to_be_visible()
    look(page, "reconciliation-preview")
    page.get_by_role("button", name="Import").click()
    expect(page.locator("#progress")).to_be_visible()
    with app.app_context():
        work_off()
    expect(page.get_by_text("The value date differs by 2 days")).to_be_visible()
    look(page, "reconciliation-list")

    page.get_by_role("link", name="Differs", exact=True).click()
    page.get_by_role("textbox", name="Explanation").fill("The bank credited it two days after its notice.")
    look(page, "reconciliation-difference")
    page.get_by_role("button", name="Settle by explanation").click()
    expect(page.get_by_text("The difference is settled.")).to_be_visible()
    look(page, "reconciliation-settled")

    page.goto("/f/SLW00/")
    page.get_by_role("link", name="Settle one difference with the Administrative Agent").click()
    expect(page.get_by_role("heading", name="Reconciliation", level=1)).to_be_visible()
    look(page, "reconciliation-open")
    page.get_by_role("link", name="Only in the Administrative Agent’s list").click()
    page.get_by_role("link", name="Record the deposit").click()
    expect(page.get_by_role("textbox", name="Received")).to_have_value("100,000.00")
    look(page, "reconciliation-record")
    page.get_by_role("button", name="Record the deposit").click()
    page.get_by_role("dialog").get_by_role("button", name="record the deposit").click()
    page.get_by_role("link", name="The deposit that was recorded").click()
    attach_a_notice(page, tmp_path / "notice.pdf")
    page.goto("/f/SLW00/reconciliation/")
    expect(page.get_by_text("No difference is open")).to_be_visible()
    look(page, "reconciliation-nothing-open")


def attach_a_notice(page: Page, notice: Path) -> None:
    """Attach a notice to the deposit that is shown."""
    page.get_by_role("link", name="Attach a document").click()
    notice.write_bytes(b"%PDF-1.7\n%%EOF\n")
    page.locator("input[type=file]").set_input_files(notice)
    page.get_by_label("Kind").select_option("Notice of the Administrative Agent")
    page.get_by_role("textbox", name="Title").fill("Notice of 3 May 2026")
    look(page, "reconciliation-attach")
    page.get_by_role("button", name="Attach").click()
    expect(page.get_by_role("link", name="Notice of 3 May 2026", exact=True)).to_be_visible()
    look(page, "reconciliation-deposit")
