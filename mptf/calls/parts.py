"""The forms of the parts of a call: of a draft as it is written, of a published one as an amendment.

Shape only, as in `forms`; the rules stand with the facts.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import BooleanField, FieldList, FormField, RadioField, SelectField
from wtforms import Form as Row

from mptf.calls.facts import (
    LONGEST_WHY,
    MOST_CEILINGS,
    MOST_DOCUMENTS,
    Amounts,
    Basics,
    Dates,
    Limit,
    Limited,
    Papers,
    Reach,
    Wanted,
)
from mptf.calls.forms import WHY_TOLD, Offer, office_choices
from mptf.calls.kinds import CallKind
from mptf.calls.models import Call, RankingBasis, ReviewsShown, ScoresShown
from mptf.calls.rubric import Judging
from mptf.core.errors import N_, RuleBroken
from mptf.core.money import amount_text
from mptf.framework.models import FrameworkItem
from mptf.fund.forms import WholeField
from mptf.organisations.models import Jurisdiction, Office, Organisation
from mptf.web import AmountField, DayField, Form, TextAreaField, TextField
from mptf.web.forms import Checkboxes, Needed, ParsedField, choices, choices_of
from mptf.web.text import say

BLANK_ROWS = 3
OPENING, CLOSING = time(9), time(17)


class PartForm(Form):
    """One part of a call; of a published one, with the reason of the amendment."""

    reason = TextAreaField(
        "What you change and why", longest=2000, description="Everybody who started a proposal is told and reads it."
    )


class BasicsForm(PartForm):
    """What a call is about; a call for proposals has nothing to say of why it is outside one."""

    title = TextField("Title", longest=300, validators=[Needed("Write the title.")])
    why_outside = TextAreaField("Why outside a call", longest=LONGEST_WHY, description=WHY_TOLD)
    scope = TextAreaField(
        "Scope", description="What the fund wants to pay for, in the words applicants read. Leave a line between parts."
    )
    decision = TextField(
        "Decision it rests on",
        longest=300,
        description="The number of the committee’s decision, such as SLW00/2020/SC8/D3.",
    )
    decided_on = DayField("Decided on")

    @classmethod
    def of(cls, call: Call, **kwargs: Any) -> "BasicsForm":
        """Return the form filled with what stands."""
        form = cls(obj=call, **kwargs)
        if call.kind is CallKind.OPEN:
            del form.why_outside
        return form

    def facts(self) -> Basics:
        """Return what was typed."""
        why = (self.why_outside.data or "") if "why_outside" in self else ""
        return Basics(
            self.title.data or "", self.scope.data or "", self.decision.data or "", self.decided_on.data, why
        )  # fmt: skip


class ReachForm(PartForm):
    """Goals, places and offices of a call."""

    items = Checkboxes("Goals and KPIs it serves")
    jurisdictions = Checkboxes("Where projects may work")
    offices = Checkboxes("Offices that may answer")

    @classmethod
    def of(cls, call: Call, **kwargs: Any) -> "ReachForm":
        """Return the form filled with what stands."""
        standing = {
            name: [row.public_id for row in getattr(call, name)] for name in ("items", "jurisdictions", "offices")
        }
        return cls(data={**standing, "version": call.version}, **kwargs)

    def offer(
        self, items: Offer[FrameworkItem], jurisdictions: Offer[Jurisdiction], offices: Offer[Office]
    ) -> None:  # fmt: skip
        """Let a person choose among these."""
        self.offered = items, jurisdictions, offices
        self.items.choices = choices(
            (row.public_id, f"{row.name}, {row.framework.title}") for row in items.rows.values()
        )
        self.jurisdictions.choices = choices((row.public_id, row.name) for row in jurisdictions.rows.values())
        self.offices.choices = office_choices(offices)

    def facts(self) -> Reach:
        """Return what was chosen."""
        items, jurisdictions, offices = self.offered
        return Reach(
            items.chosen(self.items.data), jurisdictions.chosen(self.jurisdictions.data),
            offices.chosen(self.offices.data),
        )  # fmt: skip


class CeilingRow(Row):
    """How much one window, jurisdiction or organisation may get; a row without either is none."""

    of = SelectField("Limited", validate_choice=False)
    amount = AmountField("At most")

    def validate(self, extra_validators: Any = None) -> bool:
        """Refuse half a row."""
        valid = super().validate(extra_validators)
        typed = bool((self.amount.data or "").strip())
        if bool(self.of.data) != typed:
            field, told = (
                (self.amount, N_("Write the amount.")) if self.of.data else (self.of, N_("Choose what it limits."))
            )
            field.errors = [*field.errors, say(told)]
            return False
        return valid


class AmountsForm(PartForm):
    """Money and duration of a call."""

    envelope = AmountField("Envelope", description="What all grants may come to together.")
    smallest = AmountField("Smallest grant")
    largest = AmountField("Largest grant")
    shortest_months = WholeField("Shortest duration in months")
    longest_months = WholeField("Longest duration in months")
    ceilings = FieldList(FormField(CeilingRow), "Ceilings", max_entries=MOST_CEILINGS)

    @classmethod
    def of(cls, call: Call, **kwargs: Any) -> "AmountsForm":
        """Return the form filled with what stands, and some rows to fill in."""
        stands = Amounts.of(call)
        ceilings = [{"of": one.of.public_id, "amount": amount_text(one.amount, cents=True)} for one in stands.ceilings]
        form = cls(
            data={
                **stands.columns(),
                "ceilings": [*ceilings, *({} for _ in range(min(BLANK_ROWS, MOST_CEILINGS - len(ceilings))))],
                "version": call.version,
            },
            **kwargs,
        )
        form.of_currency(call.fund.currency)
        return form

    def of_currency(self, currency: str) -> None:
        """Let every amount be in the fund's currency."""
        for field in (self.envelope, self.smallest, self.largest, *(row.form.amount for row in self.ceilings)):
            field.currency = currency

    def offer(self, groups: Sequence[tuple[str, Offer[Any]]]) -> None:
        """Let a person limit any of these, named group by group."""
        self.offered = groups
        for row in self.ceilings:
            row.form.of.choices = choices(
                (
                    (one.public_id, f"{label}: {one.short_name if isinstance(one, Organisation) else one.name}")
                    for label, offer in groups
                    for one in offer.rows.values()
                ),
                nothing=say("No ceiling"),
            )

    def facts(self) -> Amounts:
        """Return what was typed."""
        return Amounts(
            self.envelope.stated(self), self.smallest.stated(self), self.largest.stated(self),
            self.shortest_months.data, self.longest_months.data, tuple(self._limits()),
        )  # fmt: skip

    def _limits(self) -> Iterable[Limit]:
        known: dict[str, Limited] = {key: one for _, offer in self.offered for key, one in offer.rows.items()}
        for row in self.ceilings:
            limited = known.get(row.form.of.data or "")
            amount = row.form.amount.stated(self)
            if limited is not None and amount is not None:
                yield Limit(limited, amount)


