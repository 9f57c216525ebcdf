"""Forms of the room: shape only; the rules stand in the service."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from wtforms import FieldList, FormField, RadioField, SelectField
from wtforms import Form as Row

from mptf.agreements.due import Wanted
from mptf.agreements.figures import MOST_INSTALMENTS, Planned, equal_parts
from mptf.claims.models import Interest
from mptf.commitments.forms import CURRENCIES, DAY, REQUIRED_AMOUNT, DonorForm
from mptf.commitments.models import Agreement, AgreementKind, AgreementStanding
from mptf.core.errors import N_, Stale
from mptf.core.money import Money
from mptf.core.status import one_named
from mptf.fund.forms import WholeField
from mptf.fund.models import FundWindow
from mptf.web import AmountField, DayField, Filter, Form, TextAreaField, TextField
from mptf.web.forms import Needed, NeededDay, choices, choices_of
from mptf.web.text import say

BLANK_ROWS = 4


class AgreementForm(DonorForm):
    """An agreement that was signed."""

    kind = RadioField("Kind", choices=choices_of(AgreementKind), default=AgreementKind.SAA.value)
    reference = TextField("Reference", longest=40, validators=[Needed("Give its reference.")])
    signed_on = NeededDay("Signed on", told=DAY)
    amount = AmountField("Amount", validators=REQUIRED_AMOUNT)
    currency = SelectField("Currency", choices=CURRENCIES, default="USD")
    window = SelectField(
        "Preferred window",
        default="",
        description="Its deposits are kept for the window. An agreement never prefers a project or an organisation.",
    )
    preferred = AmountField(
        "Part for the window", description="In the agreement’s currency; empty if all of it is for the window."
    )
    interest = RadioField(
        "Interest on its money",
        choices=choices_of(Interest),
        default=Interest.AVAILABLE.value,
        description="As a rule it is for the fund to use. If the agreement says that it is the contributor’s, it "
        "counts in the balance, but nobody may allocate it.",
    )
    note = TextAreaField("Note", longest=2000)

    def offer_windows(self, windows: Iterable[FundWindow]) -> None:
        """Let a person choose among these windows, or none."""
        self.window.choices = choices(((row.public_id, row.name) for row in windows), nothing=say("None"))

    def values(self) -> dict[str, Any]:
        """What was signed, as the service takes it."""
        return {
            "preferred": self.preferred.stated(self),
            "kind": AgreementKind(self.kind.data),
            "reference": self.reference.data or "",
            "signed_on": self.signed_on.day,
            "amount": self.amount.money(self),
            "interest": Interest(self.interest.data),
            "note": self.note.data or "",
        }


class InstalmentRow(Row):
    """One instalment; a row that is left empty is none."""

    due_on = DayField("Due on")
    amount = AmountField("Amount")
    condition = TextField("Note or condition")

    @property
    def empty(self) -> bool:
        """Whether nothing was typed."""
        return not any(str(typed).strip() for field in self for typed in field.raw_data or ())

    def validate(self, extra_validators: Any = None) -> bool:
        """Refuse a row of which only a part was typed."""
        valid = super().validate(extra_validators)
        if self.empty:
            return valid
        for field, told in ((self.due_on, N_("Write its day.")), (self.amount, N_("Write its amount."))):
            if not field.errors and not (field.data and str(field.data).strip()):
                field.errors = [say(told)]
                valid = False
        return valid


class PlanForm(Form):
    """The instalments of an agreement, as many rows as are posted."""

    instalments = FieldList(FormField(InstalmentRow), "Instalments", max_entries=MOST_INSTALMENTS)

    def of_currency(self, currency: str) -> None:
        """Let every amount be in the agreement's currency."""
        for row in self.instalments:
            row.form.amount.currency = currency

    def planned(self) -> list[Planned]:
        """What was typed, as the service takes it."""
        filled = [row.form for row in self.instalments if not row.form.empty]
        return [Planned(row.due_on.day, row.amount.money(self), row.condition.data or "") for row in filled]


