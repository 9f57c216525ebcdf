"""Pages of the fund's books: the journal, an account, and the balances as at a day and as known at a moment."""

from collections.abc import Iterable

from flask import Blueprint, Flask, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from mptf.fund.current import the_fund
from mptf.ledger import balances as of_books
from mptf.ledger import beancount, queries
from mptf.ledger import journal as of_entries
from mptf.ledger.forms import AccountFilter, BalanceFilter, JournalFilter
from mptf.ledger.models import DocumentKind
from mptf.policy import Permission, can
from mptf.web import asked, requires, the_viewer
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
    form.offer(current_app.extensions["documents"], of_entries.months(fund))
    valid = form.validate()
    sheet = of_entries.entries(fund, form.wanted(asked.text("before"), asked.text("after"))) if valid else None
    return render_template("ledger/journal.html", form=form, sheet=sheet), 200 if valid else 422


@bp.get("/f/<code>/ledger/balances")
@requires(Permission.LEDGER_VIEW)
def balances(code: str) -> ResponseReturnValue:
    """Show the trial balance as at a day, as it was known at the end of another, or of what posted in a month."""
    fund, form = the_fund(), BalanceFilter(request.args)
    form.offer_months(of_entries.months(fund))
    valid = form.validate()
    may_export = can(the_viewer(), Permission.LEDGER_EXPORT, fund)
    found = None
    if valid:
        found = of_books.trial(fund, as_at=form.as_at.data, known_at=form.known_at(fund), period=form.month)
    page = render_template("ledger/balances.html", form=form, found=found, may_export=may_export)
    return page, 200 if valid else 422


@bp.get("/f/<code>/ledger/accounts/<public_id>")
@requires(Permission.LEDGER_VIEW)
def account(code: str, public_id: str) -> ResponseReturnValue:
    """Show an account: what it held, its lines with the running balance, what it holds."""
    fund, form = the_fund(), AccountFilter(request.args)
    found, valid = queries.get_account(fund, public_id), form.validate()
    looked_at(found, fund_id=fund.id)
    drawn = None
    if valid:
        drawn = of_books.statement(fund, found, as_at=form.as_at.data, known_at=form.known_at(fund), page=asked.page())
    return render_template("ledger/account.html", form=form, account=found, drawn=drawn), 200 if valid else 422


@bp.get("/f/<code>/ledger/beancount")
@requires(Permission.LEDGER_EXPORT)
def export(code: str) -> ResponseReturnValue:
    """Send the whole books as plain text for Beancount."""
    fund = the_fund()
    looked_at(fund, what="export", fund_id=fund.id, written_as="Beancount")
    answer = Response(beancount.export(fund), mimetype="text/plain")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{fund.code}.beancount")
    return answer
