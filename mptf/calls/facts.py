"""What is said of a call, a set of facts for each page it is written on: checked together, told as people read it.

`said` is how amendments and the audit log tell them; two sets of facts differ where their words do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, ClassVar, Protocol, Self

from mptf.calls.models import LONGEST_GRACE, MOST_MONTHS, Call
from mptf.calls.wording import Said, day_text, listed, moment_text, money, number
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import at_most, named
from mptf.core.kosovo import keep_asterisk
from mptf.core.money import Money
from mptf.framework.models import FrameworkItem
from mptf.fund.facts import zones
from mptf.fund.models import FundWindow
from mptf.organisations.models import Jurisdiction, Office, Organisation

LONGEST_SCOPE = 20_000
LONGEST_WHY = 4_000
MOST_DOCUMENTS = 20
MOST_CEILINGS = 40


class Part(Protocol):
    """Facts of one page of a call. A part that is `frozen` cannot be amended."""

    key: ClassVar[str]
    label: ClassVar[str]
    frozen: ClassVar[bool]

    @classmethod
    def of(cls, call: Call) -> Self:
        """Read the facts off a call."""

    def check(self) -> None:
        """Refuse what breaks a rule, in words, at its field."""

    def columns(self) -> Mapping[str, Any]:
        """Return what stands in the call's own row."""

    def said(self) -> Said:
        """Return the facts as people read them, each with its label."""


@dataclass(frozen=True)
class Basics:
    """What a call is about, and the decision it rests on; of an invitation, why it is answered outside a call."""

    key: ClassVar[str] = "basics"
    label: ClassVar[str] = N_("What it is about")
    frozen: ClassVar[bool] = False

    title: str
    scope: str = ""
    decision: str = ""
    decided_on: date | None = None
    why_outside: str = ""

    @classmethod
    def of(cls, call: Call) -> Self:
        """Read the facts off a call."""
        return cls(call.title, call.scope, call.decision, call.decided_on, call.why_outside)

    def check(self) -> None:
        """Refuse a call without a title, or half a decision."""
        named(self.title, "title")
        at_most(self.scope, LONGEST_SCOPE, "scope")
        keep_asterisk(self.scope, "scope")
        at_most(self.why_outside, LONGEST_WHY, "why_outside")
        keep_asterisk(self.why_outside, "why_outside")
        keep_asterisk(self.decision, "decision")
        if self.decided_on and not self.decision:
            raise RuleBroken(N_("Give the number of the decision of this day."), field="decision")

    def columns(self) -> Mapping[str, Any]:
        """Return what stands in the call's own row."""
        return {
            "title": self.title,
            "scope": self.scope,
            "why_outside": self.why_outside,
            "decision": self.decision,
            "decided_on": self.decided_on,
        }

    def said(self) -> Said:
        """Return the facts as people read them."""
        return (
            (N_("Title"), self.title),
            (N_("Scope"), self.scope),
            (N_("Why outside a call"), self.why_outside),
            (N_("Decision it rests on"), ", ".join(filter(None, (self.decision, day_text(self.decided_on))))),
        )


@dataclass(frozen=True)
class Reach:
    """What goals a call serves, where, and which offices may answer it."""

    key: ClassVar[str] = "reach"
    label: ClassVar[str] = N_("Goals, places and offices")
    frozen: ClassVar[bool] = False

    items: tuple[FrameworkItem, ...] = ()
    jurisdictions: tuple[Jurisdiction, ...] = ()
    offices: tuple[Office, ...] = ()

    @classmethod
    def of(cls, call: Call) -> Self:
        """Read the facts off a call."""
        return cls(tuple(call.items), tuple(call.jurisdictions), tuple(call.offices))

    def check(self) -> None:
        """Refuse nothing: what is missing is told before the call goes out."""

    def columns(self) -> Mapping[str, Any]:
        """Return what stands in the call's own row: nothing."""
        return {}

    def said(self) -> Said:
        """Return the facts as people read them."""
        items = sorted(self.items, key=lambda item: (item.framework_id, item.kind, item.number))
        served = (
            f"{framework.title}: {', '.join(item.name for item in of_it)}"
            for framework, of_it in groupby(items, key=lambda item: item.framework)
        )
        return (
            (N_("Goals and KPIs"), listed(served)),
            (N_("Jurisdictions"), listed(sorted(place.name for place in self.jurisdictions))),
            (N_("Offices that may answer"), listed(sorted(office.name for office in self.offices))),
        )


