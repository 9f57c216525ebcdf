"""Pages of deposits: the list, those to look at, the document of one, and the form that records one."""

from decimal import Decimal

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mptf.commitments.queries import sees_all
from mptf.controls.queries import open_reversal
from mptf.core.errors import N_
from mptf.deposits import flags, service
from mptf.deposits.forms import DepositForm, FlagFilter
from mptf.deposits.models import Deposit
from mptf.deposits.pages import record_page
from mptf.deposits.queries import deposits_like, get_deposit, operational_rate, page_of_deposits
from mptf.deposits.remarks import DepositLine, Flag
from mptf.deposits.service import Receipt
from mptf.documents.pages import Documents
from mptf.fund.current import the_fund
from mptf.fund.queries import settings_on
from mptf.ledger import queries as ledger
from mptf.ledger.forms import ConfirmForm
from mptf.ledger.service import why_not_confirm
from mptf.policy import Permission, can
from mptf.web import asked, checked, commit, foreseen, page_with, requires, the_viewer
from mptf.web.access import looked_at
from mptf.web.text import say, sentence

bp = Blueprint("deposits", __name__, url_prefix="/f/<code>/contributions")

MOST_COUNTED = 1000  # deposits; what looks wrong of them is counted in a few milliseconds


@bp.app_template_global()
def deposits_to_look_at() -> int | None:
    """Return what the tab of flagged deposits counts; the macro of the tabs asks for it where that tab is shown.

    Every page of contributions has the tab, and none may take longer for what it does not show: of very many deposits
    only the page behind the tab says it.
    """
    return None if flags.more_than(the_fund(), MOST_COUNTED) else flags.count_flagged(the_fund())


@bp.app_template_global()
def links_of(line: DepositLine) -> dict[str, list[tuple[str, str]]]:
    """Return the deposits that a deposit may be the same as, by the heading of the remark that says so."""
    this, fund = line.deposit, the_fund()
    if line.alike is None:
        return {}
    like = deposits_like(fund, this.donor, this.received, this.value_on, this.original)
    others = [row for row in like if bool(row.bank_reference) != bool(this.bank_reference)]
    named, unnamed = N_("Open the deposit {reference}"), N_("Open the deposit without a bank reference")
    links = [
        (
            say(named if row.bank_reference else unnamed, reference=row.bank_reference),
            url_for("deposits.deposit", code=fund.code, public_id=row.public_id),
        )
        for row in others
    ]
    return {Flag.MAY_BE_SAME.label: links}


@bp.get("/deposits")
@requires(Permission.CONTRIBUTIONS_VIEW)
def deposits(code: str) -> ResponseReturnValue:
    """List the deposits."""
    fund, viewer = the_fund(), the_viewer()
    return render_template(
        "deposits/deposits.html",
        page=page_of_deposits(viewer, fund, page=asked.page()),
        sees_all=sees_all(viewer, fund),
        may_record=can(viewer, Permission.CONTRIBUTIONS_RECORD, fund),
    )


@bp.get("/to-look-at")
@requires(Permission.LEDGER_VIEW)
def to_look_at(code: str) -> ResponseReturnValue:
    """List the deposits that ask for somebody's attention: facts of the bank that were stored and flagged."""
    form = FlagFilter(request.args)
    found = flags.flagged(the_viewer(), the_fund(), form.only, page=asked.page())
    return render_template("deposits/to_look_at.html", form=form, found=found)


@bp.get("/deposits/<public_id>")
@requires(Permission.CONTRIBUTIONS_VIEW)
def deposit(code: str, public_id: str) -> ResponseReturnValue:
    """Show one deposit: its facts, remarks, and what it posted."""
    line = get_deposit(the_viewer(), the_fund(), public_id)
    looked_at(line.deposit, fund_id=the_fund().id)
    return _document(line, ConfirmForm())


@bp.post("/deposits/<public_id>/confirm")
@requires(Permission.DEPOSITS_CONFIRM)
def confirm(code: str, public_id: str) -> ResponseReturnValue:
    """Confirm a deposit for the Administrative Agent."""
    line, form = get_deposit(the_viewer(), the_fund(), public_id), ConfirmForm()

    def act() -> DepositLine:
        service.confirm_deposit(line.deposit, by=the_viewer(), **form.values())
        return line

    if question := foreseen(form, act, "deposits/_confirm_question.html"):
        return question
    if checked(form, act):
        return commit(_address(line.deposit), "The deposit is confirmed.")
    return _document(line, form)


def _document(line: DepositLine, form: ConfirmForm) -> ResponseReturnValue:
    fund, found = the_fund(), line.deposit
    reads_ledger = can(the_viewer(), Permission.LEDGER_VIEW, fund)
    entries = ledger.entries_of(fund, found.__tablename__, found.public_id) if reads_ledger else []
    return page_with(
        "deposits/deposit.html",
        form,
        deposit=found,
        agreement=line.agreement,
        remarks=[(remark, say(remark.template, **remark.values)) for remark in line.remarks],
        links=links_of(line),
        unore=operational_rate(found),
        fee_rate=Decimal(settings_on(fund, found.value_on).aa_fee_bp) / 100,
        entries=entries,
        asked=open_reversal(fund, entries),
        sees_all=sees_all(the_viewer(), fund),
        may_confirm=can(the_viewer(), Permission.DEPOSITS_CONFIRM, found),
        may_record=can(the_viewer(), Permission.CONTRIBUTIONS_RECORD, found),
        attached=DOCUMENTS.card(found),
        refusal=sentence(why_not_confirm(found.entry, by=the_viewer())),
    )


DOCUMENTS = Documents(
    "deposit",
    Permission.CONTRIBUTIONS_VIEW,
    find=lambda public_id: get_deposit(the_viewer(), the_fund(), public_id).deposit,
    called=lambda found: say(N_("Deposit from {donor}, {day}"), donor=found.donor.short_name, day=found.value_on),
)
DOCUMENTS.put_on(bp, "/deposits/<public_id>")


@bp.route("/deposits/new", methods=["GET", "POST"])
@requires(Permission.CONTRIBUTIONS_RECORD)
def record_deposit(code: str) -> ResponseReturnValue:
    """Record cash that arrived; what was recorded before and taken back may be named in the address."""
    fund, viewer, before = the_fund(), the_viewer(), asked.text("again")
    form = DepositForm.again(get_deposit(viewer, fund, before).deposit if before else None)

    def record(what: Receipt) -> Deposit:
        return service.record_deposit(fund, what, by=viewer)

    return record_page("deposits/record_deposit.html", form, record, leads_to=_address)


def _address(found: Deposit) -> str:
    return url_for(".deposit", code=the_fund().code, public_id=found.public_id)
