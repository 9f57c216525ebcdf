"""Forms of the room: shape only; the rules stand in the services."""

from collections.abc import Iterable
from typing import Any, Self

from wtforms import BooleanField, SelectField

from mptf.organisations.facts import JurisdictionFacts, OrganisationFacts
from mptf.organisations.models import Jurisdiction, Office, OrganisationKind
from mptf.web import Form, TextField
from mptf.web.forms import Needed, choices, choices_of


class OrganisationForm(Form):
    """What is kept about an organisation."""

    short_name = TextField("Short name", longest=40, validators=[Needed()], description="Such as UNDP. Only once.")
    official_name = TextField("Official name", validators=[Needed()])
    kind = SelectField("Kind", choices=choices_of(OrganisationKind), coerce=OrganisationKind)
    iati_identifier = TextField("IATI identifier", longest=60, description="Such as XM-DAC-41114. May stay empty.")
    country_code = TextField(
        "Country", longest=2, filters=[lambda text: text.upper() if text else text],
        description="Two letters such as DE. Empty for international organisations.",
    )  # fmt: skip

    def facts(self) -> OrganisationFacts:
        """Return what was typed."""
        return OrganisationFacts(
            kind=self.kind.data, short_name=self.short_name.data or "", official_name=self.official_name.data or "",
            iati_identifier=self.iati_identifier.data or None, country_code=self.country_code.data or None,
        )  # fmt: skip


class OfficeForm(Form):
    """An office of an organisation."""

    name = TextField("Name", validators=[Needed()], description="Such as UNDP Albania.")
    jurisdiction = SelectField("Jurisdiction")

    @classmethod
    def with_places(cls, places: Iterable[Jurisdiction], office: Office | None = None, **kwargs: Any) -> Self:
        """Make the form with the jurisdictions to choose from, filled with an office as it stands."""
        data = {}
        if office:
            data = {"name": office.name, "jurisdiction": office.jurisdiction.public_id, "version": office.version}
        form = cls(data=data, **kwargs)
        form.jurisdiction.choices = choices((place.public_id, place.name) for place in places)
        return form


class JurisdictionForm(Form):
    """A place the funds work in."""

    name = TextField("Name", validators=[Needed()])
    iati_code = TextField(
        "IATI code", longest=10, validators=[Needed()], filters=[lambda text: text.upper() if text else text],
        description="Two letters of a country, or the number of a region.",
    )  # fmt: skip
    regional = BooleanField("Stands for a region as a whole")

    def facts(self) -> JurisdictionFacts:
        """Return what was typed."""
        return JurisdictionFacts(self.name.data or "", self.iati_code.data or "", self.regional.data)
