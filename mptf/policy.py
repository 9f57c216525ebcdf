"""Who may do what: roles, permissions and one table between them; closed unless a row opens it."""

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mptf.core.errors import N_, NotAllowed
from mptf.core.status import Labelled


class Role(Labelled):
    """What a person is in one fund; the administrator is it in the whole installation."""

    ADMINISTRATOR = "administrator", N_("Administrator")
    SECRETARIAT_OFFICER = "secretariat_officer", N_("Secretariat officer")
    SECRETARIAT_HEAD = "secretariat_head", N_("Secretariat head")
    COMMITTEE_MEMBER = "committee_member", N_("Committee seat holder")
    COMMITTEE_CHAIR = "committee_chair", N_("Committee chair")
    TECHNICAL_REVIEWER = "technical_reviewer", N_("Technical reviewer")
    PUNO_OFFICER = "puno_officer", N_("PUNO officer")
    PUNO_CERTIFIER = "puno_certifier", N_("PUNO certifier")
    DONOR_VIEWER = "donor_viewer", N_("Donor viewer")
    ADMINISTRATIVE_AGENT = "administrative_agent", N_("Administrative Agent")
    AUDITOR = "auditor", N_("Auditor")

    @property
    def of_installation(self) -> bool:
        """Whether the role is held in the installation, not in a fund."""
        return self is Role.ADMINISTRATOR

    @property
    def of_organisation(self) -> bool:
        """Whether the role is held for an organisation."""
        return self in _FOR_AN_ORGANISATION

    @property
    def of_office(self) -> bool:
        """Whether the role is held for one office of an organisation."""
        return self is Role.PUNO_OFFICER

    @property
    def needs_second_factor(self) -> bool:
        """Whether the role may not be used with a password alone (DOMAIN: roles; AUTH-2)."""
        return self not in (Role.TECHNICAL_REVIEWER, Role.DONOR_VIEWER)


_FOR_AN_ORGANISATION = frozenset(
    {
        Role.COMMITTEE_MEMBER,
        Role.COMMITTEE_CHAIR,
        Role.PUNO_OFFICER,
        Role.PUNO_CERTIFIER,
        Role.DONOR_VIEWER,
        Role.ADMINISTRATIVE_AGENT,
    }
)


