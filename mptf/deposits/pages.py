"""The page that records a deposit: of this room, and of the one that found a payment our books do not have."""

from collections.abc import Callable
from typing import Any

from flask.typing import ResponseReturnValue

from mptf.commitments.queries import every_agreement, get_agreement
from mptf.deposits.forms import DepositForm
from mptf.deposits.models import Deposit
from mptf.deposits.queries import get_deposit
from mptf.deposits.remarks import DepositLine
from mptf.deposits.service import Receipt
from mptf.documents.pages import record_with
from mptf.fund.current import the_fund
from mptf.organisations.models import CONTRIBUTOR_KINDS
from mptf.organisations.queries import get_organisation, organisations_of
from mptf.web import commit, foreseen, page_with, the_viewer


def record_page(
    template: str,
    form: DepositForm,
    act: Callable[[Receipt], Deposit],
    *,
    leads_to: Callable[[Deposit], str],
    **values: Any,
) -> ResponseReturnValue:
    """Record by `act` what a form says of a deposit, ask before that what it would do, or show the form."""
    fund, viewer = the_fund(), the_viewer()
    form.offer_for(fund, organisations_of(*CONTRIBUTOR_KINDS), every_agreement(viewer, fund))

    def record() -> Deposit:
        return act(_receipt(form))

    def line() -> DepositLine:
        return get_deposit(viewer, fund, record().public_id)

    if question := foreseen(form, line, "deposits/_deposit_question.html"):
        return question
    if done := record_with(form, record, form.notice):
        return commit(
            leads_to(done.result), "The deposit is recorded as advised. The Administrative Agent confirms it."
        )
    return page_with(template, form, **values)


def _receipt(form: DepositForm) -> Receipt:
    chosen = form.agreement.data
    agreement = get_agreement(the_viewer(), the_fund(), chosen) if chosen else None
    return Receipt(donor=get_organisation(form.donor.data), agreement=agreement, **form.values())
