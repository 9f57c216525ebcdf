"""Pages of the cash documents: the list, a document, a form for each kind, and the import of a list."""

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.cash import queries, service
from mptf.cash.facts import Movement
from mptf.cash.forms import (
    FORMS,
    OF_FUND,
    ContributorForm,
    DirectCostForm,
    DocumentFilter,
    InterestForm,
    ListForm,
    MovementForm,
    OfFundForm,
    PartyForm,
)
from mptf.cash.models import KINDS, CashDocument
from mptf.cash.remarks import DocumentLine
from mptf.cash.rows import HEADINGS, CashComparison, CashRow
from mptf.cash.service import LIST
from mptf.claims import queries as claims
from mptf.controls.queries import open_reversal
from mptf.core.errors import N_
from mptf.core.status import one_named
from mptf.documents.pages import Documents
from mptf.fund.current import the_fund
from mptf.fund.queries import get_window, windows
from mptf.imports.models import TableImport
from mptf.imports.pages import Pages
from mptf.ledger import queries as ledger
from mptf.ledger.chart import EntryKind
from mptf.ledger.forms import ConfirmForm
from mptf.ledger.service import why_not_confirm
from mptf.lists.kinds import Listed, offer
from mptf.lists.pages import standing
from mptf.organisations.queries import get_organisation, organisations_of
from mptf.paper.shape import Comparison
from mptf.policy import Permission, can
from mptf.web import asked, checked, commit, foreseen, not_found, page_with, requires, the_viewer
from mptf.web.access import looked_at
from mptf.web.text import say, sentence

bp = Blueprint("cash", __name__, url_prefix="/f/<code>/cash")


def _filter(address: Any) -> DocumentFilter:
    form, fund = DocumentFilter(address), the_fund()
    form.offer(queries.parties(fund), queries.years(fund))
    return form


NARROWED = offer(Listed("cash", N_("Cash documents"), "cash.documents", Permission.CASH_VIEW, _filter))


@bp.get("")
@requires(Permission.CASH_VIEW)
def documents(code: str) -> ResponseReturnValue:
    """List the documents, by kind, organisation, year, standing and what was remarked."""
    fund, viewer = the_fund(), the_viewer()
    views = standing(NARROWED)
    return render_template(
        "cash/documents.html",
        form=views.form,
        views=views,
        found=queries.documents(fund, views.form.wanted(asked.page())),
        kinds=KINDS,
        may_record=can(viewer, Permission.CASH_RECORD, fund),
        may_import=can(viewer, Permission.CASH_IMPORT, fund),
    )


@bp.get("/<public_id>")
@requires(Permission.CASH_VIEW)
def document(code: str, public_id: str) -> ResponseReturnValue:
    """Show one document: its facts, remarks, and what it posted."""
    line = queries.get_document(the_fund(), public_id)
    looked_at(line.document, fund_id=the_fund().id)
    return _document(line, ConfirmForm())


@bp.post("/<public_id>/confirm")
@requires(Permission.DEPOSITS_CONFIRM)
def confirm(code: str, public_id: str) -> ResponseReturnValue:
    """Confirm a document for the Administrative Agent."""
    line, form = queries.get_document(the_fund(), public_id), ConfirmForm()

    def act() -> DocumentLine:
        service.confirm(line.document, by=the_viewer(), **form.values())
        return line

    if question := foreseen(form, act, "cash/_confirm_question.html"):
        return question
    if checked(form, act):
        return commit(_address(line.document), "The document is confirmed.")
    return _document(line, form)


@bp.post("/<public_id>/of-fund")
@requires(Permission.CASH_RECORD)
def of_fund(code: str, public_id: str) -> ResponseReturnValue:
    """Say that interest which names no agreement is the fund's as a whole."""
    line, form = queries.get_document(the_fund(), public_id), OfFundForm()
    reason = form.reason.data or ""
    if checked(form, lambda: service.say_of_fund(the_fund(), line.document, reason=reason, by=the_viewer())):
        return commit(_address(line.document), "This interest is noted as the fund’s.")
    return _document(line, ConfirmForm(None), form)


