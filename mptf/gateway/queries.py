"""Read the extracts of a fund, their figures and what the check found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload

from mptf.core.db import db, one_of
from mptf.core.errors import N_
from mptf.core.files import StoredFile
from mptf.core.money import Money
from mptf.core.paging import Page, page_of
from mptf.core.tasks import Task, TaskState
from mptf.core.waiting import Findable, Waiting, result_columns
from mptf.fund.models import Fund
from mptf.gateway.models import (
    CURRENCY,
    UPLOADED,
    ExtractStatus,
    GatewayExtract,
    GatewayFigure,
    GatewayProblem,
    GatewayStagedFigure,
)
from mptf.ledger import delivery
from mptf.paper.problems import Problem
from mptf.policy import Permission, Viewer, can

Rows = type[GatewayFigure] | type[GatewayStagedFigure]

PAGE_SIZE = 50
PREVIEW_ROWS = 20
PROBLEMS_SHOWN = 200
SEARCH_KIND = "gateway_extract"
WORKING = tuple(status for status in ExtractStatus if status.working)


@dataclass(frozen=True)
class Summary:
    """What the rows of an extract come to: sums, Σ ÷ Σ, and how many published rates were reproduced."""

    organisations: int
    budget: Money
    net_funded: Money
    expenditure: Money
    reproduced: int
    computable: int
    flagged: int

    @property
    def rate(self) -> Decimal | None:
        """Cumulative delivery of all organisations together."""
        return delivery.cumulative(expenditure=self.expenditure, net_funded=self.net_funded)

    @property
    def not_computable(self) -> int:
        """How many rows have no rate, because nothing is funded net."""
        return self.organisations - self.computable


@dataclass(frozen=True)
class Asked:
    """What a person asked of the table of figures; what is unknown falls back to the usual order."""

    words: str = ""
    sort: str = "budget"
    order: str = "descending"
    unusual: bool = False
    page: int = 1

    def turned(self, key: str) -> str:
        """Return the order a click on a column's head asks for: the other one where it is sorted already."""
        return "ascending" if self.sort == key and self.order == "descending" else "descending"


def extracts(fund: Fund, page: int = 1) -> Page[GatewayExtract]:
    """Return the extracts uploaded in a fund, the newest first."""
    return page_of(_whole().where(GatewayExtract.fund_id == fund.id).order_by(GatewayExtract.id.desc()), page)


def imported(fund: Fund) -> Sequence[GatewayExtract]:
    """Return the extracts whose figures are published in a fund, the newest first."""
    return db.session.scalars(
        _whole()
        .where(GatewayExtract.fund_id == fund.id, GatewayExtract.status == ExtractStatus.IMPORTED)
        .order_by(GatewayExtract.imported_at.desc(), GatewayExtract.id.desc())
        .limit(PAGE_SIZE)
    ).all()


def get_extract(fund: Fund, public_id: str) -> GatewayExtract:
    """Return an extract of the fund, or raise NotFound."""
    return one_of(_whole().where(GatewayExtract.fund_id == fund.id, GatewayExtract.public_id == public_id))


def find_same_file(fund: Fund, sha256: str) -> GatewayExtract | None:
    """Return an extract made from the same bytes that is still in use in the fund."""
    return db.session.scalars(
        _whole()
        .join(GatewayExtract.file)
        .where(GatewayExtract.fund_id == fund.id, StoredFile.sha256 == sha256, GatewayExtract.status.in_(_IN_USE))
        .order_by(GatewayExtract.id)
    ).first()


_IN_USE = (ExtractStatus.UPLOADED, ExtractStatus.CHECKED, ExtractStatus.IMPORTING, ExtractStatus.IMPORTED)


def find_same_figures(extract: GatewayExtract) -> GatewayExtract | None:
    """Return another extract of the fund that was imported with exactly these figures."""
    return db.session.scalars(
        _whole().where(
            GatewayExtract.fund_id == extract.fund_id,
            GatewayExtract.content_hash == extract.content_hash,
            GatewayExtract.status == ExtractStatus.IMPORTED,
            GatewayExtract.id != extract.id,
        )
    ).first()


def _whole() -> Select[GatewayExtract]:
    return select(GatewayExtract).options(
        joinedload(GatewayExtract.file), joinedload(GatewayExtract.by), joinedload(GatewayExtract.task)
    )


def problems(extract: GatewayExtract) -> list[Problem]:
    """Return what the check found: errors first, then down the rows."""
    found = db.session.scalars(
        select(GatewayProblem)
        .where(GatewayProblem.fund_id == extract.fund_id, GatewayProblem.extract_id == extract.id)
        .order_by(GatewayProblem.severity, GatewayProblem.row.nulls_first(), GatewayProblem.id)
        .limit(PROBLEMS_SHOWN)
    )
    return [kept.problem for kept in found]


def preview(extract: GatewayExtract) -> Sequence[GatewayStagedFigure]:
    """Return rows that were read: those with an unusual figure first, then the first ones of the file."""
    return db.session.scalars(
        select(GatewayStagedFigure)
        .where(GatewayStagedFigure.fund_id == extract.fund_id, GatewayStagedFigure.extract_id == extract.id)
        .order_by(unusual(GatewayStagedFigure).desc(), GatewayStagedFigure.line)
        .limit(PREVIEW_ROWS)
    ).all()


def figures(extract: GatewayExtract, asked: Asked) -> Page[GatewayFigure]:
    """Return a page of the published figures."""
    found = select(GatewayFigure).where(*_conditions(extract, asked)).order_by(_order(asked), GatewayFigure.id)
    return page_of(found, asked.page, size=PAGE_SIZE)


