"""The list the Administrative Agent sends: its heads and its row."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationInfo, field_validator

from mptf.core.days import parse_day
from mptf.core.errors import N_, RuleBroken
from mptf.core.money import EXPONENTS, Money, exponent, parse_decimal
from mptf.core.sentences import cut
from mptf.ledger.references import LONGEST_REFERENCE
from mptf.paper.fields import Line, NeededLine, kept
from mptf.paper.problems import in_a_cell, refused
from mptf.paper.shape import Shape
from mptf.paper.table import Heading

MOST_PAYMENTS = 3_000  # all of them are held while somebody looks at them

HEADINGS = (
    Heading("contributor", "Contributor"),
    Heading("value_on", "Value date"),
    Heading("received", "Received"),
    Heading("original_currency", "Original currency", required=False),
    Heading("original", "Original amount", required=False),
    Heading("fee", "Fee", required=False),
    Heading("reference", "Reference", required=False),
)
NUMBERS = ("received", "original", "fee")


def _day(text: str) -> date:
    with in_a_cell():
        return parse_day(text)


def _above_zero(text: str) -> Decimal:
    if not text.strip():
        raise refused(RuleBroken(N_("The cell is empty. Fill it in.")))
    with in_a_cell():
        amount = parse_decimal(text)
    if amount <= 0:
        told = N_("“{text}” is no deposit: its amount is above zero. Take refunds out of the list.")
        raise refused(RuleBroken(told, text=cut(text)))
    return amount


def _currency(text: str) -> str:
    code = text.strip()
    if code and code not in EXPONENTS:
        with in_a_cell():
            exponent(code)
    return code


class AgentRow(BaseModel):
    """One payment, as one row of the list; amounts without a currency are in that of the fund."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    contributor: NeededLine
    value_on: Annotated[date, PlainValidator(_day)]
    received: Annotated[Decimal, PlainValidator(_above_zero)]
    original_currency: Annotated[str, PlainValidator(_currency)] = ""
    original: Money | None = None
    fee: Decimal | None = None
    reference: Annotated[Line, kept(LONGEST_REFERENCE)] = ""
    line: int = 0

    @field_validator("original", mode="plain")
    @classmethod
    def _in_its_currency(cls, text: str, info: ValidationInfo) -> Money | None:
        currency = info.data.get("original_currency")
        if not text.strip() or currency is None:
            return None  # a currency that is none is refused in its own cell
        if not currency:
            raise refused(RuleBroken(N_("Name the currency of the original amount in its own column.")))
        with in_a_cell():
            amount = Money.parse(text, currency, surplus_zeros=True)
        if amount.minor <= 0:
            raise refused(
                RuleBroken(N_("“{text}” is not above zero. Leave the cell empty if it is not known."), text=cut(text))
            )
        return amount

    @field_validator("fee", mode="plain")
    @classmethod
    def _part_of_it(cls, text: str, info: ValidationInfo) -> Decimal | None:
        if not text.strip():
            return None
        with in_a_cell():
            fee = parse_decimal(text)
        if not 0 <= fee <= info.data.get("received", fee):
            told = N_("The fee “{text}” lies between zero and the amount received.")
            raise refused(RuleBroken(told, text=cut(text)))
        return fee

    def received_in(self, currency: str) -> Money:
        """Return what was received in the currency of the fund; refuse more digits than it has."""
        return Money.parse(f"{self.received:f}", currency, surplus_zeros=True)

    def fee_in(self, currency: str) -> Money | None:
        """Return the fee in the currency of the fund, if it is stated."""
        return None if self.fee is None else Money.parse(f"{self.fee:f}", currency, surplus_zeros=True)


SHAPE = Shape(
    AgentRow,
    HEADINGS,
    key=("contributor", "value_on", "received", "reference"),
    twice=N_(
        "{contributor} has the same amount, day and reference in row {first}. Keep one of them, or give each payment "
        "its own reference."
    ),
    twice_at="reference",
    most=MOST_PAYMENTS,
)
