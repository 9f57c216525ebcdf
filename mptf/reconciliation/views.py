"""Pages of the reconciliation: open differences, the lists, and how a difference is settled."""

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.core import clock
from mptf.core.errors import N_
from mptf.deposits.forms import DepositForm
from mptf.deposits.models import Deposit
from mptf.deposits.pages import record_page
from mptf.deposits.service import Receipt
from mptf.fund.current import the_fund
from mptf.imports.models import TableImport
from mptf.imports.pages import Pages
from mptf.ledger.models import Standing
from mptf.ledger.service import why_not_confirm
from mptf.policy import Permission, can
from mptf.reconciliation import queries, service, sheets
from mptf.reconciliation.comparing import KIND
from mptf.reconciliation.forms import ExplainForm, ListForm, ReversalForm
from mptf.reconciliation.models import DIFFERENCES, AgentList, Finding, FindingKind, booked
from mptf.reconciliation.rows import HEADINGS, NUMBERS, AgentRow
from mptf.web import (
    ActionForm,
    Form,
    asked,
    checked,
    commit,
    ensure,
    page_with,
    requires,
    send_workbook,
    the_viewer,
)
from mptf.web.access import looked_at
from mptf.web.text import say, sentence
from mptf.web.uploads import Taken, UploadForm

bp = Blueprint("reconciliation", __name__, url_prefix="/f/<code>/reconciliation")


class _Lists(Pages[AgentRow]):
    """The pages of a list: which days it holds in whole is said with it, and comparing it makes a page of its own."""

    def keep(self, taken: Taken[Any], form: UploadForm) -> TableImport:
        """Keep a list with the days for which it holds every deposit."""
        return service.upload(the_fund(), taken.stored(), by=the_viewer(), **form.values()).table

    def beside(self, found: TableImport | None) -> dict[str, Any]:
        """Return the list a table is, once there is one."""
        return {"agent_list": queries.get_list(the_fund(), found.public_id)} if found else {}

    def show(self, code: str, public_id: str) -> ResponseReturnValue:
        """Show what a list holds before it is compared, to those who compare it, or what comparing it found."""
        found = queries.get_list(the_fund(), public_id)
        if found.table.imported_at:
            looked_at(found, fund_id=found.fund_id)
            return _compared(found, ActionForm())
        ensure(Permission.RECONCILIATION_EDIT, found)
        return super().show(code, public_id)


PAGES = _Lists(
    KIND,
    ListForm,
    "reconciliation/upload.html",
    "reconciliation/preview.html",
    [(heading.head, heading.key in NUMBERS) for heading in HEADINGS],
    reads=Permission.RECONCILIATION_VIEW,
)
PAGES.put_on(bp, "/upload", "/lists/<public_id>")


@bp.get("/")
@requires(Permission.RECONCILIATION_VIEW)
def differences(code: str) -> ResponseReturnValue:
    """List the differences nobody has settled."""
    kind = asked.chosen(FindingKind, "kind")
    return render_template(
        "reconciliation/differences.html",
        page=queries.differences(the_fund(), kind=kind, page=asked.page()),
        counts=queries.count_differences(the_fund()),
        kinds=DIFFERENCES,
        kind=kind,
        may_edit=_may_edit(),
    )


@bp.get("/differences.xlsx")
@requires(Permission.RECONCILIATION_VIEW)
def export(code: str) -> ResponseReturnValue:
    """Send the open differences as a workbook, and note who took it (EXP-2)."""
    fund, at = the_fund(), clock.now()
    found = queries.every_difference(fund)
    looked_at(fund, what="export", fund_id=fund.id, written_as="XLSX", rows=len(found))
    written, name = sheets.sheets(fund, found, by=the_viewer().name, made_at=at), f"{fund.code}-differences"
    return send_workbook(written, title=sheets.TITLE, source=fund.code, name=name, made_at=at)


@bp.get("/lists")
@requires(Permission.RECONCILIATION_VIEW)
def lists(code: str) -> ResponseReturnValue:
    """List what the Administrative Agent sent."""
    page = queries.lists(the_viewer(), the_fund(), page=asked.page())
    return render_template("reconciliation/lists.html", page=page, may_edit=_may_edit())


@bp.post("/lists/<public_id>/confirm")
@requires(Permission.DEPOSITS_CONFIRM)
def confirm_matched(code: str, public_id: str) -> ResponseReturnValue:
    """Confirm what a list matches in everything, for the Administrative Agent."""
    found, form = queries.get_list(the_fund(), public_id), ActionForm()
    if done := checked(form, lambda: service.confirm_matched(found, by=the_viewer())):
        return commit(_address(found), N_("Deposits confirmed: {count}."), count=done.result)
    return _compared(found, form)


