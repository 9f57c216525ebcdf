"""Read contributions: what a person may see of them, sums by contributor, and what stands around a deposit.

Money readers see every contributor, a donor viewer its own organisation alone: `visible` derives both
from `policy.reach`, and every list below stands on it.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, FromClause, Row, Select, and_, case, false, func, or_, select, true
from sqlalchemy.orm import aliased, contains_eager, joinedload

from mptf.contributions.counted import contributed, counting
from mptf.contributions.figures import AgreementLine, Announced, Contributor, Contributors
from mptf.contributions.models import Agreement, Certainty, Deposit, Pledge, Precision
from mptf.contributions.remarks import DepositLine, Usual
from mptf.contributions.usual import context as usual_context
from mptf.core.db import db, one_of
from mptf.core.errors import N_, NotFound
from mptf.core.money import Money
from mptf.core.paging import PAGE_SIZE, Page, counted, offset, page_of
from mptf.core.waiting import Findable, Waiting, result_columns
from mptf.fund.models import Fund
from mptf.ledger import references
from mptf.ledger.chart import EntryKind
from mptf.ledger.models import Confirmation, DocumentKind, Entry
from mptf.organisations.models import Organisation
from mptf.organisations.queries import organisations_by_key
from mptf.policy import Everything, Own, Permission, Viewer, can, reach
from mptf.rates.figures import MEASURE
from mptf.rates.models import ExchangeRate
from mptf.rates.queries import operational

Record = TypeVar("Record", Pledge, Agreement, Deposit)

LATEST = 10

DOCUMENTS = (
    DocumentKind(
        Deposit.__tablename__, N_("Deposit"), (EntryKind.DEPOSIT, EntryKind.AA_FEE), "contributions.deposit"
    ),
)  # fmt: skip

CONFIRMED = Confirmation.id.is_not(None)

# Columns of the amounts, which the models show as Money.
DEPOSIT = Deposit.__table__.c
AGREEMENT = Agreement.__table__.c
PLEDGE = Pledge.__table__.c

LATEST_RECEIVED = (DEPOSIT.value_on.desc(), DEPOSIT.id.desc())
LATEST_ANNOUNCED = (PLEDGE.announced_on.desc(), PLEDGE.id.desc())


def sees_all(viewer: Viewer, fund: Fund) -> bool:
    """Tell whether a person reads the contributions of every organisation."""
    return isinstance(reach(viewer, Permission.CONTRIBUTIONS_VIEW, fund.id), Everything)


def visible(viewer: Viewer, fund: Fund, kind: type[Record]) -> Select[Record]:
    """Select the records of a fund this person may see."""
    return select(kind).where(kind.fund_id == fund.id, may_see(viewer, fund, kind.organisation_id))


def may_see(viewer: Viewer, fund: Fund, organisation_id: Any) -> ColumnElement[bool]:
    """Return the condition on whose record it is: anybody's, one's own organisation's, or nobody's."""
    reached = reach(viewer, Permission.CONTRIBUTIONS_VIEW, fund.id)
    if isinstance(reached, Own):
        return cast(ColumnElement[bool], organisation_id == reached.organisation_id)
    return true() if isinstance(reached, Everything) else false()


def posted(
    fund: Fund,
    *columns: Any,
    deposit: FromClause = Deposit.__table__,
    as_at: date | None = None,
    known_at: datetime | None = None,
) -> Select[Any]:
    """Select from the deposits that count, each with its confirmation if it has one; every sum stands on this.

    One that was reversed does not count, unless that was not known by then.
    """
    row, reversal = deposit.c, aliased(Entry)
    posted = deposit.join(Entry, and_(Entry.id == row.entry_id, Entry.fund_id == row.fund_id))
    reversed_by = [reversal.reverses_id == row.entry_id, reversal.fund_id == row.fund_id]
    confirmed = [Confirmation.entry_id == row.entry_id, Confirmation.fund_id == row.fund_id]
    counts = [row.fund_id == fund.id, reversal.id.is_(None)]
    if as_at is not None:
        counts.append(row.value_on <= as_at)
    if known_at is not None:
        reversed_by.append(reversal.recorded_at <= known_at)
        confirmed.append(Confirmation.confirmed_at <= known_at)
        counts.append(row.recorded_at <= known_at)
    whole = posted.outerjoin(reversal, and_(*reversed_by)).outerjoin(Confirmation, and_(*confirmed))
    return select(*columns).select_from(whole).where(*counts)


def confirmed_to(fund: Fund) -> date | None:
    """Return the value date of the latest deposit the Administrative Agent has confirmed."""
    latest: date | None = db.session.scalar(counting(fund, func.max(DEPOSIT.value_on)))
    return latest


def opened_to(fund: Fund) -> date | None:
    """Return the day of the latest opening balance the Administrative Agent has confirmed, if there is one."""
    openings = counting(fund, func.max(DEPOSIT.value_on)).where(DEPOSIT.is_opening)
    latest: date | None = db.session.scalar(openings)
    return latest


def operational_rate(deposit: Deposit) -> ExchangeRate | None:
    """Return the UN operational rate of the deposit's day, if one is known and dollars came for another currency."""
    original, received = deposit.original, deposit.received
    if original is None or received.currency != MEASURE or original.currency == MEASURE:
        return None
    return db.session.scalars(operational(original.currency, deposit.value_on)).first()


