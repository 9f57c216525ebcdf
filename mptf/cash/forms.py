"""Forms of the room, one for each shape a document has; the rules stand in the service."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from wtforms import SelectField

from mptf.cash.models import KINDS, LONGEST_FUND, OF_DIRECT_COST, OF_PROJECT
from mptf.cash.queries import Asked
from mptf.claims.models import Claim, InterestTerm
from mptf.core.errors import N_
from mptf.core.status import one_named
from mptf.fund.models import Fund, FundWindow
from mptf.ledger.chart import EntryKind
from mptf.ledger.models import OF_DOCUMENTS
from mptf.ledger.references import LONGEST_REFERENCE
from mptf.organisations.models import CONTRIBUTOR_KINDS, Organisation, OrganisationKind
from mptf.web import AmountField, Filter, Form, TextAreaField, TextField
from mptf.web.forms import Needed, NeededDay, choices, choices_of
from mptf.web.text import say
from mptf.web.uploads import UploadForm

OF_FUND = "fund"  # the choice that no agreement keeps interest
_DAY = timedelta(days=1)


def _with_days(term: InterestTerm) -> str:
    """Return the name of an agreement with the days on which it keeps interest, the last of each span among them."""
    spans = [span for span in term.spans if span.kept_until != span.kept_from]
    days = [
        say(N_("from {first} on"), first=span.kept_from)
        if span.kept_until is None
        else say(N_("{first} to {last}"), first=span.kept_from, last=span.kept_until - _DAY)
        for span in spans
    ]
    return f"{term.name} ({', '.join(days) or say(N_('on no day'))})"


class MovementForm(Form):
    """Cash that moved; this is all that other income and a bank charge say."""

    kinds_of_party: tuple[OrganisationKind, ...] = ()
    amount = AmountField(
        "Amount", validators=[Needed("Write the amount.")], description="Above zero, whichever way the cash went."
    )
    value_on = NeededDay("Value date", told="Write the day.")
    bank_reference = TextField("Bank reference", longest=LONGEST_REFERENCE)
    window = SelectField("Window", description="The part of the fund the money is kept apart for, if any.")
    basis = TextAreaField(
        "Basis", longest=2000, description="Where the figure comes from. It is printed with the document."
    )

    def offer(self, fund: Fund, windows: Iterable[FundWindow]) -> None:
        """Let a person choose among these windows, in the books of this fund."""
        self.amount.currency = fund.currency
        named = ((row.public_id, row.name) for row in windows)
        self.window.choices = choices(named, nothing=say("Not kept apart"))

    def offer_parties(self, parties: Iterable[Organisation]) -> None:
        """Let a person choose among these organisations."""

    def offer_terms(self, every: Sequence[InterestTerm]) -> None:
        """Let a person choose among these agreements that keep interest, or ever kept it."""

    def values(self) -> dict[str, Any]:
        """What happened, as the service takes it; rows that are named are looked up by the view."""
        return {
            "amount": self.amount.money(self),
            "value_on": self.value_on.day,
            "bank_reference": self.bank_reference.data or "",
            "basis": self.basis.data or "",
        }


class InterestForm(MovementForm):
    """Interest of the fund."""

    kept_for = SelectField(
        "Whose it is",
        default="",
        description="If an agreement says that interest on its money is the contributor’s, choose it: it is then kept "
        "apart for no window, and nobody may allocate it. What is not said is flagged until it is.",
    )

    def offer_terms(self, every: Sequence[InterestTerm]) -> None:
        """Let a person choose among all of these by their days: interest of a day on which one kept it comes late."""
        terms = [(term.public_id, _with_days(term)) for term in every]
        named = [(OF_FUND, say("The fund’s as a whole")), *terms]
        self.kept_for.choices = choices(named if terms else (), nothing=say("Not said"))


class PartyForm(MovementForm):
    """What names an organisation."""

    kinds_of_party: tuple[OrganisationKind, ...] = (OrganisationKind.PUNO,)
    organisation = SelectField("Organisation", validators=[Needed("Choose the organisation.")])

    def offer_parties(self, parties: Iterable[Organisation]) -> None:
        """Let a person choose among these organisations."""
        named = ((row.public_id, row.short_name) for row in parties)
        self.organisation.choices = choices(named, nothing=say("Choose …"))


class PunoInterestForm(PartyForm, InterestForm):
    """Interest of a participating organisation."""


class ContributorForm(PartyForm):
    """What goes back to a contributor: of what it paid, or interest its agreement kept."""

    kinds_of_party = CONTRIBUTOR_KINDS
    kept_for = SelectField(
        "Pays back interest kept under",
        default="",
        description="Only if this is interest that was kept for the contributor, or some of it is.",
    )

    def offer_terms(self, every: Sequence[InterestTerm]) -> None:
        """Let a person choose among all of these: what was kept is paid back also where no more is kept."""
        named = ((term.public_id, term.name) for term in every)
        self.kept_for.choices = choices(named, nothing=say("None"))


class ProjectForm(PartyForm):
    """What is transferred for a project, or comes back from it."""

    reference = TextField(
        "Project number",
        longest=8,
        validators=[Needed("Write the number of the project.")],
        description="At the MPTF Office: eight digits, such as 00123456.",
    )

    def values(self) -> dict[str, Any]:
        """What happened, with the project."""
        return {**super().values(), "reference": self.reference.data or ""}


class DirectCostForm(PartyForm):
    """What is paid directly, or comes back of it; its window is that of the direct cost it is paid from."""

    kinds_of_party = ()
    claim = SelectField(
        "Approved direct cost", description="A payment without one is recorded and flagged: it happened."
    )

    def offer_claims(self, claims: Mapping[str, Claim]) -> None:
        """Let a person choose among these approved direct costs."""
        named = ((claim.public_id, f"{number}, {claim.label}") for number, claim in claims.items())
        self.claim.choices = choices(named, nothing=say("None approved"))


class FundTransferForm(MovementForm):
    """What is transferred to another fund."""

    other_fund = TextField(
        "Other fund",
        longest=LONGEST_FUND,
        validators=[Needed("Name the fund the money went to.")],
        description="Its name or its code at the MPTF Office.",
    )

    def values(self) -> dict[str, Any]:
        """What happened, with the other fund."""
        return {**super().values(), "other_fund": self.other_fund.data or ""}


FORMS: dict[EntryKind, type[MovementForm]] = {
    **dict.fromkeys(KINDS, MovementForm),
    **dict.fromkeys(OF_PROJECT, ProjectForm),
    **dict.fromkeys(OF_DIRECT_COST, DirectCostForm),
    EntryKind.FUND_INTEREST: InterestForm,
    EntryKind.PUNO_INTEREST: PunoInterestForm,
    EntryKind.CONTRIBUTOR_REFUND: ContributorForm,
    EntryKind.FUND_TRANSFER: FundTransferForm,
}


class DocumentFilter(Filter):
    """Which documents to list; anything left empty, and any word of no meaning, asks for all."""

    kind = SelectField("Kind", validate_choice=False)
    organisation = SelectField("Organisation", validate_choice=False)
    year = SelectField("Year", validate_choice=False)
    standing = SelectField("Standing", validate_choice=False)
    flagged = SelectField("Remarks", validate_choice=False)

    def offer(self, parties: Iterable[Organisation], years: Iterable[int]) -> None:
        """Let a person choose among these organisations and years."""
        self.kind.choices = choices_of(KINDS, nothing=say("All kinds"))
        named = ((row.public_id, row.short_name) for row in parties)
        self.organisation.choices = choices(named, nothing=say("All organisations"))
        self.year.choices = choices(((str(year), str(year)) for year in years), nothing=say("All years"))
        self.standing.choices = choices_of(OF_DOCUMENTS, nothing=say("All"))
        self.flagged.choices = choices([("yes", say("Only flagged"))], nothing=say("All"))

    def wanted(self, page: int) -> Asked:
        """What was asked for, as the query takes it."""
        year = self.year.data or ""
        return Asked(
            kind=one_named(KINDS, self.kind.data),
            organisation=self.organisation.data or "",
            year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else 0,
            standing=one_named(OF_DOCUMENTS, self.standing.data),
            flagged=self.flagged.data == "yes",
            page=page,
        )


class OfFundForm(Form):
    """The word that interest is the fund's as a whole."""

    reason = TextAreaField(
        "Why no agreement keeps it",
        longest=1000,
        validators=[Needed("Say why no agreement keeps it.")],
        description="Such as: interest on the pooled balance, by the Administrative Agent’s notice of 5 March.",
    )


class ListForm(UploadForm):
    """A list of cash documents; it is read while the person waits, and five hundred rows take 50 kB."""

    limit = 1_000_000
