"""Forms of the room: shape only; the rules stand in the service."""

from collections.abc import Iterable
from typing import Any

from wtforms import BooleanField, RadioField, SelectField
from wtforms.validators import InputRequired

from mptf.contributions.models import Agreement, AgreementKind, Certainty, Precision
from mptf.core.errors import N_
from mptf.core.money import EXPONENTS, Money
from mptf.fund.models import Fund, Organisation
from mptf.web import AmountField, DayField, Form, TextAreaField, TextField

CURRENCIES = {code: code for code in sorted(EXPONENTS)}
REQUIRED_AMOUNT = [InputRequired(N_("Write the amount."))]
REQUIRED_DAY = [InputRequired(N_("Write the day."))]


def _choices(kind: Any) -> dict[str, str]:
    return {member.value: member.label for member in kind}


def _stated(form: Form, field: AmountField) -> Money | None:
    """Return the amount of a field that may be left empty."""
    return field.money(form) if (field.data or "").strip() else None


class _DonorForm(Form):
    """What every record of a contributor has."""

    donor = SelectField(N_("Contributor"), validators=[InputRequired(N_("Choose the contributor."))])

    def offer(self, donors: Iterable[Organisation]) -> None:
        """Let a person choose among these contributors."""
        self.donor.choices = {"": N_("Choose …"), **{row.public_id: row.short_name for row in donors}}


class _CertaintyForm(_DonorForm):
    """How sure it is that a figure belongs to a contributor."""

    certainty = RadioField(
        N_("Is the contributor certain?"),
        choices=_choices(Certainty),
        default=Certainty.CERTAIN.value,
    )
    certainty_note = TextField(
        N_("How that is known"),
        description=N_("Printed beside the figure wherever it is shown, such as “not stated by any source read”."),
    )

    def sureness(self) -> dict[str, Any]:
        """How sure it is, as the service takes it."""
        return {"certainty": Certainty(self.certainty.data), "certainty_note": self.certainty_note.data or ""}


class PledgeForm(_CertaintyForm):
    """A contribution that was announced."""

    amount = AmountField(N_("Amount announced"), validators=REQUIRED_AMOUNT)
    currency = SelectField(N_("Currency"), choices=CURRENCIES, default="EUR")
    announced_on = DayField(
        N_("Announced on"),
        validators=REQUIRED_DAY,
        description=N_("Where only the month or the year is known, any day in it."),
    )
    precision = RadioField(N_("How exactly is the day known?"), choices=_choices(Precision), default="day")
    announced_as = TextField(
        N_("Day as published"), description=N_("In the words of the source, such as “December 2022 (page undated)”.")
    )
    usd_as_published = TextField(
        N_("US dollars as published"),
        description=N_("In the words of the source, such as “approximately 550,000”; empty if it names none."),
    )
    source = TextField(N_("Address of the source"), longest=1000)
    note = TextAreaField(N_("Note"), longest=2000)

    def values(self) -> dict[str, Any]:
        """What was announced, as the service takes it."""
        return {
            **self.sureness(),
            "amount": self.amount.money(self),
            "announced_on": self.announced_on.data,
            "precision": Precision(self.precision.data),
            "announced_as": self.announced_as.data or "",
            "usd_as_published": self.usd_as_published.data or "",
            "source": self.source.data or "",
            "note": self.note.data or "",
        }


class AgreementForm(_DonorForm):
    """An agreement that was signed."""

    kind = RadioField(N_("Kind"), choices=_choices(AgreementKind), default=AgreementKind.SAA.value)
    reference = TextField(N_("Reference"), longest=40, validators=[InputRequired(N_("Give its reference."))])
    signed_on = DayField(N_("Signed on"), validators=REQUIRED_DAY)
    amount = AmountField(N_("Amount"), validators=REQUIRED_AMOUNT)
    currency = SelectField(N_("Currency"), choices=CURRENCIES, default="USD")
    note = TextAreaField(N_("Note"), longest=2000)

    def values(self) -> dict[str, Any]:
        """What was signed, as the service takes it."""
        return {
            "kind": AgreementKind(self.kind.data),
            "reference": self.reference.data or "",
            "signed_on": self.signed_on.data,
            "amount": self.amount.money(self),
            "note": self.note.data or "",
        }


class DepositForm(_CertaintyForm):
    """Cash that arrived; what is left empty was not stated."""

    agreement = SelectField(N_("Agreement"))
    received = AmountField(
        N_("Received"),
        validators=REQUIRED_AMOUNT,
        description=N_("As the Administrative Agent received it, before its fee. This figure is authoritative."),
    )
    value_on = DayField(N_("Value date"), validators=REQUIRED_DAY)
    original = AmountField(
        N_("Original amount"), description=N_("What the contributor sent, in its currency; empty if not stated.")
    )
    currency = SelectField(N_("Currency"), choices=CURRENCIES, default="EUR")
    fee = AmountField(
        N_("Administrative Agent fee"), description=N_("The fee actually taken; empty if not stated, 0 if none.")
    )
    bank_reference = TextField(N_("Bank reference"), longest=100)
    is_opening = BooleanField(
        N_("Opening balance"), description=N_("What had arrived by this day in all, not a single payment.")
    )
    basis = TextAreaField(
        N_("Basis"), longest=2000, description=N_("Where the figure comes from. It is printed with the figure.")
    )

    def offer_for(self, fund: Fund, donors: Iterable[Organisation], agreements: Iterable[Agreement]) -> None:
        """Let a person choose among these contributors and agreements, in the books of this fund."""
        self.offer(donors)
        named = {row.public_id: f"{row.donor.short_name}, {row.reference}, {row.amount}" for row in agreements}
        self.agreement.choices = {"": N_("None recorded"), **named}
        self.received.currency = self.fee.currency = fund.currency

    def values(self) -> dict[str, Any]:
        """What arrived, as the service takes it."""
        return {
            **self.sureness(),
            "received": self.received.money(self),
            "value_on": self.value_on.data,
            "original": _stated(self, self.original),
            "fee": _stated(self, self.fee),
            "bank_reference": self.bank_reference.data or "",
            "is_opening": self.is_opening.data,
            "basis": self.basis.data or "",
        }


class ConfirmForm(Form):
    """The Administrative Agent's word that a deposit is in its books."""

    note = TextField(N_("Where it stands in the Administrative Agent’s books"))

    def values(self) -> dict[str, Any]:
        """What was said, as the service takes it."""
        return {"note": self.note.data or ""}
