"""Completeness never lies: what is called complete says everything the call asks for (DOMAIN 3: parts).

Whole contents are spoilt at random fields; each rule is told once more here, in other words than the readers'. The
parts of rows below rows (results, workplan, risks) are in `test_plans.py`.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mptf.attachments.part import read_attachments
from mptf.budgets.grid import DIRECT
from mptf.budgets.part import read_budget
from mptf.core.money import Money
from mptf.drafting.general import read_general
from mptf.drafting.narrative import SECTIONS, read_narrative
from mptf.drafting.reading import Asked, Belongs, Frame, OnRecord
from mptf.drafting.shape import Content
from mptf.drafting.team import read_team

FRAME = Frame(
    currency="USD", indirect_bp=700, goals={"g1": "Goal 1"}, kpis={"k3": "KPI 3"}, jurisdictions={"al": "Albania"},
    offices={"lead": "UNDP Albania", "other": "UNODC Albania"}, lead="lead", months_least=6, months_most=36,
    organisations={
        "lead": Belongs("undp", "UNDP", Money(200_000, "USD")),
        "other": Belongs("unodc", "UNODC", Money(190_000, "USD")),
    },
    grant_least=Money(100_000, "USD"), grant_most=Money(300_000, "USD"), taking_part=("lead", "other"), months=14,
    documents={"letter": Asked("Letter of the authorities", "", needed=True), "plan": Asked("Plan", "", needed=False)},
    files={"f1": OnRecord("letter.pdf", 10, "0" * 64, datetime(2026, 3, 1, tzinfo=UTC), "Ana")},
)  # fmt: skip
YEARS = (1, 2)

GENERAL = {
    "title": "Safe stores", "offices.other": "y", "jurisdictions.al": "y", "starts_on": "1 Mar 2027", "months": "24",
    "goals.g1": "y", "kpis.k3": "y", "targets": "aaaaaa bbbbbb", "targets.aaaaaa.code": "16.4",
    "targets.aaaaaa.focus": "70", "targets.bbbbbb.code": "5.2", "targets.bbbbbb.focus": "30", "gender": "2",
    "gender_why": "Women take part.",
}  # fmt: skip
NARRATIVE = {section.name: "What it says." for section in SECTIONS}
TEAM = {
    "team": "aaaaaa bbbbbb",
    "team.aaaaaa.function": "Manager", "team.aaaaaa.organisation": "UNDP", "team.aaaaaa.share": "50",
    "team.bbbbbb.function": "Engineer", "team.bbbbbb.organisation": "UNODC", "team.bbbbbb.share": "100",
}  # fmt: skip
BUDGET = [f"b.{office}.{year}.{key}" for office in ("lead", "other") for year in YEARS for key in DIRECT]

ATTACHED = {"files": "aaaaaa", "files.aaaaaa.file": "f1", "files.aaaaaa.document": "letter"}

NOTHING = st.sampled_from(("", " ", "\n"))
SPOILT = (
    NOTHING
    | st.sampled_from(("0", "-1", "40", "101", "1,200.50", "12k", "y", "x" * 9_000, "16.4", "aaaaaa", "plan", "soon"))
    | st.text(max_size=12)
)


def spoilt(whole: Content) -> st.SearchStrategy[dict[str, str]]:
    """Return whole contents with some of their fields typed over."""
    return st.dictionaries(st.sampled_from(sorted(whole)), SPOILT, max_size=3).map(lambda typed: {**whole, **typed})


def said(content: Content, *names: str) -> bool:
    """Tell whether all of these hold something people can see."""
    return all(content.get(name, "").strip() for name in names)


@settings(max_examples=200, deadline=None)
@given(spoilt(GENERAL))
@example(GENERAL)
def test_general(content: dict[str, str]) -> None:
    read = read_general(content, FRAME)
    rows = content["targets"].split()
    general = read.value
    whole = (
        said(content, "title", "jurisdictions.al", "goals.g1", "kpis.k3", "gender_why")
        and len(general.title) <= 200
        and isinstance(general.starts_on, date)
        and general.months in range(6, 37)
        and general.gender in range(4)
        and bool(rows)
        and sum(target.focus for target in general.targets) == 100
        and len({target.code for target in general.targets}) == len(set(rows))
    )
    assert whole or not read.complete
    assert read.complete or content != GENERAL


@settings(max_examples=200, deadline=None)
@given(spoilt(NARRATIVE))
@example(NARRATIVE)
def test_narrative(content: dict[str, str]) -> None:
    read = read_narrative(content, FRAME)
    fits = all(len(content[section.name].strip()) <= section.most for section in SECTIONS)
    assert (said(content, *NARRATIVE) and fits) or not read.complete
    assert read.complete or content != NARRATIVE


@settings(max_examples=200, deadline=None)
@given(spoilt(TEAM))
@example(TEAM)
def test_team(content: dict[str, str]) -> None:
    read = read_team(content, FRAME)
    rows = content["team"].split()
    whole = bool(rows) and all(
        said(content, f"team.{row}.function", f"team.{row}.organisation", f"team.{row}.share") for row in rows
    )
    shares = all(one.share in range(1, 101) for one in read.value.members)
    assert (whole and shares) or not read.complete
    assert read.complete or content != TEAM


@settings(max_examples=200, deadline=None)
@given(spoilt(ATTACHED))
@example(ATTACHED)
def test_attachments(content: dict[str, str]) -> None:
    read = read_attachments(content, FRAME)
    rows = content["files"].split()
    there = [row for row in rows if content.get(f"files.{row}.file") == "f1"]
    letters = [row for row in there if content.get(f"files.{row}.document") == "letter"]
    assert (letters and there == rows) or not read.complete
    assert read.complete or content != ATTACHED


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 160), st.integers(0, 160), st.dictionaries(st.sampled_from(sorted(BUDGET)), SPOILT, max_size=1))
@example(90, 90, {})
def test_budget(lead: int, other: int, typed: dict[str, str]) -> None:
    """Each office has 7 % of its direct cost added; the call gives from 1,000 to 3,000, and a ceiling to each."""
    content = {field: str(lead if ".lead." in field else other) for field in BUDGET} | typed
    read = read_budget(content, FRAME)
    if read.complete:
        asked = {office: _asked(content, office) for office in ("lead", "other")}
        assert asked["lead"] <= 2_000
        assert asked["other"] <= 1_900
        assert 1_000 <= sum(asked.values()) <= 3_000
        assert read.value.budget.total == Money(int(sum(asked.values()) * 100), "USD")
    assert said(content, *BUDGET) or not read.complete
    assert read.complete or (lead, other, typed) != (90, 90, {})


def _asked(content: Content, office: str) -> Decimal:
    """Add up an office's cells with its indirect cost."""
    cells = [content[f"b.{office}.{year}.{key}"] for year in YEARS for key in DIRECT]
    direct = sum((Decimal(cell.strip().replace(",", "")) for cell in cells), Decimal(0))
    return direct + (direct * 7 / 100).quantize(Decimal("0.01"), "ROUND_HALF_UP")