class Permission(enum.Enum):
    """What can be done; the value says it in a sentence."""

    OWN_ACCOUNT = N_("See and change one's own sign-in, sessions and roles")

    INSTALLATION_VIEW = N_("Open the home page of the installation")
    FUND_VIEW = N_("Open the fund's home page")
    FUND_CREATE = N_("Add a fund to the installation")
    SETTINGS_VIEW = N_("Read the fund's settings, rates and calendar")
    SETTINGS_EDIT = N_("Change the fund's settings from a date")
    RATES_EDIT = N_("Type and import exchange rates")
    CALENDAR_EDIT = N_("Keep the fund's holidays")
    WINDOWS_EDIT = N_("Add, rename and end the windows of the fund")
    ORGANISATIONS_VIEW = N_("Read the organisations of the installation")
    ORGANISATIONS_EDIT = N_("Add and change organisations, offices and jurisdictions")

    PEOPLE_VIEW = N_("See who holds which role")
    PEOPLE_EDIT = N_("Invite people, give and end roles")
    AUDIT_VIEW = N_("Read the audit log")

    LEDGER_VIEW = N_("Read the fund's ledger")
    LEDGER_EXPORT = N_("Take the fund's whole books away as a file")
    BOOKS_PREPARE = N_("Ask for the closing of months")
    REVERSALS_ASK = N_("Ask for the reversal of what was recorded, and take the request back")
    BOOKS_APPROVE = N_("Approve reversals and closings somebody else asked for")
    CONTRIBUTIONS_VIEW = N_("Read pledges, agreements and deposits")
    CONTRIBUTIONS_RECORD = N_("Record pledges, agreements and advised deposits")
    STATUS_VIEW = N_("Read the fund's funding status and take it away as a file")
    REPORTED_VIEW = N_("Read what participating organisations reported as spent")
    REPORTED_IMPORT = N_("Import reported figures")
    DEPOSITS_CONFIRM = N_("Confirm deposits, and what was taken back, for the Administrative Agent")
    CASH_VIEW = N_("Read transfers, refunds, interest, direct costs and charges")
    CASH_RECORD = N_("Record advised cash documents that are no deposit")
    CASH_IMPORT = N_("Import a list of cash documents")
    CLAIMS_VIEW = N_("Read what was approved of the fund's cash, and what is available to allocate")
    DIRECT_COSTS_RECORD = N_("Record direct costs that were approved, and reduce them")

    STATEMENTS_VIEW = N_("Read contribution statements and the documents beside them")
    STATEMENTS_ISSUE = N_("Issue contribution statements")
    STATEMENT_DOCUMENTS_KEEP = N_("Upload and withdraw certified statements and annual reports for contributors")
    RECONCILIATION_VIEW = N_("Read the Administrative Agent’s lists beside our books")
    RECONCILIATION_EDIT = N_("Import the Administrative Agent’s lists and settle differences")
    DOCUMENTS_ATTACH = N_("Attach documents to what is recorded, and withdraw them")
    DOCUMENTS_WITHDRAWN_VIEW = N_("Read documents that were withdrawn, with the reason")

    FRAMEWORK_VIEW = N_("Read the goals and KPIs the fund serves")
    FRAMEWORK_EDIT = N_("Add frameworks and import the official texts of their goals and KPIs")

    CALLS_VIEW = N_("Read calls for proposals")
    CALLS_EDIT = N_("Draft calls, answer questions on them and amend them")
    CALLS_PUBLISH = N_("Publish and cancel calls")
    QUESTIONS_ASK = N_("Ask questions on calls for one's office")

    PROPOSALS_VIEW = N_("Read proposals")
    PROPOSALS_START = N_("Start proposals for one's office")
    PROPOSALS_JOIN = N_("Say who works on a proposal of one's office, oneself included")
    PROPOSALS_WRITE = N_("Write the parts of a proposal")
    DRAFTS_VIEW = N_("Read the parts of a proposal while they are written, and their versions")
    PROPOSALS_SUBMIT = N_("Submit and withdraw a proposal of one's office")
    PROPOSALS_SCREEN = N_("Screen what was submitted: return parts, admit it, declare it ineligible")

    OPINIONS_VIEW = N_("Read what SALW Commissions say of submitted proposals")
    OPINIONS_RECORD = N_("Record what SALW Commissions say of submitted proposals, and correct it")

    GATEWAY_VIEW = N_("Read the figures published by the Gateway")
    GATEWAY_IMPORT = N_("Upload and import a Gateway extract")
    REPORTS_VIEW = N_("Preview reports and export them")
    PUBLIC_PAGE_VIEW = N_("See what the fund's public page rests on")
    PUBLIC_PAGE_EDIT = N_("Publish and withdraw figures on the fund's public page")


@dataclass(frozen=True)
class HeldRole:
    """One role a person holds today; `fund_id` is None for the installation."""

    grant_id: str
    role: Role
    fund_id: int | None = None
    organisation_id: int | None = None
    office_id: int | None = None


@dataclass(frozen=True)
class Viewer:
    """A person who is signed in, with the roles held today and the one chosen in the menu."""

    id: int
    public_id: str
    name: str
    held: tuple[HeldRole, ...] = ()
    chosen: HeldRole | None = field(default=None)

    def role_in(self, fund_id: int | None) -> HeldRole | None:
        """Return the role that counts in a fund: the chosen one, else the first held there.

        A role in the installation counts in every fund where the person holds no other.
        """
        if self.chosen and self.chosen.fund_id in (fund_id, None):
            return self.chosen
        here = [held for held in self.held if held.fund_id == fund_id]
        everywhere = [held for held in self.held if held.fund_id is None]
        return next(iter(here + everywhere), None)


class Realm:
    """Where roles are held and objects belong, such as a fund; no object in particular."""


@dataclass(frozen=True)
class Everything:
    """A permission reaches every object of its place."""


@dataclass(frozen=True)
class Own:
    """A permission reaches what belongs to one organisation alone."""

    organisation_id: int


@dataclass(frozen=True)
class Opened:
    """A permission reaches the objects that say of themselves that they are open to somebody (`open_to`)."""


@dataclass(frozen=True)
class Nothing:
    """A permission reaches no object."""


Reach = Everything | Own | Opened | Nothing


@dataclass(frozen=True)
class Clause:
    """Roles that hold a permission, and how far it reaches for somebody who holds one of them."""

    roles: frozenset[Role]
    reach: Callable[[HeldRole], Reach]


