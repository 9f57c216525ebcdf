"""Set the fund's cash aside and give it free again; what exceeds what is available is refused, also when two try.

The caller commits, and asks for the permission where `by` is any actor; the fund is locked before anything is counted.
"""

from dataclasses import dataclass
from datetime import date, datetime

from mptf.claims import queries
from mptf.claims.available import ClaimKind
from mptf.claims.models import Claim, ClaimAccount, ClaimMove, Interest, InterestSpan, InterestTerm, KeptInterest
from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import needed
from mptf.core.money import Money
from mptf.fund.models import Fund, FundWindow
from mptf.fund.service import lock
from mptf.ledger import service as ledger
from mptf.ledger import stamps
from mptf.ledger.chart import DIRECT_COST, TRANSFERS
from mptf.ledger.models import Account
from mptf.organisations.models import Organisation
from mptf.policy import Permission, Viewer, require

audit.tell(
    {
        "claim.made": N_("set {amount} of the fund’s cash aside, approved: {label}"),
        "claim.reduced": N_("reduced what was approved by {amount}: {label}"),
        "claim.account_named": N_("named an account by which it is paid: {label}"),
    },
    names={"claim": N_("claim")},
)

PAID_BY = {ClaimKind.ALLOCATION: TRANSFERS, ClaimKind.DIRECT_COST: DIRECT_COST}


@dataclass(frozen=True)
class SetAside:
    """What is set aside, what it is called, and from which day; `window` is the part of the fund it draws on."""

    kind: ClaimKind
    label: str
    amount: Money
    value_on: date
    window: FundWindow | None = None
    reason: str = ""


def set_aside(fund: Fund, what: SetAside, *, by: audit.Actor) -> Claim:
    """Set an amount of the fund's cash aside; refused where it is not there."""
    needed(what.label, "label", N_("Say what it is for."))
    _positive(fund, what.amount)
    lock(fund.id)
    claim = Claim(fund_id=fund.id, kind=what.kind, label=what.label, window_id=what.window.id if what.window else None)
    _fits(fund, claim, what.amount)
    db.session.add(claim)
    db.session.flush()
    _move(claim, what.amount, what.value_on, what.reason, by)
    audit.record("claim.made", claim, by=by, fund_id=fund.id, amount=what.amount, label=claim.label)
    return claim


def approve_direct_cost(
    fund: Fund, *, label: str, amount: Money, basis: str, window: FundWindow | None = None, by: Viewer
) -> Claim:
    """Record a direct cost that was approved; a request, so it is refused where the cash is not there."""
    require(by, Permission.DIRECT_COSTS_RECORD, fund)
    needed(basis, "basis", N_("Say who approved it, and when."))
    what = SetAside(ClaimKind.DIRECT_COST, label, amount, clock.today(fund), window=window, reason=basis)
    return set_aside(fund, what, by=by)


def cut_direct_cost(fund: Fund, claim: Claim, amount: Money, *, reason: str, by: Viewer) -> None:
    """Give up a part of a direct cost that was not paid."""
    require(by, Permission.DIRECT_COSTS_RECORD, claim)
    if claim.kind is not ClaimKind.DIRECT_COST:
        raise RuleBroken(N_("Only a direct cost is reduced here."))
    lock(fund.id)
    left = queries.get_claim(fund, claim.public_id).left
    if left < amount:
        raise RuleBroken(N_("Only {amount} of it is not paid."), amount=left, field="amount")
    cut_by(fund, claim, amount, value_on=clock.today(fund), reason=reason, by=by)


def cut_by(fund: Fund, claim: Claim, amount: Money, *, value_on: date, reason: str, by: audit.Actor) -> None:
    """Give up a part of what was set aside, or the whole."""
    _positive(fund, amount)
    needed(reason, "reason", N_("Say why it is changed."))
    lock(fund.id)
    stands = queries.in_force(claim)
    if stands < amount:
        raise RuleBroken(N_("Only {amount} of it is in force."), amount=stands, field="amount")
    _move(claim, -amount, value_on, reason, by)
    audit.record("claim.reduced", claim, by=by, fund_id=fund.id, amount=amount, label=claim.label)


