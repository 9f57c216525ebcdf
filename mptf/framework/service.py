"""Add frameworks, and take in the official texts of what they number: all of a table or none; `by` is the Viewer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mptf.core import audit, search
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import needed
from mptf.core.tasks import Work
from mptf.framework import queries, table
from mptf.framework.models import (
    FIRST_YEAR,
    LAST_YEAR,
    MOST_NUMBERED,
    OFFICIAL_TEXTS,
    Framework,
    FrameworkItem,
    FrameworkText,
    ItemKind,
)
from mptf.framework.table import Known, TextRow
from mptf.fund.models import Fund
from mptf.fund.service import lock
from mptf.imports.kinds import TableKind
from mptf.imports.models import TableImport
from mptf.paper.shape import Comparison, ReadTable
from mptf.policy import Permission, Viewer, require

audit.tell(
    {
        "framework.added": N_("added the framework {title} with {goals} goals and {kpis} KPIs"),
        "framework_text.received": N_("received {texts} official texts"),
    },
    names={"framework": N_("framework"), "framework_item": N_("goal or KPI")},
)


@dataclass(frozen=True)
class Strategy:
    """A strategy as it was adopted: how many goals and indicators it numbers, from 1 on."""

    title: str
    first_year: int
    last_year: int
    goals: int
    kpis: int
    source: str = ""

    def check(self) -> None:
        """Refuse what cannot be a framework."""
        needed(self.title, "title", N_("Write the title."))
        if not FIRST_YEAR <= self.first_year <= LAST_YEAR:
            raise RuleBroken(N_("Write a year with four digits, such as 2025."), field="first_year")
        if not self.first_year <= self.last_year <= LAST_YEAR:
            raise RuleBroken(N_("Write a year that is not before the first."), field="last_year")
        for field, count in (("goals", self.goals), ("kpis", self.kpis)):
            if not 0 <= count <= MOST_NUMBERED:
                raise RuleBroken(N_("Write a number from 0 to {most}."), most=MOST_NUMBERED, field=field)
        if not self.goals + self.kpis:
            raise RuleBroken(N_("A framework numbers at least one goal or KPI."), field="goals")


def add_framework(fund: Fund, what: Strategy, *, by: Viewer) -> Framework:
    """Add a framework with its numbered goals and indicators; their official texts are imported."""
    require(by, Permission.FRAMEWORK_EDIT, fund)
    what.check()
    lock(fund.id)
    title = " ".join(what.title.split())
    if title.casefold() in {one.title.casefold() for one in queries.every_framework(fund)}:
        raise RuleBroken(N_("This fund has a framework of this title."), field="title")
    framework = Framework(
        fund_id=fund.id, title=title, first_year=what.first_year, last_year=what.last_year,
        source=what.source.strip(), by_id=by.id,
    )  # fmt: skip
    db.session.add(framework)
    db.session.flush()
    items = [
        FrameworkItem(fund_id=fund.id, framework_id=framework.id, kind=kind, number=number)
        for kind, count in ((ItemKind.GOAL, what.goals), (ItemKind.KPI, what.kpis))
        for number in range(1, count + 1)
    ]
    db.session.add_all(items)
    db.session.flush()
    for item in items:
        _index(item, framework)
    audit.record(
        "framework.added", framework, by=by, fund_id=fund.id, title=title, goals=what.goals, kpis=what.kpis
    )  # fmt: skip
    return framework


def look_at(fund: Fund, content: ReadTable[TextRow], _by: Viewer) -> Comparison[TextRow]:
    """Say what importing a table would do, without doing it."""
    return table.compare(content, _known(fund))


def bring(upload: TableImport, found: Comparison[TextRow], by: Viewer) -> Mapping[str, Any]:
    """Take in the rows of a table that was looked at."""
    take_in(db.session.get_one(Fund, upload.fund_id), found.new, by=by, upload=upload)
    return {}


TEXTS = TableKind(
    key="framework_texts",
    label=OFFICIAL_TEXTS,
    permission=Permission.FRAMEWORK_EDIT,
    endpoint="framework.table",
    work=Work("framework.import", N_("Importing official texts"), "mptf.framework.work:import_texts"),
    check=table.SHAPE.check,
    read=table.read_texts,
    compare=look_at,
    bring=bring,
    listed="framework.frameworks",
)


def take_in(fund: Fund, rows: Iterable[TextRow], *, by: Viewer, upload: TableImport | None = None) -> None:
    """Append each row as the next version of the text of its goal or indicator."""
    require(by, Permission.FRAMEWORK_EDIT, fund)
    lock(fund.id)
    known, texts = _known(fund), []
    for row in rows:
        item = known.item(row)
        _index(item, known.framework(row), row.text, row.source)
        stands = known.newest.get(item.id)
        texts.append(
            FrameworkText(
                fund_id=fund.id, item_id=item.id, version=stands.version + 1 if stands else 1, text=row.text,
                goal_number=row.goal, source=row.source, by_id=by.id, import_id=upload.id if upload else None,
            )
        )  # fmt: skip
    db.session.add_all(texts)
    db.session.flush()
    audit.record("framework_text.received", upload or fund, by=by, fund_id=fund.id, texts=len(texts))


def _index(item: FrameworkItem, framework: Framework, *words: str) -> None:
    """Let a goal or indicator be found by its number, its framework, and the text in force."""
    told = "\n".join((f"{item.name}, {framework.title}", *words))
    search.index(item.__tablename__, item.public_id, fund_id=item.fund_id, words=told)


def _known(fund: Fund) -> Known:
    return Known(
        {one.title.casefold(): one for one in queries.every_framework(fund)},
        {(one.framework_id, one.kind, one.number): one for one in queries.every_item(fund)},
        queries.newest_texts(fund),
    )
