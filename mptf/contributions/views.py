"""Pages of contributions: who gave what, in all, by year and by rank; to a contributor, its own part."""

from collections.abc import Sequence

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from mptf.agreements.listed import AgreementLine, latest_agreements
from mptf.commitments.queries import sees_all
from mptf.contributions import sheets
from mptf.contributions.contributors import contributor_rows, contributors
from mptf.contributions.figures import notes
from mptf.contributions.forms import RankingFilter
from mptf.contributions.ranking import ranking as rank
from mptf.contributions.shares import contributed
from mptf.contributions.years import Spread, spread
from mptf.core import clock
from mptf.deposits.queries import latest_deposits
from mptf.deposits.remarks import DepositLine
from mptf.fund.current import the_fund
from mptf.organisations.models import Organisation
from mptf.pledges.models import Pledge
from mptf.pledges.queries import announced, latest_pledges
from mptf.policy import Permission, can
from mptf.web import asked, requires, send_workbook, the_viewer
from mptf.web.access import looked_at
from mptf.web.text import say

bp = Blueprint("contributions", __name__, url_prefix="/f/<code>/contributions")


@bp.get("")
@requires(Permission.CONTRIBUTIONS_VIEW)
def overview(code: str) -> ResponseReturnValue:
    """Show what everybody contributed; to a contributor, what it did itself."""
    fund, viewer = the_fund(), the_viewer()
    if not sees_all(viewer, fund):
        return _own()
    everybody = contributors(fund)
    return render_template(
        "contributions/overview.html",
        contributors=everybody,
        notes=notes(everybody.rows),
        announced=announced(viewer, fund),
        pledges=latest_pledges(viewer, fund),
        agreements=latest_agreements(viewer, fund),
        may_record=_may_record(),
    )


def _own() -> str:
    """Show a contributor its own part, beside what the fund has published of the whole."""
    fund, viewer = the_fund(), the_viewer()
    held, counted = viewer.role_in(fund.id), contributed(fund)
    whose = (held and held.organisation_id) or 0
    deposits = latest_deposits(viewer, fund)
    pledges, agreements = latest_pledges(viewer, fund), latest_agreements(viewer, fund)
    if donor := _donor_of(deposits, pledges, agreements):
        looked_at(donor, fund_id=fund.id)
    return render_template(
        "contributions/own.html",
        deposited=counted.deposited(whose),
        counts=counted.of(whose),
        refunds=counted.refunds_to(whose),
        share=counted.share(whose),
        total=counted.everybody if fund.published else None,
        count=len(counted.contributors),
        deposits=deposits,
        pledges=pledges,
        agreements=agreements,
    )


def _donor_of(
    deposits: Sequence[DepositLine], pledges: Sequence[Pledge], agreements: Sequence[AgreementLine]
) -> Organisation | None:
    """Return whose figures a contributor's page shows, from what stands on it; nobody's where nothing does."""
    paid = [line.deposit.donor for line in deposits]
    promised = [*(pledge.donor for pledge in pledges), *(line.agreement.donor for line in agreements)]
    return next(iter([*paid, *promised]), None)


@bp.get("/ranking")
@requires(Permission.LEDGER_VIEW)
def ranking(code: str) -> ResponseReturnValue:
    """Rank the contributors by what they gave net on a day, without those that are named."""
    fund, form = the_fund(), RankingFilter(request.args)
    valid = form.validate()
    on = form.on.data or clock.today(fund)
    found = rank(fund, on, form.without.data or ())
    form.offer(sorted((place.given.donor for place in found.places), key=lambda donor: donor.short_name))
    sure = {row.donor.id: row for row in contributor_rows(fund, as_at=on)}
    page = render_template(
        "contributions/ranking.html", form=form, on=on, found=found, sure=sure, notes=notes(sure.values())
    )
    return page, 200 if valid else 422


@bp.get("/years")
@requires(Permission.LEDGER_VIEW)
def years(code: str) -> ResponseReturnValue:
    """Show deposits by contributor and year, or by the months of one."""
    shown, year, known = _spread()
    said = {"counts": say(sheets.WHAT), "opening": say(sheets.OPENING)}
    return render_template("contributions/years.html", spread=shown, year=year, every_year=known, **said)


@bp.get("/years/xlsx")
@requires(Permission.LEDGER_VIEW)
def years_xlsx(code: str) -> Response:
    """Send the same as a workbook, and note who took it (EXP-2)."""
    fund, made_at, (shown, year, _) = the_fund(), clock.now(), _spread()
    looked_at(fund, what="export", fund_id=fund.id, written_as=f"{sheets.title(year)}, XLSX", rows=len(shown.rows))
    written, name = sheets.sheets(fund, shown, year=year, made_at=made_at), f"{fund.code}-deposits-by-{year or 'year'}"
    return send_workbook(written, title=sheets.title(year), source=fund.code, name=name, made_at=made_at)


def _spread() -> tuple[Spread, int | None, list[int]]:
    """Return the deposits over all years or over the months of the one that was asked for, that year, and all years."""
    every = spread(the_fund())
    known = [span.year for span in every.spans]
    year = next((one for one in known if str(one) == asked.text("year")), None)
    return spread(the_fund(), year=year) if year else every, year, known


def _may_record() -> bool:
    return can(the_viewer(), Permission.CONTRIBUTIONS_RECORD, the_fund())
