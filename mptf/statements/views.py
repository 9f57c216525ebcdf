"""Pages of contribution statements: the live draft, issued ones and their files, and contributors' documents."""

from pathlib import Path

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mptf.core import clock
from mptf.core.errors import RuleBroken
from mptf.fund.current import the_fund
from mptf.ledger import stamps
from mptf.paper.pdf import PDF_MEDIA_TYPE
from mptf.paper.values import XLSX_MEDIA_TYPE
from mptf.people.letters import address
from mptf.policy import Permission, can
from mptf.statements import papers, queries, service, wording
from mptf.statements.drawing import draw
from mptf.statements.figures import Paper, Period
from mptf.statements.forms import DocumentForm, IssueForm, PeriodFilter, WithdrawForm
from mptf.statements.models import ContributionStatement, ContributorDocument
from mptf.statements.queries import Contributor, Told
from mptf.web import asked, checked, commit, foreseen, page_with, requires, send_attachment, the_viewer
from mptf.web.access import looked_at
from mptf.web.pages import let_go, send_made
from mptf.web.uploads import Taken, take_in

bp = Blueprint("statements", __name__, url_prefix="/f/<code>/statements")


@bp.get("/")
@requires(Permission.STATEMENTS_VIEW)
def statements(code: str) -> ResponseReturnValue:
    """List what was issued and whose draft can be looked at; to a contributor, show its own as of now."""
    fund, viewer = the_fund(), the_viewer()
    if not queries.sees_all(viewer, fund):
        return _draft(queries.own_contributor(viewer, fund), IssueForm(None))
    return render_template(
        "statements/list.html",
        page=queries.statements(viewer, fund, asked.page()),
        contributors=queries.contributors(fund),
        documents=queries.latest_documents(viewer, fund),
    )


@bp.get("/of/<donor_id>")
@requires(Permission.STATEMENTS_VIEW)
def draft(code: str, donor_id: str) -> ResponseReturnValue:
    """Draw the statement of a contributor for a period, as of now and not issued."""
    return _draft(queries.get_contributor(the_viewer(), the_fund(), donor_id), IssueForm(None))


@bp.post("/of/<donor_id>")
@requires(Permission.STATEMENTS_ISSUE)
def issue(code: str, donor_id: str) -> ResponseReturnValue:
    """Issue the statement of a contributor for the period of the draft that was looked at."""
    contributor, form = queries.get_contributor(the_viewer(), the_fund(), donor_id), IssueForm()

    def act() -> ContributionStatement:
        return service.issue(contributor, form.period(), by=the_viewer(), seen=form.seen())

    def told() -> Told:
        return Told(act(), queries.recipients(contributor))

    if question := foreseen(form, told, "statements/_issue_question.html"):
        return question
    if done := checked(form, act):
        return commit(_address(done.result), "The statement {number} is issued.", number=done.result.number)
    return _draft(contributor, form)


@bp.get("/of/<donor_id>/pdf")
@requires(Permission.STATEMENTS_VIEW)
def draft_pdf(code: str, donor_id: str) -> ResponseReturnValue:
    """Send the draft of a period as a PDF file that says it is not issued, and note who took it (EXP-2)."""
    paper = _drafted(donor_id, "PDF")
    return _sent_as_pdf(paper) if paper else _back_to_draft(donor_id)


@bp.get("/of/<donor_id>/xlsx")
@requires(Permission.STATEMENTS_VIEW)
def draft_xlsx(code: str, donor_id: str) -> ResponseReturnValue:
    """Send the draft of a period as a workbook that says it is not issued, and note who took it (EXP-2)."""
    paper = _drafted(donor_id, "XLSX")
    return _sent_as_workbook(paper) if paper else _back_to_draft(donor_id)


def _drafted(donor_id: str, written_as: str) -> Paper | None:
    """Return the draft of the period asked for; None where that is none."""
    fund = the_fund()
    contributor, period = queries.get_contributor(the_viewer(), fund, donor_id), _period(PeriodFilter(request.args))
    if period is None:
        return None
    looked_at(contributor.donor, what="export", fund_id=fund.id, written_as=written_as)
    return Paper(draw(fund, contributor.donor, period, stamps.moment(fund.id)), fund.zone)


def _back_to_draft(donor_id: str) -> ResponseReturnValue:
    """Go to the page that says why the period asked for is none."""
    since, until = request.args.get("since"), request.args.get("until")
    return redirect(url_for(".draft", code=the_fund().code, donor_id=donor_id, since=since, until=until))


def _draft(contributor: Contributor, form: IssueForm) -> ResponseReturnValue:
    fund, viewer, chosen = the_fund(), the_viewer(), PeriodFilter(request.values)
    looked_at(contributor.donor, fund_id=fund.id)
    period = _period(chosen)
    drawn = draw(fund, contributor.donor, period or _ever(), stamps.moment(fund.id))
    may_issue = period is not None and can(viewer, Permission.STATEMENTS_ISSUE, contributor)
    in_force = queries.find_in_force(contributor, period) if may_issue and period else None
    form.version.data = service.fingerprint(drawn)
    form.latest.data = in_force.number if in_force else ""
    page = render_template(
        "statements/draft.html",
        form=form,
        chosen=chosen,
        contributor=contributor,
        drawn=drawn,
        wording=wording,
        sees_all=queries.sees_all(viewer, fund),
        issued=queries.latest_of(contributor),
        documents=queries.latest_documents(viewer, fund, contributor.donor),
        may_issue=may_issue,
        recipients=queries.recipients(contributor) if may_issue else [],
        in_force=in_force,
        unchanged=bool(in_force and service.fingerprint(in_force.drawn) == form.version.data),
    )
    return page, 200 if period and not form.errors else form.refused_with


