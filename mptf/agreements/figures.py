"""What instalments come to: money given to the oldest first, how late the rest is, and plans of equal parts."""

import calendar
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mptf.commitments.models import Agreement
from mptf.core.errors import N_, RuleBroken
from mptf.core.money import Money
from mptf.core.shares import apportion
from mptf.core.status import Labelled, Status

# An instalment is said to be due this long before its day, so that it can be asked for in time.
DUE_WITHIN = timedelta(days=30)
MOST_INSTALMENTS = 60
MOST_MONTHS = 60

# From the day of the last confirmed part of an instalment and of its last advised one, the day it was complete.
Complete = Callable[[date | None, date | None], date | None]


class InstalmentState(Status):
    """How far an instalment has come; computed from deposits and the day, never stored."""

    PLANNED = "planned", N_("Planned"), "open", "circle-dashed"
    DUE = "due", N_("Due"), "open", "clock"
    PARTLY_RECEIVED = "partly_received", N_("Partly received"), "info", "coins"
    OVERDUE = "overdue", N_("Overdue"), "bad", "alert-triangle"
    ADVISED = "advised", N_("Advised, not yet confirmed"), "warn", "hourglass"
    RECEIVED = "received", N_("Received"), "good", "circle-check", True


class Age(Labelled):
    """How late what is outstanding is."""

    NOT_YET_DUE = "not_yet_due", N_("Not yet due")
    TO_30 = "to_30", N_("1–30 days late")
    TO_90 = "to_90", N_("31–90 days late")
    OVER_90 = "over_90", N_("Over 90 days late")
    NO_DAY = "no_day", N_("No day agreed")


# How many days late each age is at most; what is later than all of them is OVER_90.
AT_MOST = ((Age.NOT_YET_DUE, 0), (Age.TO_30, 30), (Age.TO_90, 90))


@dataclass(frozen=True)
class Planned:
    """An instalment as it was agreed: its day, its amount in the agreement's currency, and a condition, if any."""

    due_on: date
    amount: Money
    condition: str = ""


@dataclass(frozen=True)
class Arrival:
    """Money that arrived under an agreement, in its currency."""

    on: date
    amount: Money


@dataclass(frozen=True)
class InstalmentLine:
    """An instalment with what it received by a day; `complete_on` is when its last part arrived, where that was read.

    `advised` is what of the rest is announced as received: still outstanding, and not late.
    """

    planned: Planned
    received: Money
    advised: Money
    today: date
    complete_on: date | None = None

    @property
    def outstanding(self) -> Money:
        """What is still to come of it."""
        return self.planned.amount - self.received

    @property
    def awaited(self) -> Money:
        """What is still to come and not announced either."""
        return self.outstanding - self.advised

    @property
    def state(self) -> InstalmentState:
        """How far it has come; one that is late is overdue also where a part of it came."""
        state = state_of(self.planned.due_on, self.planned.amount, self.received + self.advised, self.today)
        return InstalmentState.ADVISED if state is InstalmentState.RECEIVED and self.advised else state

    @property
    def days_late(self) -> int:
        """How many days after its day it is, or it was when it was complete; 0 in time."""
        until = self.today if self.awaited else self.complete_on or self.planned.due_on
        return max((until - self.planned.due_on).days, 0)


@dataclass(frozen=True)
class Plan:
    """An agreement's instalments by their days, what arrived under it and what is advised, in its currency."""

    amount: Money
    arrived: Money
    announced: Money
    lines: Sequence[InstalmentLine]

    @property
    def planned(self) -> Money:
        """What the instalments come to."""
        return sum((line.planned.amount for line in self.lines), Money.zero(self.amount.currency))

    @property
    def unplanned(self) -> Money:
        """What of the amount no instalment holds."""
        return self.amount - self.planned

    @property
    def outstanding(self) -> Money:
        """What is still to come of the whole amount; nothing where more arrived."""
        return max(self.amount - self.arrived, Money.zero(self.amount.currency))

    @property
    def advised(self) -> Money:
        """What of the rest is announced as received."""
        return min(self.announced, self.outstanding)

    @property
    def paid_over(self) -> Money:
        """What arrived above the amount agreed."""
        return max(self.arrived - self.amount, Money.zero(self.amount.currency))

    @property
    def overdue(self) -> Money:
        """What is outstanding of instalments whose day is past."""
        late = (line.awaited for line in self.lines if line.state is InstalmentState.OVERDUE)
        return sum(late, Money.zero(self.amount.currency))

    @property
    def ages(self) -> Mapping[Age, Money]:
        """How late what is outstanding is; with what is advised it is all that is outstanding."""
        zero, came = Money.zero(self.amount.currency), self.arrived + self.announced
        found = dict.fromkeys(Age, zero)
        for line in self.lines:
            found[age_of(line.planned.due_on, line.today)] += line.awaited
        found[Age.NO_DAY] = self.amount - max(came, self.planned) if came < self.amount else zero
        return found


