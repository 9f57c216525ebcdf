"""The pages of a proposal's parts: saved by the page or by its button, steps without script, versions side by side."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mptf.core.db import db
from mptf.drafting.models import PartVersion
from mptf.framework.models import FrameworkText
from mptf.policy import Role
from mptf.proposals.models import May
from tests.conftest import Once
from tests.factories import Make
from tests.support.drafting import Drafted, drafted, officer
from tests.support.posting import post


@pytest.fixture
def draft(app: Flask, once: Once) -> Drafted:
    return once(drafted)


@pytest.fixture
def ana(draft: Drafted) -> FlaskClient:
    return draft.make.client_of(draft.ana)


@pytest.fixture
def ben(draft: Drafted) -> FlaskClient:
    return draft.make.client_of(draft.ben)


@pytest.fixture
def parts(draft: Drafted) -> str:
    return f"/f/SLW00/proposals/{draft.proposal.public_id}/parts/"


def saved_alone(client: FlaskClient, page: str, **fields: Any) -> Any:
    """Post as the script of the page does; return its answer."""
    answer = client.post(page, data={"alone": "yes", "do": "keep", **fields})
    assert answer.status_code == 200, answer.text
    return answer.json


def test_the_first_part_opens_first_and_says_what_is_to_be_filled_in(ana: FlaskClient, parts: str) -> None:
    assert ana.get(parts).location == f"{parts}general"
    page = ana.get(f"{parts}general").text
    assert "Nothing saved yet" in page
    assert "Kosovo*" in page
    assert "KPI 3" in page
    assert "From 6 to 36 months in this call." in page
    assert "Choose the gender marker" not in page


def test_a_page_saves_by_itself_and_is_told_how_it_stands(ana: FlaskClient, parts: str) -> None:
    answer = saved_alone(ana, f"{parts}team", team="aaaaaa", **{"team.aaaaaa.share": "half"})
    assert answer["version"] == 1
    assert answer["saved"].endswith("with 1 warning")
    assert answer["changed"] == {}
    assert {"field": "team.aaaaaa.share", "missing": False} in [
        {"field": one["field"], "missing": one["missing"]} for one in answer["problems"]
    ]
    assert "“half” is not a whole number" in ana.get(f"{parts}team").text


def test_a_kpi_says_what_it_is_where_its_text_is_on_record(draft: Drafted, ana: FlaskClient, parts: str) -> None:
    told = "Number of weapons in safe stores"
    assert told not in ana.get(f"{parts}general").text
    with draft.open():
        db.session.add(
            FrameworkText(
                fund_id=draft.fund.id, item_id=draft.kpi.id, version=1, text=told, source="Roadmap, annex",
                by_id=draft.ana.id,
            )
        )  # fmt: skip
    assert f'KPI 3<span class="sub2">{told}</span>' in ana.get(f"{parts}general").text


def test_a_part_leads_to_the_next_one_and_a_complete_one_says_what_is_left(ana: FlaskClient, parts: str) -> None:
    assert f'href="{parts}narrative">Narrative</a>' not in ana.get(f"{parts}general").text
    assert 'Next<span class="next-name">: Narrative</span>' in ana.get(f"{parts}general").text
    last, tasks = ana.get(f"{parts}team").text, f'href="{parts.removesuffix("/parts/")}#tasks-h"'
    assert 'Next<span class="next-name">: Check and submit</span>' in last
    assert last.count(tasks) == 2, "beside what was saved, and below the parts"
    typed = {"team": "aaaaaa", "team.aaaaaa.function": "Manager", "team.aaaaaa.organisation": "UNDP"}
    answer = post(ana, f"{parts}team", **typed, **{"team.aaaaaa.share": "50 %"}, version="0", do="save")
    page = ana.get(answer.location).text
    assert "This part is complete" in page
    assert f'Still to write: <a href="{parts}general">General</a>, <a href="{parts}narrative">Narrative</a>' in page


def test_the_button_saves_checks_and_says_what_is_missing(ana: FlaskClient, parts: str) -> None:
    answer = post(ana, f"{parts}narrative", summary="Stores that are safe", version="0", do="save")
    assert answer.location == f"{parts}narrative?checked=yes"
    page = ana.get(answer.location).text
    assert "6 things to look at in this part" in page
    assert "Situation and needs: Write this section." in page
    assert "Stores that are safe" in page


def test_a_part_that_is_complete_says_so(ana: FlaskClient, parts: str) -> None:
    row = {
        "team.aaaaaa.function": "Project manager", "team.aaaaaa.organisation": "UNDP", "team.aaaaaa.share": "100",
    }  # fmt: skip
    answer = post(ana, f"{parts}team", team="aaaaaa", version="0", do="save", **row)
    assert "This part is complete" in ana.get(answer.location).text


def test_rows_are_added_moved_and_removed_without_script(draft: Drafted, ana: FlaskClient, parts: str) -> None:
    there = post(ana, f"{parts}team", version="0", do="add team").location
    assert there == f"{parts}team#team.{draft.stands('team')['team']}"
    post(ana, f"{parts}team", version="1", do="add team", **draft.stands("team"))
    first, second = draft.stands("team")["team"].split()
    post(ana, f"{parts}team", version="2", do=f"up team {second}", **draft.stands("team"))
    assert draft.stands("team") == {"team": f"{second} {first}"}
    post(ana, f"{parts}team", version="3", do=f"remove team {second}", **draft.stands("team"))
    assert draft.stands("team") == {"team": first}
    post(ana, f"{parts}team", version="4", do="remove team nobody", **draft.stands("team"))
    post(ana, f"{parts}team", version="4", do="nonsense", **draft.stands("team"))
    assert draft.stands("team") == {"team": first}


def test_the_answer_brings_what_the_other_changed(ana: FlaskClient, ben: FlaskClient, parts: str) -> None:
    saved_alone(ana, f"{parts}narrative", version="0", summary="Stores", approach="Build")
    saved_alone(ben, f"{parts}narrative", version="1", summary="Stores", approach="Build well")
    answer = saved_alone(ana, f"{parts}narrative", version="1", summary="Safe stores", approach="Build")
    assert (answer["version"], answer["changed"], answer["collided"]) == (3, {"approach": "Build well"}, [])


def test_a_collision_shows_both_texts_and_is_settled_without_script(
    draft: Drafted, ana: FlaskClient, ben: FlaskClient, parts: str
) -> None:
    page = f"{parts}narrative"
    post(ana, page, version="0", do="save", summary="Stores")
    post(ben, page, version="1", do="save", summary="Stores, says Ben")
    post(ana, page, version="1", do="save", summary="Stores, says Ana")
    shown = ana.get(page).text
    assert "was changed while you typed, by somebody else or in another tab" in shown
    assert "Stores, says Ana" in shown
    assert "Stores, says Ben" in shown
    assert "Stores, says Ana" not in ben.get(page).text
    (aside,) = draft.asides(draft.ana, "narrative")
    mine = {f"aside.{aside.number}": "Stores, say both"}
    post(ana, page, version="2", do=f"mine {aside.number}", summary="Stores, says Ben", **mine)
    assert draft.stands("narrative") == {"summary": "Stores, say both"}
    assert draft.asides(draft.ana, "narrative") == []


def test_a_collision_is_left_with_what_stands(draft: Drafted, ana: FlaskClient, ben: FlaskClient, parts: str) -> None:
    page = f"{parts}narrative"
    saved_alone(ana, page, version="0", summary="Stores")
    saved_alone(ben, page, version="1", summary="Stores, says Ben")
    answer = saved_alone(ana, page, version="1", summary="Stores, says Ana")
    (aside,) = answer["asides"]
    assert (aside["field"], aside["stands"], aside["typed"]) == ("summary", "Stores, says Ben", "Stores, says Ana")
    assert "Use my text" in aside["html"]
    post(ana, page, version="2", do=f"theirs {aside['number']}", summary="Stores, says Ben")
    assert draft.stands("narrative") == {"summary": "Stores, says Ben"}
    assert draft.asides(draft.ana, "narrative") == []


def test_a_text_that_is_far_too_long_is_refused_in_words_and_shown_again(ana: FlaskClient, parts: str) -> None:
    answer = ana.post(f"{parts}narrative", data={"alone": "yes", "summary": "x" * 7000})
    assert answer.status_code == 422
    assert answer.json == {
        "refused": "Summary: this text is far too long to be kept. It has 7,000 characters and may have 1,500."
    }
    shown = post(ana, f"{parts}narrative", version="0", do="save", summary="x" * 7000)
    assert shown.status_code == 422
    assert "x" * 7000 in shown.text


def test_versions_are_compared_and_brought_back(ana: FlaskClient, ben: FlaskClient, draft: Drafted, parts: str) -> None:
    page = f"{parts}narrative"
    post(ana, page, version="0", do="save", summary="Three stores are safe")
    post(ben, page, version="1", do="save", summary="Four stores are safe", approach="Build")
    listed = ana.get(f"{page}/versions").text
    assert "Ana Demo" in listed
    assert "Stands now" in listed
    compared = ana.get(f"{page}/versions?beside=1").text
    assert "<del>Three</del><ins>Four</ins> stores are safe" in compared
    assert "<ins>Build</ins>" in compared
    post(ana, f"{page}/versions/1")
    assert draft.stands("narrative") == {"summary": "Three stores are safe"}
    refused = post(ana, f"{page}/versions/3")
    assert refused.status_code == 422
    assert "What stands now says the same." in refused.text


def test_rows_and_choices_are_compared_by_their_names(ana: FlaskClient, draft: Drafted, parts: str) -> None:
    kpi = f"kpis.{draft.kpi.public_id}"
    rows = {"targets": "aaaaaa bbbbbb", "targets.aaaaaa.code": "16.4", "targets.bbbbbb.code": "5.2"}
    saved_alone(ana, f"{parts}general", version="0", **rows)
    saved_alone(ana, f"{parts}general", version="1", **{**rows, "targets": "bbbbbb aaaaaa", kpi: "y"})
    compared = ana.get(f"{parts}general/versions?beside=1").text
    assert "KPIs, KPI 3" in compared
    assert "<ins>chosen</ins>" in compared
    assert "The rows stand in another order." in compared


def test_who_only_reads_sees_the_text_and_no_button(draft: Drafted, ana: FlaskClient, parts: str) -> None:
    saved_alone(ana, f"{parts}narrative", version="0", summary="Stores")
    reader = draft.make.client_of(draft.officer("Reader", May.READ))
    page = reader.get(f"{parts}narrative").text
    assert "You read this part" in page
    assert "readonly" in page
    assert "Save and check" not in page
    assert "Check and submit" not in page
    assert reader.post(f"{parts}narrative", data={"alone": "yes", "summary": "Mine"}).status_code == 404


def test_finance_reads_all_and_writes_none_of_these_parts(draft: Drafted, parts: str) -> None:
    finance = draft.make.client_of(draft.officer("Finance", May.FINANCE))
    assert "You read this part" in finance.get(f"{parts}team").text
    assert finance.post(f"{parts}team", data={"alone": "yes"}).status_code == 404


def test_nobody_else_knows_of_a_draft(draft: Drafted, make: Make, parts: str) -> None:
    other = make.person()
    officer(make, other, draft.fund, make.office(draft.organisation, "UNDP Serbia"))
    secretariat = make.client(Role.SECRETARIAT_OFFICER, draft.fund)
    for client in (make.client_of(other), secretariat, make.client(Role.COMMITTEE_CHAIR, draft.fund)):
        for page in (parts, f"{parts}general", f"{parts}general/versions"):
            assert client.get(page).status_code == 404
        assert client.post(f"{parts}general", data={"alone": "yes"}).status_code == 404


def test_a_part_nobody_knows_of_is_no_page(ana: FlaskClient, parts: str) -> None:
    assert ana.get(f"{parts}nonsense").status_code == 404
    assert ana.get(f"{parts}team/versions?beside=7").status_code == 404


def test_the_page_is_read_in_few_statements_however_many_versions_there_are(draft: Drafted, ana: FlaskClient) -> None:
    with draft.app.app_context():
        for number in range(1, 60):
            db.session.add(
                PartVersion(
                    proposal_id=draft.proposal.id, fund_id=draft.fund.id, part="narrative", number=number,
                    content=f'{{"summary":"Text {number}"}}', by_id=draft.ana.id,
                )
            )  # fmt: skip
        db.session.commit()
    page = f"/f/SLW00/proposals/{draft.proposal.public_id}/parts/narrative"
    assert "Text 59" in ana.get(page).text
    assert "1 to 30 of 59" in ana.get(f"{page}/versions").text
