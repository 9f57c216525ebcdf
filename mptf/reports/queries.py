"""Read the exports of a fund."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from mptf.core.db import db, one_of
from mptf.fund.models import Fund
from mptf.policy import Viewer, can
from mptf.reports.models import ReportExport
from mptf.reports.registry import REPORTS

EXPORTS_SHOWN = 15


def exports(viewer: Viewer, fund: Fund) -> Sequence[ReportExport]:
    """Return the latest exports of the fund of reports this person may see."""
    keys = [key for key, report in REPORTS.items() if can(viewer, report.permission, fund)]
    return db.session.scalars(
        _whole()
        .where(ReportExport.fund_id == fund.id, ReportExport.report_key.in_(keys))
        .order_by(ReportExport.id.desc())
        .limit(EXPORTS_SHOWN)
    ).all()


def get_export(fund: Fund, public_id: str) -> ReportExport:
    """Return an export of the fund, or raise NotFound."""
    return one_of(_whole().where(ReportExport.fund_id == fund.id, ReportExport.public_id == public_id))


def _whole() -> Select[ReportExport]:
    return select(ReportExport).options(
        joinedload(ReportExport.task), joinedload(ReportExport.file), joinedload(ReportExport.by)
    )
