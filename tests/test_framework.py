"""Frameworks with numbered goals and KPIs, and their official texts: imported, never invented, version by version."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mptf.core.db import db
from mptf.core.errors import NotAllowed, NotFound, RuleBroken
from mptf.framework import queries
from mptf.framework.models import Framework, ItemKind
from mptf.framework.service import Strategy, add_framework, look_at, take_in
from mptf.framework.table import TextRow, read_texts
from mptf.fund.models import Fund
from mptf.paper.shape import Comparison
from mptf.policy import Role, Viewer
from tests.factories import Make

ROADMAP = Strategy("Roadmap 2030", 2025, 2030, goals=2, kpis=3, source="As adopted")
HEAD = "Framework,Kind,Number,Text,Goal,Source"
GOAL = "Roadmap 2030,goal,1,Laws are in line,,page 4"
KPI = "roadmap 2030,KPI,2,Number of laws in line,1,annex 2"


@pytest.fixture
def framework(fund: Fund, officer: Viewer) -> Framework:
    added = add_framework(fund, ROADMAP, by=officer)
    db.session.commit()
    return added


Look = Callable[..., Comparison[TextRow]]


@pytest.fixture
def look(tmp_path: Path, fund: Fund, framework: Framework, officer: Viewer) -> Look:
    """Say what an import of these rows would do."""

    def of(*rows: str, head: str = HEAD) -> Comparison[TextRow]:
        path = tmp_path / "texts.csv"
        path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
        return look_at(fund, read_texts(path), officer)

    return of


def texts(fund: Fund, framework: Framework, kind: ItemKind) -> list[tuple[str, str | None]]:
    return [(row.item.name, row.text.text if row.text else None) for row in queries.numbered(fund, framework)[kind]]


def test_a_framework_numbers_its_goals_and_kpis_before_any_text_is_here(fund: Fund, framework: Framework) -> None:
    assert texts(fund, framework, ItemKind.GOAL) == [("Goal 1", None), ("Goal 2", None)]
    assert [name for name, _ in texts(fund, framework, ItemKind.KPI)] == ["KPI 1", "KPI 2", "KPI 3"]
    (held,) = queries.frameworks(fund)
    assert (held.framework.years, held.goals, held.kpis, held.missing) == ("2025–2030", 2, 3, 5)


@pytest.mark.parametrize(
    "change,field",
    [
        ({"title": " "}, "title"),
        ({"title": "ROADMAP  2030"}, "title"),
        ({"first_year": 25}, "first_year"),
        ({"last_year": 2024}, "last_year"),
        ({"goals": 100}, "goals"),
        ({"goals": 0, "kpis": 0}, "goals"),
    ],
)
def test_a_framework_that_cannot_be_is_refused_at_its_field(
    fund: Fund, framework: Framework, officer: Viewer, change: dict[str, object], field: str
) -> None:
    with pytest.raises(RuleBroken) as refused:
        add_framework(fund, replace(ROADMAP, **{"title": "Another", **change}), by=officer)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_only_the_secretariat_adds_and_imports(make: Make, fund: Fund, framework: Framework) -> None:
    for role in set(Role) - {Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD}:
        viewer = make.viewer(role, fund)
        with pytest.raises(NotAllowed):
            add_framework(fund, replace(ROADMAP, title=role.value), by=viewer)
        with pytest.raises(NotAllowed):
            take_in(fund, [], by=viewer)


def test_texts_come_with_their_goal_and_source(fund: Fund, framework: Framework, officer: Viewer, look: Look) -> None:
    found = look(GOAL, KPI)
    assert (len(found.new), found.known, found.problems.count) == (2, 0, 0)
    take_in(fund, found.new, by=officer)
    kpi = queries.numbered(fund, framework)[ItemKind.KPI][1].text
    assert kpi is not None
    assert (kpi.version, kpi.text, kpi.goal_number, kpi.source) == (1, "Number of laws in line", 1, "annex 2")
    assert queries.frameworks(fund)[0].missing == 3
    again = look(GOAL, KPI)
    assert (again.new, again.known) == ([], 2)


def test_a_text_that_changed_is_the_next_version_and_the_earlier_stays(
    fund: Fund, framework: Framework, officer: Viewer, look: Look
) -> None:
    take_in(fund, look(KPI).new, by=officer)
    changed = look(KPI.replace("laws in line", "laws that were amended"))
    (told,) = changed.problems.in_order()
    assert str(told) == "Takes the place of version 1: “Number of laws in line”"
    take_in(fund, changed.new, by=officer)
    item = queries.numbered(fund, framework)[ItemKind.KPI][1].item
    assert [(one.version, one.text) for one in queries.versions(fund, item)] == [
        (2, "Number of laws that were amended"),
        (1, "Number of laws in line"),
    ]
    assert texts(fund, framework, ItemKind.KPI)[1] == ("KPI 2", "Number of laws that were amended")


@pytest.mark.parametrize(
    "row,said",
    [
        ("Roadmap 2018,goal,1,Text,,page", "no framework “Roadmap 2018”"),
        ("Roadmap 2030,aim,1,Text,,page", "neither a goal nor a KPI"),
        ("Roadmap 2030,goal,3,Text,,page", "“Roadmap 2030” has no Goal 3."),
        ("Roadmap 2030,goal,0,Text,,page", "a number from 1 to 99"),
        ("Roadmap 2030,KPI,1,,,page", "The cell is empty"),
        ("Roadmap 2030,KPI,1,Text,,", "The cell is empty"),
        ("Roadmap 2030,KPI,1,Text,9,page", "“Roadmap 2030” has no goal 9."),
        ("Roadmap 2030,KPI,1,Text,first,page", "“first” is not a whole number."),
        ("Roadmap 2030,goal,2,Text,1,page", "serves no other goal"),
        (f"Roadmap 2030,KPI,1,{'x' * 2_001},,page", "longer than 2000 characters"),
    ],
)
def test_a_row_that_is_wrong_is_named_at_its_cell(look: Look, row: str, said: str) -> None:
    found = look(row)
    assert [said in str(problem) for problem in found.problems.in_order()] == [True]
    assert found.new == []


def test_every_mistake_of_a_row_is_told_at_once(look: Look) -> None:
    found = look("Roadmap 2030,KPI,8,Text,9,")
    assert found.problems.errors == 3


def test_the_same_text_twice_in_a_table_is_refused(look: Look) -> None:
    (problem,) = look(GOAL, GOAL.replace("Laws", "All laws")).problems.in_order()
    assert "stands in row 2 already" in str(problem)


@pytest.mark.both_engines
def test_the_database_changes_no_text(fund: Fund, framework: Framework, officer: Viewer, look: Look) -> None:
    take_in(fund, look(GOAL).new, by=officer)
    db.session.commit()
    for change in ("UPDATE framework_text SET text = 'ours'", "DELETE FROM framework_text"):
        with pytest.raises(DBAPIError, match="never"):
            db.session.execute(text(change))
        db.session.rollback()


def test_a_framework_of_another_fund_is_absent(make: Make, fund: Fund, framework: Framework) -> None:
    other = make.fund("OTHER")
    assert queries.frameworks(other) == []
    with pytest.raises(NotFound):
        queries.get_framework(other, framework.public_id)
    item = queries.numbered(fund, framework)[ItemKind.GOAL][0].item
    with pytest.raises(NotFound):
        queries.get_item(other, item.public_id)
