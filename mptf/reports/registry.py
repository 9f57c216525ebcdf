"""The reports of the house: each with its key, who may have it, what it may be about, and how it is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mptf.core.errors import N_, NotFound
from mptf.fund.models import Fund
from mptf.policy import Permission, Viewer, can
from mptf.reports import delivery
from mptf.reports.contents import Made, Paper, ReportSubject


@dataclass(frozen=True)
class Report:
    """One report; `subjects` are what it can be about.

    From one of them `build` makes the paper and `preview` what the page shows of it, in the template
    `template`.
    """

    key: str
    group: str
    label: str
    permission: Permission
    subjects: Callable[[Fund], Sequence[ReportSubject]]
    build: Callable[[Fund, str, Made], Paper]
    preview: Callable[[Fund, str], Any]
    template: str


REPORTS = {
    report.key: report
    for report in (
        Report(
            key="delivery-by-organisation",
            group=N_("Money"),
            label=N_("Delivery rate by organisation"),
            permission=Permission.REPORTS_VIEW,
            subjects=delivery.subjects,
            build=delivery.build,
            preview=delivery.preview,
            template="reports/_delivery_by_organisation.html",
        ),
    )
}


def get_report(key: str) -> Report:
    """Return a report by its key, or raise NotFound."""
    try:
        return REPORTS[key]
    except KeyError:
        raise NotFound from None


def groups(viewer: Viewer, fund: Fund) -> dict[str, list[Report]]:
    """Return the reports this person may have in a fund, by group."""
    found: dict[str, list[Report]] = {}
    for report in REPORTS.values():
        if can(viewer, report.permission, fund):
            found.setdefault(report.group, []).append(report)
    return found
