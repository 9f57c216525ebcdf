"""Sessions, invitations, passwords and resets.

An administrator acts on everybody, a person (`by` may then be the Person, who has no rights yet while
signing in) on the own account alone, and `by=None` is the installation itself.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, or_, select, update

from mptf.core import audit, clock, mail
from mptf.core.changes import first_to_set
from mptf.core.clock import Installation
from mptf.core.db import aside, db
from mptf.core.errors import N_, NotAllowed, RuleBroken
from mptf.people import service as people
from mptf.people.models import AskedRole, Person, RoleGrant
from mptf.people.queries import find_by_email, roles_of
from mptf.policy import Permission, Role, Viewer, require
from mptf.signin import queries
from mptf.signin.keys import digest, new_token
from mptf.signin.models import Credential, FactorKind, Invitation, PasswordReset, ResetAsked, SigninSession

SEEN_EVERY = timedelta(minutes=5)
HALF_LASTS = timedelta(minutes=10)
INVITATION_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(hours=1)


audit.tell(
    {
        "invitation.made": N_("invited {person}"),
        "invitation.withdrawn": N_("withdrew the invitation of {person}"),
        "invitation.accepted": N_("accepted the invitation"),
        "password.passed": N_("gave the right password"),
        "password.changed": N_("changed the password"),
        "session.opened": N_("signed in"),
        "session.ended": N_("ended a session"),
        "role.chosen": N_("chose to work as {role}"),
        "reset.asked": N_("sent {person} a link to a new password"),
    },
    names={"signin_session": N_("session"), "second_factor": N_("second factor")},
    values={"session.second_factor": FactorKind},
)


class FirstAdministrator(NamedTuple):
    """The invitation of the first administrator, and whose earlier ones ended with it."""

    invitation: Invitation
    uninvited: Sequence[Person]


def open_session(
    person: Person,
    *,
    lasts: timedelta,
    half: bool = False,
    second_factor: bool = False,
    agent: str = "",
    address: str = "",
) -> tuple[SigninSession, str]:
    """Open a session; return it and the token for the cookie, which is kept nowhere.

    A half one waits ten minutes for its second factor.
    """
    token, now = new_token(), clock.now()
    session = SigninSession(
        person_id=person.id,
        token_hash=digest(token),
        created_at=now,
        last_seen_at=now,
        expires_at=now + (HALF_LASTS if half else lasts),
        second_factor_at=now if second_factor else None,
        agent=agent[:200],
        address=address[:45],
    )
    db.session.add(session)
    db.session.flush()
    audit.record("password.passed" if half else "session.opened", session, by=person, address=session.address)
    return session, token


def pass_second_factor(session: SigninSession, factor: FactorKind, *, lasts: timedelta) -> str:
    """Make a session that passed only the password a whole one, under a new token; the log says by which factor."""
    now = clock.now()
    session.second_factor_at = session.last_seen_at = now
    session.expires_at = now + lasts
    audit.record("session.opened", session, by=session.person, address=session.address, second_factor=factor.value)
    return _renew_token(session)


def _renew_token(session: SigninSession) -> str:
    """Give a session another token: every copy of its cookie is dead."""
    token = new_token()
    session.token_hash = digest(token)
    return token


def own_or_administrator(person_id: int, by: Viewer | Person) -> None:
    """Refuse to act on somebody else's account, but for an administrator."""
    if by.id != person_id:
        require(by if isinstance(by, Viewer) else None, Permission.PEOPLE_EDIT)


def end_session(session: SigninSession, *, by: Viewer | Person) -> None:
    """End one session; its cookie is dead at the next request."""
    own_or_administrator(session.person_id, by)
    if first_to_set(session, "ended_at"):
        audit.record("session.ended", session, by=by)


def end_all_sessions(person: Person, *, by: Viewer | Person, but: str | None = None) -> int:
    """End every session of a person, but the one with this public id; return how many."""
    own_or_administrator(person.id, by)
    living = db.session.scalars(
        select(SigninSession).where(
            SigninSession.person_id == person.id,
            SigninSession.ended_at.is_(None),
            SigninSession.expires_at > clock.now(),
        )
    )
    ended = [session for session in living if session.public_id != but]
    for session in ended:
        end_session(session, by=by)
    return len(ended)


def keep_alone(session: SigninSession) -> str:
    """End every other session of its owner, and let this one go on under a new token, which is returned (SES-1)."""
    end_all_sessions(session.person, by=session.person, but=session.public_id)
    return _renew_token(session)