def contributors(
    fund: Fund, *, confirmed: bool = False, as_at: date | None = None, known_at: datetime | None = None
) -> Contributors:
    """Return what every contributor paid, or only of what counts; for people who see all, and the world."""
    counted = contributed(fund, as_at=as_at, known_at=known_at)
    rows = contributor_rows(fund, counted.contributors, confirmed=confirmed, as_at=as_at, known_at=known_at)
    zero = Money.zero(fund.currency)
    return Contributors(
        rows,
        received=sum((row.received for row in rows), zero),
        confirmed=sum((row.confirmed for row in rows), zero),
        probable=sum((row.probable for row in rows), zero),
        fee=sum((row.fee for row in rows), zero),
        fees_not_stated=sum(row.fees_not_stated for row in rows),
        deposits=sum(row.deposits for row in rows),
        counted=counted,
    )


def contributor_rows(
    fund: Fund,
    also: Collection[int] = (),
    *,
    confirmed: bool = False,
    as_at: date | None = None,
    known_at: datetime | None = None,
) -> list[Contributor]:
    """Return what each contributor paid and how sure that is, the largest first.

    `also` names contributors of whom no deposit may stand: who was refunded, or whose reversal waits.
    """
    per_note: dict[int, list[Row[Any]]] = {}
    for row in db.session.execute(_sums(fund, counting if confirmed else posted, as_at, known_at)):
        per_note.setdefault(row.Organisation.id, []).append(row)
    donors = [parts[0].Organisation for parts in per_note.values()]
    if others := set(also) - per_note.keys():
        donors += organisations_by_key(others)
    rows = [_contributor(donor, per_note.get(donor.id, ()), fund.currency) for donor in donors]
    return sorted(rows, key=lambda row: (-row.received.minor, row.donor.short_name))


def deposits_under(viewer: Viewer, fund: Fund, agreement: Agreement, *, most: int) -> list[DepositLine]:
    """Return the latest deposits under an agreement, of those a person may see; what was reversed too."""
    under = whole(visible(viewer, fund, Deposit)).where(DEPOSIT.agreement_id == agreement.id)
    return with_context(viewer, fund, db.session.scalars(under.order_by(*LATEST_RECEIVED).limit(most)).all())


def deposits(viewer: Viewer, fund: Fund, *, page: int = 1, size: int = PAGE_SIZE) -> Page[DepositLine]:
    """Return a page of the deposits a person may see, the latest value date first."""
    found = page_of(whole(visible(viewer, fund, Deposit)).order_by(*LATEST_RECEIVED), page, size=size)
    return Page(with_context(viewer, fund, found.items), found.page, found.total, size)


def get_deposit(viewer: Viewer, fund: Fund, public_id: str) -> DepositLine:
    """Return a deposit this person may see, or raise NotFound."""
    found = db.session.scalars(whole(visible(viewer, fund, Deposit)).where(DEPOSIT.public_id == public_id)).all()
    if not found:
        raise NotFound
    return with_context(viewer, fund, found)[0]


def agreements(viewer: Viewer, fund: Fund, *, page: int = 1, size: int = PAGE_SIZE) -> Page[AgreementLine]:
    """Return a page of the agreements a person may see, the latest first, with what arrived under each."""
    seen = visible(viewer, fund, Agreement)
    number, total = counted(seen, page, size=size)
    return Page(_agreement_lines(viewer, fund, seen, size, offset(number, size)), number, total, size)


