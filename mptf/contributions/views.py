"""Pages of contributions: the overview, the lists, the document of a deposit, and the forms that record."""

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mptf.contributions import flags, papers, queries, service
from mptf.contributions.agreements import every_agreement, get_agreement, latest_agreements, page_of_agreements
from mptf.contributions.contributors import contributor_rows, contributors
from mptf.contributions.counted import contributed
from mptf.contributions.deposits import (
    deposits_like,
    get_deposit,
    latest_deposits,
    operational_rate,
    page_of_deposits,
)
from mptf.contributions.figures import AgreementLine
from mptf.contributions.forms import (
    AgreementFilter,
    AgreementForm,
    ConfirmForm,
    DepositForm,
    FlagFilter,
    PledgeForm,
    RankingFilter,
    SignedForm,
    WithdrawnForm,
)
from mptf.contributions.models import Agreement, Deposit, Pledge
from mptf.contributions.pledges import announced, get_pledge, latest_pledges, page_of_pledges
from mptf.contributions.ranking import ranking as rank
from mptf.contributions.remarks import DepositLine, Flag
from mptf.contributions.service import Announcement, Receipt, Signature
from mptf.contributions.years import Spread, spread
from mptf.core import clock
from mptf.core.errors import N_
from mptf.core.paging import Page
from mptf.documents.pages import Documents, record_with
from mptf.fund.current import the_fund
from mptf.fund.queries import get_window, settings_on, windows
from mptf.ledger import queries as ledger
from mptf.organisations.models import CONTRIBUTOR_KINDS, Organisation
from mptf.organisations.queries import get_organisation, organisations_of
from mptf.paper.values import XLSX_MEDIA_TYPE
from mptf.paper.workbook import write_workbook
from mptf.policy import Permission, can
from mptf.web import ActionForm, Form, asked, checked, commit, foreseen, page_with, requires, send_made, the_viewer
from mptf.web.access import looked_at
from mptf.web.pages import let_go
from mptf.web.text import say, sentence

bp = Blueprint("contributions", __name__)

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
            url_for(".deposit", code=fund.code, public_id=row.public_id),
        )
        for row in others
    ]
    return {Flag.MAY_BE_SAME.label: links}


