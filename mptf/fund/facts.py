"""What people type about a fund, and of the facts of its bank, and what of it is refused."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from zoneinfo import available_timezones

from mptf.core import clock
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import Facts, named
from mptf.core.kosovo import keep_asterisk
from mptf.core.money import Money, exponent
from mptf.core.sentences import cut
from mptf.fund.models import DecisionBody, Fund

FUND_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,19}")


@dataclass(frozen=True)
class FundFacts(Facts):
    """What may change about a fund; its code and currency may not."""

    name: str
    short_name: str
    purpose: str = ""
    zone: str = "Europe/Belgrade"
    decision_body: DecisionBody = DecisionBody.COMMITTEE
    established_on: date | None = None
    published: bool = False

    def check(self) -> None:
        """Refuse missing names and a time zone nobody lives in."""
        named(self.name, "name")
        named(self.short_name, "short_name")
        keep_asterisk(self.purpose, "purpose")
        if self.zone not in zones():
            raise RuleBroken(
                N_("“{zone}” is no time zone. Write one such as Europe/Belgrade."),
                zone=cut(self.zone, 60),
                field="zone",
            )


def check_new_fund(code: str, currency: str) -> None:
    """Refuse a code that cannot stand in an address, or a currency this system does not know."""
    if not FUND_CODE.fullmatch(code):
        raise RuleBroken(
            N_("Write the code in 2 to 20 capital letters and digits, such as SLW00; it stands in every address."),
            field="code",
        )
    try:
        exponent(currency)
    except RuleBroken as refusal:
        raise refusal.at("currency") from None


def above_zero(amount: Money, field: str) -> None:
    """Refuse an amount of nothing."""
    if amount.minor <= 0:
        raise RuleBroken(N_("The amount must be above zero."), field=field)


def in_books(fund: Fund, amount: Money, field: str) -> None:
    """Refuse an amount in another currency than that of the fund's books."""
    if amount.currency != fund.currency:
        raise RuleBroken(
            N_("The fund keeps its books in {currency}; this amount is in {other}."),
            currency=fund.currency, other=amount.currency, field=field,
        )  # fmt: skip


def not_ahead(fund: Fund, day: date, field: str) -> None:
    """Refuse a day that is still to come where the fund is."""
    today = clock.today(fund)
    if day > today:
        raise RuleBroken(N_("This day is still to come; today is {today}."), today=today, field=field)


def check_value_date(fund: Fund, day: date, field: str = "value_on") -> None:
    """Refuse a day on which the bank cannot have moved cash of the fund: one to come, one before the fund was."""
    not_ahead(fund, day, field)
    if fund.established_on and day < fund.established_on:
        raise RuleBroken(N_("The fund was established on {day}. Check the year."), day=fund.established_on, field=field)


@cache
def zones() -> frozenset[str]:
    """Return the time zones a fund may live in."""
    return frozenset(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
