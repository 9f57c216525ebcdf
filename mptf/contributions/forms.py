"""Forms of the room: shape only; the rules stand in the service."""

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.widgets import CheckboxInput, ListWidget

from mptf.claims.models import Interest
from mptf.contributions.models import Agreement, AgreementKind, AgreementStanding, Certainty, Deposit, Precision
from mptf.contributions.remarks import Flag
from mptf.core.errors import N_
from mptf.core.money import EXPONENTS
from mptf.documents.forms import PaperForm
from mptf.documents.models import AttachmentKind
from mptf.fund.models import Fund, FundWindow
from mptf.ledger.references import LONGEST_REFERENCE
from mptf.organisations.models import Organisation
from mptf.web import AmountField, DayField, Filter, Form, TextAreaField, TextField
from mptf.web.forms import Needed, NeededDay, choices, choices_of, codes
from mptf.web.text import say
from mptf.web.uploads import UploadField

CURRENCIES = codes(EXPONENTS)
REQUIRED_AMOUNT = [Needed("Write the amount.")]
DAY = "Write the day."
# What a deposit says as its form does.
AGAIN = ("received", "value_on", "original", "fee", "bank_reference", "is_opening", "certainty_note", "basis")
MOST_PLACES = [str(number) for number in range(1, 10)]


class _DonorForm(Form):
    """What every record of a contributor has."""

    donor = SelectField("Contributor", validators=[Needed("Choose the contributor.")])

    def offer(self, donors: Iterable[Organisation]) -> None:
        """Let a person choose among these contributors."""
        self.donor.choices = choices(((row.public_id, row.short_name) for row in donors), nothing=say("Choose …"))


class _CertaintyForm(_DonorForm):
    """How sure it is that a figure belongs to a contributor."""

    certainty = RadioField(
        "Is the contributor certain?",
        choices=choices_of(Certainty),
        default=Certainty.CERTAIN.value,
    )
    certainty_note = TextField(
        "How that is known",
        description="Printed beside the figure wherever it is shown, such as “not stated by any source read”.",
    )

    def sureness(self) -> dict[str, Any]:
        """How sure it is, as the service takes it."""
        return {"certainty": Certainty(self.certainty.data), "certainty_note": self.certainty_note.data or ""}


class PledgeForm(_CertaintyForm):
    """A pledge, as it was announced."""

    amount = AmountField("Amount pledged", validators=REQUIRED_AMOUNT)
    currency = SelectField("Currency", choices=CURRENCIES, default="EUR")
    announced_on = NeededDay(
        "Announced on",
        told=DAY,
        description="Where only the month or the year is known, any day in it.",
    )
    precision = RadioField("How exactly is the day known?", choices=choices_of(Precision), default="day")
    announced_as = TextField(
        "Day as published", description="In the words of the source, such as “December 2022 (page undated)”."
    )
    usd_as_published = TextField(
        "US dollars as published",
        description="In the words of the source, such as “approximately 550,000”; empty if it names none.",
    )
    source = TextField(
        "Address of the source",
        longest=1000,
        description="With an address, the pledge stands on the fund’s public page at once.",
    )
    note = TextAreaField("Note", longest=2000)

    def values(self) -> dict[str, Any]:
        """What was announced, as the service takes it."""
        return {
            **self.sureness(),
            "amount": self.amount.money(self),
            "announced_on": self.announced_on.day,
            "precision": Precision(self.precision.data),
            "announced_as": self.announced_as.data or "",
            "usd_as_published": self.usd_as_published.data or "",
            "source": self.source.data or "",
            "note": self.note.data or "",
        }


class AgreementForm(_DonorForm):
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


class DepositForm(_CertaintyForm, PaperForm):
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


class ConfirmForm(Form):
    """The Administrative Agent's word that a deposit is in its books."""

    note = TextField("Where it stands in the Administrative Agent’s books")

    def values(self) -> dict[str, Any]:
        """What was said, as the service takes it."""
        return {"note": self.note.data or ""}


class SignedForm(Form):
    """Which agreement a pledge became."""

    agreement = SelectField("Agreement it became")

    def offer(self, agreements: Iterable[Agreement]) -> None:
        """Let a person choose among these agreements, or none."""
        named = ((row.public_id, f"{row.reference}, {row.amount}") for row in agreements)
        self.agreement.choices = choices(named, nothing=say("Not signed"))


class WithdrawnForm(Form):
    """Why a contributor does not stand by a pledge."""

    reason = TextAreaField("Reason", longest=1000, validators=[Needed("Say why it is withdrawn.")])


class AgreementFilter(Filter):
    """Whether the agreements that stand are listed, or those that were withdrawn."""

    show = SelectField("Show", choices=choices_of(AgreementStanding), default="stands", validate_choice=False)

    @property
    def wanted(self) -> AgreementStanding:
        """Which are asked for; another word in the address asks for those that stand."""
        withdrawn = self.show.data == AgreementStanding.WITHDRAWN.value
        return AgreementStanding.WITHDRAWN if withdrawn else AgreementStanding.STANDS


class FlagFilter(Filter):
    """Which flag the deposits to look at have."""

    flag = SelectField("What to look at", choices=choices_of(Flag, nothing="All flags"), validate_choice=False)

    @property
    def only(self) -> Flag | None:
        """The flag that is asked for; another word in the address asks for all."""
        return next((flag for flag in Flag if flag.value == self.flag.data), None)


class Checkboxes(SelectMultipleField):
    """Several choices, each with its box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RankingFilter(Filter):
    """The day of a ranking, how many places are asked for, and whom it leaves out."""

    on = DayField("Deposits up to")
    places = SelectField("Places", choices=codes(MOST_PLACES), default="3", validate_choice=False)
    without = Checkboxes("Left out", validate_choice=False)

    def offer(self, donors: Iterable[Organisation]) -> None:
        """Let a person leave out some of these contributors."""
        self.without.choices = choices((row.public_id, row.short_name) for row in donors)

    @property
    def count(self) -> int:
        """How many places are asked for."""
        return int(self.places.data) if self.places.data in MOST_PLACES else 3
