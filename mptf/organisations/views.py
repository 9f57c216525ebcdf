"""Organisations, their offices and the jurisdictions: kept by administrators, read by the Secretariat."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.organisations import queries, service
from mptf.organisations.forms import JurisdictionForm, OfficeForm, OrganisationForm
from mptf.organisations.models import Jurisdiction, Office, Organisation, OrganisationKind
from mptf.policy import Permission, can
from mptf.web import asked, checked, commit, page_with, requires, the_viewer

bp = Blueprint("organisations", __name__)


@bp.get("/admin/organisations")
@bp.get("/f/<code>/organisations")
@requires(Permission.ORGANISATIONS_VIEW)
def organisations(code: str | None = None) -> ResponseReturnValue:
    """List and search the organisations of the installation."""
    kind, words = asked.chosen(OrganisationKind, "kind"), asked.text("q")
    return render_template(
        "organisations/organisations.html",
        page=queries.search_organisations(words, kind=kind, page=asked.page()),
        words=words,
        kind=kind,
        kinds=list(OrganisationKind),
        code=code,
        may_edit=can(the_viewer(), Permission.ORGANISATIONS_EDIT),
    )


@bp.get("/admin/organisations/<public_id>")
@bp.get("/f/<code>/organisations/<public_id>")
@requires(Permission.ORGANISATIONS_VIEW)
def organisation(public_id: str, code: str | None = None) -> ResponseReturnValue:
    """Show an organisation with its offices."""
    return render_template(
        "organisations/organisation.html",
        organisation=queries.get_organisation(public_id),
        code=code,
        may_edit=can(the_viewer(), Permission.ORGANISATIONS_EDIT),
    )


@bp.route("/admin/organisations/new", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_EDIT)
def add_organisation() -> ResponseReturnValue:
    """Add an organisation."""
    form = OrganisationForm()
    if added := checked(form, lambda: service.add_organisation(form.facts(), by=the_viewer())):
        return commit(_url(added.result), "{name} is added.", name=added.result.short_name)
    return page_with("organisations/organisation_form.html", form, organisation=None)


@bp.route("/admin/organisations/<public_id>/edit", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_EDIT)
def change_organisation(public_id: str) -> ResponseReturnValue:
    """Change what is kept about an organisation."""
    organisation = queries.get_organisation(public_id)
    form = OrganisationForm(obj=organisation)

    def act() -> None:
        form.same_version(OrganisationForm(None, obj=organisation))
        service.change_organisation(organisation, form.facts(), by=the_viewer())

    if checked(form, act):
        return commit(_url(organisation), "{name} is changed.", name=organisation.short_name)
    return page_with("organisations/organisation_form.html", form, organisation=organisation)


@bp.route("/admin/organisations/<public_id>/offices/new", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_EDIT)
def add_office(public_id: str) -> ResponseReturnValue:
    """Add an office to an organisation."""
    organisation = queries.get_organisation(public_id)
    places = {place.public_id: place for place in queries.jurisdictions()}
    form = OfficeForm.with_places(places.values())

    def act() -> None:
        place = places[form.jurisdiction.data]
        service.add_office(organisation, name=form.name.data or "", jurisdiction=place, by=the_viewer())

    if checked(form, act):
        return commit(_url(organisation), "{name} is added.", name=form.name.data)
    return page_with("organisations/office_form.html", form, organisation=organisation, office=None)


@bp.route("/admin/organisations/<public_id>/offices/<office_id>", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_EDIT)
def change_office(public_id: str, office_id: str) -> ResponseReturnValue:
    """Change an office."""
    organisation = queries.get_organisation(public_id)
    office: Office = queries.get_office(organisation, office_id)
    places = {place.public_id: place for place in queries.jurisdictions()}
    form = OfficeForm.with_places(places.values(), office=office)

    def act() -> None:
        form.same_version(OfficeForm.with_places(places.values(), office=office, formdata=None))
        place = places[form.jurisdiction.data]
        service.change_office(office, name=form.name.data or "", jurisdiction=place, by=the_viewer())

    if checked(form, act):
        return commit(_url(organisation), "{name} is changed.", name=form.name.data)
    return page_with("organisations/office_form.html", form, organisation=organisation, office=office)


@bp.get("/admin/jurisdictions")
@bp.get("/f/<code>/organisations/jurisdictions")
@requires(Permission.ORGANISATIONS_VIEW)
def jurisdictions(code: str | None = None) -> ResponseReturnValue:
    """List the jurisdictions."""
    return render_template(
        "organisations/jurisdictions.html",
        jurisdictions=queries.jurisdictions(),
        offices=queries.offices_by_jurisdiction(),
        code=code,
        may_edit=can(the_viewer(), Permission.ORGANISATIONS_EDIT),
    )


@bp.route("/admin/jurisdictions/new", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_EDIT)
def add_jurisdiction() -> ResponseReturnValue:
    """Add a jurisdiction."""
    form = JurisdictionForm()
    if checked(form, lambda: service.add_jurisdiction(form.facts(), by=the_viewer())):
        return commit(url_for(".jurisdictions"), "{name} is added.", name=form.name.data)
    return page_with("organisations/jurisdiction_form.html", form, jurisdiction=None)


@bp.route("/admin/jurisdictions/<public_id>", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_EDIT)
def change_jurisdiction(public_id: str) -> ResponseReturnValue:
    """Change a jurisdiction."""
    jurisdiction: Jurisdiction = queries.get_jurisdiction(public_id)
    form = JurisdictionForm(obj=jurisdiction)

    def act() -> None:
        form.same_version(JurisdictionForm(None, obj=jurisdiction))
        service.change_jurisdiction(jurisdiction, form.facts(), by=the_viewer())

    if checked(form, act):
        return commit(url_for(".jurisdictions"), "{name} is changed.", name=form.name.data)
    return page_with("organisations/jurisdiction_form.html", form, jurisdiction=jurisdiction)


def _url(organisation: Organisation) -> str:
    return url_for(".organisation", public_id=organisation.public_id)
