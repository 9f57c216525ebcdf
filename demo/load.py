"""The acts of the demonstration in their order, each at its own time, in one unit of work."""

from datetime import date

from flask import Flask

from demo import agreements, calls, cash, framework, money, present, proposals, reported, statements
from demo.people import EVER_SINCE, EVERYBODY, REGIONAL, SLW, let_in, let_in_administrator
from mptf.core import clock
from mptf.core.db import unit_of_work
from mptf.fund import service
from mptf.fund.facts import FundFacts
from mptf.fund.models import DecisionBody, Fund
from mptf.fund.rules import Rules
from mptf.organisations import service as organisation_service
from mptf.organisations.facts import OrganisationFacts
from mptf.organisations.models import Organisation, OrganisationKind
from mptf.organisations.queries import jurisdictions
from mptf.policy import Viewer

ORGANISATIONS = (
    OrganisationFacts(OrganisationKind.GOVERNMENT, "France", "France", country_code="FR"),
    OrganisationFacts(OrganisationKind.GOVERNMENT, "Germany", "Germany", country_code="DE"),
    OrganisationFacts(OrganisationKind.GOVERNMENT, "Netherlands", "Netherlands", country_code="NL"),
    OrganisationFacts(OrganisationKind.GOVERNMENT, "Norway", "Norway", country_code="NO"),
    OrganisationFacts(OrganisationKind.GOVERNMENT, "Sweden", "Sweden", country_code="SE"),
    OrganisationFacts(OrganisationKind.GOVERNMENT, "United Kingdom", "United Kingdom", country_code="GB"),
    OrganisationFacts(OrganisationKind.MULTILATERAL, "EU", "European Union"),
    OrganisationFacts(OrganisationKind.PUNO, "UNDP", "United Nations Development Programme", "XM-DAC-41114"),
    OrganisationFacts(OrganisationKind.PUNO, "UNODC", "United Nations Office on Drugs and Crime"),
    OrganisationFacts(
        OrganisationKind.SECRETARIAT,
        "SEESAC",
        "South Eastern and Eastern Europe Clearinghouse for the Control of Small Arms and Light Weapons",
    ),
    OrganisationFacts(OrganisationKind.ADMINISTRATIVE_AGENT, "MPTF Office", "Multi-Partner Trust Fund Office"),
)

SLW_FACTS = FundFacts(
    name="Western Balkans Small Arms and Light Weapons Control Roadmap",
    short_name="Western Balkans SALW Control Roadmap",
    purpose=(
        "Contributors pool their money. A Steering Committee chaired by UNDP decides what is funded. UNDP and UNODC "
        "carry out the projects. The MPTF Office administers the money, and SEESAC is the Secretariat."
    ),
    established_on=date(2019, 3, 15),
    published=True,
)
REGIONAL_FACTS = FundFacts(
    name="Regional project of the UNDP Funding Windows",
    short_name="UNDP Funding Windows, regional project",
    purpose="USD 6.3 million from Germany for eight sub-projects, coordinated by SEESAC; the donor agreement decides.",
    decision_body=DecisionBody.DONOR_AGREEMENT,
)


def load(app: Flask) -> None:
    """Build the demonstration fund in an empty installation."""
    with app.app_context(), unit_of_work():
        with clock.at(EVER_SINCE):
            administrator = let_in_administrator()
            organisations = _found_office(administrator)
            fund = _found_funds(administrator)
            for somebody in EVERYBODY[1:]:
                let_in(somebody, by=administrator)
        framework.add_roadmap(fund)
        calls.hold_invitation(fund)
        third = calls.publish_third(fund)
        proposals.answer(third)
        calls.close_in_time(third)
        proposals.screen_all(third)
        present.try_out(calls.publish_next(fund, organisations))
        money.open_books(fund, organisations)
        money.compare_list(fund)
        money.hear_announcements(fund, organisations)
        cash.move_cash(fund, organisations)
        cash.pay_evaluation(fund, organisations)
        reported.hear_reports(fund)
        money.write_public_page(fund)
        agreements.sign(fund, organisations)
        statements.issue_statements(fund, organisations)
        statements.hand_out_documents(fund, organisations)


def _found_office(administrator: Viewer) -> dict[str, Organisation]:
    """Add the organisations, the jurisdictions, and the offices UNDP and UNODC act through."""
    organisation_service.add_reference_data(by=administrator)
    organisations = {
        facts.short_name: organisation_service.add_organisation(facts, by=administrator) for facts in ORGANISATIONS
    }
    for place in jurisdictions():
        holder = organisations["UNODC" if place.regional else "UNDP"]
        name = f"{holder.short_name} {place.name}"
        organisation_service.add_office(holder, name=name, jurisdiction=place, by=administrator)
    return organisations


def _found_funds(administrator: Viewer) -> Fund:
    """Add the two funds the Secretariat serves; return the first."""
    opened, rules = EVER_SINCE.date(), Rules()
    service.create_fund(
        REGIONAL, REGIONAL_FACTS, currency="USD", rules=rules, valid_from=opened, by=administrator, is_demo=True
    )
    return service.create_fund(
        SLW, SLW_FACTS, currency="USD", rules=rules, valid_from=opened, by=administrator, is_demo=True,
        basis="Published practice of the fund; usual defaults elsewhere",
    )  # fmt: skip