def get_agreement(viewer: Viewer, fund: Fund, public_id: str) -> Agreement:
    """Return an agreement this person may see, or raise NotFound."""
    return one_of(visible(viewer, fund, Agreement).where(AGREEMENT.public_id == public_id))


def all_agreements(viewer: Viewer, fund: Fund) -> Sequence[Agreement]:
    """Return every agreement a person may choose, by contributor and day of signing."""
    seen = visible(viewer, fund, Agreement).join(Organisation, Organisation.id == AGREEMENT.organisation_id)
    ordered = seen.order_by(Organisation.short_name, AGREEMENT.signed_on, AGREEMENT.id)
    return db.session.scalars(ordered.options(contains_eager(Agreement.donor))).all()


def pledges(viewer: Viewer, fund: Fund, *, page: int = 1, size: int = PAGE_SIZE) -> Page[Pledge]:
    """Return a page of the pledges a person may see, the latest first."""
    seen = visible(viewer, fund, Pledge).options(joinedload(Pledge.donor))
    return page_of(seen.order_by(*LATEST_ANNOUNCED), page, size=size)


def latest_deposits(viewer: Viewer, fund: Fund) -> Sequence[DepositLine]:
    """Return the first deposits of the list, for the overview."""
    seen = whole(visible(viewer, fund, Deposit)).order_by(*LATEST_RECEIVED)
    return with_context(viewer, fund, db.session.scalars(seen.limit(LATEST)).all())


def latest_agreements(viewer: Viewer, fund: Fund) -> Sequence[AgreementLine]:
    """Return the first agreements of the list, for the overview."""
    return _agreement_lines(viewer, fund, visible(viewer, fund, Agreement), LATEST)


def latest_pledges(viewer: Viewer, fund: Fund) -> Sequence[Pledge]:
    """Return the first pledges of the list, for the overview."""
    seen = visible(viewer, fund, Pledge).options(joinedload(Pledge.donor))
    return db.session.scalars(seen.order_by(*LATEST_ANNOUNCED).limit(LATEST)).all()


def announced(viewer: Viewer, fund: Fund) -> list[Announced]:
    """Return what is pledged and neither signed nor withdrawn, added up per currency and never across currencies."""
    open_ones = visible(viewer, fund, Pledge).where(PLEDGE.agreement_id.is_(None), PLEDGE.withdrawn_at.is_(None))
    seen = open_ones.with_only_columns(PLEDGE.amount_currency, func.sum(PLEDGE.amount_minor), func.count())
    rows = db.session.execute(seen.group_by(PLEDGE.amount_currency).order_by(PLEDGE.amount_currency))
    return [Announced(Money(int(minor), currency), count) for currency, minor, count in rows]


def deposits_like(
    fund: Fund, donor: Organisation, received: Money, value_on: date, original: Money | None
) -> Sequence[Row[tuple[str, str]]]:
    """Return public id and bank reference of the deposits of the same contributor, day and amounts, the oldest first.

    An original amount that one side does not state may be the same.
    """
    like = posted(fund, DEPOSIT.public_id, DEPOSIT.bank_reference).where(
        DEPOSIT.organisation_id == donor.id,
        DEPOSIT.received_minor == received.minor,
        DEPOSIT.received_currency == received.currency,
        DEPOSIT.value_on == value_on,
    )
    if original is not None:
        same = and_(DEPOSIT.original_minor == original.minor, DEPOSIT.original_currency == original.currency)
        like = like.where(or_(DEPOSIT.original_minor.is_(None), same))
    return db.session.execute(like.order_by(DEPOSIT.id)).all()


def get_pledge(viewer: Viewer, fund: Fund, public_id: str) -> Pledge:
    """Return a pledge this person may see, or raise NotFound."""
    seen = visible(viewer, fund, Pledge).where(PLEDGE.public_id == public_id)
    return one_of(seen.options(joinedload(Pledge.donor), joinedload(Pledge.agreement)))