def _clock_time(text: str) -> int:
    """Read a time such as 17:00 as minutes of the day."""
    hours, _, minutes = text.strip().partition(":")
    if not (hours.isdigit() and minutes.isdigit() and text.isascii() and len(minutes) == 2):
        raise RuleBroken(N_("Write the time as 17:00."))
    if not (int(hours) < 24 and int(minutes) < 60):
        raise RuleBroken(N_("There is no such time. Write one from 00:00 to 23:59."))
    return int(hours) * 60 + int(minutes)


def _written_time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


class TimeField(ParsedField):
    """A time of the day; `data` is minutes."""

    def __init__(self, label: str, *, default: time, **kwargs: Any) -> None:
        minutes = default.hour * 60 + default.minute
        super().__init__(label, read=_clock_time, write=_written_time, default=minutes, **kwargs)


class DatesForm(PartForm):
    """When a call opens and closes."""

    opens_on = DayField("Opens on")
    opens_time = TimeField("Opening time", default=OPENING)
    concept_on = DayField(
        "Concept notes until",
        description="Empty for none. Those invited after it submit in full.",
    )
    concept_time = TimeField("Time of the last note", default=CLOSING)
    closes_on = DayField("Closes on", description="From the closing time on nobody begins a submission.")
    closes_time = TimeField("Closing time", default=CLOSING)
    zone = TextField(
        "Time zone", longest=60, validators=[Needed("Write a time zone, such as Europe/Belgrade.")],
        description="The clocks all of this is told in.",
    )  # fmt: skip
    grace_minutes = WholeField(
        "Grace period in minutes",
        description="Who pressed “Begin submission” before the closing may finish for so long. 0 for none.",
    )
    questions_on = DayField("Questions until")
    questions_time = TimeField("Time of the last question", default=CLOSING)

    @classmethod
    def of(cls, call: Call, **kwargs: Any) -> "DatesForm":
        """Return the form filled with what stands, on the clocks of the call."""
        stands: dict[str, Any] = {"zone": call.zone, "grace_minutes": call.grace_minutes, "version": call.version}
        for name, moment in (
            ("opens", call.opens_at), ("concept", call.concept_until), ("closes", call.closes_at),
            ("questions", call.questions_until),
        ):  # fmt: skip
            if moment is not None:
                local = moment.astimezone(ZoneInfo(call.zone))
                stands |= {f"{name}_on": local.date(), f"{name}_time": local.hour * 60 + local.minute}
        form = cls(data=stands, **kwargs)
        if call.kind is CallKind.INVITATION:
            del form.concept_on, form.concept_time
        return form

    def facts(self) -> Dates:
        """Return what was typed; a day without a zone one lives in is refused by the rule."""
        zone = self.zone.data or ""
        return Dates(
            _moment(self.opens_on.data, self.opens_time.data, zone, OPENING),
            _moment(self.closes_on.data, self.closes_time.data, zone, CLOSING),
            zone,
            self.grace_minutes.data or 0,
            _moment(self.questions_on.data, self.questions_time.data, zone, CLOSING),
            self._concept_until(zone),
        )

    def _concept_until(self, zone: str) -> datetime | None:
        """Return until when concept notes are taken; an invitation has none."""
        if "concept_on" not in self:
            return None
        return _moment(self.concept_on.data, self.concept_time.data, zone, CLOSING)


