"""The pages of the results framework, the workplan and the risks: rows without script, who reads, what is drawn."""

import re
from collections.abc import Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mptf.proposals.models import May
from tests.conftest import Once
from tests.support.drafting import Drafted, drafted
from tests.support.posting import post
from tests.support.whole import RESULTS, RISKS

GENERAL = {"title": "Safe stores", "starts_on": "1 Apr 2027", "months": "24"}
ACTIVITY = {
    "activities": "dddddd", "activities.dddddd.of": "bbbbbb", "activities.dddddd.text": "Build fences",
    "activities.dddddd.from": "2", "activities.dddddd.to": "4", "activities.dddddd.milestone": "Fences stand",
    "activities.dddddd.due": "4",
}  # fmt: skip


@pytest.fixture
def draft(app: Flask, once: Once) -> Drafted:
    return once(drafted)


@pytest.fixture
def ana(draft: Drafted) -> FlaskClient:
    return draft.make.client_of(draft.ana)


@pytest.fixture
def parts(draft: Drafted) -> str:
    return f"/f/SLW00/proposals/{draft.proposal.public_id}/parts/"


def rows(page: str) -> list[str]:
    """Return what the rows of a page are called."""
    shown = re.sub("(?s)<template.*?</template>", "", page)
    legends = re.findall(r'(?s)<legend class="row-h">(.*?)</legend>', shown)
    return [" ".join(re.sub("<[^>]*>", "", legend).split()) for legend in legends]


def step(client: FlaskClient, page: str, content: Mapping[str, str], do: str, version: int = 0) -> str:
    """Press a button of a row as a browser without script does; return where it leads."""
    return str(post(client, page, version=str(version), do=do, **content).location)


def test_a_row_below_another_is_added_without_script(ana: FlaskClient, draft: Drafted, parts: str) -> None:
    draft.save(draft.ana, "results", RESULTS)
    there = step(ana, f"{parts}results", RESULTS, "add outputs aaaaaa", 1)
    stands = draft.stands("results")
    key = stands["outputs"].split()[-1]
    assert there.endswith(f"results#outputs.{key}")
    assert stands[f"outputs.{key}.of"] == "aaaaaa"
    page = ana.get(f"{parts}results").text
    assert rows(page) == ["Outcome 1", "Output 1.1", "Indicator 1.1.1", "Output 1.2"]
    assert f'id="outputs.{key}"' in page


def test_a_row_goes_from_the_end_of_one_row_into_the_next_without_script(
    ana: FlaskClient, draft: Drafted, parts: str
) -> None:
    content = {**RESULTS, "outcomes": "aaaaaa zzzzzz", "outcomes.zzzzzz.text": "Second"}
    draft.save(draft.ana, "results", content)
    assert step(ana, f"{parts}results", content, "down outputs bbbbbb", 1).endswith("#outputs.bbbbbb")
    assert draft.stands("results")["outputs.bbbbbb.of"] == "zzzzzz"
    step(ana, f"{parts}results", draft.stands("results"), "up outputs bbbbbb", 2)
    assert draft.stands("results")["outputs.bbbbbb.of"] == "aaaaaa"


def test_removing_a_row_that_has_others_below_it_asks_first_without_script(
    ana: FlaskClient, draft: Drafted, parts: str
) -> None:
    draft.save(draft.ana, "results", RESULTS)
    typed = {**RESULTS, "outcomes.aaaaaa.text": "Typed and not saved yet"}
    asked = post(ana, f"{parts}results", version="1", do="remove outcomes aaaaaa", **typed)
    assert asked.status_code == 422
    assert "Remove outcome 1?" in asked.text
    assert "2 rows stand below it and are removed with it." in asked.text
    assert "Typed and not saved yet" in asked.text
    assert draft.stands("results") == RESULTS
    assert step(ana, f"{parts}results", typed, "remove outcomes aaaaaa surely", 1).endswith("results#outcomes")
    assert draft.stands("results") == {}


