"""What people type about organisations and jurisdictions, and what of it is refused."""

import re
from dataclasses import dataclass

from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import Facts, named
from mptf.organisations.models import OrganisationKind
from mptf.organisations.reference import COUNTRY_CODES, KOSOVO_CODE

# IATI standard, organisation identifiers: none of these signs may stand in one.
_NOT_IN_IDENTIFIER = re.compile(r"[/&|?\s]")
_REGION = re.compile(r"[1-9][0-9]{1,3}", re.ASCII)


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