def everything(_held: HeldRole) -> Reach:
    """Reach every object."""
    return Everything()


def own_organisation(held: HeldRole) -> Reach:
    """Reach the objects of the organisation the role is held for."""
    return Nothing() if held.organisation_id is None else Own(held.organisation_id)


def what_is_open(_held: HeldRole) -> Reach:
    """Reach the objects that are open to the person."""
    return Opened()


def _may(*roles: Role, reach: Callable[[HeldRole], Reach] = everything) -> Clause:
    return Clause(frozenset(roles), reach)


SECRETARIAT = (Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD)
_MONEY_READERS = (*SECRETARIAT, Role.ADMINISTRATIVE_AGENT, Role.AUDITOR)
_OF_A_FUND = tuple(role for role in Role if not role.of_installation)
_BESIDE_THE_SECRETARIAT = tuple(role for role in _OF_A_FUND if role not in SECRETARIAT)
_COMMITTEE = (Role.COMMITTEE_MEMBER, Role.COMMITTEE_CHAIR)

GRANTS: dict[Permission, tuple[Clause, ...]] = {
    Permission.OWN_ACCOUNT: (),  # everybody signed in, with or without a role: see `can`
    Permission.INSTALLATION_VIEW: (_may(Role.ADMINISTRATOR),),
    Permission.FUND_VIEW: (_may(*Role),),
    Permission.FUND_CREATE: (_may(Role.ADMINISTRATOR),),
    Permission.SETTINGS_VIEW: (_may(Role.ADMINISTRATOR, *_MONEY_READERS),),
    Permission.SETTINGS_EDIT: (_may(Role.ADMINISTRATOR),),
    Permission.RATES_EDIT: (_may(*SECRETARIAT),),
    Permission.CALENDAR_EDIT: (_may(Role.ADMINISTRATOR, *SECRETARIAT),),
    Permission.WINDOWS_EDIT: (_may(*SECRETARIAT),),
    Permission.ORGANISATIONS_VIEW: (_may(Role.ADMINISTRATOR, *SECRETARIAT),),
    Permission.ORGANISATIONS_EDIT: (_may(Role.ADMINISTRATOR),),
    Permission.PEOPLE_VIEW: (_may(Role.ADMINISTRATOR, *SECRETARIAT),),
    Permission.PEOPLE_EDIT: (_may(Role.ADMINISTRATOR),),
    Permission.AUDIT_VIEW: (_may(Role.ADMINISTRATOR, Role.AUDITOR),),
    Permission.LEDGER_VIEW: (_may(*_MONEY_READERS),),
    Permission.LEDGER_EXPORT: (_may(*SECRETARIAT, Role.AUDITOR),),
    Permission.BOOKS_PREPARE: (_may(*SECRETARIAT),),
    Permission.REVERSALS_ASK: (_may(*SECRETARIAT, Role.ADMINISTRATIVE_AGENT),),
    Permission.BOOKS_APPROVE: (_may(Role.SECRETARIAT_HEAD, Role.ADMINISTRATIVE_AGENT),),
    Permission.CONTRIBUTIONS_VIEW: (_may(*_MONEY_READERS), _may(Role.DONOR_VIEWER, reach=own_organisation)),
    Permission.CONTRIBUTIONS_RECORD: (_may(*SECRETARIAT),),
    Permission.STATUS_VIEW: (_may(*_MONEY_READERS),),
    Permission.REPORTED_VIEW: (_may(*_MONEY_READERS),),
    Permission.REPORTED_IMPORT: (_may(*SECRETARIAT),),
    Permission.DEPOSITS_CONFIRM: (_may(Role.ADMINISTRATIVE_AGENT),),
    Permission.CASH_VIEW: (_may(*_MONEY_READERS),),
    Permission.CASH_RECORD: (_may(*SECRETARIAT),),
    Permission.CASH_IMPORT: (_may(*SECRETARIAT, Role.ADMINISTRATIVE_AGENT),),
    Permission.CLAIMS_VIEW: (_may(*_MONEY_READERS),),
    Permission.DIRECT_COSTS_RECORD: (_may(*SECRETARIAT),),
    Permission.STATEMENTS_VIEW: (_may(*_MONEY_READERS), _may(Role.DONOR_VIEWER, reach=own_organisation)),
    Permission.STATEMENTS_ISSUE: (_may(Role.SECRETARIAT_HEAD),),
    Permission.STATEMENT_DOCUMENTS_KEEP: (_may(*SECRETARIAT),),
    Permission.RECONCILIATION_VIEW: (_may(*_MONEY_READERS),),
    Permission.RECONCILIATION_EDIT: (_may(*SECRETARIAT),),
    Permission.DOCUMENTS_ATTACH: (_may(*SECRETARIAT, Role.ADMINISTRATIVE_AGENT),),
    Permission.DOCUMENTS_WITHDRAWN_VIEW: (_may(*_MONEY_READERS),),
    Permission.FRAMEWORK_VIEW: (_may(*_OF_A_FUND),),
    Permission.FRAMEWORK_EDIT: (_may(*SECRETARIAT),),
    Permission.CALLS_VIEW: (_may(*SECRETARIAT), _may(*_BESIDE_THE_SECRETARIAT, reach=what_is_open)),
    Permission.CALLS_EDIT: (_may(*SECRETARIAT),),
    Permission.CALLS_PUBLISH: (_may(Role.SECRETARIAT_HEAD),),
    Permission.QUESTIONS_ASK: (_may(Role.PUNO_OFFICER),),
    Permission.PROPOSALS_VIEW: (_may(*SECRETARIAT, Role.PUNO_OFFICER, reach=what_is_open),),
    Permission.PROPOSALS_START: (_may(Role.PUNO_OFFICER),),
    Permission.PROPOSALS_JOIN: (_may(Role.PUNO_OFFICER, reach=what_is_open),),
    Permission.PROPOSALS_WRITE: (_may(Role.PUNO_OFFICER, reach=what_is_open),),
    Permission.DRAFTS_VIEW: (_may(Role.PUNO_OFFICER, reach=what_is_open),),
    Permission.PROPOSALS_SUBMIT: (_may(Role.PUNO_OFFICER, reach=what_is_open),),
    Permission.PROPOSALS_SCREEN: (_may(*SECRETARIAT, reach=what_is_open),),
    Permission.OPINIONS_VIEW: (_may(*SECRETARIAT, reach=what_is_open),),
    Permission.OPINIONS_RECORD: (_may(*SECRETARIAT, reach=what_is_open),),
    Permission.GATEWAY_VIEW: (_may(*_MONEY_READERS),),
    Permission.GATEWAY_IMPORT: (_may(*SECRETARIAT),),
    Permission.REPORTS_VIEW: (_may(*_MONEY_READERS, *_COMMITTEE),),
    Permission.PUBLIC_PAGE_VIEW: (_may(*SECRETARIAT),),
    Permission.PUBLIC_PAGE_EDIT: (_may(Role.SECRETARIAT_HEAD),),
}


