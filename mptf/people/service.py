"""Adding people, giving and ending roles: what an administrator does, or (`by=None`) the installation itself."""

from dataclasses import replace
from email.errors import HeaderParseError
from email.headerregistry import Address

from sqlalchemy import select

from mptf.core import audit, clock, mail
from mptf.core.changes import add, change, first_to_set
from mptf.core.clock import Installation
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import named
from mptf.organisations.models import Organisation
from mptf.people.models import AskedRole, Person, RoleGrant
from mptf.people.queries import valid_on
from mptf.policy import Permission, Role, Viewer, require

audit.tell(
    {
        "person.added": N_("added {person}"),
        "person.renamed": N_("changed the name {name}"),
        "role.given": N_("gave {person} the role {role}"),
        "role.ended": N_("ended the role {role} of {person}"),
    },
    names={"role_grant": N_("role")},
)


def lock(person_id: int) -> None:
    """Let one writer at a time at what a person has one of: a second factor, an invitation."""
    db.session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))


def add_person(*, name: str, email: str, by: Viewer | None) -> Person:
    """Add somebody who has no account yet; the address is kept in lower case."""
    _administrator(by)
    named(name, "name")
    address = email.strip().lower()
    _mailable(address)
    person = Person(name=name, email=address)
    add(
        person, RuleBroken(N_("Somebody with this address is known already. Give that person the role."), field="email")
    )
    audit.record("person.added", person, by=by, person=person.name)
    return person


def rename(person: Person, *, name: str, by: Viewer) -> None:
    """Change the name a person is shown by."""
    require(by, Permission.PEOPLE_EDIT)
    named(name, "name")
    change("person.renamed", person, {"name": name}, by=by)


def give_role(person: Person, asked: AskedRole, *, by: Viewer | None, tell: bool = False) -> RoleGrant:
    """Give a role from a day until a day; nobody gives one to themselves.

    With `tell`, whoever has an account is written to; the others have an invitation that says it.
    """
    _administrator(by)
    if by is not None and by.id == person.id:
        raise RuleBroken(N_("Nobody gives a role to themselves. Another administrator has to do it."), field="role")
    asked = _in_its_place(asked)
    _check_days(asked)
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update())  # two who give it at once
    grant = RoleGrant(
        person_id=person.id,
        role=asked.role,
        fund_id=asked.fund.id if asked.fund else None,
        organisation_id=asked.organisation.id if asked.organisation else None,
        office_id=asked.office.id if asked.office else None,
        from_on=asked.from_on,
        until_on=asked.until_on,
        given_by_id=by.id if by else None,
    )
    _refuse_twice(person, grant)
    db.session.add(grant)
    db.session.flush()
    audit.record("role.given", grant, by=by, fund_id=grant.fund_id, **_detail(person, asked))
    if tell and person.joined_at is not None:
        mail.post("role_given", subject_id=grant.public_id, to_person_id=person.id, fund_id=grant.fund_id)
    return grant


def end_role(grant: RoleGrant, *, by: Viewer | None) -> None:
    """End a role now; its holder is locked out at the next request.

    Nobody ends their own administrator role, and the installation always keeps one administrator; it ends by itself
    only that of who never came.
    """
    _administrator(by)
    if by is not None and grant.ended_at is None and grant.role is Role.ADMINISTRATOR:
        _keep_an_administrator(grant, by)
    if not first_to_set(grant, "ended_at"):
        return
    given = AskedRole(grant.role, grant.from_on, grant.until_on, grant.fund, grant.organisation, grant.office)
    audit.record("role.ended", grant, by=by, fund_id=grant.fund_id, **_detail(grant.person, given))


def _administrator(by: Viewer | None) -> None:
    """Refuse who may not edit people; only commands of the installation act as nobody."""
    if by is not None:
        require(by, Permission.PEOPLE_EDIT)


def _mailable(address: str) -> None:
    """Refuse an address no letter can be written to."""
    try:
        Address(addr_spec=address)
    except (ValueError, IndexError, HeaderParseError):
        raise RuleBroken(
            N_("No mail can be sent to this address. Write one such as name@example.org."), field="email"
        ) from None


def _in_its_place(asked: AskedRole) -> AskedRole:
    """Return a role with the fund, organisation and office its kind is held for, and no other."""
    role = asked.role
    if role.of_installation:
        return replace(asked, fund=None, organisation=None, office=None)
    if asked.fund is None:
        raise RuleBroken(N_("Choose the fund this role is held in."), field="fund")
    if role.of_office:
        return replace(asked, organisation=_behind(asked))
    if not role.of_organisation:
        return replace(asked, organisation=None, office=None)
    if asked.organisation is None:
        raise RuleBroken(N_("Choose the organisation this role is held for."), field="organisation")
    return replace(asked, office=None)


def _behind(asked: AskedRole) -> Organisation:
    """Return the organisation an office belongs to, which may be named as well but not be another."""
    if asked.office is None:
        raise RuleBroken(
            N_("Choose the office this role is held for. An office is added on the page of its organisation."),
            field="office",
        )
    holder = db.session.get_one(Organisation, asked.office.organisation_id)
    if asked.organisation is not None and asked.organisation.id != holder.id:
        raise RuleBroken(N_("This office belongs to {organisation}."), field="office", organisation=holder.short_name)
    return holder


def _check_days(asked: AskedRole) -> None:
    if asked.until_on is None:
        return
    if asked.until_on < asked.from_on:
        raise RuleBroken(N_("The last day is before the first."), field="until_on")
    if asked.until_on < clock.today(asked.fund or Installation()):
        raise RuleBroken(N_("The last day is over already."), field="until_on")


def _refuse_twice(person: Person, wanted: RoleGrant) -> None:
    alike = (RoleGrant.role, RoleGrant.fund_id, RoleGrant.organisation_id, RoleGrant.office_id)
    same = select(RoleGrant).where(
        RoleGrant.person_id == person.id,
        RoleGrant.ended_at.is_(None),
        *(column.is_not_distinct_from(getattr(wanted, column.key)) for column in alike),
    )
    for other in db.session.scalars(same):
        starts_before_end = wanted.until_on is None or other.from_on <= wanted.until_on
        if starts_before_end and (other.until_on is None or wanted.from_on <= other.until_on):
            raise RuleBroken(N_("{name} holds this role in these days already."), field="role", name=person.name)


def _keep_an_administrator(grant: RoleGrant, by: Viewer) -> None:
    if grant.person_id == by.id:
        raise RuleBroken(N_("You cannot end your own administrator role. Another administrator has to do it."))
    administrators = db.session.scalars(
        select(RoleGrant)
        .where(RoleGrant.role == Role.ADMINISTRATOR, RoleGrant.ended_at.is_(None))
        .order_by(RoleGrant.id)
        .with_for_update()
    ).all()
    today = clock.today(Installation())
    lasting = [row for row in administrators if row.id != grant.id and row.until_on is None and valid_on(row, today)]
    if not any(other.person.joined_at for other in lasting):
        raise RuleBroken(N_("This is the last administrator without a last day. Give the role to somebody else first."))


def _detail(person: Person, given: AskedRole) -> dict[str, str | None]:
    return {
        "person": person.name,
        "role": given.role.label,
        "fund": given.fund.code if given.fund else None,
        "organisation": given.organisation.short_name if given.organisation else None,
        "office": given.office.name if given.office else None,
        "from_on": given.from_on.isoformat(),
        "until_on": given.until_on.isoformat() if given.until_on else None,
    }
