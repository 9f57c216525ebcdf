"""What a contribution statement says, as pure figures (DOMAIN 2).

A contributor's part of the pooled money is pro-rata: the whole × its share, given out in whole cents to all
contributors by the largest remainder, of equal ones the smaller code first, so that the parts add up to the whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from mptf.agreements.figures import InstalmentState
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.shares import apportion
from mptf.core.status import Labelled
from mptf.ledger.delivery import Flag, cumulative, flags

# What a statement holds and in which order it is read; a later one is drawn beside the earlier, never instead.
# 2: what is advised stands at its instalment and is not late; allocations are none where none was ever recorded.
# 3: every contributor has its part as long as all together gave something, also where one is below zero; an instalment
#    that came in a confirmed and an advised part was complete on the later of their days.
FIRST_LAYOUT, ADVISED_APART, BELOW_ZERO_TOO = 1, 2, 3
LAYOUT = BELOW_ZERO_TOO
# What statements say from a layout on; an earlier one says nothing of it.
IN_2, IN_3 = {"layout": ADVISED_APART}, {"layout": BELOW_ZERO_TOO}


class UseKind(Labelled):
    """What the fund did with the pooled money."""

    ALLOCATED = "allocated", N_("Allocated by the committee")
    TRANSFERRED = "transferred", N_("Transferred to organisations")
    REFUNDED = "refunded", N_("Refunded by organisations")
    NET_FUNDED = "net_funded", N_("Net funded: transferred − refunded")
    SPENT = "spent", N_("Reported as spent")

    @property
    def absent(self) -> str:
        """What is said where there is no such figure."""
        return N_("not recorded here yet") if self is UseKind.ALLOCATED else N_("not reported")


@dataclass(frozen=True)
class Period:
    """From when until when, both days included; `since` None is from the beginning of the fund."""

    since: date | None
    until: date


@dataclass(frozen=True)
class Named:
    """A fund or an organisation as the statement prints it."""

    public_id: str
    code: str
    name: str


@dataclass(frozen=True)
class InstalmentFigures:
    """An instalment: when it is due, what it received, and how late it is or was on the last day of the period.

    `advised` is what of the rest was announced as received and waits for the Administrative Agent: it is not late.
    """

    number: int
    due_on: date
    amount: Money
    received: Money
    condition: str
    state: InstalmentState
    days_late: int
    advised: Money | None = field(default=None, metadata=IN_2)

    @property
    def outstanding(self) -> Money:
        """What is still to come of it."""
        return self.amount - self.received


@dataclass(frozen=True)
class AgreementFigures:
    """An agreement: what was agreed, and what of it had arrived, in its own currency; the oldest instalment first.

    `ages` says of what is outstanding how late it is, or that it is advised, without what is not.
    """

    reference: str
    kind: str
    signed_on: date
    committed: Money
    received: Money
    instalments: tuple[InstalmentFigures, ...]
    ages: tuple[tuple[str, Money], ...]
    advised: Money | None = field(default=None, metadata=IN_2)

    @property
    def outstanding(self) -> Money:
        """What is still to come; negative when more arrived than was signed for."""
        return self.committed - self.received


@dataclass(frozen=True)
class DepositFigures:
    """A deposit: as it was sent, as it was received, and the fee; None where that is not stated."""

    value_on: date
    agreement: str
    original: Money | None
    rate: Decimal | None
    received: Money
    fee: Money | None
    opening: bool
    certainty: str
    note: str


@dataclass(frozen=True)
class Received:
    """What deposits come to; `fee` counts only what is stated."""

    deposits: int
    received: Money
    fee: Money
    fees_not_stated: int

    def __add__(self, other: "Received") -> "Received":
        return Received(
            self.deposits + other.deposits, self.received + other.received, self.fee + other.fee,
            self.fees_not_stated + other.fees_not_stated,
        )  # fmt: skip


@dataclass(frozen=True)
class Use:
    """A figure of the whole fund and the contributor's pro-rata part; None where there is none to say."""

    kind: UseKind
    whole: Money | None
    part: Money | None


