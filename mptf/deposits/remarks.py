"""Remarks on a deposit: what looks wrong or is not known, each a rule with its figures in words.

A deposit is a fact of the bank and never refused for these reasons (DOMAIN: Whose books).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from mptf.commitments.models import Agreement, Certainty
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.remarks import Remark
from mptf.core.status import Labelled
from mptf.deposits.models import Deposit, effective_rate
from mptf.fund.rules import percent_text
from mptf.ledger.references import Seen
from mptf.rates.figures import MILLION, rate_text

# At a rate of 1 % the published fees are 0.98 and 0.99 %: five times that distance is neither rounding nor habit.
FEE_TOLERANCE_BP = 10
# An operational rate holds for weeks, and a bank adds its margin; in that time major currencies move by a few percent.
RATE_TOLERANCE_PERCENT = 10
# A slip of the keyboard or a doubled paste makes an amount ten, a hundred, a million times as large.
TIMES_KNOWN = 10


class Flag(Labelled):
    """What asks for somebody's attention; the label is the heading of the remark."""

    UNUSUAL_SIZE = "unusual_size", N_("Unusually large")
    UNUSUAL_FEE = "unusual_fee", N_("Unusual fee")
    UNUSUAL_RATE = "unusual_rate", N_("Unusual rate")
    NO_AGREEMENT = "no_agreement", N_("No agreement")
    OTHER_AGREEMENT = "other_agreement", N_("Another contributor’s agreement")
    BEFORE_AGREEMENT = "before_agreement", N_("Before the agreement")
    OTHER_CURRENCY = "other_currency", N_("Another currency")
    MORE_THAN_AGREED = "more_than_agreed", N_("More than agreed")
    MAY_BE_SAME = "may_be_same", N_("May be the same deposit")
    REFERENCE_TWICE = "reference_twice", N_("Bank reference used twice")
    CLOSED_MONTH = "closed_month", N_("Month was closed")


@dataclass(frozen=True)
class Usual:
    """What an unusual deposit is held against: the fund's rate of the fee, the UN operational rate and its day.

    `largest_before` is the largest deposit before one of unusual size, 0 where it is the first.
    """

    fee_bp: int | None = None
    rate_millionths: int | None = None
    rate_from: date | None = None
    largest_before: int | None = None


@dataclass(frozen=True)
class DepositLine:
    """A deposit with what stands around it, as far as the reader may know it.

    `under_agreement` is what came under its agreement up to and with this deposit, in the agreement's currency, None
    where another contributor signed it; `reference_seen` another document of cash with the same bank reference; `alike`
    the bank reference of a deposit that may be this one, empty where that has none. A contributor reads its deposit
    `alone`: what compares it with others is for the people who read all of them.
    """

    deposit: Deposit
    under_agreement: Money | None = None
    reference_seen: Seen | None = None
    alike: str | None = None
    usual: Usual = Usual()
    alone: bool = False

    @property
    def agreement(self) -> Agreement | None:
        """The agreement it came under; somebody else's is not shown to a contributor."""
        return self.deposit.own_agreement if self.alone else self.deposit.agreement

    @property
    def remarks(self) -> list[Remark]:
        """What a person should know about it, the weightiest first."""
        if reversal := self.deposit.entry.reversal:
            return [
                Remark(
                    N_("Reversed"),
                    N_("It was taken back on {day} and counts in no sum."),
                    {"day": reversal.recorded_at},
                    tone="info",
                )
            ]
        if self.alone:
            return list(_not_stated(self.deposit))
        return [
            *_size(self),
            *_fee(self),
            *_rate(self),
            *_agreement(self),
            *_alike(self),
            *_reference(self),
            *_closed(self.deposit),
            *_not_stated(self.deposit),
        ]


def _size(line: DepositLine) -> Iterator[Remark]:
    deposit, largest = line.deposit, line.usual.largest_before
    if largest is None:
        return
    beside = N_(
        "{received} is more than {times} times the largest deposit recorded before it, {largest}, and than anything "
        "{donor} agreed. Count its digits."
    )
    first = N_("{received} is more than {times} times anything {donor} agreed. Count its digits.")
    values = {
        "received": deposit.received, "times": TIMES_KNOWN, "donor": deposit.donor.short_name,
        "largest": Money(largest, deposit.received.currency),
    }  # fmt: skip
    yield Remark(Flag.UNUSUAL_SIZE.label, beside if largest else first, values)


def _fee(line: DepositLine) -> Iterator[Remark]:
    deposit, usual = line.deposit, line.usual.fee_bp
    if usual is None or deposit.fee is None:
        return
    values: dict[str, Any] = {"fee": deposit.fee, "share": deposit.fee_share}
    if usual == 0:
        told = N_("{fee} is {share}% of what was received; by the fund’s settings of that day no fee is taken.")
    else:
        told = N_(
            "{fee} is {share}% of what was received; the fund’s rate of that day is {usual}%. "
            "More than {tolerance} of a percentage point apart is not usual."
        )
        values |= {"usual": percent_text(usual), "tolerance": Decimal(FEE_TOLERANCE_BP).scaleb(-2)}
    yield Remark(Flag.UNUSUAL_FEE.label, told, values)


