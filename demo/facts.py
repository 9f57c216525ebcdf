"""What was published about SLW00, as it was printed, with its source. Nothing here is invented.

Of the public record no dates, original currencies or fees of single deposits were found; where the
demonstration needs such figures it says “demonstration data”.
"""

from dataclasses import dataclass
from datetime import date

from mptf.commitments.models import Certainty
from mptf.core.money import Money
from mptf.organisations.models import Organisation
from mptf.pledges.models import Precision
from mptf.pledges.service import Announcement
from mptf.public.models import Printed, Source, Topic

ANNUAL_REPORT = "SEESAC Annual Report 2020"
END_OF_2020 = date(2020, 12, 31)
OPENING_BASIS = f"Value printed in the {ANNUAL_REPORT}. Dates, original currency and fee are not stated."

BY_ELIMINATION = "Germany by elimination: the only value not below the USD 4.95 million reported on 10 Jun 2020."
BY_MATCH = "United Kingdom by match: GBP 2 million were reported as USD 2.61 million on 10 Jun 2020."
BY_ORDER = "Which of the four smaller values belongs to which donor is read from the order of the labels, not stated."

# Contributions by donor at the end of 2020 in US dollars: six printed values, 15,907,178 in all.
CONTRIBUTIONS_END_2020 = (
    ("Germany", 8_578_768, Certainty.CERTAIN, BY_ELIMINATION),
    ("United Kingdom", 2_611_396, Certainty.CERTAIN, BY_MATCH),
    ("Netherlands", 1_650_341, Certainty.PROBABLE, BY_ORDER),
    ("Sweden", 1_523_597, Certainty.PROBABLE, BY_ORDER),
    ("France", 1_000_890, Certainty.PROBABLE, BY_ORDER),
    ("Norway", 542_186, Certainty.PROBABLE, BY_ORDER),
)

NEWS = "https://mptf.undp.org/news/"
FRANCE_2022 = (
    "https://reliefweb.int/report/world/france-further-supports-roadmap-multi-partner-trust-fund-new-contribution"
)
FRANCE_2023 = f"{NEWS}new-contribution-france-western-balkans-multi-partner-trust-fund"
SWEDEN_2022 = f"{NEWS}sweden-pledges-new-contribution-roadmap-multi-partner-trust-fund"
SWEDEN_2024 = f"{NEWS}sweden-renews-its-support-western-balkans-multi-partner-trust-fund"
NORWAY_2024 = f"{NEWS}norway-remains-committed-its-support-western-balkans-multi-partner-trust-fund"


def announcements(donors: dict[str, Organisation]) -> tuple[Announcement, ...]:
    """Return the contributions announced in public, each in its own currency."""
    france, norway, sweden = donors["France"], donors["Norway"], donors["Sweden"]
    return (
        Announcement(france, Money(400_000_00, "EUR"), date(2022, 11, 17), note="New contribution", source=FRANCE_2022),
        Announcement(
            sweden, Money(6_000_000_00, "SEK"), date(2022, 12, 1), Precision.MONTH,
            announced_as="Dec 2022 (page undated; reprinted 2 Dec 2022)", usd_as_published="approximately USD 550,000",
            note="New contribution; previously USD 2.3 million", source=SWEDEN_2022,
        ),
        Announcement(
            france, Money(250_000_00, "EUR"), date(2023, 9, 1), Precision.MONTH, note="New contribution",
            source=FRANCE_2023,
        ),
        Announcement(
            norway, Money(5_000_000_00, "NOK"), date(2024, 1, 1), Precision.MONTH, note="New contribution",
            source=NORWAY_2024,
        ),
        Announcement(
            sweden, Money(4_000_000_00, "SEK"), date(2024, 1, 1), Precision.YEAR,
            note="New contribution, sixth consecutive year", source=SWEDEN_2024,
        ),
    )  # fmt: skip


# Where figures were printed: the name people know the source by, and its address.
REPORT = Source(ANNUAL_REPORT)
FUND_PAGE = Source("seesac.org", "https://www.seesac.org/Roadmap-Funding-Mechanism--Multi-Partner-Trust-Fund/")
FROM_SWEDEN_2022 = Source("mptf.undp.org", SWEDEN_2022)
FROM_SWEDEN_2024 = Source("mptf.undp.org", SWEDEN_2024)
FROM_NORWAY_2024 = Source("mptf.undp.org", NORWAY_2024)
FOURTH_YEAR = Source(
    "mptf.undp.org",
    f"{NEWS}fourth-year-supporting-small-arms-and-light-weapons-control-roadmap-2022-un-multi-partner",
)
THIRD_CALL = Source(
    "mptf.undp.org", f"{NEWS}western-balkans-salw-control-roadmap-multi-partner-trust-fund-launches-its-third-call"
)
LEAD = Source("undp.org", "https://www.undp.org/bosnia-herzegovina/news/project-lead-starts-bosnia-and-herzegovina")


