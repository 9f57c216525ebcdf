"""Read the figures reported in a fund, and which of them count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from mptf.core import clock
from mptf.core.db import db
from mptf.core.errors import NotFound
from mptf.core.money import Money
from mptf.core.paging import PAGE_SIZE, Page, offset, page_of, within
from mptf.fund.models import Fund
from mptf.imports.models import TableImport
from mptf.organisations.models import Organisation
from mptf.organisations.queries import organisations_by_key
from mptf.reported import figures
from mptf.reported.figures import Basis, Cell, Figure, Spent
from mptf.reported.models import ReportedFigure

COLUMN = ReportedFigure.__table__.c


@dataclass(frozen=True)
class YearOfOrganisation:
    """What an organisation reported for a year: what of it counts, on which basis, and how it came about.

    `corrections` are what of it corrects earlier years, by year.
    """

    organisation: Organisation
    year: int
    amount: Money
    basis: Basis
    counting: int
    superseded: int
    latest_at: datetime
    is_demo: bool
    corrections: dict[int, Money]


@dataclass(frozen=True)
class Years:
    """A page of years of organisations, and what was left out of it because it is not certified."""

    page: Page[YearOfOrganisation]
    left_out: Sequence[YearOfOrganisation]

    def not_certified(self, currency: str) -> Money:
        """Return what the interim figures come to that were left out."""
        return sum((one.amount for one in self.left_out), Money.zero(currency))


@dataclass(frozen=True)
class Version:
    """One version of a figure, whether it counts, and by how much it restates what was certified."""

    row: ReportedFigure
    counts: bool
    restated_by: Money | None


def every_figure(fund: Fund, *, organisation: Organisation | None = None, year: int | None = None) -> list[Figure]:
    """Return every version of every figure of a fund, without its row."""
    wanted = select(
        COLUMN.organisation_id, COLUMN.project_number, COLUMN.category, COLUMN.year, COLUMN.basis, COLUMN.corrects_year,
        COLUMN.version, COLUMN.amount_minor, COLUMN.amount_currency, COLUMN.recorded_at, COLUMN.is_demo,
    ).where(COLUMN.fund_id == fund.id)  # fmt: skip
    if organisation is not None:
        wanted = wanted.where(COLUMN.organisation_id == organisation.id)
    if year is not None:
        wanted = wanted.where(COLUMN.year == year)
    return [
        Figure(Cell(*row[:6]), row.version, Money(row.amount_minor, row.amount_currency), row.recorded_at, row.is_demo)
        for row in db.session.execute(wanted.order_by(COLUMN.id))
    ]


def spent(fund: Fund, *, as_at: date, known_at: datetime, certified_only: bool = False) -> Spent:
    """Return what was reported as spent by the end of a day, as known at a moment."""
    return figures.spent(
        every_figure(fund), as_at=as_at, end_of_day=clock.end_of(as_at, fund), known_at=known_at,
        certified_only=certified_only,
    )  # fmt: skip


def years(fund: Fund, *, year: int | None = None, certified_only: bool = False, page: int = 1) -> Years:
    """Return a page of what counts of what each organisation reported for each year, the latest first."""
    found = every_figure(fund, year=year)
    reporters = {one.id: one for one in organisations_by_key({figure.cell.organisation_id for figure in found})}
    groups: dict[tuple[int, int], list[Figure]] = {}
    for figure in found:
        groups.setdefault((figure.cell.year, figure.cell.organisation_id), []).append(figure)
    rows = [
        _year(reporters[reporter], at, group, part)
        for (at, reporter), group in groups.items()
        for part in _parts(group, apart=certified_only)
    ]
    left_out = [row for row in rows if certified_only and row.basis is Basis.INTERIM]
    rows = [row for row in rows if not certified_only or row.basis is Basis.CERTIFIED]
    rows.sort(key=lambda row: (-row.year, row.organisation.short_name.lower()))
    number = within(page, len(rows))
    return Years(Page(rows[offset(number) : offset(number) + PAGE_SIZE], number, len(rows)), left_out)


def _parts(group: list[Figure], *, apart: bool) -> list[list[Figure]]:
    """Return what counts of a year, or what is interim of it apart from what is certified, as a correction may be."""
    counting = figures.in_force(group)
    if not apart:
        return [counting]
    of_each = ([one for one in counting if one.cell.basis is basis] for basis in Basis)
    return [part for part in of_each if part]


def _year(organisation: Organisation, year: int, group: list[Figure], counting: list[Figure]) -> YearOfOrganisation:
    amount = sum((one.amount for one in counting[1:]), counting[0].amount)
    return YearOfOrganisation(
        organisation, year, amount, figures.basis_of(counting), len(counting),
        len(group) - len(figures.in_force(group)),
        max(one.recorded_at for one in group), any(one.is_demo for one in group),
        {corrected: amount for (_, corrected), amount in figures.corrections(counting).items()},
    )  # fmt: skip


def years_reported(fund: Fund) -> Sequence[int]:
    """Return the years something was reported for, the latest first."""
    wanted = select(COLUMN.year).where(COLUMN.fund_id == fund.id).distinct()
    return db.session.scalars(wanted.order_by(COLUMN.year.desc())).all()


def get_year(fund: Fund, organisation: Organisation, year: int) -> YearOfOrganisation:
    """Return what an organisation reported for a year, or raise NotFound."""
    group = every_figure(fund, organisation=organisation, year=year)
    if not group:
        raise NotFound
    return _year(organisation, year, group, figures.in_force(group))


def corrected_later(fund: Fund, organisation: Organisation, year: int) -> dict[int, Money]:
    """Return what counts in later years as a correction of one an organisation reported, by those years."""
    found = figures.corrections(figures.in_force(every_figure(fund, organisation=organisation)))
    return {at: amount for (at, corrected), amount in found.items() if corrected == year}


def versions(fund: Fund, organisation: Organisation, year: int, page: int = 1) -> Page[Version]:
    """Return a page of every version of what an organisation reported for a year, by category, the newest first."""
    row = ReportedFigure
    found = page_of(
        select(row)
        .where(row.fund_id == fund.id, row.organisation_id == organisation.id, row.year == year)
        .order_by(row.project_number, row.category, row.basis, func.coalesce(row.corrects_year, 0), row.version.desc())
        .options(joinedload(row.by), joinedload(row.table).joinedload(TableImport.file)),
        page,
    )
    group = every_figure(fund, organisation=organisation, year=year)
    counting = {(one.cell, one.version) for one in figures.in_force(group)}
    before = {(one.cell, one.version + 1): one.amount for one in group if one.cell.basis is Basis.CERTIFIED}
    items = [_version(one, counting, before) for one in found.items]
    return Page(items, found.page, found.total, found.size)


def _version(row: ReportedFigure, counting: set[tuple[Cell, int]], before: dict[tuple[Cell, int], Money]) -> Version:
    key = row.cell, row.version
    return Version(row, key in counting, row.amount - before[key] if key in before else None)