def _rate(line: DepositLine) -> Iterator[Remark]:
    deposit, usual = line.deposit, line.usual.rate_millionths
    if usual is None or deposit.original is None or deposit.effective_rate is None:
        return
    plain = N_(
        "{rate} {currency} for one {received}, and {usual} by the UN operational rate from {day}: "
        "more than {tolerance}% apart."
    )
    swapped = N_(
        "{rate} {currency} for one {received}, and {usual} by the UN operational rate from {day}: "
        "the two amounts look swapped."
    )
    values = {
        "rate": deposit.effective_rate, "currency": deposit.original.currency, "received": deposit.received.currency,
        "usual": rate_text(usual), "day": line.usual.rate_from, "tolerance": RATE_TOLERANCE_PERCENT,
    }  # fmt: skip
    told = swapped if _swapped(deposit.original, deposit.received, usual) else plain
    yield Remark(Flag.UNUSUAL_RATE.label, told, values)


def _swapped(original: Money, received: Money, usual: int) -> bool:
    """Tell whether the amounts in each other's place would be usual; `usual` in millionths."""
    turned = effective_rate(received, original) * MILLION
    return abs(turned - usual) * 100 <= usual * RATE_TOLERANCE_PERCENT


def _agreement(line: DepositLine) -> Iterator[Remark]:
    deposit, agreement = line.deposit, line.deposit.agreement
    if agreement is None:
        if not deposit.is_opening:
            yield Remark(Flag.NO_AGREEMENT.label, N_("No agreement is recorded for this deposit."))
        return
    if agreement.organisation_id != deposit.organisation_id:
        yield Remark(
            Flag.OTHER_AGREEMENT.label,
            N_("Agreement {reference} was signed by {signed_by}; the deposit is from {donor}."),
            {"reference": agreement.reference, "signed_by": agreement.donor.short_name,
             "donor": deposit.donor.short_name},
        )  # fmt: skip
    if deposit.value_on < agreement.signed_on:
        yield Remark(
            Flag.BEFORE_AGREEMENT.label,
            N_("The value date is before {signed}, when agreement {reference} was signed."),
            {"signed": agreement.signed_on, "reference": agreement.reference},
        )
    yield from _amount_agreed(line, agreement)


def _amount_agreed(line: DepositLine, agreement: Agreement) -> Iterator[Remark]:
    deposit = line.deposit
    arrived_in = (deposit.original or deposit.received).currency
    if agreement.amount.currency not in (arrived_in, deposit.received.currency):
        yield Remark(
            Flag.OTHER_CURRENCY.label,
            N_("Agreement {reference} is in {agreed}; the deposit arrived in {arrived}."),
            {"reference": agreement.reference, "agreed": agreement.amount.currency, "arrived": arrived_in},
        )
    elif line.under_agreement is not None and agreement.amount < line.under_agreement:
        yield Remark(
            Flag.MORE_THAN_AGREED.label,
            N_("With this deposit {arrived} arrived under agreement {reference}, which is for {agreed}."),
            {"arrived": line.under_agreement, "reference": agreement.reference, "agreed": agreement.amount},
        )


def _alike(line: DepositLine) -> Iterator[Remark]:
    if line.alike is None:
        return
    unnamed = N_(
        "{received} from {donor} with this value date also stands without a bank reference. If both are one payment, "
        "that one is to be reversed."
    )
    named = N_(
        "{received} from {donor} with this value date also stands with the bank reference {reference}. If both are one "
        "payment, this one is to be reversed; if not, to be reversed and recorded again with its own."
    )
    deposit = line.deposit
    values = {"received": deposit.received, "donor": deposit.donor.short_name, "reference": line.alike}
    yield Remark(Flag.MAY_BE_SAME.label, named if line.alike else unnamed, values)


def _reference(line: DepositLine) -> Iterator[Remark]:
    if seen := line.reference_seen:
        yield Remark(
            Flag.REFERENCE_TWICE.label,
            N_("{reference} also stands on {document} of {day} with other figures."),
            {"reference": line.deposit.bank_reference, "document": seen.document, "day": seen.value_on},
        )


def _closed(deposit: Deposit) -> Iterator[Remark]:
    if deposit.entry.late:
        yield Remark(
            Flag.CLOSED_MONTH.label,
            N_("The month of its value date was closed before it was recorded, so it posts in {month:%B %Y}."),
            {"month": deposit.entry.period},
        )


def _not_stated(deposit: Deposit) -> Iterator[Remark]:
    if deposit.certainty is Certainty.PROBABLE:
        plain = N_("That {donor} paid this amount is probable.")
        noted = N_("That {donor} paid this amount is probable. How that is known: {note}")
        yield Remark(
            N_("Probable"),
            noted if deposit.certainty_note else plain,
            {"donor": deposit.donor.short_name, "note": deposit.certainty_note},
            tone="info",
        )
    if deposit.is_opening:
        yield Remark(
            N_("Opening balance"),
            N_("This is what had arrived by {day} in all; the single payments are not recorded."),
            {"day": deposit.value_on},
            tone="info",
        )
    missing = [
        word
        for word, value in ((N_("original amount and currency"), deposit.original), (N_("fee"), deposit.fee))
        if value is None
    ]
    if missing:
        yield Remark(N_("Not stated"), N_("Not stated: {what}."), {"what": ", ".join(missing)}, "info")