def _ever() -> Period:
    """Return the period of a draft where none is asked for: from the beginning until today."""
    return Period(None, clock.today(the_fund()))


def _period(chosen: PeriodFilter) -> Period | None:
    """Return the period somebody asked for, or None where it is none; the form then says why."""
    if not chosen.validate():
        return None
    period = Period(chosen.since.data, chosen.until.data or _ever().until)
    try:
        service.check_period(the_fund(), period)
    except RuleBroken as refusal:
        chosen.refuse(refusal)
        return None
    return period


@bp.get("/<public_id>")
@requires(Permission.STATEMENTS_VIEW)
def statement(code: str, public_id: str) -> ResponseReturnValue:
    """Show an issued statement as it was frozen."""
    found = queries.get_statement(the_viewer(), the_fund(), public_id)
    looked_at(found, fund_id=found.fund_id)
    return render_template(
        "statements/statement.html",
        statement=found,
        drawn=found.drawn,
        wording=wording,
        issued=queries.latest_of(Contributor(the_fund(), found.donor)),
    )


@bp.get("/<public_id>/pdf")
@requires(Permission.STATEMENTS_VIEW)
def pdf(code: str, public_id: str) -> ResponseReturnValue:
    """Send an issued statement as a PDF file, and note who took it (EXP-2)."""
    return _sent_as_pdf(_taken(public_id, "PDF"))


@bp.get("/<public_id>/xlsx")
@requires(Permission.STATEMENTS_VIEW)
def xlsx(code: str, public_id: str) -> ResponseReturnValue:
    """Send an issued statement as a workbook, and note who took it (EXP-2)."""
    return _sent_as_workbook(_taken(public_id, "XLSX"))


def _sent_as_pdf(paper: Paper) -> ResponseReturnValue:
    let_go()
    made = papers.pdf(paper, check_at=address("public.check"))
    return send_made(made, papers.file_name(paper, "pdf"), PDF_MEDIA_TYPE)


def _sent_as_workbook(paper: Paper) -> ResponseReturnValue:
    let_go()
    return send_made(papers.workbook(paper), papers.file_name(paper, "xlsx"), XLSX_MEDIA_TYPE)


def _taken(public_id: str, written_as: str) -> Paper:
    found = queries.get_statement(the_viewer(), the_fund(), public_id)
    looked_at(found, what="export", fund_id=found.fund_id, number=found.number, written_as=written_as)
    return found.paper(the_fund().zone)


@bp.get("/documents")
@requires(Permission.STATEMENTS_VIEW)
def documents(code: str) -> ResponseReturnValue:
    """List the documents for contributors; to people who see all, those withdrawn too."""
    fund, viewer = the_fund(), the_viewer()
    return render_template(
        "statements/documents.html",
        page=queries.documents(viewer, fund, asked.page()),
        may_keep=can(viewer, Permission.STATEMENT_DOCUMENTS_KEEP, fund),
    )


@bp.route("/documents/new", methods=["GET", "POST"])
@requires(Permission.STATEMENT_DOCUMENTS_KEEP)
def upload(code: str) -> ResponseReturnValue:
    """Take in a document for one contributor or for all."""
    form = DocumentForm()
    form.offer(queries.contributors(the_fund()))
    if take_in(form, _as_it_is, lambda taken: _upload(taken, form)):
        return commit(url_for(".documents", code=code), "The document is there for contributors to download.")
    return page_with("statements/upload.html", form)


def _as_it_is(_path: Path) -> None:
    """Read nothing of a document: it is handed on as it is."""


def _upload(taken: Taken[None], form: DocumentForm) -> ContributorDocument:
    chosen = form.donor.data
    donor = queries.get_contributor(the_viewer(), the_fund(), chosen).donor if chosen else None
    return service.upload_document(the_fund(), taken.stored(), donor=donor, by=the_viewer(), **form.values())


@bp.get("/documents/<public_id>/file")
@requires(Permission.STATEMENTS_VIEW)
def file(code: str, public_id: str) -> ResponseReturnValue:
    """Send a document as it was uploaded."""
    found = queries.get_document(the_viewer(), the_fund(), public_id)
    looked_at(found, what="file", fund_id=found.fund_id, name=found.file.name)
    return send_attachment(found.file)


@bp.route("/documents/<public_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.STATEMENT_DOCUMENTS_KEEP)
def withdraw(code: str, public_id: str) -> ResponseReturnValue:
    """Take a document away from contributors."""
    found, form = queries.get_document(the_viewer(), the_fund(), public_id), WithdrawForm()
    if checked(form, lambda: service.withdraw_document(found, because=form.because.data or "", by=the_viewer())):
        return commit(url_for(".documents", code=code), "The document is withdrawn.")
    return page_with("statements/withdraw.html", form, document=found)


def _address(found: ContributionStatement) -> str:
    return url_for(".statement", code=the_fund().code, public_id=found.public_id)
