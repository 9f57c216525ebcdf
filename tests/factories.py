"""Objects for tests, one line each; every name is invented."""

import os
from datetime import date
from itertools import count
from typing import TypeVar

from flask import Flask
from flask.testing import FlaskClient

from mptf.core.db import db
from mptf.fund.models import Fund, FundSettings
from mptf.fund.rules import Rules
from mptf.organisations.models import Jurisdiction, Office, Organisation, OrganisationKind
from mptf.people.models import Person, RoleGrant
from mptf.policy import HeldRole, Role, Viewer

LONG_AGO = date(2019, 3, 15)
# Each worker counts in a range of its own: what one made is brought back by the others.
_numbers = count(1 + 100_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")))
T = TypeVar("T")


class Make:
    """Factories over one application; each commits, so that every request sees what was made."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def fund(self, code: str = "SLW00", **values: object) -> Fund:
        """Make a fund with its first settings."""
        values = {"name": f"Fund {code}", "short_name": code, **values}
        return self._kept(Fund(code=code, settings=[FundSettings(valid_from=LONG_AGO, **Rules().values())], **values))

    def organisation(
        self,
        short_name: str = "Donorland",
        kind: OrganisationKind = OrganisationKind.GOVERNMENT,
        **values: object,
    ) -> Organisation:
        """Make an organisation."""
        values = {"official_name": short_name, **values}
        return self._kept(Organisation(short_name=short_name, kind=kind, **values))

    def person(self, name: str = "") -> Person:
        """Make a person without any role."""
        number = next(_numbers)
        name = name or f"Demo Person {number}"
        return self._kept(Person(name=name, email=f"person{number}@example.org"))

    def grant(
        self,
        person: Person,
        role: Role,
        fund: Fund | None = None,
        organisation: Organisation | None = None,
        from_on: date = LONG_AGO,
        until_on: date | None = None,
        office: Office | None = None,
    ) -> RoleGrant:
        """Give a person a role; the administrator's belongs to no fund."""
        return self._kept(
            RoleGrant(
                person_id=person.id,
                role=role,
                fund_id=None if role.of_installation or fund is None else fund.id,
                organisation_id=organisation.id if organisation else office.organisation_id if office else None,
                office_id=office.id if office else None,
                from_on=from_on,
                until_on=until_on,
            )
        )

    def office(self, organisation: Organisation, name: str) -> Office:
        """Make an office of an organisation, in a jurisdiction of its own."""
        place = self._kept(Jurisdiction(name=f"Place of {name}", iati_code="XX"))
        return self._kept(Office(organisation_id=organisation.id, jurisdiction_id=place.id, name=name))

    def viewer(
        self,
        role: Role,
        fund: Fund | None = None,
        organisation: Organisation | None = None,
        office: Office | None = None,
    ) -> Viewer:
        """Make a person with one role, as the services see somebody signed in."""
        person = self.person()
        grant = self.grant(person, role, fund, organisation, office=office)
        held = HeldRole(grant.public_id, role, grant.fund_id, grant.organisation_id, grant.office_id)
        return Viewer(person.id, person.public_id, person.name, (held,), held)

    def client(self, role: Role, fund: Fund | None = None, organisation: Organisation | None = None) -> FlaskClient:
        """Make a person with one role, and a client signed in as that person."""
        person = self.person()
        self.grant(person, role, fund, organisation)
        return self.client_of(person)

    def client_of(self, person: Person) -> FlaskClient:
        """Make a client signed in as a person, with every factor."""
        from tests.support.signing import sign_in

        client = self.app.test_client()
        sign_in(client, person)
        return client

    def _kept(self, row: T) -> T:
        with self.app.app_context():
            db.session.add(row)
            db.session.commit()
        return row
