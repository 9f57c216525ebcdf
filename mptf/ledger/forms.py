"""Forms of the room: which part of the books to show, asked by address, so that a view can be kept; a confirmation."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from wtforms import SelectField

from mptf.core.clock import HasZone, end_of
from mptf.core.status import one_named
from mptf.ledger.chart import CHART, EntryKind
from mptf.ledger.journal import Journal, Place
from mptf.ledger.models import DocumentKind
from mptf.web import DayField, Filter, Form, TextField
from mptf.web.forms import choices, choices_of
from mptf.web.text import month as month_text
from mptf.web.text import say


class _PeriodFilter(Filter):
    """A month of the books, among those in which anything was posted."""

    period = SelectField("Posted in", validate_choice=False)

    def offer_months(self, months: Iterable[date]) -> None:
        """Let a person choose among these months."""
        self.months = {f"{month:%Y-%m}": month for month in months}
        named = ((key, month_text(month)) for key, month in self.months.items())
        self.period.choices = choices(named, nothing=say("Every month"))

    @property
    def month(self) -> date | None:
        """The first day of the chosen month; another word in the address asks for every month."""
        return self.months.get(self.period.data or "")


class JournalFilter(_PeriodFilter):
    """What posted, on which line of the chart, in which days and month; anything left empty asks for all."""

    account = SelectField("Account", validate_choice=False)
    kind = SelectField("Kind", validate_choice=False)
    document = SelectField("Document", validate_choice=False)
    corrections = SelectField("Corrections", validate_choice=False)
    since = DayField("Value date from")
    until = DayField("Value date to")

    def offer(self, documents: Mapping[str, DocumentKind], months: Iterable[date]) -> None:
        """Let a person choose among the lines of the chart, the kinds of entries and documents, and the months."""
        self.offer_months(months)
        self.documents = documents
        lines = ((line.code, f"{line.code} {say(line.name)}") for line in CHART)
        self.account.choices = choices(lines, nothing=say("All accounts"))
        self.kind.choices = choices_of(EntryKind, nothing=say("All kinds"))
        named = ((kind, say(document.label)) for kind, document in documents.items())
        self.document.choices = choices(named, nothing=say("All documents"))
        answers = (("yes", say("Only corrections")), ("no", say("Only what stands")))
        self.corrections.choices = choices(answers, nothing=say("With corrections"))

    def wanted(self, before: str = "", after: str = "") -> Journal:
        """What was asked for, as the query takes it; a place in the journal as its address spells it."""
        return Journal(
            account=self.account.data or "",
            kind=one_named(EntryKind, self.kind.data),
            document=self.documents.get(self.document.data or ""),
            since=self.since.data,
            until=self.until.data,
            period=self.month,
            corrections={"yes": True, "no": False}.get(self.corrections.data or ""),
            before=Place.spelt(before),
            after=Place.spelt(after),
        )


class AccountFilter(Filter):
    """The two days a balance has: of the facts, and of our knowing them."""

    as_at = DayField("As at value date")
    known_on = DayField("As known at the end of")

    def known_at(self, place: HasZone) -> datetime | None:
        """The moment of knowing that is asked for."""
        return end_of(self.known_on.data, place) if self.known_on.data else None


class BalanceFilter(AccountFilter, _PeriodFilter):
    """The days of a balance, or the month whose postings are added up."""


class ConfirmForm(Form):
    """The Administrative Agent's word that a document is in its books."""

    note = TextField("Where it stands in the Administrative Agent’s books")

    def values(self) -> dict[str, Any]:
        """What was said, as the service takes it."""
        return {"note": self.note.data or ""}
