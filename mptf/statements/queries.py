"""Read issued statements and contributors' documents, and who is told of them.

Money readers see every contributor's, a donor viewer its own organisation's alone; a document that names no
contributor is for all of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true
from sqlalchemy.orm import joinedload, undefer

from mptf.commitments.models import Agreement
from mptf.commitments.queries import NOT_WITHDRAWN
from mptf.core.db import db, one_of
from mptf.core.errors import N_, NotFound
from mptf.core.paging import Page, page_of
from mptf.core.remarks import Remark
from mptf.core.waiting import Findable, result_columns
from mptf.deposits.models import Deposit
from mptf.fund.models import Fund
from mptf.ledger.chart import CONTRIBUTOR_REFUNDS
from mptf.ledger.models import Account
from mptf.organisations.models import Organisation
from mptf.people import notices
from mptf.people.models import Person
from mptf.people.queries import holders
from mptf.policy import Everything, Own, Permission, Role, Viewer, can, reach
from mptf.statements.figures import Period
from mptf.statements.models import CODE_LENGTH, ContributionStatement, ContributorDocument
from mptf.statements.wording import to_know

LATEST = 6
ISSUED = "statement_issued"  # the notice that tells of one
VIEW = Permission.STATEMENTS_VIEW

LATEST_YEAR = (ContributorDocument.year.desc(), ContributorDocument.id.desc())

# Columns of the amounts, which the models show as Money.
STATEMENT = ContributionStatement.__table__.c


@dataclass(frozen=True)
class Contributor:
    """An organisation as a contributor to a fund: what permissions on its figures are asked of."""

    fund: Fund
    donor: Organisation

    @property
    def fund_id(self) -> int:
        """Where it contributes."""
        return self.fund.id

    @property
    def organisation_id(self) -> int:
        """Whose the figures are."""
        return self.donor.id


def sees_all(viewer: Viewer, fund: Fund) -> bool:
    """Tell whether a person reads the statements of every contributor."""
    return isinstance(reach(viewer, VIEW, fund.id), Everything)


def contributors(fund: Fund) -> Sequence[Organisation]:
    """Return who signed, paid, was refunded or got a statement, by short name; for who sees all."""
    return db.session.scalars(
        select(Organisation).where(_contributes(fund)).order_by(func.lower(Organisation.short_name), Organisation.id)
    ).all()


def get_contributor(viewer: Viewer, fund: Fund, public_id: str) -> Contributor:
    """Return a contributor whose figures this person may see, or raise NotFound."""
    seen = select(Organisation).where(Organisation.public_id == public_id, _whose(viewer, fund, Organisation.id))
    return Contributor(fund, one_of(seen.where(_contributes(fund)) if sees_all(viewer, fund) else seen))


def own_contributor(viewer: Viewer, fund: Fund) -> Contributor:
    """Return the contributor a donor viewer looks after, or raise NotFound."""
    reached = reach(viewer, VIEW, fund.id)
    if not isinstance(reached, Own):
        raise NotFound
    return Contributor(fund, one_of(select(Organisation).where(Organisation.id == reached.organisation_id)))


def visible(viewer: Viewer, fund: Fund) -> Select[ContributionStatement]:
    """Select the issued statements of a fund this person may see."""
    return select(ContributionStatement).where(
        ContributionStatement.fund_id == fund.id, _whose(viewer, fund, ContributionStatement.organisation_id)
    )


def statements(viewer: Viewer, fund: Fund, page: int) -> Page[ContributionStatement]:
    """Return a page of the issued statements a person may see, the latest first."""
    return page_of(_listed(visible(viewer, fund)), page)


def every_statement(fund: Fund) -> Iterator[ContributionStatement]:
    """Yield the issued statements of a fund with their figures, the oldest first, for whoever looks at the books."""
    issued = select(ContributionStatement.id).where(ContributionStatement.fund_id == fund.id)
    for key in db.session.scalars(issued.order_by(ContributionStatement.id)).all():
        # One at a time: the figures of all of them are not held.
        yield one_of(_whole(select(ContributionStatement).where(STATEMENT.id == key, STATEMENT.fund_id == fund.id)))


def latest_of(contributor: Contributor) -> Sequence[ContributionStatement]:
    """Return the latest statements issued to a contributor."""
    own = select(ContributionStatement).where(
        ContributionStatement.fund_id == contributor.fund_id,
        ContributionStatement.organisation_id == contributor.organisation_id,
    )
    return db.session.scalars(_listed(own).limit(LATEST)).all()


def get_statement(viewer: Viewer, fund: Fund, public_id: str) -> ContributionStatement:
    """Return an issued statement this person may see with its figures, or raise NotFound."""
    return one_of(_whole(visible(viewer, fund)).where(ContributionStatement.public_id == public_id))


def find_in_force(contributor: Contributor, period: Period) -> ContributionStatement | None:
    """Return the latest statement issued to a contributor for a period with its figures, if there is one."""
    same = select(ContributionStatement).where(
        ContributionStatement.fund_id == contributor.fund_id,
        ContributionStatement.organisation_id == contributor.organisation_id,
        ContributionStatement.until_on == period.until,
        ContributionStatement.since_on.is_(None)
        if period.since is None
        else ContributionStatement.since_on == period.since,
    )
    latest = same.options(undefer(ContributionStatement.frozen)).order_by(ContributionStatement.id.desc()).limit(1)
    return db.session.scalars(latest).first()


def next_in(fund: Fund, year: int) -> int:
    """Return the next number of a year; the fund is locked."""
    last = select(func.coalesce(func.max(ContributionStatement.sequence), 0)).where(
        ContributionStatement.fund_id == fund.id, ContributionStatement.year == year
    )
    return int(db.session.scalar(last) or 0) + 1


def find_by_code(typed: str) -> tuple[ContributionStatement, Fund] | None:
    """Return the statement of a code, in whatever fund, for whoever has it; dashes, spaces and case do not matter."""
    code = plain_code(typed)
    if len(code) != CODE_LENGTH:
        return None
    wanted = _whole(select(ContributionStatement).where(ContributionStatement.code == code))
    found = db.session.scalars(wanted, execution_options={"across_funds": True}).first()
    return (found, db.session.get_one(Fund, found.fund_id)) if found else None


def plain_code(typed: str) -> str:
    """Return a code as it is kept."""
    return "".join(sign for sign in typed.upper() if sign.isascii() and sign.isalnum())


@dataclass(frozen=True)
class Told:
    """A statement, and who is told by mail that it was issued."""

    statement: ContributionStatement
    recipients: Sequence[Person]

    @property
    def remarks(self) -> list[Remark]:
        """What a person should know before issuing it."""
        return to_know(self.statement.drawn)


def recipients(contributor: Contributor) -> Sequence[Person]:
    """Return who looks after a contributor today and wants to be told of a statement issued to it, by name."""
    return notices.who_want(ISSUED, holders(contributor.fund, Role.DONOR_VIEWER, contributor.donor))


def documents(viewer: Viewer, fund: Fund, page: int) -> Page[ContributorDocument]:
    """Return a page of the documents a person may read, the latest year first; who sees all also sees the withdrawn."""
    return page_of(_documents(viewer, fund).order_by(*LATEST_YEAR), page)


def latest_documents(viewer: Viewer, fund: Fund, donor: Organisation | None = None) -> Sequence[ContributorDocument]:
    """Return the first documents of the list that were not withdrawn; with a contributor, those it may read."""
    seen = _documents(viewer, fund).where(ContributorDocument.withdrawn_at.is_(None))
    if donor is not None:
        for_it = or_(ContributorDocument.organisation_id.is_(None), ContributorDocument.organisation_id == donor.id)
        seen = seen.where(for_it)
    return db.session.scalars(seen.order_by(*LATEST_YEAR).limit(LATEST)).all()


def get_document(viewer: Viewer, fund: Fund, public_id: str) -> ContributorDocument:
    """Return a document this person may read, or raise NotFound."""
    return one_of(_documents(viewer, fund).where(ContributorDocument.public_id == public_id))


def findable(viewer: Viewer, fund: Fund) -> list[Findable]:
    """Return the issued statements this person may find."""
    if not can(viewer, VIEW, fund):
        return []
    kind = ContributionStatement.__tablename__
    columns = result_columns(
        kind, STATEMENT.public_id, STATEMENT.number + ", " + Organisation.short_name, names=(STATEMENT.number,),
        minor=STATEMENT.contributed_minor, currency=STATEMENT.contributed_currency, day=STATEMENT.until_on,
    )  # fmt: skip
    seen = visible(viewer, fund).join(Organisation, Organisation.id == ContributionStatement.organisation_id)
    shown = seen.with_only_columns(*columns)
    return [Findable(kind, N_("Contribution statement"), "statements.statement", shown)]


def _whose(viewer: Viewer, fund: Fund, organisation_id: Any) -> ColumnElement[bool]:
    reached = reach(viewer, VIEW, fund.id)
    if isinstance(reached, Own):
        own: ColumnElement[bool] = organisation_id == reached.organisation_id
        return own
    return true() if isinstance(reached, Everything) else false()


def _contributes(fund: Fund) -> ColumnElement[bool]:
    """Return the condition on who contributes; whoever got a statement may get the one that supersedes it."""
    signed = select(Agreement.organisation_id).where(Agreement.fund_id == fund.id, NOT_WITHDRAWN)
    paid = select(Deposit.organisation_id).where(Deposit.fund_id == fund.id)
    # A refund weighs in the part of everybody, also where what it gives back was never recorded as a deposit.
    refunded = select(Account.organisation_id).where(
        Account.fund_id == fund.id, Account.code == CONTRIBUTOR_REFUNDS.code, Account.organisation_id.is_not(None)
    )
    told = select(ContributionStatement.organisation_id).where(ContributionStatement.fund_id == fund.id)
    return or_(*(Organisation.id.in_(whose) for whose in (signed, paid, refunded, told)))


def _documents(viewer: Viewer, fund: Fund) -> Select[ContributorDocument]:
    named = ContributorDocument.organisation_id
    for_all = named.is_(None) if can(viewer, VIEW, fund) else false()
    seen = select(ContributorDocument).where(
        ContributorDocument.fund_id == fund.id, or_(_whose(viewer, fund, named), for_all)
    )
    if not sees_all(viewer, fund):
        seen = seen.where(ContributorDocument.withdrawn_at.is_(None))
    return seen.options(joinedload(ContributorDocument.donor), joinedload(ContributorDocument.file))


def _listed(seen: Select[ContributionStatement]) -> Select[ContributionStatement]:
    around = (joinedload(ContributionStatement.donor), joinedload(ContributionStatement.superseded_by))
    return seen.options(*around).order_by(ContributionStatement.known_at.desc(), ContributionStatement.id.desc())


def _whole(seen: Select[ContributionStatement]) -> Select[ContributionStatement]:
    return seen.options(
        joinedload(ContributionStatement.donor),
        joinedload(ContributionStatement.by),
        joinedload(ContributionStatement.supersedes),
        joinedload(ContributionStatement.superseded_by),
        undefer(ContributionStatement.frozen),
    )