def _compared(found: AgentList, form: Form) -> ResponseReturnValue:
    """Show what comparing a list found: first the differences, or what matches where nothing differs."""
    line = queries.counts(found)
    matches = asked.text("show") == "matches" or not line.differences
    kinds = (FindingKind.MATCHED,) if matches else DIFFERENCES
    confirms = can(the_viewer(), Permission.DEPOSITS_CONFIRM, found)
    return page_with(
        "reconciliation/list.html",
        form,
        line=line,
        agent_list=found,
        matches=matches,
        page=queries.findings(found, kinds, page=asked.page()),
        to_confirm=queries.to_confirm(found, the_viewer()) if confirms else [],
    )


@bp.get("/differences/<public_id>")
@requires(Permission.RECONCILIATION_VIEW)
def difference(code: str, public_id: str) -> ResponseReturnValue:
    """Show both sides of a payment, what differs, and how it was or may be settled."""
    return _difference(queries.get_finding(the_fund(), public_id), ActionForm())


@bp.post("/differences/<public_id>/explain")
@requires(Permission.RECONCILIATION_EDIT)
def explain(code: str, public_id: str) -> ResponseReturnValue:
    """Settle a difference by an explanation."""
    found, form = queries.get_finding(the_fund(), public_id), ExplainForm()
    if checked(form, lambda: service.explain(found, reason=form.reason.data or "", by=the_viewer())):
        return commit(_page_of(found), "The difference is settled.")
    return _difference(found, form)


@bp.post("/differences/<public_id>/reversal")
@requires(Permission.RECONCILIATION_EDIT)
def ask_reversal(code: str, public_id: str) -> ResponseReturnValue:
    """Settle a difference by asking that our deposit is taken back."""
    found, form = queries.get_finding(the_fund(), public_id), ReversalForm()
    if checked(form, lambda: service.ask_reversal(found, reason=form.because.data or "", by=the_viewer())):
        return commit(_page_of(found), "The reversal is asked for. Somebody else approves it.")
    return _difference(found, form)


@bp.post("/differences/<public_id>/confirm")
@requires(Permission.DEPOSITS_CONFIRM)
def confirm(code: str, public_id: str) -> ResponseReturnValue:
    """Confirm a deposit although it differs from the list, for the Administrative Agent."""
    found, form = queries.get_finding(the_fund(), public_id), ActionForm()
    if checked(form, lambda: service.confirm(found, by=the_viewer())):
        return commit(_page_of(found), "The deposit is confirmed as our books have it.")
    return _difference(found, form)


def _difference(found: Finding, form: Form) -> ResponseReturnValue:
    fund, viewer = the_fund(), the_viewer()
    looked_at(found, fund_id=found.fund_id)
    deposit = found.deposit
    confirms = deposit and found.row and deposit.standing is Standing.ADVISED
    refusal = why_not_confirm(deposit.entry, by=viewer) if deposit else None
    return page_with(
        "reconciliation/difference.html",
        form,
        finding=found,
        refused_at_head=isinstance(form, ActionForm) or not found.open,
        sides=(found.row.payment if found.row else None, booked(deposit) if deposit else None),
        said=[say(one.template, **one.values) for one in found.differences],
        explain_form=form if isinstance(form, ExplainForm) else ExplainForm(None),
        reversal_form=form if isinstance(form, ReversalForm) else ReversalForm(None),
        may_edit=can(viewer, Permission.RECONCILIATION_EDIT, fund),
        may_confirm=bool(confirms) and can(viewer, Permission.DEPOSITS_CONFIRM, fund),
        refusal=sentence(refusal),
    )


@bp.route("/differences/<public_id>/record", methods=["GET", "POST"])
@requires(Permission.RECONCILIATION_EDIT)
def record_missing(code: str, public_id: str) -> ResponseReturnValue:
    """Record a deposit that is only in the list, with what the list says filled in."""
    found = queries.get_finding(the_fund(), public_id)

    def record(what: Receipt) -> Deposit:
        return service.record_missing(found, what, by=the_viewer())

    return record_page(
        "reconciliation/record.html",
        DepositForm(data=_as_listed(found)),
        record,
        leads_to=lambda _deposit: _page_of(found),
        finding=found,
    )


def _as_listed(found: Finding) -> dict[str, Any]:
    """Return what the list says of a payment as the form of a deposit takes it."""
    row = found.row
    if row is None:
        return {}
    basis = say(
        N_("Row {line} of the Administrative Agent’s list {name}"), line=row.line, name=found.agent_list.table.file.name
    )
    return {
        "donor": row.donor.public_id if row.donor else "",
        "received": row.received,
        "value_on": row.value_on,
        "original": row.original,
        "currency": row.original.currency if row.original else "",
        "fee": row.fee,
        "bank_reference": row.reference,
        "basis": basis,
    }


def _may_edit() -> bool:
    return can(the_viewer(), Permission.RECONCILIATION_EDIT, the_fund())


def _address(found: AgentList) -> str:
    return url_for(".table", code=the_fund().code, public_id=found.table.public_id)


def _page_of(found: Finding) -> str:
    return url_for(".difference", code=the_fund().code, public_id=found.public_id)
