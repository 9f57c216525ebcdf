"""Record an agreement that was signed, plan its instalments, amend it, or withdraw one recorded by mistake.

An agreement's amount is a commitment, not cash. An amendment is what both sides agreed on; what stood before is kept. A
withdrawal says that nothing was agreed.

`by` is the Viewer who does it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from mptf.agreements import queries
from mptf.agreements.figures import MOST_INSTALMENTS, Planned
from mptf.agreements.models import Amendment, Instalment
from mptf.claims.models import Interest
from mptf.claims.queries import standing_under
from mptf.claims.service import agree_on_interest, end_with_agreement
from mptf.commitments.models import Agreement, AgreementKind
from mptf.commitments.queries import find_agreement_by_reference
from mptf.commitments.service import columns, index
from mptf.core import audit, clock
from mptf.core.changes import add
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken, Stale
from mptf.core.facts import needed
from mptf.core.kosovo import keep_asterisk
from mptf.core.money import Money
from mptf.core.sentences import day
from mptf.fund.facts import above_zero, not_ahead
from mptf.fund.models import Fund, FundWindow
from mptf.fund.service import lock
from mptf.ledger import stamps
from mptf.organisations.models import Organisation
from mptf.policy import Permission, Viewer, require

audit.tell(
    {
        "agreement.signed": N_("recorded an agreement of {donor} over {amount}"),
        "agreement.planned": N_("planned {count} instalments of agreement {reference}, {total} in all"),
        "agreement.amended": N_("amended agreement {reference}"),
        "agreement.withdrawn": N_("withdrew agreement {reference} of {donor} over {amount}: {reason}"),
    },
    values={"agreement.interest": Interest},
    names={"agreed_on": N_("agreed on"), "preferred": N_("part for the window")},
)


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
class Change:
    """What both sides agreed on instead: the whole of it, also what stays as it was."""

    agreed_on: date
    reason: str
    amount: Money
    window: FundWindow | None = None
    preferred: Money | None = None
    interest: Interest = Interest.AVAILABLE
    instalments: Sequence[Planned] = field(default=())


def sign_agreement(fund: Fund, what: Signature, *, by: Viewer) -> Agreement:
    """Record a signed agreement; its amount is a commitment, not cash."""
    require(by, Permission.CONTRIBUTIONS_RECORD, fund)
    needed(what.reference, "reference", N_("Give its reference."))
    above_zero(what.amount, "amount")
    not_ahead(fund, what.signed_on, "signed_on")
    _check_preference(fund, what.window, what.preferred, of=what.amount)
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
        **columns(what),
    )  # fmt: skip
    add(agreement, taken)
    audit.record(
        "agreement.signed", agreement, by=by, fund_id=fund.id, donor=what.donor.short_name, amount=what.amount,
        **({"interest": what.interest} if term else {}),
    )  # fmt: skip
    _index_agreement(agreement, what.donor)
    return agreement


def plan_instalments(fund: Fund, agreement: Agreement, instalments: Sequence[Planned], *, by: Viewer) -> None:
    """Record the instalments an agreement is paid in; once they stand, an amendment alone changes them."""
    require(by, Permission.CONTRIBUTIONS_RECORD, agreement)
    _locked(fund, agreement)
    if queries.instalments_of(fund, agreement):
        raise RuleBroken(N_("Its instalments are planned already. An amendment changes them."))
    if not instalments:
        raise RuleBroken(N_("Write at least one instalment."), field="instalments")
    check_instalments(agreement.amount, instalments)
    last = queries.last_amendment(fund, agreement)
    _changed(agreement)
    _write(agreement, instalments, last, by)
    total = sum((one.amount for one in instalments), Money.zero(agreement.amount.currency))
    audit.record(
        "agreement.planned", agreement, by=by, fund_id=fund.id, reference=agreement.reference, total=total,
        count=len(instalments),
    )  # fmt: skip


def amend(fund: Fund, agreement: Agreement, what: Change, *, by: Viewer) -> Amendment:
    """Record an amendment; the agreement then says what is in force, the amendment what was before."""
    require(by, Permission.CONTRIBUTIONS_RECORD, agreement)
    _locked(fund, agreement)
    _check(fund, agreement, what)
    last = queries.last_amendment(fund, agreement)
    amendment = Amendment(
        agreement_id=agreement.id, fund_id=fund.id, number=last.number + 1 if last else 1, agreed_on=what.agreed_on,
        reason=what.reason, amount_before=agreement.amount, amount_after=what.amount,
        window_before_id=agreement.window_id, window_after_id=what.window.id if what.window else None,
        preferred_before=agreement.preferred, preferred_after=what.preferred,
        interest_before=agreement.interest, interest_after=what.interest, by_id=by.id,
        recorded_at=stamps.moment(fund.id),
    )  # fmt: skip
    changed = _differences(fund, agreement, what)
    _changed(agreement)
    agreement.amount, agreement.preferred = what.amount, what.preferred
    agreement.window_id = amendment.window_after_id
    term = agree_on_interest(
        fund, agreement.interest_term, what.interest, agreement.donor, agreement.reference, since=what.agreed_on
    )
    agreement.interest_term_id = term.id if term else None
    db.session.add(amendment)
    db.session.flush()
    db.session.expire(agreement, ["window", "interest_term"])
    _write(agreement, what.instalments, amendment, by)
    _index_agreement(agreement, agreement.donor)
    audit.record(
        "agreement.amended", agreement, by=by, fund_id=fund.id, reference=agreement.reference,
        agreed_on=what.agreed_on, reason=what.reason, **changed,
    )  # fmt: skip
    return amendment


def withdraw(fund: Fund, agreement: Agreement, *, reason: str, by: Viewer) -> None:
    """Take back an agreement that was recorded by mistake; it stays on record and counts nowhere from now on."""
    require(by, Permission.CONTRIBUTIONS_RECORD, agreement)
    needed(reason, "reason", N_("Say why it is withdrawn."))
    _locked(fund, agreement)
    if refusal := why_not_withdraw(fund, agreement):
        raise refusal
    agreement.withdrawn_at, agreement.withdrawn_reason = stamps.moment(fund.id), reason.strip()
    agreement.withdrawn_by_id = by.id
    if agreement.interest_term:
        end_with_agreement(agreement.interest_term, agreement.withdrawn_at)
    db.session.flush()
    db.session.expire(agreement, ["withdrawn_by"])
    audit.record(
        "agreement.withdrawn", agreement, by=by, fund_id=fund.id, reference=agreement.reference,
        donor=agreement.donor.short_name, amount=agreement.amount, reason=agreement.withdrawn_reason,
    )  # fmt: skip


def why_not_withdraw(fund: Fund, agreement: Agreement) -> RuleBroken | None:
    """Return why an agreement may not be withdrawn, or None: cash under it must be taken back first."""
    if deposit := queries.deposit_under(fund, agreement):
        told = N_(
            "The deposit of {received} of {day} names it. Have that deposit reversed first; it counts until the "
            "Administrative Agent confirms the reversal."
        )
        if not deposit.entry.reversal:
            told = N_("The deposit of {received} of {day} names it. Have that deposit reversed first.")
        return RuleBroken(told, received=deposit.received, day=deposit.value_on)
    if pledge := queries.pledge_signed(fund, agreement):
        return RuleBroken(
            N_("The pledge of {amount} became this agreement. Note first on its page that it is not signed."),
            amount=pledge.amount,
        )
    if agreement.interest_term and (entry := standing_under(agreement.interest_term)):
        told = N_(
            "{kind} of {amount} of {day} names it. Have that reversed first; it counts until the Administrative Agent "
            "confirms the reversal."
        )
        if not entry.reversal:
            told = N_("{kind} of {amount} of {day} names it. Have that reversed first.")
        return RuleBroken(told, kind=entry.kind.label, amount=entry.moved[0], day=entry.value_on)
    return None


def _check_preference(
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


def check_instalments(amount: Money, instalments: Iterable[Planned]) -> None:
    """Refuse instalments that are none, or that come to more than the agreement is for."""
    planned = list(instalments)
    if len(planned) > MOST_INSTALMENTS:
        raise RuleBroken(N_("Plan at most {most} instalments."), most=MOST_INSTALMENTS, field="instalments")
    for one in planned:
        keep_asterisk(one.condition, "instalments")
        if one.amount.minor <= 0 or one.amount.currency != amount.currency:
            raise RuleBroken(
                N_("Each instalment is above zero and in {currency}, the currency of the agreement."),
                currency=amount.currency,
                field="instalments",
            )
    total = sum((one.amount for one in planned), Money.zero(amount.currency))
    if amount < total:
        raise RuleBroken(
            N_("The instalments come to {total}, and the agreement is for {amount}. Lower one of them."),
            total=total,
            amount=amount,
            field="instalments",
        )


def _locked(fund: Fund, agreement: Agreement) -> None:
    """Lock the fund and refuse to act on terms that somebody changed meanwhile, or on what was withdrawn."""
    opened = agreement.version
    lock(fund.id)
    db.session.refresh(agreement)
    if agreement.withdrawn_at is not None:
        raise RuleBroken(N_("It was withdrawn on {day}; nothing of it changes any more."), day=agreement.withdrawn_at)
    if agreement.version != opened:
        raise Stale


def _changed(agreement: Agreement) -> None:
    """Let whoever opened its terms before be told, also where none of them stands in its own row."""
    agreement.version += 1


def _check(fund: Fund, agreement: Agreement, what: Change) -> None:
    needed(what.reason, "reason", N_("Say what the amendment changes and why."))
    if what.amount.minor <= 0 or what.amount.currency != agreement.amount.currency:
        raise RuleBroken(
            N_("The amount is above zero and stays in {currency}, the currency of the agreement."),
            currency=agreement.amount.currency,
            field="amount",
        )
    today = clock.today(fund)
    if not agreement.signed_on <= what.agreed_on <= today:
        raise RuleBroken(
            N_("An amendment is agreed on between {signed}, when the agreement was signed, and today."),
            signed=agreement.signed_on,
            field="agreed_on",
        )
    last = queries.last_amendment(fund, agreement)
    if last and what.agreed_on < last.agreed_on:
        raise RuleBroken(
            N_("Amendments follow each other; number {number} was agreed on {day}."),
            number=last.number,
            day=last.agreed_on,
            field="agreed_on",
        )
    _check_preference(fund, what.window, what.preferred, of=what.amount, stands=agreement.window_id)
    check_instalments(what.amount, what.instalments)
    if not _differences(fund, agreement, what):
        raise RuleBroken(N_("Nothing differs from what is in force."))


def _differences(fund: Fund, agreement: Agreement, what: Change) -> dict[str, list[object]]:
    """Return what stands and what is to stand instead, in the words of the audit log."""
    stands = [queries.planned(one) for one in queries.instalments_of(fund, agreement)]
    window, wanted = (one.window.name if one.window else None for one in (agreement, what))
    before = (agreement.amount, window, agreement.preferred, agreement.interest, _listed(stands))
    after = (what.amount, wanted, what.preferred, what.interest, _listed(what.instalments))
    names = ("amount", "window", "preferred", "interest", "instalments")
    return {name: [old, new] for name, old, new in zip(names, before, after, strict=True) if old != new}


def _listed(instalments: Iterable[Planned]) -> str:
    """Write a plan in one line: `SEK 6,000,000.00 on 1 Mar 2026; …`."""
    ordered = sorted(instalments, key=lambda one: (one.due_on, one.amount.minor, one.condition))
    return "; ".join(
        f"{one.amount} on {day(one.due_on)}{f' ({one.condition})' if one.condition else ''}" for one in ordered
    )


def _write(agreement: Agreement, instalments: Iterable[Planned], amendment: Amendment | None, by: Viewer) -> None:
    recorded_at = stamps.moment(agreement.fund_id)
    db.session.add_all(
        Instalment(
            agreement_id=agreement.id, fund_id=agreement.fund_id, amendment_id=amendment.id if amendment else None,
            due_on=one.due_on, amount=one.amount, condition=one.condition, by_id=by.id,
            recorded_at=recorded_at,
        )
        for one in instalments
    )  # fmt: skip
    db.session.flush()


def _index_agreement(agreement: Agreement, donor: Organisation) -> None:
    """Let an agreement be found by what it says now."""
    index(agreement, donor, agreement.reference, agreement.amount, agreement.kind.label)
