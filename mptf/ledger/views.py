"""Pages of the fund's books: the journal, an account, and the balances as at a day and as known at a moment."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue

from mptf.core import clock
from mptf.core.errors import N_
from mptf.fund.current import the_fund
from mptf.ledger import balances as of_books
from mptf.ledger import beancount, queries, sheets
from mptf.ledger import journal as of_entries
from mptf.ledger.forms import AccountFilter, BalanceFilter, JournalFilter
from mptf.ledger.models import DocumentKind
from mptf.lists.kinds import Listed, offer
from mptf.lists.pages import asked_of, standing
from mptf.lists.taken import Taken
from mptf.policy import Permission, can
from mptf.web import asked, requires, send_made, send_workbook, the_viewer
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
    return _journal()


@bp.get("/f/<code>/ledger/journal.xlsx")
@requires(Permission.LEDGER_EXPORT)
def workbook(code: str) -> ResponseReturnValue:
    """Send the journal as it is asked for as a workbook, and note who took it (EXP-2)."""
    fund, form, at = the_fund(), asked_of(JOURNAL), clock.now()
    if not form.validate():
        return _journal()
    entries = of_entries.whole(fund, form.wanted(), sheets.MOST_ENTRIES)
    if entries is None:
        return _journal(too_long=True)
    looked_at(
        fund, what="export", fund_id=fund.id, written_as=f"{sheets.TITLE}, XLSX", filter=form.address(),
        rows=len(entries),
    )  # fmt: skip
    taken = Taken(fund, entries, form.told(), the_viewer().name, at)
    written, title = sheets.sheets(taken, form.until.data, _documents()), f"{sheets.TITLE} {fund.code}"
    name = f"{fund.code}-journal-{taken.day}"
    return send_workbook(written, title=title, source=sheets.WHAT, name=name, made_at=at)


def _documents() -> Mapping[str, DocumentKind]:
    """Return the kinds of documents that have a page, as the books were taught."""
    found: Mapping[str, DocumentKind] = current_app.extensions["documents"]
    return found


def _journal_filter(address: Any) -> JournalFilter:
    form = JournalFilter(address)
    form.offer(_documents(), of_entries.months(the_fund()))
    return form


JOURNAL = offer(Listed("journal", N_("Journal"), "ledger.journal", Permission.LEDGER_VIEW, _journal_filter))


def _journal(*, too_long: bool = False) -> ResponseReturnValue:
    """Show a page of the journal; `too_long` says why no workbook was made of it."""
    fund, views = the_fund(), standing(JOURNAL)
    form, valid = views.form, views.form.validate()
    page = render_template(
        "ledger/journal.html",
        form=form,
        views=views,
        sheet=of_entries.entries(fund, form.wanted(asked.text("before"), asked.text("after"))) if valid else None,
        may_export=can(the_viewer(), Permission.LEDGER_EXPORT, fund),
        too_long=too_long,
        most=sheets.MOST_ENTRIES,
    )
    return page, 422 if too_long or not valid else 200


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
    return send_made(beancount.export(fund).encode(), f"{fund.code}.beancount", "text/plain")