def find_pledge(
    fund: Fund, donor: Organisation, *, amount: Money, announced_on: date, precision: Precision
) -> Pledge | None:
    """Return the pledge of the same amount at the same time, if it is recorded."""
    return db.session.scalars(
        select(Pledge).where(
            Pledge.fund_id == fund.id,
            Pledge.organisation_id == donor.id,
            Pledge.announced_on == announced_on,
            Pledge.precision == precision,
            Pledge.amount == amount,
        )
    ).first()


def find_agreement_by_reference(fund: Fund, donor: Organisation, reference: str) -> Agreement | None:
    """Return the agreement a contributor signed under this reference, if it is recorded."""
    return db.session.scalars(
        select(Agreement).where(
            Agreement.fund_id == fund.id,
            Agreement.organisation_id == donor.id,
            func.lower(Agreement.reference) == reference.lower(),
        )
    ).first()


def waiting_for(viewer: Viewer, fund: Fund) -> list[Waiting]:
    """Return the advised deposits that wait for the Administrative Agent's word, the oldest first.

    What this person recorded waits for somebody else.
    """
    if not can(viewer, Permission.DEPOSITS_CONFIRM, fund):
        return []
    rows = db.session.execute(
        posted(
            fund,
            DEPOSIT.public_id,
            DEPOSIT.value_on,
            DEPOSIT.received_minor,
            DEPOSIT.received_currency,
            Organisation.short_name,
        )
        .join(Organisation, Organisation.id == DEPOSIT.organisation_id)
        .where(~CONFIRMED, DEPOSIT.by_id != viewer.id)
        .order_by(DEPOSIT.value_on, DEPOSIT.id)
        .limit(PAGE_SIZE)
    )
    return [
        Waiting(
            title=N_("Confirm {received} from {donor}"),
            context=N_("Deposit of {day}, advised"),
            endpoint="contributions.deposit",
            values={"public_id": row[0]},
            facts={"received": Money(row[2], row[3]), "donor": row[4], "day": row[1]},
        )
        for row in rows
    ]


def findable(viewer: Viewer, fund: Fund) -> list[Findable]:
    """Return the deposits and pledges this person may find."""
    if not can(viewer, Permission.CONTRIBUTIONS_VIEW, fund):
        return []
    deposits = found(viewer, fund, Deposit, DEPOSIT.bank_reference, DEPOSIT.received_minor,
                      DEPOSIT.received_currency, DEPOSIT.value_on)  # fmt: skip
    pledges = found(viewer, fund, Pledge, PLEDGE.announced_as, PLEDGE.amount_minor, PLEDGE.amount_currency,
                     PLEDGE.announced_on, PLEDGE.precision)  # fmt: skip
    return [
        Findable(Deposit.__tablename__, N_("Deposit"), "contributions.deposit", deposits),
        Findable(Pledge.__tablename__, N_("Pledge"), "contributions.pledge", pledges),
    ]


def found(
    viewer: Viewer,
    fund: Fund,
    kind: type[Record],
    reference: Any,
    minor: Any,
    currency: Any,
    day: Any,
    precision: Any = None,
) -> Select[Any]:
    """Select what a search shows of each record a person may see: `Norway, SAA-1`, its amount and its day."""
    donor = Organisation.short_name
    title = case((reference == "", donor), else_=donor + ", " + reference)
    columns = result_columns(
        kind.__tablename__, kind.public_id, title, names=(reference,), minor=minor, currency=currency, day=day,
        precision=precision,
    )  # fmt: skip
    seen = visible(viewer, fund, kind).join(Organisation, Organisation.id == kind.organisation_id)
    return seen.with_only_columns(*columns)


def _sums(fund: Fund, which: Callable[..., Select[Any]], as_at: date | None, known_at: datetime | None) -> Select[Any]:
    """Select the sums of each contributor, apart for each word on how sure they are."""
    return (
        which(
            fund,
            Organisation,
            DEPOSIT.certainty,
            DEPOSIT.certainty_note,
            func.count().label("deposits"),
            func.sum(DEPOSIT.received_minor).label("received"),
            func.sum(case((CONFIRMED, DEPOSIT.received_minor), else_=0)).label("confirmed"),
            func.coalesce(func.sum(DEPOSIT.fee_minor), 0).label("fee"),
            func.sum(case((DEPOSIT.fee_minor.is_(None), 1), else_=0)).label("fees_not_stated"),
            func.max(case((DEPOSIT.is_demo, 1), else_=0)).label("is_demo"),
            as_at=as_at,
            known_at=known_at,
        )
        .join(Organisation, Organisation.id == DEPOSIT.organisation_id)
        .group_by(Organisation.id, DEPOSIT.certainty, DEPOSIT.certainty_note)
        .order_by(DEPOSIT.certainty, DEPOSIT.certainty_note)
    )