def end_everything(connection: Connection) -> tuple[int, int]:
    """End every session and stop every link of the installation; return how many of each were open."""
    now = clock.now()
    open_sessions = SigninSession.ended_at.is_(None) & (SigninSession.expires_at > now)
    ended = update(SigninSession).where(open_sessions).values(ended_at=now).returning(SigninSession.id)
    sessions = len(connection.execute(ended).all())
    links = 0
    for kind in (Invitation, PasswordReset):
        still_open = kind.used_at.is_(None) & kind.withdrawn_at.is_(None) & (kind.expires_at > now)
        stopped = update(kind).where(still_open).values(withdrawn_at=now).returning(kind.id)
        links += len(connection.execute(stopped).all())
    connection.execute(delete(ResetAsked))
    return sessions, links


def choose_role(session: SigninSession, grant: RoleGrant | None) -> None:
    """Work in one of one's roles from now on."""
    if grant is not None and grant.person_id != session.person_id:
        raise NotAllowed
    session.chosen_grant_id = grant.id if grant else None
    audit.record("role.chosen", session, by=session.person, role=grant.role.label if grant else "")


def seen(session: SigninSession) -> None:
    """Note that a session is in use, at most every five minutes, beside the request's own transaction."""
    now = clock.now()
    if now - session.last_seen_at < SEEN_EVERY:
        return
    with aside() as connection:
        connection.execute(update(SigninSession).where(SigninSession.id == session.id).values(last_seen_at=now))


def waits(person: Person) -> bool:
    """Tell whether a role is held or planned, so that an invitation leads somewhere."""
    roles = roles_of(person)
    return bool(roles.held or roles.coming)


def invite(person: Person, *, by: Viewer | None) -> Invitation:
    """Invite somebody who never chose a password; an earlier invitation stops working. Sends no mail."""
    if by is not None:
        require(by, Permission.PEOPLE_EDIT)
    people.lock(person.id)
    db.session.refresh(person, ["joined_at"])
    if person.joined_at is not None:
        raise RuleBroken(N_("{name} has an account already."), name=person.name)
    if not waits(person):
        raise RuleBroken(N_("Give {name} a role first."), name=person.name)
    _withdraw_open(person)
    now = clock.now()
    invitation = Invitation(
        person_id=person.id,
        nonce=new_token(),
        created_at=now,
        expires_at=now + INVITATION_LASTS,
        invited_by_id=by.id if by else None,
    )
    db.session.add(invitation)
    db.session.flush()
    audit.record("invitation.made", invitation, by=by, person=person.name)
    return invitation


def welcome(*, name: str, email: str, wanted: AskedRole, by: Viewer) -> Person:
    """Give whoever has this address a role, and write to them: an invitation, or a note to who has an account.

    A person invited before gets the role too, and a new invitation.
    """
    require(by, Permission.PEOPLE_EDIT)
    person = find_by_email(email) or people.add_person(name=name, email=email, by=by)
    people.give_role(person, wanted, by=by, tell=True)
    if person.joined_at is None:
        send_invitation(invite(person, by=by))
    return person


def send_invitation(invitation: Invitation) -> None:
    """Send an invitation by mail; the link is written when the mail is."""
    mail.post("invitation", subject_id=invitation.public_id, to_person_id=invitation.person_id)


def withdraw_invitation(person: Person, *, by: Viewer) -> None:
    """Stop a person's open invitation, and end the roles that waited for it."""
    require(by, Permission.PEOPLE_EDIT)
    people.lock(person.id)
    db.session.refresh(person, ["joined_at"])
    if person.joined_at is not None:
        raise RuleBroken(N_("{name} has accepted the invitation. End the roles one by one."), name=person.name)
    for invitation in _withdraw_open(person):
        audit.record("invitation.withdrawn", invitation, by=by, person=person.name)
    for grant in person.grants:
        people.end_role(grant, by=by)


def create_first_administrator(name: str, email: str) -> FirstAdministrator:
    """Make the first administrator of an installation, who still has to choose a password (AUTH-5).

    Asked again before that, it makes a new invitation for the same address; who was invited at another one, perhaps
    a stranger's, is so no longer. An installation with an administrator is refused: that one invites the others.
    """
    holders = db.session.scalars(
        select(Person)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(
            RoleGrant.role == Role.ADMINISTRATOR,
            RoleGrant.ended_at.is_(None),
            or_(RoleGrant.until_on.is_(None), RoleGrant.until_on >= clock.today(Installation())),
        )
    ).all()
    for holder in holders:
        people.lock(holder.id)
        db.session.refresh(holder, ["joined_at"])
        if holder.joined_at:
            raise RuleBroken(N_("There is an administrator already, who can invite others on the page People."))
    person = find_by_email(email)
    if person is None:
        person = people.add_person(name=name, email=email, by=None)
    others = [holder for holder in holders if holder is not person]
    for other in others:
        _uninvite_administrator(other)
    if person not in holders:
        today = clock.today(Installation())
        people.give_role(person, AskedRole(Role.ADMINISTRATOR, today), by=None)
    return FirstAdministrator(invite(person, by=None), others)


