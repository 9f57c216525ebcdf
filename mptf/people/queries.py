"""Who holds which role, and what it opens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, exists, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from mptf.core import clock
from mptf.core.clock import Installation
from mptf.core.db import db, one_of
from mptf.core.errors import NotFound
from mptf.core.paging import Page, page_of
from mptf.fund.models import Fund
from mptf.fund.queries import Timeline
from mptf.organisations.models import Organisation
from mptf.people.models import Person, RoleGrant
from mptf.policy import HeldRole, Role, Viewer

T = TypeVar("T")

_HOLDER = (joinedload(RoleGrant.organisation), joinedload(RoleGrant.office))  # whom a role is held for


class Held(NamedTuple):
    """A role held today, and the fund it is held in."""

    grant: RoleGrant
    fund: Fund | None

    @property
    def label(self) -> str:
        """The role as a menu shows it: `PUNO officer, UNDP Albania · SLW00`."""
        holder = self.grant.held_for
        role = f"{self.grant.role.label}, {holder}" if holder else self.grant.role.label
        return f"{role} · {self.fund.code}" if self.fund else role


@dataclass(frozen=True)
class Rights:
    """The roles a person holds today and every fund they open."""

    held: tuple[Held, ...] = ()
    funds: tuple[Fund, ...] = ()

    @property
    def second_factor_needed(self) -> bool:
        """Whether one of the roles may not be used with a password alone (AUTH-2)."""
        return any(held.grant.role.needs_second_factor and _asked_in(held.fund) for held in self.held)

    def viewer(self, person: Person, chosen_grant_id: int | None = None) -> Viewer:
        """Return the person as policy knows them."""
        roles = {held.grant.id: _held_role(held.grant) for held in self.held}
        chosen = roles.get(chosen_grant_id) if chosen_grant_id else None
        return Viewer(person.id, person.public_id, person.name, tuple(roles.values()), chosen)


# Made once, as every request asks.
_RIGHTS = (
    select(RoleGrant, Fund)
    .outerjoin(Fund, or_(Fund.id == RoleGrant.fund_id, RoleGrant.fund_id.is_(None)))
    .where(RoleGrant.person_id == bindparam("person_id"), RoleGrant.ended_at.is_(None))
    .options(*_HOLDER, joinedload(Fund.settings))
    .order_by(RoleGrant.id, Fund.code)
)


def rights_of(session: Session, person_id: int) -> Rights:
    """Return what a person may use today, in one query; a role in the installation opens every fund."""
    rows = session.execute(_RIGHTS, {"person_id": person_id}).unique()
    held: dict[int, Held] = {}
    funds: dict[str, Fund] = {}
    for grant, fund in rows:
        own = fund if grant.fund_id else None
        if valid_on(grant, clock.today(own or Installation())):
            held[grant.id] = Held(grant, own)
            if fund is not None:  # the installation may have no fund yet
                funds[fund.code] = fund
    return Rights(tuple(held.values()), tuple(funds[code] for code in sorted(funds)))


def viewer_of(person_id: int, role_id: str | None = None) -> Viewer:
    """Return a person with the rights held now, working in one of the roles if it is still held."""
    person = db.session.get_one(Person, person_id)
    rights = rights_of(db.session(), person_id)
    chosen = next((held.grant.id for held in rights.held if held.grant.public_id == role_id), None)
    return rights.viewer(person, chosen)


def in_any_role(person_id: int, find: Callable[[Viewer], T | None]) -> T | None:
    """Return what somebody finds in the first of the roles held now in which it is known, or None.

    For mail, which comes to somebody in no role. What `find` does not find is None or NotFound.
    """
    viewer = viewer_of(person_id)
    for held in viewer.held:
        try:
            found = find(replace(viewer, chosen=held))
        except NotFound:
            continue
        if found is not None:
            return found
    return None


def valid_on(grant: RoleGrant, day: date) -> bool:
    """Tell whether a role not ended by hand is held on a day; the last day counts."""
    return grant.ended_at is None and grant.from_on <= day and (grant.until_on is None or day <= grant.until_on)


def _held_role(grant: RoleGrant) -> HeldRole:
    return HeldRole(grant.public_id, Role(grant.role), grant.fund_id, grant.organisation_id, grant.office_id)


def _asked_in(fund: Fund | None) -> bool:
    """Tell whether a fund asks for the second factor today; the installation does."""
    return fund is None or Timeline.of(fund.settings).on(clock.today(fund)).second_factor_required


def find_by_email(email: str) -> Person | None:
    """Return who has this address, in any case."""
    return db.session.scalars(select(Person).filter_by(email=email.strip().lower())).first()


def get_person(public_id: str) -> Person:
    """Return a person with all roles ever held, or raise NotFound."""
    return one_of(_with_roles(select(Person).filter_by(public_id=public_id)))


def get_grant(person: Person, public_id: str) -> RoleGrant:
    """Return one role of a person, or raise NotFound."""
    grant = next((grant for grant in person.grants if grant.public_id == public_id), None)
    if grant is None:
        raise NotFound
    return grant


def search_people(text: str = "", *, fund_code: str = "", page: int = 1, size: int = 50) -> Page[Person]:
    """Return a page of the people whose name or address holds a text, by name; of one fund if asked."""
    found = _with_roles(select(Person))
    if text.strip():
        places = (Person.name, Person.email)
        found = found.where(or_(*(place.icontains(text.strip(), autoescape=True) for place in places)))
    if fund_code:
        in_fund = (
            select(RoleGrant.id)
            .join(Fund, Fund.id == RoleGrant.fund_id)
            .where(RoleGrant.person_id == Person.id, Fund.code == fund_code, RoleGrant.ended_at.is_(None))
        )
        found = found.where(exists(in_fund.correlate(Person)))
    return page_of(found.order_by(Person.name, Person.id), page, size=size)


@dataclass(frozen=True)
class RolesInTime:
    """The roles of a person apart: held today, to come, and over."""

    held: Sequence[Held]
    coming: Sequence[Held]
    over: Sequence[Held]


def roles_of(person: Person) -> RolesInTime:
    """Sort the roles of a person by whether they are held today."""
    held, coming, over = [], [], []
    for grant in person.grants:
        role = Held(grant, grant.fund)
        today = clock.today(grant.fund or Installation())
        if valid_on(grant, today):
            held.append(role)
        elif grant.ended_at is None and grant.from_on > today:
            coming.append(role)
        else:
            over.append(role)
    return RolesInTime(held, coming, over)


def roles_in(fund: Fund) -> Sequence[RoleGrant]:
    """Return the roles held or planned in a fund, by role and name."""
    today = clock.today(fund)
    grants = db.session.scalars(
        select(RoleGrant)
        .join(RoleGrant.person)
        .where(
            RoleGrant.fund_id == fund.id,
            RoleGrant.ended_at.is_(None),
            or_(RoleGrant.until_on.is_(None), RoleGrant.until_on >= today),
        )
        .options(joinedload(RoleGrant.person), *_HOLDER)
        .order_by(Person.name, RoleGrant.id)
    )
    order = list(Role)
    return sorted(grants, key=lambda grant: order.index(grant.role))


def held_today(fund: Fund, *roles: Role) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that one of these roles is held in a fund today; `valid_on` says the same of one."""
    return (RoleGrant.fund_id == fund.id, *held_anywhere(clock.today(fund), *roles))


def held_anywhere(today: date, *roles: Role) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that one of these roles is held on a day, in whichever fund."""
    return (
        RoleGrant.role.in_(roles),
        RoleGrant.ended_at.is_(None),
        RoleGrant.from_on <= today,
        or_(RoleGrant.until_on.is_(None), RoleGrant.until_on >= today),
    )


def holders(fund: Fund, role: Role, organisation: Organisation) -> Sequence[Person]:
    """Return who holds a role for an organisation in a fund today, by name."""
    held = select(RoleGrant.person_id).where(*held_today(fund, role), RoleGrant.organisation_id == organisation.id)
    return db.session.scalars(select(Person).where(Person.id.in_(held)).order_by(Person.name, Person.id)).all()


def _with_roles(people: Select[Person]) -> Select[Person]:
    grants = selectinload(Person.grants)
    return people.options(grants.joinedload(RoleGrant.fund), grants.options(*_HOLDER))


def holding(fund: Fund, *roles: Role) -> Sequence[int]:
    """Return the keys of those who hold one of these roles in a fund today, for mail alone."""
    return sorted(set(db.session.scalars(select(RoleGrant.person_id).where(*held_today(fund, *roles)))))