@dataclass(frozen=True)
class Drawn:
    """A contribution statement: everything it prints, as at the end of its period, as known at a moment.

    `contributors` are the public ids and codes of all whose deposits count, so that the statement can be drawn again
    under the names of its day. `share` and `delivery` are in percent. `below_zero` says that more was refunded to
    some contributor than it had contributed, and never to which.
    """

    layout: int
    fund: Named
    donor: Named
    period: Period
    known_at: datetime
    drawn_on: date
    currency: str
    agreements: tuple[AgreementFigures, ...]
    before: Received
    deposits: tuple[DepositFigures, ...]
    in_all: Received
    refunds: Money
    contributed: Money
    advised: Money
    everybody: Money
    share: Decimal | None
    uses: tuple[Use, ...]
    delivery: Decimal | None
    certification: str
    contributors: tuple[tuple[str, str], ...]
    is_demo: bool
    below_zero: bool = field(default=False, metadata=IN_3)

    @property
    def codes(self) -> dict[str, str]:
        """The code of every contributor of its day, by public id."""
        return dict(self.contributors)

    @property
    def others(self) -> int:
        """How many other contributors have a share."""
        return sum(1 for public_id, _code in self.contributors if public_id != self.donor.public_id)

    @property
    def fee_share(self) -> Decimal | None:
        """The fee in percent of what was received, where every fee is stated."""
        return None if self.in_all.fees_not_stated else self.in_all.fee.percent_of(self.in_all.received)

    def use(self, kind: UseKind) -> Use:
        """Return one of the uses."""
        return next(use for use in self.uses if use.kind is kind)

    @property
    def unusual(self) -> tuple[Flag, ...]:
        """Why the delivery is unusual, where expenditure was reported."""
        spent, net_funded = self.use(UseKind.SPENT).whole, self.use(UseKind.NET_FUNDED).whole
        return flags(expenditure=spent, net_funded=net_funded) if spent is not None and net_funded is not None else ()

    def bar(self, amount: Money | None) -> Decimal:
        """Return the length of a bar in percent of all contributions."""
        share = amount.percent_of(self.everybody) if amount is not None else None
        return max(share or Decimal(0), Decimal(0))


@dataclass(frozen=True)
class Paper:
    """What the files of a statement are made of: its figures, its moments written on the clocks of `zone`.

    An issued one has its number and code, the digest of its figures, the name of who issued it, and the number it
    supersedes, if any; a draft has none of them.
    """

    drawn: Drawn
    zone: str
    number: str = ""
    code: str = ""
    sha256: str = ""
    supersedes: str = ""
    issued_by: str = ""


@dataclass(frozen=True)
class Seen:
    """What somebody looked at who issues a statement: the draft's fingerprint, and the number it would supersede."""

    fingerprint: str
    latest: str = ""


@dataclass(frozen=True)
class Pool:
    """What the fund did with the pooled money; `allocated` None where none is recorded, `spent` where none reported."""

    allocated: Money | None
    transferred: Money
    refunded: Money
    spent: Money | None = None
    certification: str = ""

    @property
    def net_funded(self) -> Money:
        """What organisations hold or have spent."""
        return self.transferred - self.refunded

    @property
    def delivery(self) -> Decimal | None:
        """Cumulative delivery: expenditure ÷ net funded, in percent."""
        return None if self.spent is None else cumulative(expenditure=self.spent, net_funded=self.net_funded)


def uses(pool: Pool, weights: Mapping[str, int], code: str, layout: int = LAYOUT) -> tuple[Use, ...]:
    """Return what the fund did, with the part of the contributor of a code; weights are what all contributed."""
    if layout < BELOW_ZERO_TOO and below_zero(weights):
        weights = {}  # as it was then: nobody had a part
    allocated = _use(UseKind.ALLOCATED, pool.allocated, weights, code)
    transferred = _use(UseKind.TRANSFERRED, pool.transferred, weights, code)
    refunded = _use(UseKind.REFUNDED, pool.refunded, weights, code)
    net = None
    if transferred.part is not None and refunded.part is not None:
        # The difference of the parts: it adds up to the whole as they do, and down the column too.
        net = transferred.part - refunded.part
    spent = _use(UseKind.SPENT, pool.spent, weights, code)
    return allocated, transferred, refunded, Use(UseKind.NET_FUNDED, pool.net_funded, net), spent


def _use(kind: UseKind, whole: Money | None, weights: Mapping[str, int], code: str) -> Use:
    return Use(kind, whole, None if whole is None else part_of(whole, weights, code))


def part_of(whole: Money, weights: Mapping[str, int], code: str) -> Money | None:
    """Return the part of one contributor; None where nothing, or less, came from all together."""
    if sum(weights.values()) <= 0:
        return None
    return apportion(whole, weights).get(code, Money.zero(whole.currency))


def below_zero(weights: Mapping[str, int]) -> bool:
    """Tell whether more was refunded to some contributor than it had contributed."""
    return min(weights.values(), default=0) < 0


def added_up(deposits: Sequence[DepositFigures], currency: str) -> Received:
    """Return what deposits come to."""
    zero = Money.zero(currency)
    return Received(
        len(deposits),
        sum((line.received for line in deposits), zero),
        sum((line.fee for line in deposits if line.fee is not None), zero),
        sum(1 for line in deposits if line.fee is None),
    )
