"""Forms of the room: shape only; the rules stand in the service."""

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import BooleanField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from mptf.commitments.forms import CURRENCIES, DAY, REQUIRED_AMOUNT, CertaintyForm
from mptf.commitments.models import Agreement, Certainty
from mptf.core.errors import N_
from mptf.core.status import one_named
from mptf.deposits.models import Deposit
from mptf.deposits.remarks import Flag
from mptf.documents.forms import PaperForm
from mptf.documents.models import AttachmentKind
from mptf.fund.models import Fund
from mptf.ledger.references import LONGEST_REFERENCE
from mptf.organisations.models import Organisation
from mptf.web import AmountField, Filter, TextAreaField, TextField
from mptf.web.forms import NeededDay, choices_of
from mptf.web.text import say
from mptf.web.uploads import UploadField

# What a deposit says as its form does.
AGAIN = ("received", "value_on", "original", "fee", "bank_reference", "is_opening", "certainty_note", "basis")


class DepositForm(CertaintyForm, PaperForm):
    """Cash that arrived, and the paper that says so; what is left empty was not stated."""

    needs_file = False
    agreement = SelectField("Agreement")
    received = AmountField(
        "Received",
        validators=REQUIRED_AMOUNT,
        description="As the Administrative Agent received it, before its fee. This figure is authoritative.",
    )
    value_on = NeededDay("Value date", told=DAY)
    original = AmountField(
        "Original amount",
        description="What the contributor sent, in its currency; empty if not stated. "
        "Without a currency it is in that of the agreement.",
    )
    currency = SelectField("Currency", choices=[SelectChoice("", "Currency"), *CURRENCIES], default="")
    fee = AmountField("Administrative Agent fee", description="The fee actually taken; empty if not stated, 0 if none.")
    bank_reference = TextField("Bank reference", longest=LONGEST_REFERENCE)
    file = UploadField("Notice of the Administrative Agent")
    basis = TextAreaField(
        "Basis", longest=2000, description="Where the figure comes from. It is printed with the figure."
    )
    is_opening = BooleanField(
        "Opening balance", description="What had arrived by this day in all, not a single payment."
    )
    offered: Mapping[str, Agreement] = {}

    @classmethod
    def again(cls, found: Deposit | None) -> "DepositForm":
        """Fill the form with what was recorded before, or with nothing."""
        if found is None:
            return cls()
        stands = {name: getattr(found, name) for name in AGAIN}
        return cls(
            data={
                **stands,
                "donor": found.donor.public_id,
                "agreement": found.agreement.public_id if found.agreement else "",
                "certainty": found.certainty.value,
                "currency": found.original.currency if found.original else "",
            }
        )

    def offer_for(self, fund: Fund, donors: Iterable[Organisation], agreements: Iterable[Agreement]) -> None:
        """Let a person choose among these contributors and agreements, in the books of this fund.

        Each agreement says whose it is and in which currency, so that a page can narrow the choice.
        """
        self.offer(donors)
        self.offered = {row.public_id: row for row in agreements}
        self.agreement.choices = [SelectChoice("", say("None recorded")), *map(_as_choice, self.offered.values())]
        self.received.currency = self.fee.currency = fund.currency
        chosen = self.offered.get(self.agreement.data or "")
        if chosen and not self.currency.data:
            self.currency.data = chosen.amount.currency

    def validate_agreement(self, field: SelectField) -> None:
        """Refuse an agreement somebody else signed: it was chosen by mistake."""
        chosen = self.offered.get(field.data or "")
        if chosen and self.donor.data and chosen.donor.public_id != self.donor.data:
            told = N_("Agreement {reference} is {signed_by}’s. Choose one of this contributor, or none.")
            raise ValidationError(say(told, reference=chosen.reference, signed_by=chosen.donor.short_name))

    @property
    def unusual(self) -> bool:
        """Whether anything is said that a single payment of a known contributor does not need."""
        folded = (self.is_opening, self.certainty, self.certainty_note, self.basis)
        said = self.is_opening.data or self.certainty_note.data or self.basis.data
        return bool(said or self.certainty.data == Certainty.PROBABLE.value or any(field.errors for field in folded))

    def notice(self) -> dict[str, Any]:
        """What the paper is that came along, as the service takes it."""
        return {"kind": AttachmentKind.AA_NOTICE, "title": say(N_("Notice for {day}"), day=self.value_on.day)}

    def values(self) -> dict[str, Any]:
        """What arrived, as the service takes it."""
        return {
            **self.sureness(),
            "received": self.received.money(self),
            "value_on": self.value_on.day,
            "original": self.original.stated(self),
            "fee": self.fee.stated(self),
            "bank_reference": self.bank_reference.data or "",
            "is_opening": self.is_opening.data,
            "basis": self.basis.data or "",
        }


def _as_choice(row: Agreement) -> SelectChoice:
    named = f"{row.donor.short_name}, {row.reference}, {row.amount}"
    about = {"data-of": row.donor.public_id, "data-currency": row.amount.currency}
    return SelectChoice(row.public_id, named, about)


class FlagFilter(Filter):
    """Which flag the deposits to look at have."""

    flag = SelectField("What to look at", choices=choices_of(Flag, nothing="All flags"), validate_choice=False)

    @property
    def only(self) -> Flag | None:
        """The flag that is asked for; another word in the address asks for all."""
        return one_named(Flag, self.flag.data)
