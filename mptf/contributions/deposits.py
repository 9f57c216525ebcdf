"""Read deposits: lists and single ones with what stands around each, as far as somebody may see them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import FromClause, Row, Select, and_, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from mptf.contributions.alike import named_apart, original_may_be
from mptf.contributions.counted import CONFIRMED, counted_under, counting
from mptf.contributions.models import Agreement, Deposit
from mptf.contributions.queries import AGREEMENT, DEPOSIT, LATEST, sees_all, visible
from mptf.contributions.remarks import DepositLine, Usual
from mptf.contributions.usual import context as usual_context
from mptf.core.db import db
from mptf.core.errors import N_, NotFound
from mptf.core.money import Money
from mptf.core.paging import PAGE_SIZE, Page, page_of
from mptf.core.waiting import Waiting
from mptf.fund.models import Fund
from mptf.ledger import references
from mptf.ledger.models import Confirmation, Entry
from mptf.organisations.models import Organisation
from mptf.policy import Permission, Viewer, can
from mptf.rates.figures import MEASURE
from mptf.rates.models import ExchangeRate
from mptf.rates.queries import operational

LATEST_RECEIVED = (DEPOSIT.value_on.desc(), DEPOSIT.id.desc())


def posted(
    fund: Fund,
    *columns: Any,
    deposit: FromClause = Deposit.__table__,
    as_at: date | None = None,
    known_at: datetime | None = None,
) -> Select[Any]:
    """Select from the deposits that were not reversed, each with its confirmation if it has one.

    With `known_at`, those whose reversal was not known by then too.
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


def page_of_deposits(viewer: Viewer, fund: Fund, *, page: int = 1, size: int = PAGE_SIZE) -> Page[DepositLine]:
    """Return a page of the deposits a person may see, the latest value date first."""
    found = page_of(whole(visible(viewer, fund, Deposit)).order_by(*LATEST_RECEIVED), page, size=size)
    return Page(with_context(viewer, fund, found.items), found.page, found.total, size)


def latest_deposits(viewer: Viewer, fund: Fund) -> Sequence[DepositLine]:
    """Return the first deposits of the list, for the overview."""
    seen = whole(visible(viewer, fund, Deposit)).order_by(*LATEST_RECEIVED)
    return with_context(viewer, fund, db.session.scalars(seen.limit(LATEST)).all())


def deposits_under(viewer: Viewer, fund: Fund, agreement: Agreement, *, most: int) -> list[DepositLine]:
    """Return the latest deposits under an agreement, of those a person may see; what was reversed too."""
    under = whole(visible(viewer, fund, Deposit)).where(DEPOSIT.agreement_id == agreement.id)
    return with_context(viewer, fund, db.session.scalars(under.order_by(*LATEST_RECEIVED).limit(most)).all())


def get_deposit(viewer: Viewer, fund: Fund, public_id: str) -> DepositLine:
    """Return a deposit this person may see, or raise NotFound."""
    found = db.session.scalars(whole(visible(viewer, fund, Deposit)).where(DEPOSIT.public_id == public_id)).all()
    if not found:
        raise NotFound
    return with_context(viewer, fund, found)[0]


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
        original_may_be(original),
    )
    return db.session.execute(like.order_by(DEPOSIT.id)).all()


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


def whole(found: Select[Deposit]) -> Select[Deposit]:
    return found.options(
        joinedload(Deposit.donor),
        joinedload(Deposit.agreement).joinedload(Agreement.donor),
        joinedload(Deposit.entry).options(joinedload(Entry.confirmation), joinedload(Entry.reversal)),
    )


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
            named_apart(),
            *usual_context(),
            *references.seen(Deposit.__table__),
        )
        .outerjoin(Agreement, and_(AGREEMENT.id == DEPOSIT.agreement_id, AGREEMENT.fund_id == DEPOSIT.fund_id))
        .where(DEPOSIT.fund_id == fund.id, DEPOSIT.id.in_([deposit.id for deposit in found]))
    )
    context = {row[0]: row[1:] for row in rows}
    return [_line(deposit, *context[deposit.id]) for deposit in found]


def _line(
    deposit: Deposit,
    under: int | None,
    alike: str | None,
    fee: int | None,
    rate: int | None,
    since: date | None,
    *seen: date | None,
) -> DepositLine:
    arrived = Money(int(under or 0), deposit.agreement.amount.currency) if deposit.agreement else None
    return DepositLine(deposit, arrived, references.first_seen(seen), alike, Usual(fee, rate, since))
