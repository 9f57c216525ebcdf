"""Change organisations, their offices and the jurisdictions; every change is audited."""

from mptf.core import audit
from mptf.core.changes import add, change, one_at_a_time
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import named
from mptf.organisations import queries
from mptf.organisations.facts import JurisdictionFacts, OrganisationFacts
from mptf.organisations.models import Jurisdiction, Office, Organisation
from mptf.organisations.reference import JURISDICTIONS
from mptf.policy import Permission, Viewer, require

audit.tell(
    {
        "organisation.added": N_("added the organisation {short_name}"),
        "organisation.changed": N_("changed an organisation"),
        "office.added": N_("added the office {name} of {organisation}"),
        "office.changed": N_("changed an office"),
        "jurisdiction.added": N_("added the jurisdiction {name}"),
        "jurisdiction.changed": N_("changed a jurisdiction"),
    }
)


def add_organisation(facts: OrganisationFacts, *, by: Viewer) -> Organisation:
    """Add an organisation to the installation."""
    require(by, Permission.ORGANISATIONS_EDIT)
    facts.check()
    organisation = Organisation(**facts.values())
    _check_short_name(organisation, facts.short_name)
    add(organisation, _taken(facts.short_name))
    audit.record("organisation.added", organisation, by=by, **facts.values())
    return organisation


def change_organisation(organisation: Organisation, facts: OrganisationFacts, *, by: Viewer) -> bool:
    """Change what is kept about an organisation; return whether anything changed."""
    require(by, Permission.ORGANISATIONS_EDIT)
    facts.check()
    _check_short_name(organisation, facts.short_name)
    return change("organisation.changed", organisation, facts.values(), by=by, taken=_taken(facts.short_name))


def _check_short_name(organisation: Organisation, short_name: str) -> None:
    """Refuse a short name that differs from another only in its case, also one that is being written now."""
    one_at_a_time(Organisation)
    with db.session.no_autoflush:
        other = queries.find_organisation(short_name)
    if other is not None and other is not organisation:
        raise _taken(other.short_name)


def _taken(short_name: str) -> RuleBroken:
    return RuleBroken(N_("There is an organisation {short_name} already."), short_name=short_name, field="short_name")


def add_office(organisation: Organisation, *, name: str, jurisdiction: Jurisdiction, by: Viewer) -> Office:
    """Add an office through which an organisation acts in a jurisdiction."""
    require(by, Permission.ORGANISATIONS_EDIT)
    named(name, "name")
    office = Office(organisation_id=organisation.id, jurisdiction_id=jurisdiction.id, name=name)
    add(office, _office_taken(organisation, name))
    audit.record("office.added", office, by=by, organisation=organisation.short_name, name=name,
                 jurisdiction=jurisdiction.name)  # fmt: skip
    return office


def change_office(office: Office, *, name: str, jurisdiction: Jurisdiction, by: Viewer) -> bool:
    """Change the name or jurisdiction of an office; return whether anything changed."""
    require(by, Permission.ORGANISATIONS_EDIT)
    named(name, "name")
    values = {"name": name, "jurisdiction_id": jurisdiction.id}
    return change("office.changed", office, values, by=by, taken=_office_taken(office.organisation, name))


def _office_taken(organisation: Organisation, name: str) -> RuleBroken:
    return RuleBroken(
        N_("{organisation} has an office {name} already."), organisation=organisation.short_name, name=name,
        field="name",
    )  # fmt: skip


def add_jurisdiction(facts: JurisdictionFacts, *, by: Viewer) -> Jurisdiction:
    """Add a jurisdiction to the installation."""
    require(by, Permission.ORGANISATIONS_EDIT)
    facts.check()
    jurisdiction = Jurisdiction(**facts.values())
    add(jurisdiction, _jurisdiction_taken(facts.name))
    audit.record("jurisdiction.added", jurisdiction, by=by, **facts.values())
    return jurisdiction


def change_jurisdiction(jurisdiction: Jurisdiction, facts: JurisdictionFacts, *, by: Viewer) -> bool:
    """Change a jurisdiction; return whether anything changed."""
    require(by, Permission.ORGANISATIONS_EDIT)
    facts.check()
    return change("jurisdiction.changed", jurisdiction, facts.values(), by=by, taken=_jurisdiction_taken(facts.name))


def add_reference_data(*, by: Viewer | None) -> int:
    """Add the jurisdictions of the region that are missing; return how many. `by=None` is the installation."""
    standing = {jurisdiction.iati_code for jurisdiction in queries.jurisdictions()}
    missing = [place for place in JURISDICTIONS if place.iati_code not in standing]
    for place in missing:
        jurisdiction = Jurisdiction(name=place.name, iati_code=place.iati_code, regional=place.regional)
        add(jurisdiction, _jurisdiction_taken(place.name))
        audit.record(
            "jurisdiction.added", jurisdiction, by=by, name=place.name, iati_code=place.iati_code,
            regional=place.regional,
        )  # fmt: skip
    return len(missing)


def _jurisdiction_taken(name: str) -> RuleBroken:
    return RuleBroken(N_("There is a jurisdiction {name} already."), name=name, field="name")