Limited = FundWindow | Jurisdiction | Organisation


@dataclass(frozen=True)
class Limit:
    """How much of the envelope one window, jurisdiction or organisation may get at most."""

    of: Limited
    amount: Money

    @property
    def name(self) -> str:
        """What people call that which is limited."""
        return self.of.short_name if isinstance(self.of, Organisation) else self.of.name


@dataclass(frozen=True)
class Amounts:
    """How much money there is, how large a grant may be, and how long a project."""

    key: ClassVar[str] = "amounts"
    label: ClassVar[str] = N_("Money and duration")
    frozen: ClassVar[bool] = False

    envelope: Money | None = None
    smallest: Money | None = None
    largest: Money | None = None
    shortest_months: int | None = None
    longest_months: int | None = None
    ceilings: tuple[Limit, ...] = ()

    @classmethod
    def of(cls, call: Call) -> Self:
        """Read the facts off a call."""
        limits = (
            Limit(limited, one.amount)
            for one in call.ceilings
            if (limited := one.window or one.jurisdiction or one.organisation)
        )
        return cls(
            call.envelope, call.smallest, call.largest, call.shortest_months, call.longest_months, tuple(limits)
        )  # fmt: skip

    def check(self) -> None:
        """Refuse amounts that are none or contradict each other, in the order in which they are typed."""
        for field, amount in (("envelope", self.envelope), ("smallest", self.smallest), ("largest", self.largest)):
            if amount is not None and amount.minor <= 0:
                raise RuleBroken(N_("The amount must be above zero."), field=field)
        if self.largest and self.envelope and self.envelope < self.largest:
            raise RuleBroken(
                N_("The largest grant is above the envelope of {envelope}."), envelope=self.envelope, field="largest"
            )
        if self.smallest and self.largest and self.largest < self.smallest:
            raise RuleBroken(
                N_("The largest grant is below the smallest of {smallest}."), smallest=self.smallest, field="largest"
            )
        self._check_months()
        self._check_ceilings()

    def columns(self) -> Mapping[str, Any]:
        """Return what stands in the call's own row."""
        return {
            "envelope": self.envelope,
            "smallest": self.smallest,
            "largest": self.largest,
            "shortest_months": self.shortest_months,
            "longest_months": self.longest_months,
        }

    def said(self) -> Said:
        """Return the facts as people read them."""
        return (
            (N_("Envelope"), money(self.envelope)),
            (N_("Smallest grant"), money(self.smallest)),
            (N_("Largest grant"), money(self.largest)),
            (N_("Shortest duration in months"), number(self.shortest_months)),
            (N_("Longest duration in months"), number(self.longest_months)),
            (N_("Ceilings"), listed(sorted(f"{one.name}: {money(one.amount)}" for one in self.ceilings))),
        )

    def _check_months(self) -> None:
        for field in ("shortest_months", "longest_months"):
            months = getattr(self, field)
            if months is not None and not 1 <= months <= MOST_MONTHS:
                raise RuleBroken(N_("Write a number of months from 1 to {most}."), most=MOST_MONTHS, field=field)
        if self.shortest_months and self.longest_months and self.longest_months < self.shortest_months:
            raise RuleBroken(N_("The longest duration is below the shortest."), field="longest_months")

    def _check_ceilings(self) -> None:
        seen: set[tuple[type[Limited], int]] = set()
        for one in self.ceilings:
            if one.amount.minor <= 0:
                raise RuleBroken(N_("The ceiling of {name} must be above zero."), name=one.name, field="ceilings")
            if self.envelope and self.envelope < one.amount:
                told = N_("The ceiling of {name} is above the envelope of {envelope}.")
                raise RuleBroken(told, name=one.name, envelope=self.envelope, field="ceilings")
            if (type(one.of), one.of.id) in seen:
                raise RuleBroken(N_("{name} has two ceilings. Keep one."), name=one.name, field="ceilings")
            seen.add((type(one.of), one.of.id))