def test_removing_a_row_with_nothing_below_it_asks_nothing(ana: FlaskClient, draft: Drafted, parts: str) -> None:
    draft.save(draft.ana, "results", RESULTS)
    there = step(ana, f"{parts}results", RESULTS, "remove indicators cccccc", 1)
    assert there.endswith("#outputs.bbbbbb")
    assert "indicators" not in draft.stands("results")


@pytest.mark.parametrize(
    "do", ["up nothing aaaaaa", "down outputs", "remove outcomes zzzzzz", "add", "remove", "up outputs a\u00e9"]
)
def test_a_step_that_is_none_changes_nothing(ana: FlaskClient, draft: Drafted, parts: str, do: str) -> None:
    draft.save(draft.ana, "results", RESULTS)
    step(ana, f"{parts}results", RESULTS, do, 1)
    assert draft.stands("results") == RESULTS


def test_an_output_whose_outcome_is_gone_is_shown_apart_and_given_another(
    ana: FlaskClient, draft: Drafted, parts: str
) -> None:
    draft.save(draft.ana, "results", {**RESULTS, "outputs.bbbbbb.of": "zzzzzz"})
    page = ana.get(f"{parts}results").text
    assert rows(page) == ["Outcome 1", "Output", "Indicator"]
    assert '<option value="aaaaaa">Outcome 1: Fewer weapons are diverted</option>' in page
    post(ana, f"{parts}results", version="1", do="keep", **RESULTS)
    assert rows(ana.get(f"{parts}results").text) == ["Outcome 1", "Output 1.1", "Indicator 1.1.1"]


def test_the_workplan_stands_on_the_outputs_and_the_duration(ana: FlaskClient, draft: Drafted, parts: str) -> None:
    page = ana.get(f"{parts}workplan").text
    assert "Write the results framework first" in page
    assert "Write the duration" in page
    draft.save(draft.ana, "results", RESULTS)
    draft.save(draft.ana, "general", GENERAL)
    draft.save(draft.ana, "workplan", ACTIVITY)
    page = ana.get(f"{parts}workplan").text
    assert "Write the results framework first" not in page
    assert rows(page) == ["Activity 1.1.1"]
    assert "Q2–Q4" in page
    assert "Jul 2027–Mar 2028" in page
    assert "Fences stand, Q4, Jan–Mar 2028" in page
    assert 'x="12.5%" y="-6" width="37.5%"' in page


def test_what_is_drawn_is_drawn_again_after_each_save(ana: FlaskClient, draft: Drafted, parts: str) -> None:
    answer = ana.post(f"{parts}risks", data={"alone": "yes", "do": "keep", **RISKS}).json
    assert answer is not None
    assert answer["problems"] == []
    assert 'href="#risks.aaaaaa"' in answer["figures"]
    assert '12 <span class="words">high</span>' in answer["figures"]


def test_what_is_wrong_is_told_with_the_number_people_see(ana: FlaskClient, draft: Drafted, parts: str) -> None:
    draft.save(draft.ana, "results", {**RESULTS, "indicators": ""})
    page = ana.get(f"{parts}results?checked=yes").text
    assert '<a href="#outputs.bbbbbb">Output 1.1: Add an indicator that shows this output.</a>' in page


@pytest.mark.parametrize(
    "part,seen",
    [
        ("results", ["Output 1.1: Stores are safe", "Handover protocols"]),
        ("workplan", ["Build fences", "Q2–Q4"]),
        ("risks", ["Depots stay open", "3 × 4 = 12", "Guards"]),
    ],
)
def test_who_only_reads_sees_what_is_written_and_no_fields(
    draft: Drafted, parts: str, part: str, seen: list[str]
) -> None:
    contents = {"general": GENERAL, "results": RESULTS, "workplan": ACTIVITY, "risks": RISKS}
    for word, content in contents.items():
        draft.save(draft.ana, word, content)
    page = draft.make.client_of(draft.officer("Rea Demo", May.READ)).get(f"{parts}{part}").text
    assert all(words in page for words in seen)
    assert "<textarea" not in page
    assert 'name="do"' not in page
