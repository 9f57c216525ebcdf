"""Take in reported figures: a new version for each that differs, all of a table or none."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import insert

from mptf.core import audit, clock, ids
from mptf.core.db import db
from mptf.core.errors import N_
from mptf.core.tasks import Work
from mptf.fund.models import Fund
from mptf.fund.service import lock
from mptf.imports.kinds import TableKind
from mptf.imports.models import TableImport
from mptf.ledger import stamps
from mptf.organisations.models import Organisation, OrganisationKind
from mptf.organisations.queries import organisations_of
from mptf.paper.shape import Comparison, ReadTable
from mptf.policy import Permission, Viewer, require
from mptf.reported import figures, queries, table
from mptf.reported.models import REPORTED_FIGURES, ReportedFigure
from mptf.reported.table import FigureRow, Known

audit.tell(
    {"reported_figure.received": N_("received {figures} reported figures")},
    names={"reported_figure": N_("reported figure"), "restated": N_("certified figures restated")},
)


def look_at(fund: Fund, content: ReadTable[FigureRow], _by: Viewer) -> Comparison[FigureRow]:
    """Say what importing a table would do, without doing it."""
    return table.compare(content, _known(fund))


def bring(upload: TableImport, found: Comparison[FigureRow], by: Viewer) -> Mapping[str, Any]:
    """Take in the rows of a table that was looked at."""
    fund = db.session.get_one(Fund, upload.fund_id)
    return {"restated": take_in(fund, found.new, by=by, upload=upload)}


FIGURES = TableKind(
    key="reported_figures",
    label=REPORTED_FIGURES,
    permission=Permission.REPORTED_IMPORT,
    endpoint="reported.table",
    work=Work("reported.import", N_("Importing reported figures"), "mptf.reported.work:import_figures"),
    check=table.SHAPE.check,
    read=table.read_figures,
    compare=look_at,
    bring=bring,
)


def take_in(
    fund: Fund, rows: Iterable[FigureRow], *, by: Viewer, upload: TableImport | None = None, is_demo: bool = False
) -> int:
    """Append each row as the next version of its figure; return how many restate what was certified."""
    require(by, Permission.REPORTED_IMPORT, fund)
    lock(fund.id)
    known, now = _known(fund), stamps.moment(fund.id)
    values, restated = [], 0
    for row in rows:
        cell = row.cell(known.organisations[row.reporter].id)
        stands = known.newest.get(cell)
        restated += known.restates(cell, row.amount)
        values.append(
            {
                "public_id": ids.new(), "fund_id": fund.id, "organisation_id": cell.organisation_id,
                "project_number": cell.project_number, "category": cell.category, "year": cell.year,
                "basis": cell.basis, "version": stands.version + 1 if stands else 1, "note": row.note,
                "amount_minor": row.amount.minor, "amount_currency": row.amount.currency, "is_demo": is_demo,
                "corrects_year": cell.corrects_year,
                "recorded_at": now, "by_id": by.id, "import_id": upload.id if upload else None,
            }
        )  # fmt: skip
    if values:
        db.session.execute(insert(ReportedFigure), values)
    audit.record("reported_figure.received", upload or fund, by=by, fund_id=fund.id, figures=len(values))
    return restated


def _known(fund: Fund) -> Known:
    found: dict[str, Organisation] = {one.short_name.lower(): one for one in organisations_of(OrganisationKind.PUNO)}
    newest = figures.newest(queries.every_figure(fund))
    return Known(found, newest, clock.today(fund).year, fund.currency)