def can(viewer: Viewer | None, permission: Permission, on: Any = None) -> bool:
    """Tell whether a person may do something to an object, a fund, or (None) in the installation.

    The object's `fund_id` says where; an object without one belongs to the installation. A fund is open
    where the permission reaches anything in it; a list shows how far (`reach`).
    """
    if viewer is None:
        return False
    if permission is Permission.OWN_ACCOUNT:
        return on is None or getattr(on, "person_id", None) == viewer.id
    reached = reach(viewer, permission, getattr(on, "fund_id", None))
    if isinstance(reached, Own) and on is not None and not isinstance(on, Realm):
        return getattr(on, "organisation_id", None) == reached.organisation_id
    if isinstance(reached, Opened) and on is not None and not isinstance(on, Realm):
        held = viewer.role_in(on.fund_id)
        return held is not None and bool(on.open_to(viewer, held, permission))
    return not isinstance(reached, Nothing)


def reach(viewer: Viewer, permission: Permission, fund_id: int | None) -> Reach:
    """Return how far a permission reaches for a person in a fund, or (None) in the installation; lists stand on it."""
    held = viewer.role_in(fund_id)
    if held is None:
        return Nothing()
    clauses = (clause for clause in GRANTS[permission] if held.role in clause.roles)
    return next((clause.reach(held) for clause in clauses), Nothing())


def may_hold(role: Role, permission: Permission) -> bool:
    """Tell whether a role gives a permission anywhere."""
    return any(role in clause.roles for clause in GRANTS[permission])


def require(viewer: Viewer | None, permission: Permission, on: Any = None) -> None:
    """Refuse unless `can`."""
    if not can(viewer, permission, on):
        raise NotAllowed