def _document(line: DocumentLine, form: ConfirmForm, whose: OfFundForm | None = None) -> ResponseReturnValue:
    fund, viewer, found = the_fund(), the_viewer(), line.document
    refusal = why_not_confirm(found.entry, by=viewer)
    entries = ledger.entries_of(fund, found.__tablename__, found.public_id)
    return page_with(
        "cash/document.html",
        whose or form,
        confirming=form,
        whose=whose or OfFundForm(None),
        unsaid=line.around.kept_for_nobody and not found.entry.reversal,
        document=found,
        held=line.around.held,
        remarks=[(remark, say(remark.template, **remark.values)) for remark in line.remarks],
        entries=entries,
        asked=open_reversal(fund, entries),
        may_confirm=can(viewer, Permission.DEPOSITS_CONFIRM, found),
        may_record=can(viewer, Permission.CASH_RECORD, found),
        refusal=sentence(refusal),
        attached=DOCUMENTS.card(found),
    )


DOCUMENTS = Documents(
    "document",
    Permission.CASH_VIEW,
    find=lambda public_id: queries.get_document(the_fund(), public_id).document,
    called=lambda found: say(N_("{kind}, {day}"), kind=found.kind.label, day=found.value_on),
)
DOCUMENTS.put_on(bp, "/<public_id>")


@bp.route("/new/<kind>", methods=["GET", "POST"])
@requires(Permission.CASH_RECORD)
def record(code: str, kind: str) -> ResponseReturnValue:
    """Record cash that moved, in the form of its kind."""
    fund, chosen = the_fund(), _kind(kind)
    form = _form(chosen)

    def act() -> CashDocument:
        return service.record(fund, _movement(chosen, form), by=the_viewer())

    def line() -> DocumentLine:
        return queries.get_document(fund, act().public_id)

    if question := foreseen(form, line, "cash/_question.html"):
        return question
    if done := checked(form, act):
        return commit(_address(done.result), "It is recorded as advised. The Administrative Agent confirms it.")
    return page_with("cash/record.html", form, kind=chosen)


def _kind(name: str) -> EntryKind:
    return one_named(KINDS, name) or not_found()


def _form(kind: EntryKind) -> MovementForm:
    """Make the form of a kind; the address may name a direct cost, or a document that was taken back."""
    fund, before = the_fund(), asked.text("again")
    stood = _as_recorded(queries.get_document(fund, before).document) if before else {}
    form = FORMS[kind](data={"claim": asked.text("claim"), **stood})
    form.offer(fund, windows(fund))
    form.offer_parties(organisations_of(*form.kinds_of_party))
    form.offer_terms(claims.interest_terms(fund))
    if isinstance(form, DirectCostForm):
        form.offer_claims(claims.direct_costs_by_number(fund))
    return form


def _as_recorded(found: CashDocument) -> dict[str, Any]:
    """Return what a document says as the form of its kind takes it."""
    chosen = {
        "organisation": found.party, "claim": found.claim, "window": found.window, "kept_for": found.kept_for,
    }  # fmt: skip
    return {
        **{
            name: getattr(found, name)
            for name in ("amount", "value_on", "reference", "other_fund", "bank_reference", "basis")
        },
        **{name: row.public_id if row else "" for name, row in chosen.items()},
        **({"kept_for": OF_FUND} if found.of_fund else {}),
    }


def _movement(kind: EntryKind, form: MovementForm) -> Movement:
    fund = the_fund()
    party = get_organisation(form.organisation.data) if isinstance(form, PartyForm) else None
    named = form.claim.data if isinstance(form, DirectCostForm) else ""
    claim = claims.get_claim(fund, named).claim if named else None
    window = get_window(fund, form.window.data) if form.window.data else None
    keeper = form.kept_for.data if isinstance(form, (InterestForm, ContributorForm)) else ""
    of_fund = keeper == OF_FUND
    term = claims.get_interest_term(fund, keeper) if keeper and not of_fund else None
    return Movement(kind, party=party, claim=claim, kept_for=term, of_fund=of_fund, window=window, **form.values())


class _Lists(Pages[CashRow]):
    """The pages of a list, which say whether importing it confirms."""

    def beside(self, found: TableImport | None) -> dict[str, Any]:
        """Say what may stand in a list, and whether this person's import confirms it."""
        return {"kinds": KINDS, "confirms": can(the_viewer(), Permission.DEPOSITS_CONFIRM, the_fund())}


def _confirms(would: Comparison[CashRow]) -> bool:
    return isinstance(would, CashComparison) and bool(would.to_confirm)


PAGES = _Lists(
    LIST,
    ListForm,
    "cash/upload.html",
    "cash/preview.html",
    [(heading.head, heading.key == "amount") for heading in HEADINGS],
    more=_confirms,
    flagged=queries.flagged_of,
)
PAGES.put_on(bp, "/import", "/import/<public_id>")


def _address(found: CashDocument) -> str:
    return url_for(".document", code=the_fund().code, public_id=found.public_id)