def state_of(due_on: date, amount: Money, received: Money, today: date) -> InstalmentState:
    """Say how far an instalment has come."""
    if amount <= received:
        return InstalmentState.RECEIVED
    if due_on < today:
        return InstalmentState.OVERDUE
    if received:
        return InstalmentState.PARTLY_RECEIVED
    return InstalmentState.DUE if due_on - DUE_WITHIN <= today else InstalmentState.PLANNED


def age_of(due_on: date, today: date) -> Age:
    """Say how late a day is."""
    late = (today - due_on).days
    return next((age for age, days in AT_MOST if late <= days), Age.OVER_90)


def latest(arrived: date | None, advised: date | None) -> date | None:
    """Return the day the last part came, confirmed or advised."""
    return max((day for day in (arrived, advised) if day), default=None)


def advised_last(arrived: date | None, advised: date | None) -> date | None:
    """Return the day the advised part came, where there is one: what statements of the second layout said."""
    return advised or arrived


def give_out(
    amount: Money,
    planned: Sequence[Planned],
    arrived: Iterable[Arrival],
    today: date,
    advised: Iterable[Arrival] = (),
    *,
    complete: Complete = latest,
) -> Plan:
    """Give what arrived to the instalments, the oldest first (DOMAIN: Contribution statement).

    Instalments of one day keep the order they were agreed in. What arrives beyond them stays in `arrived`. What is only
    `advised` goes to what the rest left over. `complete` says when one was complete of which both parts came.
    """
    came, announced = (deque(sorted(parts, key=lambda part: part.on)) for parts in (arrived, advised))
    zero = Money.zero(amount.currency)
    in_all, expected = (sum((part.amount for part in parts), zero) for parts in (came, announced))
    lines = []
    for instalment in sorted(planned, key=lambda one: one.due_on):
        received, last = _taken(came, instalment.amount)
        waits, waits_since = _taken(announced, instalment.amount - received)
        day = complete(last, waits_since) if received + waits == instalment.amount else None
        lines.append(InstalmentLine(instalment, received, waits, today, day))
    return Plan(amount, in_all, expected, lines)


def _taken(left: deque[Arrival], wanted: Money) -> tuple[Money, date | None]:
    """Take up to an amount from what is left, the earliest first; return it with the day of its last part."""
    taken, last = Money.zero(wanted.currency), None
    while left and taken < wanted:
        part = left.popleft()
        last, used = part.on, min(part.amount, wanted - taken)
        taken += used
        if used < part.amount:
            left.appendleft(Arrival(part.on, part.amount - used))
    return taken, last


def equal_parts(amount: Money, count: int, first_on: date, months: int) -> list[Planned]:
    """Plan an amount in equal instalments, so many months from one to the next; the parts add up to it exactly.

    A cent that does not divide goes to the earliest ones. A day a month does not have is its last one.
    """
    if not 1 <= count <= MOST_INSTALMENTS:
        raise RuleBroken(N_("Plan from 1 to {most} instalments."), most=MOST_INSTALMENTS, field="count")
    if not 1 <= months <= MOST_MONTHS:
        raise RuleBroken(N_("Let from 1 to {most} months lie between them."), most=MOST_MONTHS, field="months")
    if amount.minor < count:
        raise RuleBroken(N_("{amount} does not make {count} instalments."), amount=amount, count=count, field="count")
    parts = apportion(amount, dict.fromkeys(range(count), 1))
    return [Planned(_months_after(first_on, number * months), part) for number, part in parts.items()]


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class AgreementPlan:
    """An agreement with its plan."""

    agreement: Agreement
    plan: Plan


@dataclass(frozen=True)
class Ageing:
    """What is outstanding of one contributor in one currency: by how late it is, or that it is advised."""

    donor_id: str
    donor: str
    ages: Mapping[Age, Money]
    advised: Money

    @property
    def currency(self) -> str:
        """The currency of all of it."""
        return self.advised.currency

    @property
    def total(self) -> Money:
        """All that is outstanding."""
        return sum(self.ages.values(), self.advised)

    @property
    def late(self) -> Money:
        """What is late."""
        return sum((self.ages[age] for age in (Age.TO_30, Age.TO_90, Age.OVER_90)), Money.zero(self.currency))
