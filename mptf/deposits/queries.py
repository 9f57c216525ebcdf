"""Read deposits: lists and single ones with what stands around each, as far as somebody may see them."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Row, Select, Subquery, func, select
from sqlalchemy.orm import joinedload

from mptf.commitments.models import Agreement
from mptf.commitments.queries import LATEST, found, sees_all, visible
from mptf.core.db import db
from mptf.core.errors import N_, NotFound
from mptf.core.money import Money
from mptf.core.paging import PAGE_SIZE, Page, counted, offset
from mptf.core.waiting import MOST_READ, Findable, Waiting, oldest_of
from mptf.deposits.alike import named_apart, original_may_be
from mptf.deposits.counted import COUNTS, DEPOSIT, KEPT, UP_TO, WAITS, told, under_agreements
from mptf.deposits.models import Deposit
from mptf.deposits.remarks import DepositLine, Usual
from mptf.deposits.size import largest_before
from mptf.deposits.usual import context as usual_context
from mptf.fund.models import Fund
from mptf.ledger import references
from mptf.ledger.chart import EntryKind
from mptf.ledger.models import DocumentKind, Entry
from mptf.organisations.models import Organisation
from mptf.policy import Permission, Viewer, can
from mptf.rates.figures import MEASURE
from mptf.rates.models import ExchangeRate
from mptf.rates.queries import operational

DOCUMENTS = (
    DocumentKind(Deposit.__tablename__, N_("Deposit"), (EntryKind.DEPOSIT, EntryKind.AA_FEE), "deposits.deposit"),
)

LATEST_RECEIVED = (DEPOSIT.value_on.desc(), DEPOSIT.id.desc())


def confirmed_to(fund: Fund) -> date | None:
    """Return the value date of the latest deposit the Administrative Agent has confirmed."""
    latest: date | None = db.session.scalar(told(fund, func.max(DEPOSIT.value_on)).where(COUNTS))
    return latest


def opened_to(fund: Fund) -> date | None:
    """Return the day of the latest opening balance the Administrative Agent has confirmed, if there is one."""
    openings = told(fund, func.max(DEPOSIT.value_on)).where(COUNTS, DEPOSIT.is_opening)
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
    seen = visible(viewer, fund, Deposit)
    number, total = counted(seen, page, size=size)
    # First which they are: what stands beside each is not read of the pages before.
    latest = seen.with_only_columns(DEPOSIT.id).order_by(*LATEST_RECEIVED).limit(size).offset(offset(number, size))
    keys = latest.subquery()
    found = whole(select(Deposit).join(keys, keys.c.id == DEPOSIT.id)).order_by(*LATEST_RECEIVED)
    return Page(with_context(viewer, fund, db.session.scalars(found).all()), number, total, size)


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
    like = told(fund, DEPOSIT.public_id, DEPOSIT.bank_reference).where(
        KEPT,
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
        told(
            fund,
            DEPOSIT.public_id,
            DEPOSIT.value_on,
            DEPOSIT.received_minor,
            DEPOSIT.received_currency,
            Organisation.short_name,
        )
        .join(Organisation, Organisation.id == DEPOSIT.organisation_id)
        .where(WAITS, DEPOSIT.by_id != viewer.id)
        .order_by(DEPOSIT.value_on, DEPOSIT.id)
        .limit(MOST_READ)
    )
    oldest = [
        Waiting(
            title=N_("Confirm {received} from {donor}"),
            context=N_("Deposit of {day}, advised"),
            endpoint="deposits.deposit",
            values={"public_id": row[0]},
            facts={"received": Money(row[2], row[3]), "donor": row[4], "day": row[1]},
        )
        for row in rows
    ]
    others = N_("Advised; comparing the Administrative Agent’s list confirms many at once")
    return oldest_of(oldest, Waiting(N_("Confirm more deposits"), others, "deposits.deposits"))


def findable(viewer: Viewer, fund: Fund) -> list[Findable]:
    """Return the deposits this person may find."""
    if not can(viewer, Permission.CONTRIBUTIONS_VIEW, fund):
        return []
    seen = found(viewer, fund, Deposit, DEPOSIT.bank_reference, DEPOSIT.received_minor, DEPOSIT.received_currency,
                 DEPOSIT.value_on)  # fmt: skip
    return [Findable(Deposit.__tablename__, N_("Deposit"), "deposits.deposit", seen)]


def whole(found: Select[Deposit]) -> Select[Deposit]:
    """Read with deposits what a line of a list shows of them."""
    return found.options(
        joinedload(Deposit.donor),
        joinedload(Deposit.agreement).joinedload(Agreement.donor),
        joinedload(Deposit.entry).options(joinedload(Entry.confirmation), joinedload(Entry.reversal)),
    )


def with_context(viewer: Viewer, fund: Fund, found: Sequence[Deposit]) -> list[DepositLine]:
    """Add what stands around each deposit, for people who read all: its agreement's sum, its bank reference."""
    if not sees_all(viewer, fund):
        return [DepositLine(deposit, alone=True) for deposit in found]
    upto = _up_to(fund, found)
    rows = db.session.execute(
        select(
            DEPOSIT.id,
            upto.c.minor,
            named_apart(),
            *usual_context(),
            largest_before(),
            *references.seen(Deposit.__table__),
        )
        .outerjoin(upto, upto.c.id == DEPOSIT.id)
        .where(DEPOSIT.id.in_([deposit.id for deposit in found]))
    )
    context = {row[0]: row[1:] for row in rows}
    return [_line(deposit, *context[deposit.id]) for deposit in found]


def _up_to(fund: Fund, found: Sequence[Deposit]) -> Subquery:
    """Select by the key of each deposit what came under its agreement up to and with it."""
    agreements = {deposit.agreement_id for deposit in found if deposit.agreement_id is not None}
    under = under_agreements(fund, DEPOSIT.id, UP_TO.label("minor"), under=agreements)
    came = under.subquery("came")  # narrowed to the deposits asked for, or SQLite looks through all of it for each
    return select(came).where(came.c.id.in_([deposit.id for deposit in found])).subquery("upto")


def _line(
    deposit: Deposit,
    under: int | None,
    alike: str | None,
    fee: int | None,
    rate: int | None,
    since: date | None,
    largest: int | None,
    *seen: date | None,
) -> DepositLine:
    came = Money(int(under), deposit.agreement.amount.currency) if deposit.agreement and under is not None else None
    return DepositLine(deposit, came, references.first_seen(seen), alike, Usual(fee, rate, since, largest))