class AmendmentForm(PlanForm):
    """An amendment: the whole of what stands from now on."""

    agreed_on = NeededDay("Agreed on", told=DAY)
    reason = TextAreaField(
        "What it changes and why", longest=2000, validators=[Needed("Say what the amendment changes and why.")]
    )
    amount = AmountField("Amount", validators=REQUIRED_AMOUNT)
    window = SelectField(
        "Preferred window", description="For deposits recorded from now on; what is kept apart already stays."
    )
    preferred = AmountField("Part for the window", description="Empty if all of it is for the window.")
    interest = RadioField(
        "Interest on its money",
        choices=choices_of(Interest),
        default=Interest.AVAILABLE.value,
        description="For interest from now on; what is kept for the contributor stays so until it is paid back.",
    )

    def offer(self, windows: Iterable[FundWindow]) -> None:
        """Let a person choose among these windows, or none."""
        self.window.choices = choices(((row.public_id, row.name) for row in windows), nothing=say("None"))

    def of_currency(self, currency: str) -> None:
        """Let every amount be in the agreement's currency."""
        super().of_currency(currency)
        self.amount.currency = self.preferred.currency = currency

    def opened_on(self, agreement: Agreement) -> None:
        """Refuse what was typed over terms that were amended meanwhile; the page shows those that stand."""
        if self.version.data != str(agreement.version):
            self.version.data = str(agreement.version)
            raise Stale

    def values(self) -> dict[str, Any]:
        """What was typed, as the service takes it; the window is another room's row."""
        return {
            "agreed_on": self.agreed_on.day,
            "reason": self.reason.data or "",
            "amount": self.amount.money(self),
            "preferred": self.preferred.stated(self),
            "interest": Interest(self.interest.data),
            "instalments": self.planned(),
        }


def rows_of(planned: Sequence[Planned]) -> list[dict[str, Any]]:
    """Return a plan as the rows of a form, with some more to fill in."""
    rows = [{"due_on": one.due_on, "amount": _typed(one.amount), "condition": one.condition} for one in planned]
    blank = min(BLANK_ROWS, MOST_INSTALMENTS - len(rows))
    return [*rows, *({} for _ in range(blank))]


def terms_of(agreement: Agreement, planned: Sequence[Planned]) -> dict[str, Any]:
    """Return what stands as the values of an amendment's form."""
    return {
        "amount": _typed(agreement.amount),
        "window": agreement.window.public_id if agreement.window else "",
        "preferred": _typed(agreement.preferred) if agreement.preferred else "",
        "interest": agreement.interest.value,
        "instalments": rows_of(planned),
        "version": agreement.version,
    }


def _typed(amount: Money) -> str:
    return f"{amount.decimal:,}"


class EqualFilter(Filter):
    """A plan of equal instalments to begin with; it fills the rows and records nothing."""

    count = WholeField("Instalments")
    first_on = DayField("The first is due on")
    months = WholeField("Months between them")

    def parts(self, amount: Money) -> list[Planned]:
        """Return the instalments asked for, or none where not all of it was said."""
        first: date | None = self.first_on.data
        if self.count.data is None or self.months.data is None or first is None:
            return []
        return equal_parts(amount, self.count.data, first, self.months.data)


class AgreementFilter(Filter):
    """Whether the agreements that stand are listed, or those that were withdrawn."""

    show = SelectField("Show", choices=choices_of(AgreementStanding), default="stands", validate_choice=False)

    @property
    def wanted(self) -> AgreementStanding:
        """Which are asked for; another word in the address asks for those that stand."""
        return one_named(AgreementStanding, self.show.data) or AgreementStanding.STANDS


class DueFilter(Filter):
    """Which instalments of which contributor."""

    show = SelectField("Show", choices=choices_of(Wanted), default=Wanted.OUTSTANDING.value, validate_choice=False)
    donor = SelectField("Contributor", validate_choice=False)

    def offer(self, donors: Iterable[tuple[str, str]]) -> None:
        """Let a person choose among these contributors."""
        self.donor.choices = choices(donors, nothing=say("All contributors"))

    @property
    def wanted(self) -> Wanted:
        """Which are asked for; another word in the address asks for all that is outstanding."""
        return one_named(Wanted, self.show.data) or Wanted.OUTSTANDING


class WindowForm(Form):
    """A window of the fund."""

    code = TextField("Code", longest=40, validators=[Needed("Give it a code.")], description="Short; it stays.")
    name = TextField("Name", validators=[Needed("Write a name.")])


class RenameForm(Form):
    """Another name for a window."""

    name = TextField("Name", validators=[Needed("Write a name.")])
