"""What people type about a fund, and what of it is refused."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from zoneinfo import available_timezones

from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import Facts, named
from mptf.core.kosovo import keep_asterisk
from mptf.core.money import exponent
from mptf.core.sentences import cut
from mptf.fund.models import DecisionBody

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


@cache
def zones() -> frozenset[str]:
    """Return the time zones a fund may live in."""
    return frozenset(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
