"""Which notices come by mail: a table of kinds the rooms fill, and what each person chose of it.

A kind is on until somebody turns it off. What keeps an account safe is no notice: it is not in the table and always
sent. People are asked twice: when a notice is posted, so that a page can say beforehand how many mails go out, and
again when it is sent, so that nothing comes after it was turned off.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from mptf.core import audit, mail
from mptf.core.db import db
from mptf.core.errors import N_, NotAllowed
from mptf.people.models import NoticePreference, Person
from mptf.policy import HeldRole, Role, Viewer

audit.tell({"person.notices_chosen": N_("chose which notices come by mail")})


@dataclass(frozen=True)
class Notice:
    """A kind of mail somebody may do without: what it tells, to whom it may come."""

    kind: str
    told: str
    roles: frozenset[Role]


TABLE: dict[str, Notice] = {}


def offer(*notices: Notice) -> None:
    """Put the notices of a room into the table."""
    for notice in notices:
        if notice.kind in TABLE:
            raise ValueError(f"offered twice: {notice.kind}")
        TABLE[notice.kind] = notice


def offered_to(held: Iterable[HeldRole]) -> Sequence[Notice]:
    """Return the notices that may come to somebody who holds these roles, as the rooms offer them."""
    roles = {one.role for one in held}
    return [notice for notice in TABLE.values() if notice.roles & roles]


def wanting(kind: str, person_ids: Iterable[int]) -> list[int]:
    """Return those of these people, each once, to whom a kind of notice may come by mail."""
    off = select(NoticePreference.person_id).where(NoticePreference.kind == kind, NoticePreference.by_mail.is_(False))
    return sorted(set(person_ids) - set(db.session.scalars(off)))


def who_want(kind: str, people: Iterable[Person]) -> list[Person]:
    """Return those of these people to whom a kind of notice may come by mail, in their order."""
    told = list(people)
    wanted = set(wanting(kind, (person.id for person in told)))
    return [person for person in told if person.id in wanted]


def wants(person_id: int, kind: str) -> bool:
    """Tell whether a mail may come to somebody; what is in no table of notices always may."""
    if kind not in TABLE:
        return True
    chosen = db.session.get(NoticePreference, (person_id, kind))
    return chosen is None or chosen.by_mail


def post(kind: str, person_ids: Iterable[int], *, subject_id: str, fund_id: int) -> int:
    """Post a notice to those of these people who want its kind; return how many."""
    told = wanting(kind, person_ids)
    for person_id in told:
        mail.post(kind, subject_id=subject_id, to_person_id=person_id, fund_id=fund_id)
    return len(told)


def choices_of(person_id: int) -> Mapping[str, bool]:
    """Return what somebody chose, by kind."""
    mine = select(NoticePreference).where(NoticePreference.person_id == person_id)
    return {row.kind: row.by_mail for row in db.session.scalars(mine)}


def choose(person: Person, wanted: Collection[str], offered: Iterable[Notice], *, by: Viewer) -> bool:
    """Keep which of the offered notices somebody wants by mail; return whether that changed anything."""
    if by.id != person.id:
        raise NotAllowed
    before = choices_of(person.id)
    changed = [one for one in offered if before.get(one.kind, True) != (one.kind in wanted)]
    for notice in changed:
        db.session.merge(
            NoticePreference(person_id=person.id, kind=notice.kind, by_mail=notice.kind in wanted)
        )  # fmt: skip
    if changed:
        audit.record(
            "person.notices_chosen", person, by=by,
            turned_on=[one.told for one in changed if one.kind in wanted],
            turned_off=[one.told for one in changed if one.kind not in wanted],
        )  # fmt: skip
        db.session.flush()
    return bool(changed)