def pay_by(fund: Fund, claim: Claim, party: Organisation, reference: str, *, by: audit.Actor) -> Account:
    """Let a claim be paid by the account of an organisation and a reference, which is then this claim's alone."""
    if claim.kind not in PAID_BY:
        raise ValueError(f"a {claim.kind} is not paid")
    lock(fund.id)
    account = ledger.open_account(fund, PAID_BY[claim.kind], party, reference)
    owner = queries.find_owner(account)
    if owner is not None and owner.id != claim.id:
        raise RuleBroken(N_("{account} belongs to {label}."), account=account.title, label=owner.label)
    if owner is None:
        db.session.add(ClaimAccount(claim_id=claim.id, account_id=account.id, fund_id=fund.id))
        db.session.flush()
        audit.record("claim.account_named", claim, by=by, fund_id=fund.id, label=claim.label)
    return account


def agree_on_interest(
    fund: Fund, term: InterestTerm | None, interest: Interest, contributor: Organisation, reference: str, *, since: date
) -> InterestTerm | None:
    """Let an agreement say from a day on what becomes of interest; return the term that says so, if it ever kept any.

    What is kept again later is a span of its own: the days between stay days on which none was kept.
    The room of the agreement asks for the permission and writes the audit log, in the words of its terms.
    """
    if interest is (term.interest if term else Interest.AVAILABLE):
        return term
    if term is None:
        term = InterestTerm(
            fund_id=fund.id, organisation_id=contributor.id, reference=reference, contributor=contributor
        )  # fmt: skip
        db.session.add(term)
    if span := term.open_span:
        span.kept_until = max(since, span.kept_from)
    else:
        term.spans.append(InterestSpan(fund_id=fund.id, kept_from=since))
    db.session.flush()
    return term


def end_with_agreement(term: InterestTerm, moment: datetime) -> None:
    """Let a term count nowhere from a moment on, at which its agreement is withdrawn; its reference is free again."""
    term.withdrawn_at = moment
    db.session.flush()


def check_stands(term: InterestTerm | None) -> None:
    """Refuse a term that was withdrawn with its agreement, also a moment ago; the fund is locked."""
    if term is None:
        return
    db.session.refresh(term, ["withdrawn_at"])
    refuse_withdrawn(term.reference, term.withdrawn_at, field="kept_for")


def refuse_withdrawn(reference: str, withdrawn_at: datetime | None, *, field: str) -> None:
    """Refuse, at the field that names it, an agreement that was withdrawn."""
    if withdrawn_at is not None:
        raise RuleBroken(
            N_("Agreement {reference} was withdrawn on {day}. Choose another, or none."),
            reference=reference,
            day=withdrawn_at,
            field=field,
        )


def keep(term: InterestTerm, entry_id: int) -> None:
    """Note that an entry brought interest an agreement keeps, or paid it back."""
    db.session.add(KeptInterest(term_id=term.id, entry_id=entry_id, fund_id=term.fund_id))
    db.session.flush()


def _fits(fund: Fund, claim: Claim, amount: Money) -> None:
    room = queries.availability(fund).room(claim.window_id)
    if amount <= room:
        return
    raise RuleBroken(N_("{amount} is more than is available: {room}."), amount=amount, room=room, field="amount")


def _move(claim: Claim, amount: Money, value_on: date, reason: str, by: audit.Actor) -> None:
    db.session.add(
        ClaimMove(
            claim_id=claim.id, fund_id=claim.fund_id, amount=amount, value_on=value_on,
            recorded_at=stamps.moment(claim.fund_id), by_id=by.id, reason=reason,
        )
    )  # fmt: skip
    db.session.flush()


def _positive(fund: Fund, amount: Money) -> None:
    if amount.minor <= 0 or amount.currency != fund.currency:
        raise RuleBroken(
            N_("Write an amount above zero in {currency}, the currency of the fund."),
            currency=fund.currency,
            field="amount",
        )