def _moment(day: date | None, minutes: int | None, zone: str, usual: time) -> datetime | None:
    """Return the moment of a day and a time on the clocks of a zone."""
    if day is None:
        return None
    at = usual if minutes is None else time(minutes // 60, minutes % 60)
    try:
        return datetime.combine(day, at, ZoneInfo(zone))
    except (ValueError, OSError, KeyError):
        raise RuleBroken(N_("This is no time zone. Write one such as Europe/Belgrade."), field="zone") from None


class JudgingForm(PartForm):
    """How proposals of a call are reviewed and ranked."""

    reviews_required = WholeField("Reviews of each proposal", validators=[Needed("Write a number, such as 3.")])
    external_required = BooleanField("At least one of them by an external expert")
    justification_required = BooleanField("Points are justified in words")
    ranking_basis = RadioField("The ranking rests on", choices=choices_of(RankingBasis))
    technical_weight = WholeField(
        "Weight of the technical review in percent", description="Where both count; the rest is the committee’s."
    )
    reviews_shown = RadioField("Reviewers see each other’s reviews", choices=choices_of(ReviewsShown))
    scores_shown = RadioField("Committee members see each other’s scores", choices=choices_of(ScoresShown))

    @classmethod
    def of(cls, call: Call, **kwargs: Any) -> "JudgingForm":
        """Return the form filled with what stands."""
        return cls(obj=call, **kwargs)

    def facts(self) -> Judging:
        """Return what was typed."""
        return Judging(
            self.reviews_required.data or 0, self.external_required.data, self.justification_required.data,
            RankingBasis(self.ranking_basis.data), self.technical_weight.data or 0,
            ReviewsShown(self.reviews_shown.data), ScoresShown(self.scores_shown.data),
        )  # fmt: skip


class DocumentRow(Row):
    """One document; a row without a name or what it holds is none."""

    name = TextField("Document")
    guidance = TextField("What it holds", longest=300)
    needed = BooleanField("Required")

    def validate(self, extra_validators: Any = None) -> bool:
        """Refuse a row that says what a document holds and not which: its words would be lost."""
        valid = super().validate(extra_validators)
        if self.guidance.data and not self.name.data:
            self.name.errors = [*self.name.errors, say(N_("Write its name, or leave the whole row empty."))]
            return False
        return valid


class DocumentsForm(PartForm):
    """The documents a proposal brings along."""

    documents = FieldList(FormField(DocumentRow), "Documents", max_entries=MOST_DOCUMENTS)

    @classmethod
    def of(cls, call: Call, **kwargs: Any) -> "DocumentsForm":
        """Return the form filled with what stands, and some rows to fill in."""
        rows = [{"name": one.name, "guidance": one.guidance, "needed": one.needed} for one in call.documents]
        blank = [{"needed": True}] * min(BLANK_ROWS, MOST_DOCUMENTS - len(rows))
        return cls(data={"documents": [*rows, *blank], "version": call.version}, **kwargs)

    def facts(self) -> Papers:
        """Return what was typed."""
        rows = (row.form for row in self.documents)
        return Papers(
            tuple(Wanted(row.name.data, row.guidance.data or "", row.needed.data) for row in rows if row.name.data)
        )


FORMS: Mapping[str, Any] = {
    Basics.key: BasicsForm,
    Reach.key: ReachForm,
    Amounts.key: AmountsForm,
    Dates.key: DatesForm,
    Judging.key: JudgingForm,
    Papers.key: DocumentsForm,
}