def every_figure(extract: GatewayExtract) -> Sequence[GatewayFigure]:
    """Return all figures of an extract, the largest budgets first; for reports."""
    return db.session.scalars(_by_size(extract)).all()


def count_figures(extract: GatewayExtract) -> int:
    """Return how many figures of an extract are published."""
    counted = select(func.count()).where(
        GatewayFigure.fund_id == extract.fund_id, GatewayFigure.extract_id == extract.id
    )
    return db.session.scalar(counted) or 0


def largest(extract: GatewayExtract, count: int) -> Sequence[GatewayFigure]:
    """Return the figures with the largest budgets."""
    return db.session.scalars(_by_size(extract).limit(count)).all()


def _by_size(extract: GatewayExtract) -> Select[GatewayFigure]:
    return (
        select(GatewayFigure)
        .where(GatewayFigure.fund_id == extract.fund_id, GatewayFigure.extract_id == extract.id)
        .order_by(FIGURE.budget_minor.desc(), GatewayFigure.id)
    )


FIGURE = GatewayFigure.__table__.c
SORTS = {
    "organisation": FIGURE.organisation,
    "budget": FIGURE.budget_minor,
    "net_funded": FIGURE.net_funded_minor,
    "expenditure": FIGURE.expenditure_minor,
    "rate": FIGURE.published_hundredths,
}


def _order(asked: Asked) -> ColumnElement[object]:
    column = SORTS.get(asked.sort, FIGURE.budget_minor)
    return column.asc() if asked.order == "ascending" else column.desc()


def _conditions(extract: GatewayExtract, asked: Asked) -> Iterator[ColumnElement[bool]]:
    yield GatewayFigure.fund_id == extract.fund_id
    yield GatewayFigure.extract_id == extract.id
    for word in asked.words.split():
        yield or_(
            *(
                column.icontains(word, autoescape=True)
                for column in (GatewayFigure.organisation, GatewayFigure.group_name, GatewayFigure.agency_code)
            )
        )
    if asked.unusual:
        yield unusual()


def unusual(rows: Rows = GatewayFigure) -> ColumnElement[bool]:
    """Return the condition of `delivery.flags`: a rate is above 100 % from 100.005 on, when it is rounded."""
    net, spent = rows.__table__.c.net_funded_minor, rows.__table__.c.expenditure_minor
    return or_(net <= 0, spent < 0, (spent - net) * 20000.0 >= net)


def summary(extract: GatewayExtract, rows: Rows = GatewayFigure) -> Summary:
    """Return what the rows of an extract come to, from one pass over its amounts."""
    column = rows.__table__.c
    found = db.session.execute(
        select(
            column.budget_minor, column.net_funded_minor, column.expenditure_minor, column.published_hundredths
        ).where(column.fund_id == extract.fund_id, column.extract_id == extract.id)
    )
    count = reproduced = computable = flagged = budget = net_funded = expenditure = 0
    for approved, net, spent, published in found:
        funded, used = Money(net, CURRENCY), Money(spent, CURRENCY)
        rate = delivery.cumulative(expenditure=used, net_funded=funded)
        count, computable = count + 1, computable + (rate is not None)
        reproduced += delivery.reproduced(delivery.as_rate(published), rate)
        flagged += bool(delivery.flags(expenditure=used, net_funded=funded))
        budget, net_funded, expenditure = budget + approved, net_funded + net, expenditure + spent
    sums = [Money(minor, CURRENCY) for minor in (budget, net_funded, expenditure)]
    return Summary(count, sums[0], sums[1], sums[2], reproduced, computable, flagged)


def waiting_for(viewer: Viewer, fund: Fund) -> list[Waiting]:
    """Return the extracts that wait for a person to import or discard them: checked, or the work on them failed."""
    if not can(viewer, Permission.GATEWAY_IMPORT, fund):
        return []
    failed = GatewayExtract.status.in_(WORKING) & (Task.state == TaskState.FAILED)
    found = db.session.execute(
        select(GatewayExtract.title, GatewayExtract.public_id, GatewayExtract.error_count, GatewayExtract.status)
        .outerjoin(GatewayExtract.task)
        .where(GatewayExtract.fund_id == fund.id, (GatewayExtract.status == ExtractStatus.CHECKED) | failed)
        .order_by(GatewayExtract.id)
        .limit(PAGE_SIZE)
    )
    return [
        Waiting(
            title=N_("Discard “{title}”") if errors or status is UPLOADED else N_("Import or discard “{title}”"),
            context=_why_it_waits(status, errors),
            endpoint="gateway.extract",
            values={"public_id": public_id},
            facts={"title": title},
        )
        for title, public_id, errors, status in found
    ]


def _why_it_waits(status: ExtractStatus, errors: int) -> str:
    if status.working:
        return N_("Gateway extract, the work on it failed")
    return N_("Gateway extract with errors, not to be imported") if errors else N_("Gateway extract, checked")


def findable(viewer: Viewer, fund: Fund) -> list[Findable]:
    """Return the extracts this person may find."""
    if not can(viewer, Permission.GATEWAY_VIEW, fund):
        return []
    title = GatewayExtract.title
    columns = result_columns(
        SEARCH_KIND, GatewayExtract.public_id, title, names=(title,), day=GatewayExtract.cut_off_on
    )
    seen = select(*columns).where(GatewayExtract.fund_id == fund.id, GatewayExtract.status != ExtractStatus.DISCARDED)
    return [Findable(SEARCH_KIND, N_("Gateway extract"), "gateway.extract", seen)]


def work_failed(extract: GatewayExtract) -> bool:
    """Tell whether the last background work on an extract ended without success."""
    return extract.task is not None and extract.task.state is TaskState.FAILED
