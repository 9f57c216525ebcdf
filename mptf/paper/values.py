"""What a table on paper is made of: typed columns, and the values their cells may hold."""

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from mptf.core.errors import N_
from mptf.core.money import MINUS, Money
from mptf.core.sentences import day, filled

NOT_COMPUTABLE = "n/a"
# What an Excel workbook is on the web.
XLSX_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Value = str | int | Decimal | Money | date | datetime | None

# DOMAIN 1: printed once by every document that names the jurisdiction; the asterisk never disappears.
KOSOVO_FOOTNOTE = (
    "* References to Kosovo shall be understood to be in the context of Security Council Resolution 1244 (1999)."
)

# What every paper of the Secretariat says it is.
MANAGEMENT = N_("Management statement; it does not replace the Administrative Agent's certified financial statement.")

# What a document about a fund of a demonstration says of its figures.
DEMONSTRATION = N_("Demonstration data: this fund holds generated figures beside published ones.")
HOLDS_GENERATED = N_("This fund holds generated figures beside published ones.")  # under a term that says the rest


class Kind(enum.Enum):
    """What a column holds, which decides its alignment and number format; a rate is what one of a currency costs."""

    TEXT = "text"
    MONEY = "money"
    INTEGER = "integer"
    PERCENT = "percent"
    RATE = "rate"
    DAY = "day"
    MOMENT = "moment"


# What is set to the right.
NUMBERS = frozenset({Kind.MONEY, Kind.INTEGER, Kind.PERCENT, Kind.RATE})


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, what it holds, and for money the currency, named once in the head."""

    title: str
    kind: Kind = Kind.TEXT
    currency: str | None = None
    width: int | None = None

    @property
    def head(self) -> str:
        """The title with its unit."""
        if self.kind is Kind.MONEY and self.currency:
            return f"{self.title} {self.currency}"
        return f"{self.title} %" if self.kind is Kind.PERCENT else self.title


@dataclass(frozen=True, slots=True)
class Formula:
    """What a workbook computes by itself, written in its own language, and what that is now; nobody's words."""

    text: str
    now: Money


def written(template: str, /, **values: object) -> str:
    """Write a template with its values into a document; documents are in English."""
    return filled(template, values)


def moment_text(value: datetime, zone: str) -> str:
    """Write an aware moment on the clocks of a zone: `9 Jul 2026, 12:00 Europe/Belgrade`."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{day(local)}, {local:%H:%M} {zone}"


def percent_text(value: Decimal | None) -> str:
    """Write a rate in percent with two decimals; one that cannot be computed is `n/a`."""
    return NOT_COMPUTABLE if value is None else f"{value:,.2f}%".replace("-", MINUS)


def mentions_kosovo(value: object) -> bool:
    """Tell whether a cell needs the footnote."""
    return isinstance(value, str) and "kosovo*" in value.casefold()


_FITS: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,), Kind.MONEY: (Money, str), Kind.INTEGER: (int, str), Kind.PERCENT: (Decimal, str),
    Kind.RATE: (Decimal, str),
    Kind.DAY: (date, str), Kind.MOMENT: (datetime, str),
}  # fmt: skip


def checked(value: Value, column: Column) -> Value:
    """Return a value that fits its column; a wrong type or currency is a mistake of the program."""
    if value is not None and not isinstance(value, _FITS[column.kind]):
        raise TypeError(f"{type(value).__name__} in column {column.title!r} of {column.kind.value}")
    if isinstance(value, Money) and column.currency and value.currency != column.currency:
        raise TypeError(f"{value.currency} in column {column.title!r} of {column.currency}")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise TypeError("a moment is aware")
    return value


def plain(value: int | Decimal | Money | date | datetime, column: Column) -> str:
    """Write a typed value for machines: point before cents, ISO days, moments in UTC."""
    checked(value, column)
    if isinstance(value, Money):
        return str(value.decimal)
    if isinstance(value, Decimal):
        return str(value) if column.kind is Kind.RATE else f"{value:.2f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else str(value)
