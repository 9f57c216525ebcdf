"""What a contribution statement says, as pure figures, and the canonical text it is frozen in (DOMAIN 2).

A contributor's part of the pooled money is pro-rata: the whole × its share, given out in whole cents to all
contributors by the largest remainder, of equal ones the smaller code first, so that the parts add up to the whole.
"""

import enum
import hashlib
import json
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from mptf.agreements.figures import InstalmentState
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.shares import apportion
from mptf.core.status import Labelled

# What a statement holds and in which order it is read; a later one is drawn beside the earlier, never instead.
LAYOUT = 1

PRO_RATA = N_(
    "Pooled money is not traced to a contributor. The pro-rata column is the figure of the whole fund × what this "
    "contributor deposited, less refunds to it, ÷ the same for all contributors; cents go to the largest remainders. "
    "Shares change as others deposit."
)
MANAGEMENT = N_("Management statement; it does not replace the Administrative Agent's certified financial statement.")
CONFIRMED_ONLY = N_("What the Administrative Agent had confirmed by then counts, and nothing else.")

T = TypeVar("T")


class UseKind(Labelled):
    """What the fund did with the pooled money."""

    ALLOCATED = "allocated", N_("Allocated by the committee")
    TRANSFERRED = "transferred", N_("Transferred to organisations")
    REFUNDED = "refunded", N_("Refunded by organisations")
    NET_FUNDED = "net_funded", N_("Net funded: transferred − refunded")
    SPENT = "spent", N_("Reported as spent")


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
    """An instalment: when it is due, what it received, and how late it is or was on the last day of the period."""

    number: int
    due_on: date
    amount: Money
    received: Money
    condition: str
    state: InstalmentState
    days_late: int

    @property
    def outstanding(self) -> Money:
        """What is still to come of it."""
        return self.amount - self.received


@dataclass(frozen=True)
class AgreementFigures:
    """An agreement: what was agreed, and what of it had arrived, in its own currency; the oldest instalment first.

    `ages` says of what is outstanding how late it is, without what is not.
    """

    reference: str
    kind: str
    signed_on: date
    committed: Money
    received: Money
    instalments: tuple[InstalmentFigures, ...]
    ages: tuple[tuple[str, Money], ...]

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
    under the names of its day. `share` and `delivery` are in percent.
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

    @property
    def notes(self) -> list[str]:
        """How sure it is that the deposits are this contributor's, where that is explained; once each."""
        return list(dict.fromkeys(line.note for line in self.deposits if line.note))

    def use(self, kind: UseKind) -> Use:
        """Return one of the uses."""
        return next(use for use in self.uses if use.kind is kind)

    def bar(self, amount: Money | None) -> Decimal:
        """Return the length of a bar in percent of all contributions."""
        share = amount.percent_of(self.everybody) if amount is not None else None
        return max(share or Decimal(0), Decimal(0))


@dataclass(frozen=True)
class Paper:
    """An issued statement: its number and code, the digest of its figures, the number it supersedes, if any."""

    number: str
    code: str
    sha256: str
    supersedes: str
    drawn: Drawn


@dataclass(frozen=True)
class Pool:
    """What the fund did with the pooled money; `spent` None where nothing is reported."""

    allocated: Money
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
        return None if self.spent is None else self.spent.percent_of(self.net_funded)


def uses(pool: Pool, weights: Mapping[str, int], code: str) -> tuple[Use, ...]:
    """Return what the fund did, with the part of the contributor of a code; weights are what all contributed."""
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
    """Return the part of one contributor; None where no share can be computed: nobody has one, or one is negative."""
    if min(weights.values(), default=0) < 0 or not sum(weights.values()):
        return None
    return apportion(whole, weights).get(code, Money.zero(whole.currency))


def added_up(deposits: Sequence[DepositFigures], currency: str) -> Received:
    """Return what deposits come to."""
    zero = Money.zero(currency)
    return Received(
        len(deposits),
        sum((line.received for line in deposits), zero),
        sum((line.fee for line in deposits if line.fee is not None), zero),
        sum(1 for line in deposits if line.fee is None),
    )


def frozen(statement: Drawn) -> str:
    """Write a statement as canonical JSON: the same figures give the same bytes."""
    return json.dumps(_plain(statement), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def thawed(text: str) -> Drawn:
    """Read a statement from its canonical text."""
    statement: Drawn = _typed(Drawn, json.loads(text))
    return statement


def digest(text: str) -> str:
    """Return the SHA-256 of a canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: amounts in minor units, days and moments in ISO, rates as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    return str(value) if isinstance(value, Decimal) else value


def _typed(kind: Any, value: Any) -> Any:
    """Return a value of JSON as what it was."""
    if get_origin(kind) in (Union, types.UnionType):
        (kind,) = (each for each in get_args(kind) if each is not type(None))
        return None if value is None else _typed(kind, value)
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        each = [kinds[0]] * len(value) if kinds[-1] is Ellipsis else kinds
        return tuple(_typed(one, item) for one, item in zip(each, value, strict=True))
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: _typed(hints[name], item) for name, item in value.items()})  # type: ignore[operator]
    if kind in (date, datetime):
        return kind.fromisoformat(value)
    return kind(value)