def _uninvite_administrator(person: Person) -> None:
    """Stop the link and end the role of who was to be the administrator and never came."""
    for invitation in _withdraw_open(person):
        audit.record("invitation.withdrawn", invitation, by=None, person=person.name)
    for grant in person.grants:
        if grant.role is Role.ADMINISTRATOR:
            people.end_role(grant, by=None)


def ask_for_reset(email: str) -> None:
    """Note that somebody wants the way back; the answer takes as long for an address nobody has (AUTH-4)."""
    db.session.add(ResetAsked(email=email))


def answer_reset() -> bool:
    """Send the way back that was asked for first, if anybody has that address; return whether one was waiting."""
    waiting = select(ResetAsked).order_by(ResetAsked.id).limit(1).with_for_update(skip_locked=True)
    asked = db.session.scalars(waiting).first()
    if asked is None:
        return False
    db.session.delete(asked)
    if person := find_by_email(asked.email):
        _send_reset(person)
    return True


def _send_reset(person: Person) -> None:
    """Send the way back, or the invitation again to who has no password yet."""
    if person.joined_at is None:
        _remind(person)
        return
    now = clock.now()
    reset = PasswordReset(person_id=person.id, nonce=new_token(), created_at=now, expires_at=now + RESET_LASTS)
    db.session.add(reset)
    db.session.flush()
    audit.record("reset.asked", reset, by=None, person=person.name)
    mail.post("password_reset", subject_id=reset.public_id, to_person_id=person.id)


def accept_invitation(invitation: Invitation, *, password_hash: str, short: bool) -> Person:
    """Give an invited person a password; the link has done its work."""
    person = invitation.person
    people.lock(person.id)
    _use(invitation)
    if queries.password_changed_at(person.id):
        raise RuleBroken(N_("You have an account already. Sign in with your password."))
    db.session.add(Credential(person_id=person.id, password_hash=password_hash, short=short))
    person.joined_at = clock.now()
    _withdraw_open(person)
    audit.record("invitation.accepted", invitation, by=person, person=person.name)
    return person


def accept_reset(reset: PasswordReset, *, password_hash: str, short: bool) -> Person:
    """Give a person a new password through a mailed link; every session and other link ends."""
    _use(reset)
    change_password(reset.person, password_hash=password_hash, short=short)
    end_all_sessions(reset.person, by=reset.person)
    return reset.person


def change_password(person: Person, *, password_hash: str, short: bool) -> None:
    """Replace a person's password; links to reset it end, and the person is told.

    The caller ends what the old one opened: every session, or every other one (`keep_alone`).
    """
    credential = db.session.scalars(select(Credential).filter_by(person_id=person.id)).one()
    credential.password_hash, credential.short, credential.changed_at = password_hash, short, clock.now()
    audit.record("password.changed", credential, by=person, person=person.name)
    db.session.execute(
        update(PasswordReset)
        .where(PasswordReset.person_id == person.id, PasswordReset.used_at.is_(None))
        .values(withdrawn_at=clock.now())
    )
    mail.post("password_changed", subject_id=credential.public_id, to_person_id=person.id)


def still_has(person_id: int, password_hash: str) -> bool:
    """Tell whether a person's password is the one that was checked, and keep it so until this unit of work ends."""
    stands = select(Credential.password_hash).filter_by(person_id=person_id).with_for_update()
    return db.session.scalar(stands) == password_hash


def rehash(person_id: int, password_hash: str) -> None:
    """Keep the same password under today's costs."""
    db.session.execute(update(Credential).where(Credential.person_id == person_id).values(password_hash=password_hash))


def _remind(person: Person) -> None:
    waiting = select(Invitation).filter_by(person_id=person.id).order_by(Invitation.id.desc()).limit(1)
    invitation = db.session.scalars(waiting).first()
    if invitation and invitation.open:
        send_invitation(invitation)


def _withdraw_open(person: Person) -> list[Invitation]:
    now = clock.now()
    open_ones = [row for row in db.session.scalars(select(Invitation).filter_by(person_id=person.id)) if row.open]
    for row in open_ones:
        row.withdrawn_at = now
    return open_ones


def _use(link: Invitation | PasswordReset) -> None:
    """Take a link that works once; of two at the same time one is too late."""
    kind = type(link)
    taken = db.session.execute(
        update(kind)
        .where(kind.id == link.id, kind.used_at.is_(None), kind.withdrawn_at.is_(None))
        .values(used_at=clock.now())
        .returning(kind.id)
    ).first()
    if taken is None or link.expires_at <= clock.now():
        raise RuleBroken(N_("This link no longer works. Ask for a new one."))