@dataclass(frozen=True)
class Dates:
    """When a call opens and closes, in which zone, how long who had begun may take, and until when concept notes."""

    key: ClassVar[str] = "dates"
    label: ClassVar[str] = N_("Dates")
    frozen: ClassVar[bool] = False

    opens_at: datetime | None
    closes_at: datetime | None
    zone: str
    grace_minutes: int = 0
    questions_until: datetime | None = None
    concept_until: datetime | None = None

    @classmethod
    def of(cls, call: Call) -> Self:
        """Read the facts off a call."""
        return cls(
            call.opens_at, call.closes_at, call.zone, call.grace_minutes, call.questions_until, call.concept_until
        )  # fmt: skip

    def check(self) -> None:
        """Refuse a zone nobody lives in, and moments in the wrong order."""
        if self.zone not in zones():
            raise RuleBroken(N_("This is no time zone. Write one such as Europe/Belgrade."), field="zone")
        if self.opens_at and self.closes_at and self.closes_at <= self.opens_at:
            raise RuleBroken(N_("It closes after it opens. Look at both days."), field="closes_on")
        if not 0 <= self.grace_minutes <= LONGEST_GRACE:
            raise RuleBroken(
                N_("Write a number of minutes from 0 to {most}."), most=LONGEST_GRACE, field="grace_minutes"
            )
        if self.questions_until and self.closes_at and self.closes_at < self.questions_until:
            raise RuleBroken(N_("Questions are asked before the closing."), field="questions_on")
        self._check_concepts()

    def columns(self) -> Mapping[str, Any]:
        """Return what stands in the call's own row."""
        return {
            "opens_at": self.opens_at,
            "closes_at": self.closes_at,
            "zone": self.zone,
            "grace_minutes": self.grace_minutes,
            "questions_until": self.questions_until,
            "concept_until": self.concept_until,
        }

    def said(self) -> Said:
        """Return the facts as people read them."""
        return (
            (N_("Opens"), moment_text(self.opens_at, self.zone)),
            (N_("Concept notes until"), moment_text(self.concept_until, self.zone)),
            (N_("Closes"), moment_text(self.closes_at, self.zone)),
            (N_("Grace period in minutes, for a submission begun before the closing"), str(self.grace_minutes)),
            (N_("Questions until"), moment_text(self.questions_until, self.zone)),
        )

    def _check_concepts(self) -> None:
        """Refuse concept notes that are not taken between the opening and the closing."""
        if self.concept_until is None:
            return
        if self.opens_at is None or self.closes_at is None:
            raise RuleBroken(N_("Say when it opens and closes first."), field="concept_on")
        if not self.opens_at < self.concept_until < self.closes_at:
            told = N_("Concept notes are taken after the opening and before the closing. Look at the days.")
            raise RuleBroken(told, field="concept_on")


@dataclass(frozen=True)
class Wanted:
    """One document a proposal brings along."""

    name: str
    guidance: str = ""
    needed: bool = True


@dataclass(frozen=True)
class Papers:
    """The documents a proposal brings along, in their order."""

    key: ClassVar[str] = "documents"
    label: ClassVar[str] = N_("Documents a proposal brings along")
    frozen: ClassVar[bool] = False

    documents: tuple[Wanted, ...] = ()

    @classmethod
    def of(cls, call: Call) -> Self:
        """Read the facts off a call."""
        return cls(tuple(Wanted(one.name, one.guidance, one.needed) for one in call.documents))

    def check(self) -> None:
        """Refuse a document without a name, and two of one name."""
        seen = set()
        for one in self.documents:
            named(one.name, "documents")
            keep_asterisk(one.guidance, "documents")
            if one.name.casefold() in seen:
                raise RuleBroken(N_("“{name}” stands here twice. Keep one."), name=one.name, field="documents")
            seen.add(one.name.casefold())

    def columns(self) -> Mapping[str, Any]:
        """Return what stands in the call's own row: nothing."""
        return {}

    def said(self) -> Said:
        """Return the facts as people read them."""
        return (
            (self.label, listed(f"{one.name} ({'required' if one.needed else 'optional'})" for one in self.documents)),
        )
