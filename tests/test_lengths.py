"""What people type fits where it is kept: PostgreSQL refuses what is longer, SQLite would say nothing.

Every text field of every form, and every text cell of every table, names the column it is written to.
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from flask import Flask
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy import String
from wtforms import Form as PlainForm
from wtforms import HiddenField, PasswordField, StringField, TextAreaField
from wtforms.fields.core import UnboundField

import mptf
from mptf.core.db import Base
from mptf.ledger.models import LONGEST_KEY
from mptf.ledger.queries import fitting
from mptf.proposals.models import PartKind
from mptf.web import AmountField
from mptf.web.forms import AtMost, Filter

pytestmark = pytest.mark.one_engine

# Where the text of a field goes, by the module of its form, the form and the field; `table.column`, several where it
# is written twice. A field of a base class is named at the class that declares it.
KEPT: dict[str, str] = {
    "agreements.AgreementForm.note": "agreement.note",
    "agreements.AgreementForm.reference": "agreement.reference",
    "agreements.InstalmentRow.condition": "instalment.condition",
    "agreements.AmendmentForm.reason": "amendment.reason",
    "agreements.RenameForm.name": "fund_window.name",
    "agreements.WindowForm.code": "fund_window.code",
    "agreements.WindowForm.name": "fund_window.name",
    "calls.BasicsForm.decision": "call.decision",
    "calls.BasicsForm.scope": "call.scope",
    "calls.BasicsForm.title": "call.title",
    "calls.BasicsForm.why_outside": "call.why_outside",
    "calls.CriterionForm.anchors": "call_anchor.text",
    "calls.CriterionForm.guidance": "call_criterion.guidance",
    "calls.CriterionForm.name": "call_criterion.name",
    "calls.DatesForm.zone": "call.zone",
    "calls.DocumentRow.guidance": "call_document.guidance",
    "calls.DocumentRow.name": "call_document.name",
    "calls.InvitationForm.why_outside": "call.why_outside",
    "calls.PartForm.reason": "call_amendment.reason",
    "calls.ReasonForm.reason": "call.cancelled_reason",
    "calls.TitleForm.title": "call.title",
    "cash.MovementForm.bank_reference": "cash_document.bank_reference ledger_entry.memo",
    "cash.MovementForm.basis": "cash_document.basis",
    "cash.FundTransferForm.other_fund": "cash_document.other_fund ledger_entry.memo",
    "cash.OfFundForm.reason": "interest_of_fund.reason",
    "cash.ProjectForm.reference": "cash_document.reference ledger_account.reference",
    "claims.CutForm.reason": "claim_move.reason",
    "claims.DirectCostForm.basis": "claim_move.reason",
    "claims.DirectCostForm.label": "claim.label",
    "commitments.CertaintyForm.certainty_note": "pledge.certainty_note deposit.certainty_note",
    "commitments.WithdrawForm.reason": "pledge.withdrawn_reason agreement.withdrawn_reason",
    "controls.ClosingForm.note": "control_request.reason ledger_closing.note",
    "controls.DeclineForm.answer": "control_request.answer",
    "controls.ReversalForm.reason": "control_request.reason ledger_entry.memo",
    "deposits.DepositForm.bank_reference": "deposit.bank_reference",
    "deposits.DepositForm.basis": "deposit.basis",
    "documents.AttachForm.title": "attachment.title",
    "documents.WithdrawForm.reason": "attachment_withdrawal.reason",
    "framework.FrameworkForm.source": "framework.source",
    "framework.FrameworkForm.title": "framework.title",
    "fund.FundForm.name": "fund.name",
    "fund.FundForm.purpose": "fund.purpose",
    "fund.FundForm.short_name": "fund.short_name",
    "fund.FundForm.zone": "fund.zone",
    "fund.HolidayForm.name": "holiday.name",
    "fund.NewFundForm.code": "fund.code",
    "fund.SettingsForm.basis": "fund_settings.basis",
    "gateway.ExtractForm.source": "gateway_extract.source",
    "gateway.ExtractForm.title": "gateway_extract.title",
    "gateway.WithdrawForm.because": "gateway_extract.withdrawn_because",
    "ledger.ConfirmForm.note": "ledger_confirmation.note",
    "lists.NameForm.name": "saved_view.name",
    "opinions.CorrectForm.reason": "opinion.reason",
    "opinions.GivenForm.text": "opinion.text",
    "organisations.JurisdictionForm.iati_code": "jurisdiction.iati_code",
    "organisations.JurisdictionForm.name": "jurisdiction.name",
    "organisations.OfficeForm.name": "office.name",
    "organisations.OrganisationForm.country_code": "organisation.country_code",
    "organisations.OrganisationForm.iati_identifier": "organisation.iati_identifier",
    "organisations.OrganisationForm.official_name": "organisation.official_name",
    "organisations.OrganisationForm.short_name": "organisation.short_name ledger_entry.memo",
    "people.InviteForm.email": "person.email",
    "people.InviteForm.name": "person.name",
    "people.NameForm.name": "person.name",
    "pledges.PledgeForm.announced_as": "pledge.announced_as",
    "pledges.PledgeForm.note": "pledge.note",
    "pledges.PledgeForm.source": "pledge.source",
    "pledges.PledgeForm.usd_as_published": "pledge.usd_as_published",
    "proposals.TitleForm.title": "proposal.title",
    **dict.fromkeys((f"submissions.ReturnForm.{part.value}" for part in PartKind), "returned_part.reason"),
    "submissions.SubmitForm.remark": "submission.remark",
    "submissions.WithdrawForm.reason": "proposal_withdrawal.reason",
    "public.FigureForm.address": "published_figure.address",
    "public.FigureForm.as_of": "published_figure.as_of",
    "public.FigureForm.detail": "published_figure.detail",
    "public.FigureForm.label": "published_figure.label",
    "public.FigureForm.printed": "published_figure.printed",
    "public.FigureForm.source": "published_figure.source",
    "questions.AnswerForm.answer": "call_answer.answer",
    "questions.AnswerForm.question": "call_answer.question",
    "questions.DeclineForm.reason": "call_question_refusal.reason",
    "questions.QuestionForm.text": "call_question.text",
    "rates.CorrectRateForm.note": "exchange_rate.note",
    "rates.RateForm.note": "exchange_rate.note",
    "reconciliation.ExplainForm.reason": "reconciliation_settlement.reason",
    "reconciliation.ReversalForm.because": "control_request.reason ledger_entry.memo",
    "screening.ItemForm.guidance": "screening_item.guidance",
    "screening.ItemForm.question": "screening_item.question",
    "screening.RefuseForm.text": "ineligibility_letter.content",
    "signin.ResetForm.email": "reset_asked.email",
    "statements.WithdrawForm.because": "contributor_document.because",
}
# Compared with what stands, or read as something else, and not kept as it was typed.
NOT_KEPT = {
    "proposals.ShareForm.email", "signin.CodeForm.code", "signin.SetUpForm.code", "signin.SignInForm.email",
    "statements.DocumentForm.year",
}  # fmt: skip

CELLS: dict[str, str] = {
    # As the name of another fund it is refused by the movement, where it is longer than that column.
    "cash.CashRow.bank_reference": "cash_document.bank_reference ledger_entry.memo",
    "cash.CashRow.note": "cash_document.basis",
    "framework.TextRow.source": "framework_text.source",
    "framework.TextRow.text": "framework_text.text",
    "gateway.GatewayRow.agency_code": "gateway_figure.agency_code gateway_figure.identity",
    "gateway.GatewayRow.group_code": "gateway_figure.group_code gateway_figure.identity",
    "gateway.GatewayRow.group_name": "gateway_figure.group_name",
    "gateway.GatewayRow.organisation": "gateway_figure.organisation",
    "rates.RateRow.currency": "exchange_rate.currency",
    "rates.RateRow.note": "exchange_rate.note",
    "reconciliation.AgentRow.contributor": "agent_list_row.contributor",
    "reconciliation.AgentRow.original_currency": "agent_list_row.original_currency",
    "reconciliation.AgentRow.reference": "agent_list_row.reference",
    "reported.FigureRow.note": "reported_figure.note",
    "reported.FigureRow.project_number": "reported_figure.project_number",
}
LOOKED_UP = {
    "cash.CashRow.organisation", "cash.CashRow.reference", "framework.TextRow.framework", "gateway.GatewayRow.currency",
    "reported.FigureRow.organisation",
}  # fmt: skip


def test_no_field_of_a_form_takes_more_than_the_column_it_is_kept_in(app: Flask) -> None:
    found = dict(_fields())
    assert set(found) == set(KEPT) | NOT_KEPT, "a text field names the column it is kept in"
    with app.test_request_context():
        longest = {name: _longest(field) for name, field in found.items() if name in KEPT}
    over = {name: (longest[name], _room(columns)) for name, columns in KEPT.items() if longest[name] > _room(columns)}
    assert over == {}


def test_no_cell_of_a_table_takes_more_than_the_column_it_is_kept_in() -> None:
    found = dict(_cells())
    assert set(found) == set(CELLS) | LOOKED_UP, "a text cell names the column it is kept in"
    over = [name for name, columns in CELLS.items() if _takes(found[name], int(_room(columns)) + 1)]
    assert over == []


def test_a_key_that_is_too_long_keeps_what_tells_it_apart() -> None:
    alike = ["fund_transfer " + "F" * 400 + end for end in ("1", "2")]
    assert [len(fitting(key)) for key in alike] == [LONGEST_KEY, LONGEST_KEY]
    assert len({fitting(key) for key in alike}) == 2
    assert fitting(fitting(alike[0])) == fitting(alike[0])
    assert fitting("as it is") == "as it is"


def _fields() -> Iterator[tuple[str, Any]]:
    """Yield every declared field that people type text into, named at the class that declares it."""
    for form in _known(PlainForm):
        made_for_one_page = getattr(sys.modules[form.__module__], form.__name__, None) is not form
        if issubclass(form, Filter) or made_for_one_page:
            continue
        for name, field in vars(form).items():
            if isinstance(field, UnboundField) and _is_text(field.field_class):
                yield f"{form.__module__.split('.')[1]}.{form.__name__}.{name}", field


def _is_text(kind: type) -> bool:
    """Tell whether a field takes text that is kept; amounts, days and rates are read, secrets are digested."""
    typed = issubclass(kind, (StringField, TextAreaField))
    return typed and not issubclass(kind, (AmountField, HiddenField, PasswordField))


def _longest(unbound: Any) -> float:
    bound = unbound.bind(form=PlainForm(), name="text", _meta=PlainForm().meta)
    limits = [check.max for check in bound.validators if isinstance(check, AtMost)]
    return min(limits, default=float("inf"))


def _cells() -> Iterator[tuple[str, Any]]:
    for row in _known(BaseModel):
        for name, cell in row.model_fields.items():
            if cell.annotation is str:
                yield f"{row.__module__.split('.')[1]}.{row.__name__}.{name}", cell


def _takes(cell: Any, signs: int) -> bool:
    """Tell whether a cell takes so many signs, of letters or of digits."""
    adapter: TypeAdapter[str] = TypeAdapter(Annotated[(str, *cell.metadata)])
    for sign in ("A", "1"):
        try:
            adapter.validate_python(sign * signs)
        except ValidationError:
            continue
        return True
    return False


def _room(columns: str) -> float:
    """Return how many signs the tightest of these columns keeps."""
    lengths = []
    for column in columns.split():
        table, name = column.split(".")
        kind = Base.metadata.tables[table].c[name].type
        assert isinstance(kind, String), column
        lengths.append(kind.length or 1e6)
    return min(lengths)


def _known(base: type) -> list[Any]:
    """Return every class of the application that stands on another, once."""
    for module in pkgutil.walk_packages(mptf.__path__, "mptf."):
        importlib.import_module(module.name)
    found: dict[tuple[str, str], Any] = {}
    waiting: list[Any] = [base]
    while waiting:
        for one in waiting.pop().__subclasses__():
            found[one.__module__, one.__name__] = one
            waiting.append(one)
    return [found[name] for name in sorted(found) if name[0].startswith("mptf.")]