@bp.get("/f/<code>/contributions")
@requires(Permission.CONTRIBUTIONS_VIEW)
def overview(code: str) -> ResponseReturnValue:
    """Show what everybody contributed; to a contributor, what it did itself."""
    fund, viewer = the_fund(), the_viewer()
    if not queries.sees_all(viewer, fund):
        return _own()
    return render_template(
        "contributions/overview.html",
        contributors=contributors(fund),
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


@bp.get("/f/<code>/contributions/deposits")
@requires(Permission.CONTRIBUTIONS_VIEW)
def deposits(code: str) -> ResponseReturnValue:
    """List the deposits."""
    return _list("contributions/deposits.html", page_of_deposits(the_viewer(), the_fund(), page=asked.page()))


@bp.get("/f/<code>/contributions/agreements")
@requires(Permission.CONTRIBUTIONS_VIEW)
def agreements(code: str) -> ResponseReturnValue:
    """List the agreements that stand, or for those who see all the withdrawn ones."""
    form = AgreementFilter(request.args)
    page = page_of_agreements(the_viewer(), the_fund(), form.wanted, page=asked.page())
    return _list("contributions/agreements.html", page, form=form)


@bp.get("/f/<code>/contributions/pledges")
@requires(Permission.CONTRIBUTIONS_VIEW)
def pledges(code: str) -> ResponseReturnValue:
    """List the pledges."""
    page = page_of_pledges(the_viewer(), the_fund(), page=asked.page())
    return _list("contributions/pledges.html", page, announced=announced(the_viewer(), the_fund()))


@bp.get("/f/<code>/contributions/to-look-at")
@requires(Permission.LEDGER_VIEW)
def to_look_at(code: str) -> ResponseReturnValue:
    """List the deposits that ask for somebody's attention: facts of the bank that were stored and flagged."""
    form = FlagFilter(request.args)
    found = flags.flagged(the_viewer(), the_fund(), form.only, page=asked.page())
    return render_template("contributions/to_look_at.html", form=form, found=found)


@bp.get("/f/<code>/contributions/ranking")
@requires(Permission.LEDGER_VIEW)
def ranking(code: str) -> ResponseReturnValue:
    """Rank the contributors by what they gave net on a day, without those that are named."""
    fund, form = the_fund(), RankingFilter(request.args)
    valid = form.validate()
    on = form.on.data or clock.today(fund)
    found = rank(fund, on, form.without.data or ())
    form.offer(sorted((place.given.donor for place in found.places), key=lambda donor: donor.short_name))
    sure = {row.donor.id: row for row in contributor_rows(fund, as_at=on)}
    page = render_template("contributions/ranking.html", form=form, on=on, found=found, sure=sure)
    return page, 200 if valid else 422


@bp.get("/f/<code>/contributions/years")
@requires(Permission.LEDGER_VIEW)
def years(code: str) -> ResponseReturnValue:
    """Show deposits by contributor and year, or by the months of one."""
    shown, year, known = _spread()
    said = {"counts": say(papers.WHAT), "opening": say(papers.OPENING)}
    return render_template("contributions/years.html", spread=shown, year=year, every_year=known, **said)


@bp.get("/f/<code>/contributions/years/xlsx")
@requires(Permission.LEDGER_VIEW)
def years_xlsx(code: str) -> Response:
    """Send the same as a workbook, and note who took it (EXP-2)."""
    fund, made_at, (shown, year, _) = the_fund(), clock.now(), _spread()
    looked_at(fund, what="export", fund_id=fund.id, written_as=f"{papers.title(year)}, XLSX", rows=len(shown.rows))
    out, sheets = io.BytesIO(), papers.sheets(fund, shown, year=year, made_at=made_at)
    let_go()
    write_workbook(out, sheets, title=papers.title(year), source=fund.code, made_at=made_at)
    return send_made(out.getvalue(), f"{fund.code}-deposits-by-{year or 'year'}.xlsx", XLSX_MEDIA_TYPE)


def _spread() -> tuple[Spread, int | None, list[int]]:
    """Return the deposits over all years or over the months of the one that was asked for, that year, and all years."""
    every = spread(the_fund())
    known = [span.year for span in every.spans]
    year = next((one for one in known if str(one) == asked.text("year")), None)
    return spread(the_fund(), year=year) if year else every, year, known


def _list(template: str, page: Page[Any], **more: Any) -> str:
    sees_all = queries.sees_all(the_viewer(), the_fund())
    return render_template(template, page=page, sees_all=sees_all, may_record=_may_record(), **more)


@bp.get("/f/<code>/contributions/pledges/<public_id>")
@requires(Permission.CONTRIBUTIONS_VIEW)
def pledge(code: str, public_id: str) -> ResponseReturnValue:
    """Show one pledge: its facts, and what became of it."""
    found = get_pledge(the_viewer(), the_fund(), public_id)
    looked_at(found, fund_id=found.fund_id)
    return _pledge(found, ActionForm(), WithdrawnForm())


@bp.post("/f/<code>/contributions/pledges/<public_id>/signed")
@requires(Permission.CONTRIBUTIONS_RECORD)
def sign_pledge(code: str, public_id: str) -> ResponseReturnValue:
    """Note which agreement a pledge became."""
    found = get_pledge(the_viewer(), the_fund(), public_id)
    form = _signed_form(found)

    def act() -> None:
        form.same_version(_signed_form(found, formdata=None))
        service.sign_pledge(found, _chosen(form.agreement.data), by=the_viewer())

    if checked(form, act):
        return commit(url_for(".pledge", code=code, public_id=public_id), "What became of the pledge is noted.")
    return _pledge(found, form, WithdrawnForm(None))


@bp.post("/f/<code>/contributions/pledges/<public_id>/withdrawn")
@requires(Permission.CONTRIBUTIONS_RECORD)
def withdraw_pledge(code: str, public_id: str) -> ResponseReturnValue:
    """Note that a contributor does not stand by a pledge."""
    found, form = get_pledge(the_viewer(), the_fund(), public_id), WithdrawnForm()
    if checked(form, lambda: service.withdraw_pledge(found, reason=form.reason.data or "", by=the_viewer())):
        return commit(url_for(".pledge", code=code, public_id=public_id), "The pledge is withdrawn.")
    return _pledge(found, form, form)


def _signed_form(found: Pledge, **given: Any) -> SignedForm:
    stands = {"agreement": found.agreement.public_id if found.agreement else "", "version": found.version}
    form = SignedForm(data=stands, **given)
    every = every_agreement(the_viewer(), the_fund())
    form.offer(row for row in every if row.organisation_id == found.organisation_id)
    return form


def _pledge(found: Pledge, form: Form, withdrawn: Form) -> ResponseReturnValue:
    """Show a pledge, and to those who record what became of it the forms that say so."""
    may_record = _may_record()
    signed = form if isinstance(form, SignedForm) or not may_record else _signed_form(found, formdata=None)
    return page_with(
        "contributions/pledge.html",
        form,
        pledge=found,
        signed=signed,
        withdrawn=withdrawn,
        may_record=may_record,
        attached=PLEDGE_DOCUMENTS.card(found),
        names_people=queries.sees_all(the_viewer(), the_fund()),
    )


@bp.get("/f/<code>/contributions/deposits/<public_id>")
@requires(Permission.CONTRIBUTIONS_VIEW)
def deposit(code: str, public_id: str) -> ResponseReturnValue:
    """Show one deposit: its facts, remarks, and what it posted."""
    line = get_deposit(the_viewer(), the_fund(), public_id)
    looked_at(line.deposit, fund_id=the_fund().id)
    return _document(line, ConfirmForm())


@bp.post("/f/<code>/contributions/deposits/<public_id>/confirm")
@requires(Permission.DEPOSITS_CONFIRM)
def confirm(code: str, public_id: str) -> ResponseReturnValue:
    """Confirm a deposit for the Administrative Agent."""
    line, form = get_deposit(the_viewer(), the_fund(), public_id), ConfirmForm()

    def act() -> DepositLine:
        service.confirm_deposit(line.deposit, by=the_viewer(), **form.values())
        return line

    if question := foreseen(form, act, "contributions/_confirm_question.html"):
        return question
    if checked(form, act):
        return commit(_address(line.deposit), "The deposit is confirmed.")
    return _document(line, form)


def _document(line: DepositLine, form: ConfirmForm) -> ResponseReturnValue:
    fund, found = the_fund(), line.deposit
    reads_ledger = can(the_viewer(), Permission.LEDGER_VIEW, fund)
    return page_with(
        "contributions/deposit.html",
        form,
        deposit=found,
        agreement=line.agreement,
        remarks=[(remark, say(remark.template, **remark.values)) for remark in line.remarks],
        links=links_of(line),
        unore=operational_rate(found),
        fee_rate=Decimal(settings_on(fund, found.value_on).aa_fee_bp) / 100,
        entries=ledger.entries_of(fund, found.__tablename__, found.public_id) if reads_ledger else [],
        sees_all=queries.sees_all(the_viewer(), fund),
        may_confirm=can(the_viewer(), Permission.DEPOSITS_CONFIRM, found),
        may_record=can(the_viewer(), Permission.CONTRIBUTIONS_RECORD, found),
        attached=DEPOSIT_DOCUMENTS.card(found),
        refusal=_refusal(found),
    )


def _refusal(found: Deposit) -> str:
    refusal = service.why_not_confirm(found, by=the_viewer())
    return sentence(refusal) if refusal else ""


DEPOSIT_DOCUMENTS = Documents(
    "deposit",
    Permission.CONTRIBUTIONS_VIEW,
    find=lambda public_id: get_deposit(the_viewer(), the_fund(), public_id).deposit,
    called=lambda found: say(N_("Deposit from {donor}, {day}"), donor=found.donor.short_name, day=found.value_on),
)
DEPOSIT_DOCUMENTS.put_on(bp, "/f/<code>/contributions/deposits/<public_id>")

PLEDGE_DOCUMENTS = Documents(
    "pledge",
    Permission.CONTRIBUTIONS_VIEW,
    find=lambda public_id: get_pledge(the_viewer(), the_fund(), public_id),
    called=lambda found: say(N_("Pledge of {donor}, {when}"), donor=found.donor.short_name, when=found.announced),
)
PLEDGE_DOCUMENTS.put_on(bp, "/f/<code>/contributions/pledges/<public_id>")


@bp.route("/f/<code>/contributions/deposits/new", methods=["GET", "POST"])
@requires(Permission.CONTRIBUTIONS_RECORD)
def record_deposit(code: str) -> ResponseReturnValue:
    """Record cash that arrived; what was recorded before and taken back may be named in the address."""
    fund, viewer, before = the_fund(), the_viewer(), asked.text("again")
    form = DepositForm.again(get_deposit(viewer, fund, before).deposit if before else None)
    form.offer_for(fund, _donors(), every_agreement(viewer, fund))

    def record() -> Deposit:
        return service.record_deposit(fund, _receipt(form), by=viewer)

    def line() -> DepositLine:
        return get_deposit(viewer, fund, record().public_id)

    if question := foreseen(form, line, "contributions/_deposit_question.html"):
        return question
    if done := record_with(form, record, form.notice):
        return commit(
            _address(done.result), "The deposit is recorded as advised. The Administrative Agent confirms it."
        )
    return page_with("contributions/record_deposit.html", form)


@bp.route("/f/<code>/contributions/agreements/new", methods=["GET", "POST"])
@requires(Permission.CONTRIBUTIONS_RECORD)
def record_agreement(code: str) -> ResponseReturnValue:
    """Record an agreement that was signed."""
    fund, form = the_fund(), AgreementForm()
    form.offer(_donors())
    form.offer_windows(window for window in windows(fund) if window.ended_on is None)

    def record() -> Agreement:
        return service.sign_agreement(fund, _signature(form), by=the_viewer())

    if question := foreseen(form, record, "contributions/_agreement_question.html"):
        return question
    if done := checked(form, record):
        signed = url_for("agreements.agreement", code=code, public_id=done.result.public_id)
        return commit(signed, "The agreement is recorded. Plan its instalments next.")
    return page_with("contributions/record_agreement.html", form)


@bp.route("/f/<code>/contributions/pledges/new", methods=["GET", "POST"])
@requires(Permission.CONTRIBUTIONS_RECORD)
def record_pledge(code: str) -> ResponseReturnValue:
    """Record a pledge as it was announced."""
    fund, form = the_fund(), PledgeForm()
    form.offer(_donors())

    def record() -> Pledge:
        return service.announce_pledge(fund, _announcement(form), by=the_viewer())

    if question := foreseen(form, record, "contributions/_pledge_question.html"):
        return question
    if checked(form, record):
        return commit(url_for(".pledges", code=code), "The pledge is recorded.")
    return page_with("contributions/record_pledge.html", form)


def _donors() -> list[Organisation]:
    return list(organisations_of(*CONTRIBUTOR_KINDS))


def _receipt(form: DepositForm) -> Receipt:
    agreement = _chosen(form.agreement.data)
    return Receipt(donor=get_organisation(form.donor.data), agreement=agreement, **form.values())


def _chosen(agreement: str | None) -> Agreement | None:
    return get_agreement(the_viewer(), the_fund(), agreement) if agreement else None


def _signature(form: AgreementForm) -> Signature:
    window = get_window(the_fund(), form.window.data) if form.window.data else None
    return Signature(donor=get_organisation(form.donor.data), window=window, **form.values())


def _announcement(form: PledgeForm) -> Announcement:
    return Announcement(donor=get_organisation(form.donor.data), **form.values())


def _may_record() -> bool:
    return can(the_viewer(), Permission.CONTRIBUTIONS_RECORD, the_fund())


def _address(found: Deposit) -> str:
    return url_for(".deposit", code=the_fund().code, public_id=found.public_id)
