"""Pages of the fund's books: the journal, and the balances as at a day and as known at a moment."""

from collections.abc import Iterable

from flask import Blueprint, Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue

from mptf.core.clock import end_of
from mptf.fund.current import the_fund
from mptf.ledger import queries
from mptf.ledger.forms import BalanceFilter, JournalFilter
from mptf.ledger.models import DocumentKind
from mptf.ledger.queries import Journal
from mptf.policy import Permission
from mptf.web import asked, requires
from mptf.web.text import say

bp = Blueprint("ledger", __name__)


def init_app(app: Flask, documents: Iterable[DocumentKind]) -> None:
    """Teach the journal where the documents that post are shown."""
    app.extensions["documents"] = {document.kind: document for document in documents if document.endpoint}


@bp.get("/f/<code>/ledger")
@requires(Permission.LEDGER_VIEW)
def journal(code: str) -> ResponseReturnValue:
    """Show the journal with its lines, by account and value date."""
    fund, form = the_fund(), JournalFilter(request.args)
    accounts = queries.accounts(fund)
    form.account.choices = {"": say("All accounts"), **{row.code: f"{row.code} {row.name}" for row in accounts}}
    valid = form.validate()
    wanted = Journal(form.account.data or "", since=form.since.data, until=form.until.data, page=asked.page())
    page = queries.entries(fund, wanted) if valid else None
    documents = current_app.extensions["documents"]
    return render_template("ledger/journal.html", form=form, page=page, documents=documents), 200 if valid else 422


@bp.get("/f/<code>/ledger/balances")
@requires(Permission.LEDGER_VIEW)
def balances(code: str) -> ResponseReturnValue:
    """Show the trial balance as at a day, as it was known at the end of another."""
    fund, form = the_fund(), BalanceFilter(request.args)
    valid = form.validate()
    known_at = end_of(form.known_on.data, fund) if form.known_on.data else None
    found = queries.trial_balance(fund, as_at=form.as_at.data, known_at=known_at) if valid else None
    return render_template("ledger/balances.html", form=form, found=found), 200 if valid else 422
