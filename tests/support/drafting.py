"""A proposal that is written: an open call, two colleagues of an office, and their draft."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask

from mptf.calls.models import Call, CallStatus
from mptf.calls.terms import CallItem, CallJurisdiction, CallOffice
from mptf.core import clock
from mptf.core.db import db
from mptf.core.money import Money
from mptf.drafting import queries, service
from mptf.drafting.content import Typing
from mptf.drafting.parts import get_part
from mptf.drafting.shape import Content
from mptf.framework.models import Framework, FrameworkItem, ItemKind
from mptf.fund.models import Fund
from mptf.organisations.models import Jurisdiction, Office, Organisation, OrganisationKind
from mptf.people.models import Person, RoleGrant
from mptf.policy import HeldRole, Role, Viewer
from mptf.proposals.models import May, Proposal, ProposalPerson
from tests.factories import LONG_AGO, Make


@dataclass
class Drafted:
    """A proposal with those who write it."""

    app: Flask
    make: Make
    fund: Fund
    organisation: Organisation
    office: Office
    kpi: FrameworkItem
    place: Jurisdiction
    call: Call
    proposal: Proposal
    ana: Person
    ben: Person

    @contextmanager
    def open(self) -> Iterator[Proposal]:
        """Load the proposal anew inside the block, and commit at its end."""
        with self.app.app_context():
            yield db.session.get_one(Proposal, self.proposal.id)
            db.session.commit()

    def viewer(self, person: Person) -> Viewer:
        """Return somebody as the services see who is signed in."""
        held = HeldRole("one", Role.PUNO_OFFICER, self.fund.id, self.organisation.id, self.office.id)
        return Viewer(person.id, person.public_id, person.name, (held,), held)

    def save(self, person: Person, word: str, typed: Content, **more: Any) -> service.Saved:
        """Let somebody save a part, over a version (0: over nothing)."""
        explicit = more.pop("explicit", False)
        with self.open() as proposal:
            by = self.viewer(person)
            return service.save(proposal, get_part(word), Typing(typed, **more), by=by, explicit=explicit)

    def stands(self, word: str) -> dict[str, str]:
        """Return what stands of a part."""
        with self.open() as proposal:
            return queries.content_of(queries.newest(proposal, get_part(word).kind))

    def asides(self, person: Person, word: str) -> list[queries.Aside]:
        """Return what somebody has to settle."""
        with self.open() as proposal:
            return queries.asides_of(proposal, get_part(word).kind, person.id)

    def officer(self, name: str, may: May | None = May.WRITE, office: Office | None = None) -> Person:
        """Make an officer of an office; `may` says what in the proposal, None that it is not said."""
        person = self.make.person(name)
        officer(self.make, person, self.fund, office or self.office)
        if may:
            invited(self.make, self.proposal, person, may)
        return person


def officer(make: Make, person: Person, fund: Fund, office: Office) -> None:
    """Make somebody an officer of an office."""
    make._kept(
        RoleGrant(
            person_id=person.id, role=Role.PUNO_OFFICER, fund_id=fund.id, organisation_id=office.organisation_id,
            office_id=office.id, from_on=LONG_AGO,
        )
    )  # fmt: skip


def invited(make: Make, proposal: Proposal, person: Person, may: May) -> None:
    """Let somebody work on a proposal."""
    make._kept(
        ProposalPerson(
            proposal_id=proposal.id, fund_id=proposal.fund_id, person_id=person.id, may=may, by_id=proposal.by_id
        )
    )


def drafted(make: Make) -> Drafted:
    """Make an open call and a draft that answers it, written by two colleagues."""
    fund = make.fund()
    organisation = make.organisation("UNDP", OrganisationKind.PUNO)
    office = make.office(organisation, "UNDP Albania")
    ana, ben = make.person("Ana Demo"), make.person("Ben Demo")
    call, kpi, place = open_call(make, fund, office, ana)
    proposal = make._kept(
        Proposal(
            fund_id=fund.id, call_id=call.id, organisation_id=organisation.id, office_id=office.id, title="Safe stores",
            by_id=ana.id,
        )
    )  # fmt: skip
    for person in (ana, ben):
        officer(make, person, fund, office)
        invited(make, proposal, person, May.WRITE)
    return Drafted(make.app, make, fund, organisation, office, kpi, place, call, proposal, ana, ben)


def open_call(make: Make, fund: Fund, office: Office, by: Person) -> tuple[Call, FrameworkItem, Jurisdiction]:
    """Make a published call that one office may answer, for one KPI in one jurisdiction."""
    now = clock.now()
    place = make._kept(Jurisdiction(name="Kosovo*", iati_code="XK"))
    framework = make._kept(
        Framework(fund_id=fund.id, title="Roadmap", first_year=2025, last_year=2030, by_id=by.id)
    )  # fmt: skip
    kpi = make._kept(FrameworkItem(fund_id=fund.id, framework_id=framework.id, kind=ItemKind.KPI, number=3))
    call = make._kept(
        Call(
            fund_id=fund.id, status=CallStatus.PUBLISHED, reference="CALL-1", title="Call for safe stores",
            envelope=Money(900_000_000, "USD"), shortest_months=6, longest_months=36, zone=fund.zone, by_id=by.id,
            opens_at=now - timedelta(days=10), closes_at=now + timedelta(days=20),
            published_at=now - timedelta(days=11),
        )
    )  # fmt: skip
    make._kept(CallItem(call_id=call.id, item_id=kpi.id, fund_id=fund.id))
    make._kept(CallJurisdiction(call_id=call.id, jurisdiction_id=place.id, fund_id=fund.id))
    make._kept(CallOffice(call_id=call.id, office_id=office.id, fund_id=fund.id))
    return call, kpi, place
