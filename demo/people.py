"""The invented people of the demonstration who can sign in: one for each role, and of officers one for each office."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pyotp import TOTP
from sqlalchemy import select

from mptf.core import clock
from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.organisations.models import Office, Organisation
from mptf.people import queries as people_queries
from mptf.people import service as people
from mptf.people.models import AskedRole, Person
from mptf.policy import Role, Viewer
from mptf.signin import door, factors, service

SLW, REGIONAL = "SLW00", "UNDP-FW"
EVER_SINCE = datetime(2019, 3, 15, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Somebody:
    """One invented person: a role in one fund or several, held for an organisation or office where the role asks so.

    `number` tells those of one role apart, in the name and the address.
    """

    role: Role
    name: str
    organisation: str | None = None
    funds: tuple[str, ...] = (SLW,)
    office: str | None = None
    number: int = 1

    @property
    def email(self) -> str:
        """The address, under a domain that belongs to nobody."""
        return f"{self.role.value.replace('_', '.')}{_from_the_second(self.number)}@example.org"

    @property
    def told(self) -> str:
        """What the operator's screen says of the person: the role, and a number from the second who holds it."""
        return f"{self.role.label} {_from_the_second(self.number)}".strip()


def _from_the_second(number: int) -> str:
    return str(number) if number > 1 else ""


def _officer(number: int, office: str) -> Somebody:
    return Somebody(Role.PUNO_OFFICER, f"Demo PUNO Officer {number}", office=office, number=number)


ADMINISTRATOR = Somebody(Role.ADMINISTRATOR, "Demo Administrator 1", funds=())
OFFICER = Somebody(Role.SECRETARIAT_OFFICER, "Demo Officer 1", funds=(SLW, REGIONAL))
HEAD = Somebody(Role.SECRETARIAT_HEAD, "Demo Head 1", funds=(SLW, REGIONAL))
AGENT = Somebody(Role.ADMINISTRATIVE_AGENT, "Demo Agent 1", "MPTF Office")
# Two colleagues of one office, who write together, and one of each other office.
APPLICANT, COLLEAGUE = _officer(1, "UNDP Albania"), _officer(2, "UNDP Albania")
OFFICERS = (
    APPLICANT,
    COLLEAGUE,
    _officer(3, "UNODC Regional"),
    _officer(4, "UNDP Bosnia and Herzegovina"),
    _officer(5, "UNDP Kosovo*"),
    _officer(6, "UNDP Montenegro"),
    _officer(7, "UNDP North Macedonia"),
    _officer(8, "UNDP Serbia"),
)
OTHERS = (
    Somebody(Role.COMMITTEE_CHAIR, "Demo Chair 1", "UNDP"),
    Somebody(Role.COMMITTEE_MEMBER, "Demo Member 1", "UNODC"),
    Somebody(Role.TECHNICAL_REVIEWER, "Demo Reviewer 1"),
    *OFFICERS,
    Somebody(Role.PUNO_CERTIFIER, "Demo Certifier 1", "UNDP"),
    Somebody(Role.DONOR_VIEWER, "Demo Donor 1", "Sweden"),
    Somebody(Role.AUDITOR, "Demo Auditor 1", funds=(SLW, REGIONAL)),
)
EVERYBODY = (ADMINISTRATOR, OFFICER, HEAD, AGENT, *OTHERS)


def let_in_administrator() -> Viewer:
    """Make the first administrator as an operator would."""
    invitation, _ = service.create_first_administrator(ADMINISTRATOR.name, ADMINISTRATOR.email)
    return _joined(
        service.accept_invitation(invitation, password_hash=_hash(ADMINISTRATOR), short=False), ADMINISTRATOR
    )


def let_in(somebody: Somebody, *, by: Viewer) -> Viewer:
    """Invite a person, give the roles, and do what the person does with the invitation."""
    person = people.add_person(name=somebody.name, email=somebody.email, by=by)
    holder = db.session.scalars(select(Organisation).filter_by(short_name=somebody.organisation)).first()
    office = db.session.scalars(select(Office).filter_by(name=somebody.office)).first()
    for code in somebody.funds:
        fund = db.session.scalars(select(Fund).filter_by(code=code)).one()
        asked = AskedRole(somebody.role, clock.today(fund), fund=fund, organisation=holder, office=office)
        people.give_role(person, asked, by=by)
    invitation = service.invite(person, by=by)
    service.accept_invitation(invitation, password_hash=_hash(somebody), short=False)
    return _joined(person, somebody)


def viewer_of(somebody: Somebody) -> Viewer:
    """Return an invented person as the services know somebody signed in."""
    return people_queries.viewer_of(db.session.scalars(select(Person.id).filter_by(email=somebody.email)).one())


def sign_ins() -> list[tuple[str, str, str]]:
    """Return role, address and password of everybody, for the operator's screen."""
    return [(somebody.told, somebody.email, password(somebody)) for somebody in EVERYBODY]


def password(somebody: Somebody) -> str:
    """Return the password of this installation, long enough to do alone; another installation has another one."""
    return door.keys().name("demo password", somebody.email)[:16]


def _joined(person: Person, somebody: Somebody) -> Viewer:
    """Set up the second factor where the role asks for one."""
    if somebody.role.needs_second_factor:
        seed = factors.seed_for(door.keys(), person, person.public_id)
        code = TOTP(door.keys().totp_secret(seed)).at(clock.now())
        factors.set_up(person, keys=door.keys(), seed=seed, code=code, by=person)
    return viewer_of(somebody)


def _hash(somebody: Somebody) -> str:
    return door.hasher().hash(password(somebody))
