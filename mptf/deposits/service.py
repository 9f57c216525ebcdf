"""Record what contributors announce, sign and pay; `by` is the Viewer who does it.

A deposit is what the bank did: only a repeat and what cannot be true is refused; what merely looks wrong
is stored and flagged (`remarks`).
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm.exc import StaleDataError

from mptf.claims.models import Interest
from mptf.claims.service import agree_on_interest
from mptf.contributions.agreements import find_agreement_by_reference
from mptf.contributions.deposits import deposits_like
from mptf.contributions.models import Agreement, AgreementKind, Certainty, Deposit, Pledge, Precision
from mptf.contributions.pledges import find_pledge
from mptf.core import audit, clock, ids, links, search
from mptf.core.changes import add
from mptf.core.db import db
from mptf.core.errors import N_, KnownAlready, RuleBroken, Stale
from mptf.core.facts import needed
from mptf.core.money import Money
from mptf.core.shares import apportion
from mptf.fund.facts import above_zero, check_value_date, in_books, not_ahead
from mptf.fund.models import Fund, FundWindow
from mptf.fund.service import lock
from mptf.ledger import service as ledger
from mptf.ledger import stamps
from mptf.ledger.chart import EntryKind
from mptf.ledger.models import Entry
from mptf.ledger.references import plain
from mptf.ledger.service import Document
from mptf.organisations.models import Organisation
from mptf.policy import Permission, Viewer, require

audit.tell(
    {
        "pledge.announced": N_("recorded a pledge of {amount} from {donor}"),
        "pledge.signed": N_("noted that a pledge of {amount} became agreement {reference}"),
        "pledge.reopened": N_("noted that a pledge of {amount} is not signed"),
        "pledge.withdrawn": N_("noted that a pledge of {amount} was withdrawn"),
        "agreement.signed": N_("recorded an agreement of {donor} over {amount}"),
        "deposit.recorded": N_("recorded a deposit of {received} from {donor}"),
        "deposit.confirmed": N_("confirmed a deposit of {received}"),
    },
    values={"agreement.interest": Interest},
)


@dataclass(frozen=True)
class Announcement:
    """A contribution somebody announced; of a month or year alone, `announced_on` is any day in it."""

    donor: Organisation
    amount: Money
    announced_on: date
    precision: Precision = Precision.DAY
    announced_as: str = ""
    usd_as_published: str = ""
    certainty: Certainty = Certainty.CERTAIN
    certainty_note: str = ""
    note: str = ""
    source: str = ""
    is_demo: bool = False


@dataclass(frozen=True)
class Signature:
    """An agreement somebody signed; `window` is the part of the fund it prefers, `preferred` how much, if not all.

    `interest` is what becomes of interest on its money.
    """

    donor: Organisation
    reference: str
    signed_on: date
    amount: Money
    kind: AgreementKind = AgreementKind.SAA
    window: FundWindow | None = None
    preferred: Money | None = None
    interest: Interest = Interest.AVAILABLE
    note: str = ""
    is_demo: bool = False


@dataclass(frozen=True)
class Receipt:
    """Cash that arrived: `received` in the fund's currency; `original` and `fee` None when not stated.

    `basis` says where the figure comes from, `certainty_note` why it is no surer; both are part of it.
    """

    donor: Organisation
    received: Money
    value_on: date
    agreement: Agreement | None = None
    original: Money | None = None
    fee: Money | None = None
    bank_reference: str = ""
    certainty: Certainty = Certainty.CERTAIN
    certainty_note: str = ""
    basis: str = ""
    is_opening: bool = False
    is_demo: bool = False


def announce_pledge(fund: Fund, what: Announcement, *, by: Viewer) -> Pledge:
    """Record an announced contribution."""
    require(by, Permission.CONTRIBUTIONS_RECORD, fund)
    above_zero(what.amount, "amount")
    day = what.precision.first_day(what.announced_on)
    not_ahead(fund, day, "announced_on")
    links.check(what.source, field="source")
    lock(fund.id)
    if find_pledge(fund, what.donor, amount=what.amount, announced_on=day, precision=what.precision):
        raise RuleBroken(
            N_("{donor}’s pledge of {amount} announced at that time is recorded already."),
            donor=what.donor.short_name,
            amount=what.amount,
            field="amount",
        )
    pledge = Pledge(fund_id=fund.id, by_id=by.id, **{**_columns(what), "announced_on": day})
    db.session.add(pledge)
    db.session.flush()
    audit.record("pledge.announced", pledge, by=by, fund_id=fund.id, donor=what.donor.short_name, amount=what.amount)
    _index(pledge, what.donor, what.announced_as, what.amount, what.usd_as_published, what.note, what.source)
    return pledge


def sign_agreement(fund: Fund, what: Signature, *, by: Viewer) -> Agreement:
    """Record a signed agreement; its amount is a commitment, not cash."""
    require(by, Permission.CONTRIBUTIONS_RECORD, fund)
    needed(what.reference, "reference", N_("Give its reference."))
    above_zero(what.amount, "amount")
    not_ahead(fund, what.signed_on, "signed_on")
    check_preference(fund, what.window, what.preferred, of=what.amount)
    lock(fund.id)
    taken = RuleBroken(
        N_("{donor} has an agreement {reference} already. Give this one its own reference."),
        donor=what.donor.short_name,
        reference=what.reference,
        field="reference",
    )
    if find_agreement_by_reference(fund, what.donor, what.reference):
        raise taken
    term = agree_on_interest(fund, None, what.interest, what.donor, what.reference, since=what.signed_on)
    agreement = Agreement(
        fund_id=fund.id, by_id=by.id, recorded_at=stamps.moment(fund.id), interest_term_id=term.id if term else None,
        **_columns(what),
    )  # fmt: skip
    add(agreement, taken)
    audit.record(
        "agreement.signed", agreement, by=by, fund_id=fund.id, donor=what.donor.short_name, amount=what.amount,
        **({"interest": what.interest} if term else {}),
    )  # fmt: skip
    index_agreement(agreement, what.donor)
    return agreement


def index_agreement(agreement: Agreement, donor: Organisation) -> None:
    """Let an agreement be found by what it says now."""
    _index(agreement, donor, agreement.reference, agreement.amount, agreement.kind.label)


def check_preference(
    fund: Fund, window: FundWindow | None, preferred: Money | None, *, of: Money, stands: int | None = None
) -> None:
    """Refuse a preference for a window that has ended, unless it stands already, or for a part that is none."""
    ended = window is not None and window.ended_on is not None and window.ended_on <= clock.today(fund)
    if window is not None and ended and window.id != stands:
        raise RuleBroken(
            N_("The window {name} ended on {day}. Choose another."),
            name=window.name,
            day=window.ended_on,
            field="window",
        )
    if preferred is None:
        return
    if window is None:
        raise RuleBroken(N_("Choose the window this part is for."), field="window")
    if preferred.currency != of.currency or not 0 < preferred.minor <= of.minor:
        raise RuleBroken(N_("The part lies between zero and {amount}."), amount=of, field="preferred")


def sign_pledge(pledge: Pledge, agreement: Agreement | None, *, by: Viewer) -> None:
    """Note which agreement a pledge became, so that it counts once; None notes that it is not signed after all."""
    require(by, Permission.CONTRIBUTIONS_RECORD, pledge)
    _not_withdrawn(pledge)
    if agreement is not None and agreement.organisation_id != pledge.organisation_id:
        raise RuleBroken(
            N_("The pledge is from {donor}, and agreement {reference} was signed by {signed_by}."),
            donor=pledge.donor.short_name,
            reference=agreement.reference,
            signed_by=agreement.donor.short_name,
            field="agreement",
        )
    if pledge.agreement_id == (agreement.id if agreement else None):
        raise RuleBroken(N_("That is noted already."), field="agreement")
    lock(pledge.fund_id)
    _stands(agreement)
    pledge.agreement_id = agreement.id if agreement else None
    _settled(pledge)
    if agreement is None:
        audit.record("pledge.reopened", pledge, by=by, fund_id=pledge.fund_id, amount=pledge.amount)
    else:
        audit.record(
            "pledge.signed", pledge, by=by, fund_id=pledge.fund_id, amount=pledge.amount,
            reference=agreement.reference,
        )  # fmt: skip


def withdraw_pledge(pledge: Pledge, *, reason: str, by: Viewer) -> None:
    """Note that a contributor does not stand by a pledge; it stays on record and counts no more."""
    require(by, Permission.CONTRIBUTIONS_RECORD, pledge)
    needed(reason, "reason", N_("Say why it is withdrawn."))
    _not_withdrawn(pledge)
    if pledge.agreement_id is not None:
        raise RuleBroken(N_("It became an agreement. Note first that it is not signed."))
    pledge.withdrawn_at, pledge.withdrawn_reason = clock.now(), reason.strip()
    _settled(pledge)
    audit.record("pledge.withdrawn", pledge, by=by, fund_id=pledge.fund_id, amount=pledge.amount, reason=reason)


def _not_withdrawn(pledge: Pledge) -> None:
    if pledge.withdrawn_at is not None:
        raise RuleBroken(N_("It was withdrawn on {day}."), day=pledge.withdrawn_at)


def _settled(pledge: Pledge) -> None:
    try:
        db.session.flush()
    except StaleDataError:
        raise Stale from None
    db.session.expire(pledge, ["agreement"])


def record_deposit(fund: Fund, what: Receipt, *, by: Viewer) -> Deposit:
    """Record cash the Administrative Agent received, advised until it is confirmed, and post it."""
    require(by, Permission.CONTRIBUTIONS_RECORD, fund)
    _possible(fund, what)
    lock(fund.id)
    _stands(what.agreement)
    _not_a_repeat(fund, what)
    deposit = Deposit(public_id=ids.new(), fund_id=fund.id, by_id=by.id, **_columns(what))
    entry = _post_deposit(fund, deposit, what, by)
    deposit.entry_id, deposit.recorded_at = entry.id, entry.recorded_at
    deposit.fee_entry_id = _post_fee(fund, deposit, what, by)
    db.session.add(deposit)
    db.session.flush()
    audit.record(
        "deposit.recorded", deposit, by=by, fund_id=fund.id, donor=what.donor.short_name, received=what.received
    )
    _index(deposit, what.donor, what.bank_reference, what.received, what.original, what.basis, what.certainty_note)
    return deposit


def confirm_deposit(deposit: Deposit, *, by: Viewer, note: str = "") -> None:
    """Record that the Administrative Agent has a deposit, with its fee, in its books."""
    require(by, Permission.DEPOSITS_CONFIRM, deposit)
    if refusal := why_not_confirm(deposit, by=by):
        raise refusal
    for entry in filter(None, (deposit.entry, deposit.fee_entry)):
        ledger.confirm(entry, by=by, note=note)
    audit.record("deposit.confirmed", deposit, by=by, fund_id=deposit.fund_id, received=deposit.received)


def why_not_confirm(deposit: Deposit, *, by: Viewer) -> RuleBroken | None:
    """Return why a person may not confirm a deposit that waits for it, or None (MON-6: maker is not checker)."""
    if deposit.by_id == by.id:
        return RuleBroken(N_("You recorded this deposit; somebody else confirms it."))
    return None


def _post_deposit(fund: Fund, deposit: Deposit, what: Receipt, by: Viewer) -> Entry:
    received = Document(
        EntryKind.DEPOSIT, what.received, what.value_on, deposit, _natural_key(what), party=what.donor,
        memo=what.donor.short_name, **_kept_apart(what.agreement, what.received),
    )  # fmt: skip
    return ledger.post(fund, received, by=by)


def _post_fee(fund: Fund, deposit: Deposit, what: Receipt, by: Viewer) -> int | None:
    """Post the fee the Administrative Agent took; nothing where it is not stated or nil."""
    if not what.fee:
        return None
    key = f"fee of deposit {deposit.public_id}"
    kept = _kept_apart(what.agreement, what.fee)
    fee = Document(EntryKind.AA_FEE, what.fee, what.value_on, deposit, key, memo=what.donor.short_name, **kept)
    return ledger.post(fund, fee, by=by).id


def _kept_apart(agreement: Agreement | None, amount: Money) -> dict[str, Any]:
    """Return the window an agreement prefers, and how much of an amount is for it.

    Of each deposit and its fee it is the same share as of the agreement, whatever arrives first and whatever is
    reversed later.
    """
    if agreement is None or agreement.window is None:
        return {}
    if agreement.preferred is None:
        return {"window": agreement.window}
    weights = {0: agreement.preferred.minor, 1: (agreement.amount - agreement.preferred).minor}
    return {"window": agreement.window, "part": apportion(amount, weights)[0]}


def _index(record: Pledge | Agreement | Deposit, donor: Organisation, reference: str, *facts: object) -> None:
    """Let a record be found by what everybody who may see it reads of it; an amount also without its commas."""
    plain = [fact.decimal for fact in facts if isinstance(fact, Money)]
    names = [donor.official_name, *facts, *plain]
    title = f"{donor.short_name}, {reference}" if reference else donor.short_name
    words = " ".join(str(name) for name in names if name)
    search.index(record.__tablename__, record.public_id, fund_id=record.fund_id, words=f"{title}\n{words}")


def _columns(what: Announcement | Signature | Receipt) -> dict[str, Any]:
    """Return the facts as the columns of a record: parties by their keys; the term on interest is a row of its own."""
    facts = dict(vars(what))
    facts.pop("interest", None)
    facts["organisation_id"] = facts.pop("donor").id
    for party in ("agreement", "window"):
        if party in facts:
            named = facts.pop(party)
            facts[f"{party}_id"] = named.id if named else None
    return facts


def _stands(agreement: Agreement | None) -> None:
    """Refuse an agreement that was withdrawn, also a moment ago; the fund is locked."""
    if agreement is None:
        return
    db.session.refresh(agreement, ["withdrawn_at"])
    if agreement.withdrawn_at is not None:
        raise RuleBroken(
            N_("Agreement {reference} was withdrawn on {day}. Choose another, or none."),
            reference=agreement.reference,
            day=agreement.withdrawn_at,
            field="agreement",
        )


def _possible(fund: Fund, what: Receipt) -> None:
    """Refuse what cannot be true: amounts of nothing, another currency, a day to come, a fee above the deposit."""
    above_zero(what.received, "received")
    in_books(fund, what.received, "received")
    if what.original is not None:
        above_zero(what.original, "original")
    if what.fee is not None:
        in_books(fund, what.fee, "fee")
    if what.fee is not None and not 0 <= what.fee.minor <= what.received.minor:
        raise RuleBroken(
            N_("The fee lies between zero and the amount received, {received}."), received=what.received, field="fee"
        )
    check_value_date(fund, what.value_on)


def _not_a_repeat(fund: Fund, what: Receipt) -> None:
    """Refuse the same deposit a second time: by the bank's reference, or without one by who, when and how much."""
    named = plain(what.bank_reference)
    like = deposits_like(fund, what.donor, what.received, what.value_on, None if named else what.original)
    same = next((row for row in like if not named or plain(row.bank_reference) == named), None)
    if same is None:
        return
    raise KnownAlready(
        _same(named, same.bank_reference),
        page=("contributions.deposit", same.public_id),
        received=what.received,
        donor=what.donor.short_name,
        reference=same.bank_reference,
        field="bank_reference",
    )


def _same(named: str, stands_as: str) -> str:
    """Return the sentence that says in what a deposit is the same as one that stands."""
    if named:
        return N_("A deposit of {received} from {donor} with this value date and bank reference is recorded already.")
    if stands_as:
        return N_(
            "A deposit of {received} from {donor} with this value date is recorded already, with the bank reference "
            "{reference}. If this is another payment, give its own bank reference."
        )
    return N_(
        "A deposit of {received} from {donor} with this value date is recorded already, without a bank reference. "
        "If this is another payment, give its bank reference."
    )


def _natural_key(what: Receipt) -> str:
    """Name the payment itself: who, when, how much, and the bank's reference, or without one the original amount."""
    original = f"{what.original.minor} {what.original.currency}" if what.original else ""
    amount = f"{what.received.minor} {what.received.currency}"
    named = plain(what.bank_reference) or original
    return f"deposit {what.donor.public_id} {what.value_on} {amount} {named}"
