"""The list of what was submitted as the Secretariat uses it: views that are kept, files of exactly what it shows."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qsl

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from mptf.core.audit import AccessEvent
from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.lists.models import SavedView
from mptf.organisations.models import Organisation, OrganisationKind
from mptf.policy import Role
from mptf.proposals import listed
from mptf.proposals.models import Proposal, ProposalStatus
from tests.factories import Make
from tests.support.proposing import call_out, submit
from tests.support.signing import sign_in
from tests.support.statements import statements

HOME = "/f/SLW00/proposals/"
VIEWS = "/f/SLW00/views"
FORMULA = '=HYPERLINK("http://evil.example","x")'
SENT = datetime(2026, 4, 1, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Here:
    """A fund with proposals of two organisations, one a draft, and an officer of its Secretariat."""

    fund: Fund
    undp: Organisation
    unodc: Organisation
    officer: FlaskClient
    call: str


@pytest.fixture
def here(app: Flask, make: Make) -> Here:
    fund = make.fund()
    undp, unodc = (make.organisation(name, OrganisationKind.PUNO) for name in ("UNDP", "UNODC"))
    offices = make.office(undp, "UNDP Albania"), make.office(unodc, "UNODC Vienna")
    by = make.viewer(Role.PUNO_OFFICER, fund, office=offices[0])
    with app.app_context():
        call = call_out(fund, by.id, *offices)
        for number, title in enumerate(("Safe storage", FORMULA, "Border posts", "A draft"), start=1):
            office = offices[number % 2]
            proposal = Proposal(
                fund_id=fund.id, call_id=call.id, organisation_id=office.organisation_id, office_id=office.id,
                title=title, by_id=by.id, is_demo=number == 3,
            )  # fmt: skip
            db.session.add(proposal)
            if title != "A draft":
                submit(proposal, number=number, at=SENT + timedelta(days=number))
        db.session.flush()
        db.session.scalars(
            select(Proposal).filter_by(fund_id=fund.id, number="P3")
        ).one().status = ProposalStatus.WITHDRAWN
        db.session.commit()
        reference = str(call.public_id)
    return Here(fund, undp, unodc, make.client(Role.SECRETARIAT_OFFICER, fund), reference)


def on_screen(page: str) -> list[list[str]]:
    """Return the rows of the list as they are read: the words of each cell, a line for each thing it says."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    lines = re.findall(r"<tr>.*?</tr>", body, re.DOTALL)
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL) for line in lines]
    return [[_words(part) for cell in row for part in _things(cell)] for row in rows]


def _things(cell: str) -> list[str]:
    first, _, rest = cell.partition('<span class="sub2">')
    return [first, rest] if rest else [first]


def _words(html: str) -> str:
    return " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())


def as_shown(row: Sequence[str]) -> list[str]:
    """Return what a row of a file says in the words of the page; its moment is left to a check of its own."""
    title, number, call, organisation, office, place, stage, status, requested, _sent, data = row
    tag = "" if stage == "Full proposal" else stage
    return [
        title,
        " ".join(filter(None, (number, tag, data))),
        call,
        organisation,
        office,
        place,
        status,
        f"{Decimal(requested):,.2f}",
    ]


def taken(client: FlaskClient, query: str = "") -> list[list[str]]:
    """Return the rows of the file of comma-separated values, read as a program reads them."""
    answer = client.get(f"{HOME}submitted.csv{query}")
    assert answer.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.mark.parametrize("query", ["", "?status=withdrawn", "?words=storage", "?words=border+post", "?words=nowhere"])
def test_a_file_holds_the_rows_of_the_page_in_its_order(here: Here, query: str) -> None:
    page = here.officer.get(HOME + query).text
    heads = re.findall(r'<th scope="col">([^<]*)</th>', page)
    shown = on_screen(page) if heads else []
    rows = taken(here.officer, query)
    assert [as_shown([cell.removeprefix("'") for cell in row]) for row in rows[1:]] == [row[:-1] for row in shown]
    book = openpyxl.load_workbook(io.BytesIO(here.officer.get(f"{HOME}submitted.xlsx{query}").data))
    cells = [["" if value is None else value for value in row] for row in book["Proposals"].iter_rows(values_only=True)]
    assert [as_shown(row) for row in cells[1:]] == [row[:-1] for row in shown]  # type: ignore[arg-type]
    named = [str(head).replace("(USD)", "USD") for head in cells[0]]
    assert named == rows[0]
    if heads:
        assert [head for head in named if head in heads] == heads


