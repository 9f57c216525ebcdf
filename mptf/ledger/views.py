"""Pages of the fund's books: the journal, an account, and the balances as at a day and as known at a moment."""

from collections.abc import Iterable

from flask import Blueprint, Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue

from mptf.fund.current import the_fund
from mptf.ledger import queries
from mptf.ledger.forms import AccountFilter, BalanceFilter, JournalFilter
from mptf.ledger.models import DocumentKind
from mptf.policy import Permission
from mptf.web import asked, requires
from mptf.web.access import looked_at

bp = Blueprint("ledger", __name__)


def init_app(app: Flask, documents: Iterable[DocumentKind]) -> None:
    """Teach the books where the documents that post are shown."""
    shown = {document.kind: document for document in documents if document.endpoint}
    app.extensions["documents"] = app.jinja_env.globals["documents"] = shown


@bp.get("/f/<code>/ledger")
@requires(Permission.LEDGER_VIEW)
def journal(code: str) -> ResponseReturnValue:
    """Show the journal with its lines, by account, kind, document, month and value date."""
    fund, form = the_fund(), JournalFilter(request.args)
    form.offer(current_app.extensions["documents"], queries.periods(fund))
    valid = form.validate()
    page = queries.entries(fund, form.wanted(asked.page())) if valid else None
    return render_template("ledger/journal.html", form=form, page=page), 200 if valid else 422


@bp.get("/f/<code>/ledger/balances")
@requires(Permission.LEDGER_VIEW)
def balances(code: str) -> ResponseReturnValue:
    """Show the trial balance as at a day, as it was known at the end of another, or of what posted in a month."""
    fund, form = the_fund(), BalanceFilter(request.args)
    form.offer_months(queries.periods(fund))
    valid = form.validate()
    found = None
    if valid:
        found = queries.trial_balance(fund, as_at=form.as_at.data, known_at=form.known_at(fund), period=form.month)
    return render_template("ledger/balances.html", form=form, found=found), 200 if valid else 422


@bp.get("/f/<code>/ledger/accounts/<public_id>")
@requires(Permission.LEDGER_VIEW)
def account(code: str, public_id: str) -> ResponseReturnValue:
    """Show an account: what it held, its lines with the running balance, what it holds."""
    fund, form = the_fund(), AccountFilter(request.args)
    found, valid = queries.get_account(fund, public_id), form.validate()
    looked_at(found, fund_id=fund.id)
    drawn = None
    if valid:
        drawn = queries.statement(fund, found, as_at=form.as_at.data, known_at=form.known_at(fund), page=asked.page())
    return render_template("ledger/account.html", form=form, account=found, drawn=drawn), 200 if valid else 422