def _usd(dollars: int) -> Money:
    return Money(dollars * 100, "USD")


TOTALS = (
    Printed(
        Topic.CONTRIBUTIONS, "Contributions", "USD 15,907,178", "31 Dec 2020", END_OF_2020, REPORT,
        amount=_usd(15_907_178), exact=True, detail="sum of six printed values",
    ),
    Printed(
        Topic.CONTRIBUTIONS, "Contributions mobilised", "exceeding 22.5 million USD", "Dec 2022 (approx.)",
        date(2022, 12, 1), FROM_SWEDEN_2022, amount=_usd(22_500_000),
    ),
    Printed(
        Topic.CONTRIBUTIONS, "Total contributions", "exceeded 24.1 million USD", "31 Dec 2022", date(2022, 12, 31),
        FOURTH_YEAR, amount=_usd(24_100_000),
    ),
    Printed(
        Topic.CONTRIBUTIONS, "Total contributions", "USD 24,181,024", "15 Mar 2023", date(2023, 3, 15), THIRD_CALL,
        amount=_usd(24_181_024), exact=True, headline=True,
    ),
    Printed(
        Topic.PORTFOLIO, "First call", "4 projects", "Mar 2020", date(2020, 3, 31), REPORT,
        detail="overall budget 5.34 million USD",
    ),
    Printed(
        Topic.PORTFOLIO, "Second call", "5 projects", "Nov 2020", date(2020, 11, 30), REPORT,
        detail="total budget 5.05 million USD",
    ),
    Printed(
        Topic.PORTFOLIO, "Projects approved for funding", "16", "31 Dec 2022", date(2022, 12, 31),
        FOURTH_YEAR, headline=True, detail="overall budget 14.6 million USD",
    ),
    Printed(
        Topic.PORTFOLIO, "Third call, new projects approved", "8", "Oct 2023", date(2023, 10, 31), LEAD, headline=True,
        detail="10.7 million USD",
    ),
)  # fmt: skip

# What single donors had given up to a day, as announced: cross-checks, never pledges and never entries.
DONOR_TOTALS = (
    Printed(
        Topic.DONOR_TOTALS, "Germany", "EUR 4,450,000", "10 Jun 2020", date(2020, 6, 10), FUND_PAGE, exact=True,
        amount=Money(4_450_000_00, "EUR"), detail="4.95 million USD",
    ),
    Printed(
        Topic.DONOR_TOTALS, "United Kingdom", "GBP 2,000,000", "10 Jun 2020", date(2020, 6, 10), FUND_PAGE, exact=True,
        amount=Money(2_000_000_00, "GBP"), detail="2.61 million USD",
    ),
    Printed(
        Topic.DONOR_TOTALS, "Norway", "NOK 20,000,000", "Jan 2024", date(2024, 1, 31), FROM_NORWAY_2024, exact=True,
        amount=Money(20_000_000_00, "NOK"), detail="approximately 2 million USD",
    ),
    Printed(
        Topic.DONOR_TOTALS, "Sweden, since 2019", "SEK 36,000,000", "2024", date(2024, 12, 31),
        FROM_SWEDEN_2024, exact=True, amount=Money(36_000_000_00, "SEK"), detail="approximately 3.8 million USD",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Approved:
    """What is published of a project the third call led to; a title or amount that is not is None."""

    office: str
    source: str
    title: str | None = None
    dollars: int | None = None


# Eight projects in all, of USD 10.7 million together (LEAD); of the other four nothing more was found.
EIGHT_PROJECTS = _usd(10_700_000)
JUSTITIA = Approved(
    "UNODC Regional", "https://www.seesac.org/Regional/MPTF-regional_1",
    "Project Justitia: Support to the Criminal Justice Response to Counter Arms Trafficking in the Western Balkans",
    2_390_815,
)  # fmt: skip
SERBIA_PHASE_III = Approved(
    "UNDP Serbia", "https://www.seesac.org/Serbia_7/",
    "Improving Capacities of the Ministry of the Interior in the SALW-Control related Field, Phase III", 1_512_540,
)  # fmt: skip
LEAD_PROJECT = Approved(
    "UNDP Bosnia and Herzegovina", LEAD.address,
    "Law Enforcement Agencies' Development in Small Arms and Light Weapons Control (LEAD)",
)  # fmt: skip
# That it came of the third call is probable, not stated.
MONTENEGRO_FORENSICS = Approved(
    "UNDP Montenegro", "https://www.undp.org/montenegro/news/11-million-strengthen-forensic-center-capacities"
)  # fmt: skip