def test_a_title_is_found_whatever_its_accents_also_after_it_was_changed(app: Flask, here: Here) -> None:
    with app.app_context():
        proposal = db.session.scalars(select(Proposal).filter_by(fund_id=here.fund.id, number="P1")).one()
        proposal.title = "Žrnovnica: zaštita skladišta"
        db.session.commit()
    for words in ("zrnovnica", "ŽRNOVNICA", "zastita p1", "Skladišta"):
        assert [row[0] for row in taken(here.officer, f"?words={words}")[1:]] == ["Žrnovnica: zaštita skladišta"], words


def test_a_moment_is_one_and_a_planted_formula_is_text(here: Here) -> None:
    book = openpyxl.load_workbook(io.BytesIO(here.officer.get(f"{HOME}submitted.xlsx").data))
    sheet, notes = book.worksheets
    moments = [row[9].value for row in sheet.iter_rows(min_row=2)]
    assert moments == [(SENT + timedelta(days=days)).replace(tzinfo=None) for days in (3, 2, 1)]
    (planted,) = [cell for row in sheet.iter_rows() for cell in row if cell.value == FORMULA]
    assert planted.data_type == "s"
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    said = {row[0]: row[1] for row in notes.iter_rows(values_only=True)}
    assert (said["Proposals"], str(said["Fund"]).partition(",")[0]) == ("3", "SLW00")
    rows = {row[1]: row for row in taken(here.officer)}
    assert rows["P2"][0] == f"'{FORMULA}"
    assert rows["P1"][9] == "2026-04-02T12:30:00Z"
    assert rows["P3"][10] == "demonstration data"
    assert not any("A draft" in row for row in rows.values())


