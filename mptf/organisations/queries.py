"""Read organisations, their offices and the jurisdictions."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from mptf.core.db import db, one_of
from mptf.core.errors import N_
from mptf.core.paging import Page, page_of
from mptf.core.waiting import Findable, result_columns
from mptf.organisations.models import Jurisdiction, Office, Organisation, OrganisationKind
from mptf.policy import Permission, Viewer, can


def find_organisation(short_name: str) -> Organisation | None:
    """Return the organisation with this short name in any case, if there is one."""
    same = func.lower(Organisation.short_name) == func.lower(short_name.strip())
    return db.session.scalars(select(Organisation).where(same)).first()


def get_organisation(public_id: str) -> Organisation:
    """Return an organisation with its offices, or raise NotFound."""
    offices = selectinload(Organisation.offices).joinedload(Office.jurisdiction)
    return one_of(select(Organisation).filter_by(public_id=public_id).options(offices))


def organisations_of(*kinds: OrganisationKind) -> Sequence[Organisation]:
    """Return the organisations of these kinds, or of every kind, by short name."""
    wanted = select(Organisation).order_by(func.lower(Organisation.short_name), Organisation.id)
    if kinds:
        wanted = wanted.where(Organisation.kind.in_(kinds))
    return db.session.scalars(wanted).all()


def organisations_by_key(keys: Collection[int]) -> Sequence[Organisation]:
    """Return the organisations with these keys, by short name."""
    wanted = select(Organisation).where(Organisation.id.in_(keys))
    return db.session.scalars(wanted.order_by(func.lower(Organisation.short_name), Organisation.id)).all()


def search_organisations(
    text: str = "", *, kind: OrganisationKind | None = None, page: int = 1, size: int = 25
) -> Page[Organisation]:
    """Return a page of organisations whose names, identifier or offices hold a text, by short name."""
    found = select(Organisation).options(selectinload(Organisation.offices))
    if kind:
        found = found.where(Organisation.kind == kind)
    if text.strip():
        places = (Organisation.short_name, Organisation.official_name, Organisation.iati_identifier)
        matches = [place.icontains(text.strip(), autoescape=True) for place in places]
        matches.append(Organisation.offices.any(Office.name.icontains(text.strip(), autoescape=True)))
        found = found.where(or_(*matches))
    return page_of(found.order_by(func.lower(Organisation.short_name), Organisation.id), page, size=size)


def get_office(organisation: Organisation, public_id: str) -> Office:
    """Return an office of an organisation, or raise NotFound."""
    wanted = select(Office).filter_by(organisation_id=organisation.id, public_id=public_id)
    return one_of(wanted.options(joinedload(Office.jurisdiction)))


def jurisdictions() -> Sequence[Jurisdiction]:
    """Return the jurisdictions by name, the regional ones last."""
    return db.session.scalars(select(Jurisdiction).order_by(Jurisdiction.regional, Jurisdiction.name)).all()


def get_jurisdiction(public_id: str) -> Jurisdiction:
    """Return a jurisdiction, or raise NotFound."""
    return one_of(select(Jurisdiction).filter_by(public_id=public_id))


def all_offices() -> Sequence[Office]:
    """Return the offices of every organisation, by name."""
    return db.session.scalars(select(Office).order_by(Office.name, Office.id)).all()


def offices_of(kind: OrganisationKind) -> Sequence[Office]:
    """Return the offices of the organisations of a kind with these, by name."""
    mine = select(Office).join(Office.organisation).where(Organisation.kind == kind)
    loaded = mine.options(joinedload(Office.organisation), joinedload(Office.jurisdiction))
    return db.session.scalars(loaded.order_by(Office.name, Office.id)).all()


def offices_by_jurisdiction() -> dict[int, list[Office]]:
    """Return the offices of every organisation, grouped by the id of their jurisdiction."""
    grouped: dict[int, list[Office]] = defaultdict(list)
    for office in all_offices():
        grouped[office.jurisdiction_id].append(office)
    return grouped


def findable(viewer: Viewer, fund: Any) -> list[Findable]:
    """Return the organisations a person at work in a fund may find, by their short and their official name."""
    if not can(viewer, Permission.ORGANISATIONS_VIEW, fund):
        return []
    title = case(
        (Organisation.short_name == Organisation.official_name, Organisation.short_name),
        else_=Organisation.short_name + ", " + Organisation.official_name,
    )
    kind = Organisation.__tablename__
    names = (Organisation.short_name, Organisation.official_name)
    seen = select(*result_columns(kind, Organisation.public_id, title, names=names))
    return [Findable(kind, N_("Organisation"), "organisations.organisation", seen)]
