"""The table the Gateway publishes: its heads, its row, and what must hold between the cells of a row."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

from mptf.core.errors import N_, RuleBroken
from mptf.core.money import Money, exponent
from mptf.gateway.models import CURRENCY, HEADS, NO_CODE
from mptf.ledger import delivery
from mptf.paper.fields import Code, Line, NeededLine, RateHundredths, WholeNumber, amount_in
from mptf.paper.problems import Problem, in_a_cell, refused, warning
from mptf.paper.shape import Shape
from mptf.paper.table import Heading, Record

CODE_DIGITS = 6
MOST_ROWS = 5_000  # the Gateway publishes some hundred organisations; the pages of an extract add all of them up

HEADINGS = (*(Heading(key, head) for key, head in HEADS.items()), Heading("currency", "CURRENCY", required=False))


def _with_its_zeros(code: str) -> str:
    """Refuse a code that a spreadsheet took for a number and robbed of its leading zeros."""
    if code.isdigit() and len(code) < CODE_DIGITS:
        template = N_(
            "The agency code “{code}” has lost its leading zeros. Format the column as text and write “{whole}”."
        )
        raise refused(RuleBroken(template, code=code, whole=code.zfill(CODE_DIGITS)))
    return code


def _dollars(code: str) -> str:
    """Refuse another currency than the one the Gateway publishes in."""
    with in_a_cell():
        exponent(code)
    if code != CURRENCY:
        told = N_("The Gateway publishes in USD, this row is in {code}. Upload the extract as it was published.")
        raise refused(RuleBroken(told, code=code))
    return code


class GatewayRow(BaseModel):
    """One organisation, as one row of the extract."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    agency_code: Annotated[Code, AfterValidator(_with_its_zeros)]
    organisation: Line
    budget: Annotated[Money, amount_in(CURRENCY, surplus_zeros=True)]
    net_funded: Annotated[Money, amount_in(CURRENCY, surplus_zeros=True)]
    expenditure: Annotated[Money, amount_in(CURRENCY, surplus_zeros=True)]
    published_hundredths: RateHundredths
    funds_count: WholeNumber
    group_code: Code
    group_name: NeededLine
    currency: Annotated[Code, AfterValidator(_dollars)] = CURRENCY

    @property
    def identity(self) -> str:
        """What tells the row from every other: the agency code, or the group's where there is none."""
        return self.group_code if self.agency_code == NO_CODE else self.agency_code

    @property
    def computed(self) -> Decimal | None:
        """The rate the amounts of the row give."""
        return delivery.cumulative(expenditure=self.expenditure, net_funded=self.net_funded)


SHAPE = Shape(
    GatewayRow,
    HEADINGS,
    key=("identity",),
    twice=N_("“{identity}” stands in row {first} and again in row {row}. Keep one of them."),
    twice_at="agency_code",
    key_cells=("agency_code", "group_code"),
    most=MOST_ROWS,
)


def remarks(row: GatewayRow, record: Record) -> Iterator[Problem]:
    """Yield what is unusual about a row that can be imported."""
    if row.agency_code == NO_CODE or not row.organisation:
        template = N_("The row has no agency code or no name; it is imported under its group description, “{name}”.")
        yield warning(template, record.place("organisation"), name=row.group_name)
    published = delivery.as_rate(row.published_hundredths)
    if row.computed is not None and not delivery.reproduced(published, row.computed):
        template = N_("The published rate is {published}; expenditure ÷ net funded gives {computed}.")
        yield warning(
            template, record.place("published_hundredths"), published=f"{published}%", computed=f"{row.computed}%"
        )


def digest(row: GatewayRow) -> bytes:
    """Return a hash of the figures of a row."""
    values: list[Any] = [
        row.agency_code, row.organisation, row.group_code, row.group_name, row.funds_count, row.published_hundredths,
        row.budget.minor, row.net_funded.minor, row.expenditure.minor,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).digest()


def content_hash(digests: Iterable[bytes]) -> str:
    """Return a hash of all figures, whatever the order of the rows and the kind of the file."""
    return hashlib.sha256(b"".join(sorted(digests))).hexdigest()