def test_a_file_holds_all_rows_of_the_filters_and_the_page_says_so(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "3 proposals. Take all of them:" in _words(here.officer.get(HOME).text)
    assert "1 proposal fits these filters. Take it:" in _words(here.officer.get(f"{HOME}?words=storage").text)
    monkeypatch.setattr(listed, "SHOWN", 2)
    page = here.officer.get(f"{HOME}?page=2").text
    assert "3 proposals. Take all of them, not only this page:" in _words(page)
    assert len(on_screen(page)) == 1
    assert len(taken(here.officer, "?page=2")) == 1 + 3
    monkeypatch.setattr(listed, "MOST_TAKEN", 2)
    for kind in ("csv", "xlsx"):
        refused = here.officer.get(f"{HOME}submitted.{kind}?status=")
        assert (refused.status_code, "More than 2 proposals fit" in refused.text) == (422, True)
        assert here.officer.get(f"{HOME}submitted.{kind}?words=storage").status_code == 200


def test_who_takes_a_file_stands_with_filter_and_rows_in_the_log(app: Flask, here: Here, make: Make) -> None:
    here.officer.get(f"{HOME}submitted.xlsx?status=withdrawn&words=border")
    here.officer.get(f"{HOME}submitted.csv?organisation={here.undp.public_id}")
    with app.app_context():
        mine = select(AccessEvent.detail).where(AccessEvent.fund_id == here.fund.id, AccessEvent.what == "export")
        first, second = db.session.scalars(mine.order_by(AccessEvent.id))
    assert '"rows": 1' in first
    assert '"filter": {"status": "Withdrawn", "words": "border"}' in first
    assert '"written_as": "Submitted proposals, XLSX"' in first
    assert '"filter": {"organisation": "UNDP"}' in second
    page = _words(make.client(Role.AUDITOR, here.fund).get("/f/SLW00/audit?log=looks").text)
    assert "Submitted proposals, CSV" in page
    assert "organisation: UNDP" in page


def test_an_office_takes_no_file_of_what_others_submitted(app: Flask, make: Make, here: Here) -> None:
    person = make.person()
    make.grant(person, Role.PUNO_OFFICER, here.fund, office=make.office(here.undp, "UNDP Serbia"))
    applicant = sign_in(app.test_client(), person)
    assert applicant.get(HOME).status_code == 200
    for kind in ("csv", "xlsx"):
        assert applicant.get(f"{HOME}submitted.{kind}").status_code == 404


# ---- views


def link(page: str, words: str) -> str:
    """Return where the link of these words leads, if there is one."""
    links = re.findall(r'<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>', page, re.DOTALL)
    return next((unescape(url) for url, inner in links if _words(inner) == words), "")


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


def keep(client: FlaskClient, query: str, name: str, **more: str) -> str:
    """Keep the filters of an address from the page of the list; return where that led."""
    form = client.get(link(client.get(HOME + query).text, "Keep this view")).text
    answer = client.post(f"{VIEWS}/keep/proposals", data={"name": name, "asked": hidden(form, "asked"), **more})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_the_filters_that_stand_are_kept_and_opened_with_one_click(here: Here) -> None:
    whole = here.officer.get(HOME).text
    assert "Keep this view" not in whole
    assert "Your views of this list" not in whole
    query = f"?organisation={here.unodc.public_id}&status=submitted&words=safe+storage"
    form = here.officer.get(link(here.officer.get(HOME + query).text, "Keep this view")).text
    assert _words(re.search(r'<dl class="dl">.*?</dl>', form, re.DOTALL)[0]) == (  # type: ignore[index]
        "Organisation UNODC Status Submitted Number or title safe storage"
    )
    opened = keep(here.officer, query, "Of UNODC")
    assert dict(parse_qsl(opened.partition("?")[2])) == dict(parse_qsl(query[1:]))
    page = here.officer.get(opened).text
    assert [row[0] for row in on_screen(page)] == ["Safe storage"]
    assert re.search(r'aria-current="page">Of UNODC</a>', page)
    assert "Keep this view" not in page
    assert link(here.officer.get(HOME).text, "Of UNODC") == opened
    other = here.officer.get(f"{HOME}?status=withdrawn").text
    assert link(other, "Of UNODC") == opened
    assert "Keep this view" in other
    assert "Rename or remove this view" not in other


def test_the_same_name_again_asks_before_it_replaces(app: Flask, here: Here) -> None:
    keep(here.officer, "?status=withdrawn", "Mine")
    form = here.officer.get(link(here.officer.get(f"{HOME}?words=storage").text, "Keep this view")).text
    asked = hidden(form, "asked")
    refused = here.officer.post(f"{VIEWS}/keep/proposals", data={"name": "mine", "asked": asked})
    assert refused.status_code == 422
    assert "You keep a view called “Mine” already" in refused.text
    assert "Replace Mine" in refused.text
    another = here.officer.post(
        f"{VIEWS}/keep/proposals", data={"name": "MINE", "asked": asked, "replaces": hidden(refused.text, "replaces")}
    )
    assert another.status_code == 422, "what was asked was another name"
    assert keep(here.officer, "?words=storage", "mine", replaces="mine") == f"{HOME}?words=storage"
    with app.app_context():
        (view,) = db.session.scalars(select(SavedView).filter_by(fund_id=here.fund.id))
        assert (view.name, view.asked) == ("mine", {"words": "storage"})


def test_a_view_is_renamed_and_removed_from_its_page(here: Here) -> None:
    opened = keep(here.officer, "?status=withdrawn", "Mine")
    keep(here.officer, "?words=storage", "Other")
    page = link(here.officer.get(opened).text, "Rename or remove this view")
    shown = here.officer.get(page).text
    assert "Withdrawn" in shown
    refused = here.officer.post(page, data={"name": "other"})
    assert (refused.status_code, "You keep another view called “Other”" in refused.text) == (422, True)
    assert here.officer.post(page, data={"name": "Gone back"}).location == opened
    assert link(here.officer.get(HOME).text, "Gone back") == opened
    assert here.officer.post(f"{page}/remove").location == HOME
    assert here.officer.get(page).status_code == 404
    left = here.officer.get(HOME).text
    assert "Gone back" not in left
    assert "Other" in left


def test_the_view_of_another_person_is_absent(make: Make, here: Here) -> None:
    opened = keep(here.officer, "?status=withdrawn", "Only mine")
    page = link(here.officer.get(opened).text, "Rename or remove this view")
    head = make.client(Role.SECRETARIAT_HEAD, here.fund)
    assert "Only mine" not in head.get(opened).text
    for ask in (head.get, head.post):
        real, none = ask(page), ask(f"{VIEWS}/{'a' * 26}")
        assert (real.status_code, real.data, dict(real.headers)) == (404, none.data, dict(none.headers))
    assert head.post(f"{page}/remove").status_code == 404
    assert "Only mine" in here.officer.get(HOME).text


@pytest.mark.parametrize(
    "asked",
    [
        "", "nothing=at+all", "code=OTHER&page=3&token=x", "status=no+such+status", "organisation=nobody", "%00=%00",
        "&".join(f"a{number}=b" for number in range(60)),
    ],
)  # fmt: skip
def test_what_is_no_filter_of_the_list_is_not_kept(app: Flask, here: Here, asked: str) -> None:
    assert "No filter stands" in here.officer.get(f"{VIEWS}/keep/proposals", query_string={"asked": asked}).text
    refused = here.officer.post(f"{VIEWS}/keep/proposals", data={"name": "Mine", "asked": asked})
    assert (refused.status_code, "Choose a filter in the list first" in refused.text) == (422, True)
    long = here.officer.post(f"{VIEWS}/keep/proposals", data={"name": "Mine", "asked": f"words={'x' * 300}"})
    assert (long.status_code, "A filter is not right" in long.text) == (422, True)
    kept = here.officer.post(f"{VIEWS}/keep/proposals", data={"name": "Mine", "asked": f"{asked}&words=storage"})
    if kept.status_code == 303:
        with app.app_context():
            (view,) = db.session.scalars(select(SavedView).filter_by(fund_id=here.fund.id))
            assert view.asked == {"words": "storage"}
    assert here.officer.get(f"{VIEWS}/keep/nothing").status_code == 404


def test_a_view_whose_organisation_ended_opens_with_a_sentence(app: Flask, here: Here) -> None:
    opened = keep(here.officer, f"?organisation={here.undp.public_id}&words=o", "Of UNDP")
    with app.app_context():
        db.session.get_one(Organisation, here.undp.id).kind = OrganisationKind.OTHER
        db.session.commit()
    told = "What was chosen under Organisation is not in this list any more and is left out"
    answer = here.officer.get(opened)
    assert (answer.status_code, told in answer.text) == (200, True)
    assert len(on_screen(answer.text)) == 2, "the words still narrow it"
    assert f"{HOME}submitted.csv?words=o" in answer.text
    assert re.search(r'aria-current="page">Of UNDP</a>', answer.text)
    page = here.officer.get(link(answer.text, "Rename or remove this view"))
    assert (page.status_code, told in page.text) == (200, True)
    assert len(taken(here.officer, f"?organisation={here.undp.public_id}&words=o")) == 1 + 2
    form = here.officer.get(link(answer.text, "Keep this view")).text
    assert hidden(form, "asked") == "words=o"


def test_views_cost_a_list_one_statement_however_many_there_are(app: Flask, here: Here) -> None:
    here.officer.get(HOME)
    with statements(app) as before:
        here.officer.get(HOME)
    for number in range(5):
        keep(here.officer, f"?words=storage+{number}", f"View {number}")
    with statements(app) as after:
        here.officer.get(HOME)
    assert len(after) == len(before)
    assert sum("saved_view" in one for one in after) == 1


@pytest.mark.parametrize(
    "page, query, key",
    [("/f/SLW00/ledger", "?since=1+Mar+2026&kind=deposit", "journal"), ("/f/SLW00/cash", "?kind=transfer", "cash")],
)
def test_other_lists_have_views_too(app: Flask, here: Here, page: str, query: str, key: str) -> None:
    form = here.officer.get(link(here.officer.get(page + query).text, "Keep this view")).text
    answer = here.officer.post(f"{VIEWS}/keep/{key}", data={"name": "Mine", "asked": hidden(form, "asked")})
    assert answer.status_code == 303
    assert re.search(r'aria-current="page">Mine</a>', here.officer.get(answer.location).text)
    assert "Mine" not in here.officer.get(HOME).text
    if key == "journal":
        wrong = here.officer.get(f"{page}?since=yesterday&kind=deposit").text
        assert "Keep this view" not in wrong
