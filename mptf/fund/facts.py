"""What people type about funds, organisations, offices and jurisdictions, and what of it is refused."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from mptf.core.errors import N_, RuleBroken
from mptf.core.kosovo import keep_asterisk
from mptf.core.money import exponent
from mptf.fund.models import DecisionBody, OrganisationKind
from mptf.fund.reference import COUNTRY_CODES, KOSOVO_CODE

FUND_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,19}")
# IATI standard, organisation identifiers: none of these signs may stand in one.
_NOT_IN_IDENTIFIER = re.compile(r"[/&|?\s]")
_REGION = re.compile(r"[1-9][0-9]{1,3}", re.ASCII)


@dataclass(frozen=True)
class Facts:
    """Values of one object, to be checked and then written onto it."""

    def check(self) -> None:
        """Refuse what breaks a rule, in words, at its field."""
        raise NotImplementedError

    def values(self) -> Mapping[str, Any]:
        """Return the value of each attribute by its name."""
        return asdict(self)


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
                N_("“{zone}” is no time zone. Write one such as Europe/Belgrade."), zone=self.zone[:60], field="zone"
            )


@dataclass(frozen=True)
class OrganisationFacts(Facts):
    """What is kept about an organisation."""

    kind: OrganisationKind
    short_name: str
    official_name: str
    iati_identifier: str | None = None
    country_code: str | None = None

    def check(self) -> None:
        """Refuse missing names, an impossible identifier and an unknown country."""
        named(self.short_name, "short_name")
        named(self.official_name, "official_name")
        if self.iati_identifier and _NOT_IN_IDENTIFIER.search(self.iati_identifier):
            raise RuleBroken(
                N_("An IATI identifier holds no space and none of / & | ?. Write one such as XM-DAC-41114."),
                field="iati_identifier",
            )
        if self.country_code and self.country_code not in COUNTRY_CODES:
            raise RuleBroken(
                N_("“{code}” is no country code. Write two letters such as DE, or leave it empty."),
                code=self.country_code, field="country_code",
            )  # fmt: skip


@dataclass(frozen=True)
class JurisdictionFacts(Facts):
    """What is kept about a jurisdiction."""

    name: str
    iati_code: str
    regional: bool = False

    def check(self) -> None:
        """Refuse a code that is none, and any other name for Kosovo*."""
        named(self.name, "name")
        known = _REGION.fullmatch(self.iati_code) if self.regional else self.iati_code in COUNTRY_CODES
        if not known:
            raise RuleBroken(
                N_("“{code}” is no IATI code. Write that of a country, such as AL, or of a region, such as 89."),
                code=self.iati_code, field="iati_code",
            )  # fmt: skip
        if (self.iati_code == KOSOVO_CODE) != (self.name == "Kosovo*"):
            raise RuleBroken(N_("The jurisdiction with the code XK is called Kosovo*, and no other is."), field="name")


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
        raise RuleBroken(refusal.template, field="currency", **refusal.values) from None


def named(name: str, field: str) -> None:
    """Refuse an empty name, or one that drops the asterisk."""
    if not name.strip():
        raise RuleBroken(N_("Write a name."), field=field)
    keep_asterisk(name, field)


@cache
def zones() -> frozenset[str]:
    """Return the time zones a fund may live in."""
    return frozenset(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
