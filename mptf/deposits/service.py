"""Record the cash contributors pay, and that the Administrative Agent has it; `by` is the Viewer who does it.

A deposit is what the bank did: only a repeat and what cannot be true is refused; what merely looks wrong
is stored and flagged (`remarks`).
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from mptf.commitments.models import Agreement, Certainty
from mptf.commitments.service import check_stands, columns, index
from mptf.core import audit, ids
from mptf.core.db import db
from mptf.core.errors import N_, KnownAlready, RuleBroken
from mptf.core.money import Money
from mptf.core.shares import apportion
from mptf.deposits.models import Deposit
from mptf.deposits.queries import deposits_like
from mptf.fund.facts import above_zero, check_value_date, in_books
from mptf.fund.models import Fund
from mptf.fund.service import lock
from mptf.ledger import service as ledger
from mptf.ledger.chart import EntryKind
from mptf.ledger.models import Entry
from mptf.ledger.references import plain
from mptf.ledger.service import Document
from mptf.organisations.models import Organisation
from mptf.policy import Permission, Viewer, require

audit.tell(
    {
        "deposit.recorded": N_("recorded a deposit of {received} from {donor}"),
        "deposit.confirmed": N_("confirmed a deposit of {received}"),
    }
)


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


def record_deposit(fund: Fund, what: Receipt, *, by: Viewer) -> Deposit:
    """Record cash the Administrative Agent received, advised until it is confirmed, and post it."""
    require(by, Permission.CONTRIBUTIONS_RECORD, fund)
    _possible(fund, what)
    lock(fund.id)
    check_stands(what.agreement)
    _not_a_repeat(fund, what)
    deposit = Deposit(public_id=ids.new(), fund_id=fund.id, by_id=by.id, **columns(what))
    entry = _post_deposit(fund, deposit, what, by)
    deposit.entry_id, deposit.recorded_at = entry.id, entry.recorded_at
    deposit.fee_entry_id = _post_fee(fund, deposit, what, by)
    db.session.add(deposit)
    db.session.flush()
    audit.record(
        "deposit.recorded", deposit, by=by, fund_id=fund.id, donor=what.donor.short_name, received=what.received
    )
    index(deposit, what.donor, what.bank_reference, what.received, what.original, what.basis, what.certainty_note)
    return deposit


def confirm_deposit(deposit: Deposit, *, by: Viewer, note: str = "") -> None:
    """Record that the Administrative Agent has a deposit, with its fee, in its books."""
    require(by, Permission.DEPOSITS_CONFIRM, deposit)
    for entry in filter(None, (deposit.entry, deposit.fee_entry)):
        ledger.confirm(entry, by=by, note=note)
    audit.record("deposit.confirmed", deposit, by=by, fund_id=deposit.fund_id, received=deposit.received)


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
        page=("deposits.deposit", same.public_id),
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