def _contributor(donor: Organisation, parts: Sequence[Row[Any]], currency: str) -> Contributor:
    def total(name: str, of: Certainty | None = None) -> Money:
        return Money(sum(int(getattr(part, name)) for part in parts if of in (None, part.certainty)), currency)

    return Contributor(
        donor=donor,
        received=total("received"),
        confirmed=total("confirmed"),
        probable=total("received", Certainty.PROBABLE),
        fee=total("fee"),
        fees_not_stated=sum(part.fees_not_stated for part in parts),
        deposits=sum(part.deposits for part in parts),
        notes=tuple(dict.fromkeys(part.certainty_note for part in parts if part.certainty_note)),
        is_demo=any(part.is_demo for part in parts),
    )


def whole(found: Select[Deposit]) -> Select[Deposit]:
    return found.options(
        joinedload(Deposit.donor),
        joinedload(Deposit.agreement).joinedload(Agreement.donor),
        joinedload(Deposit.entry).options(joinedload(Entry.confirmation), joinedload(Entry.reversal)),
    )


def counted_under(deposit: Any) -> ColumnElement[int]:
    """Return what a deposit counts under its agreement: the amount that is in the agreement's currency."""
    return case(
        (deposit.original_currency == AGREEMENT.amount_currency, deposit.original_minor),
        (deposit.received_currency == AGREEMENT.amount_currency, deposit.received_minor),
        else_=0,
    )


def _agreement_lines(
    viewer: Viewer, fund: Fund, seen: Select[Agreement], size: int, skipped: int = 0
) -> list[AgreementLine]:
    """Return agreements with what arrived under each in its own currency, of the deposits this person may see."""
    arrived = posted(fund, func.coalesce(func.sum(counted_under(DEPOSIT)), 0)).where(
        DEPOSIT.agreement_id == AGREEMENT.id, may_see(viewer, fund, DEPOSIT.organisation_id)
    )
    rows = db.session.execute(
        seen.add_columns(arrived.correlate(Agreement.__table__).scalar_subquery())
        .options(joinedload(Agreement.donor))
        .order_by(AGREEMENT.signed_on.desc(), AGREEMENT.id.desc())
        .limit(size)
        .offset(skipped)
    )
    return [AgreementLine(row, Money(int(minor), row.amount.currency)) for row, minor in rows]


def with_context(viewer: Viewer, fund: Fund, found: Sequence[Deposit]) -> list[DepositLine]:
    """Add what stands around each deposit, for people who read all: its agreement's sum, its bank reference."""
    if not sees_all(viewer, fund):
        return [DepositLine(deposit, alone=True) for deposit in found]
    other = Deposit.__table__.alias("other")
    until = or_(
        other.c.value_on < DEPOSIT.value_on, and_(other.c.value_on == DEPOSIT.value_on, other.c.id <= DEPOSIT.id)
    )
    under = posted(fund, func.sum(counted_under(other.c)), deposit=other).where(
        other.c.agreement_id == DEPOSIT.agreement_id, until
    )
    rows = db.session.execute(
        select(
            DEPOSIT.id,
            under.correlate(Deposit.__table__, Agreement.__table__).scalar_subquery(),
            *usual_context(),
            *references.seen(Deposit.__table__),
        )
        .outerjoin(Agreement, and_(AGREEMENT.id == DEPOSIT.agreement_id, AGREEMENT.fund_id == DEPOSIT.fund_id))
        .where(DEPOSIT.fund_id == fund.id, DEPOSIT.id.in_([deposit.id for deposit in found]))
    )
    context = {row[0]: row[1:] for row in rows}
    return [_line(deposit, *context[deposit.id]) for deposit in found]


def _line(
    deposit: Deposit, under: int | None, fee: int | None, rate: int | None, since: date | None, *seen: date | None
) -> DepositLine:
    arrived = Money(int(under or 0), deposit.agreement.amount.currency) if deposit.agreement else None
    return DepositLine(deposit, arrived, references.first_seen(seen), Usual(fee, rate, since))
