"""The sentences of a statement: the same on the page, on paper and in the workbook."""

from collections.abc import Iterator

from mptf.commitments.models import Certainty
from mptf.core.errors import N_
from mptf.core.remarks import Remark
from mptf.core.sentences import day, filled
from mptf.ledger.delivery import Flag
from mptf.paper import values
from mptf.paper.values import percent_text
from mptf.statements.figures import FIRST_LAYOUT, DepositFigures, Drawn, Received

PRO_RATA = N_(
    "Pooled money is not traced to a contributor. The pro-rata column is the figure of the whole fund × what this "
    "contributor deposited, less refunds to it, ÷ the same for all contributors; cents go to the largest remainders. "
    "Shares change as others deposit."
)
MANAGEMENT = values.MANAGEMENT
CONFIRMED_ONLY = N_("What the Administrative Agent had confirmed by then counts, and nothing else.")
ON_BEHALF = N_("Secretariat on behalf of the Steering Committee")
AS_OF_NOW = N_("As of now, not issued")
NOT_ISSUED = N_("Not issued: it has no number and no code, and nobody can check it.")

_OPENING = N_("opening balance")
_WAITING = N_("{advised} more is advised and not confirmed yet: it is in no sum and no share.")
_NOT_LATE = N_("An instalment it pays is not called overdue.")
_RATE = N_("The rate is the original amount ÷ what was received; the fee is the one actually taken")
_FEE_SHARE = N_("{share} of what was received")
_NO_FEE, _NO_FEES = N_("of 1 deposit it is not stated"), N_("of {count} deposits it is not stated")
_BEFORE_ONE, _BEFORE = N_("Before {since}, 1 deposit"), N_("Before {since}, {count} deposits")
_NOTHING = N_("Contributions of all, less refunds, come to nothing: there is no share of them and no pro-rata part.")
_LESS = N_("More was refunded to contributors than they had contributed: there is no share and no pro-rata part.")
_BELOW_ZERO = N_(
    "More was refunded to a contributor than it had contributed; its share is below zero, and those of the others add "
    "up to more than 100%."
)
_OWN_BELOW_ZERO = N_(
    "More was refunded to this contributor than it had contributed; its share is below zero, and those of the others "
    "add up to more than 100%."
)
_NO_PARTS_THEN = N_(
    "More had been refunded to a contributor than it had contributed: when this statement was issued, no pro-rata part "
    "was computed in that case."
)
_DELIVERY = N_("expenditure ÷ net funded, to {until}")
_FLAGS = {
    Flag.ABOVE_ALL: N_("More was reported as spent than was funded net: shown as it is."),
    Flag.NET_FUNDED_ZERO: N_("Nothing was funded net, so that there is no rate."),
    Flag.NET_FUNDED_NEGATIVE: N_("More was refunded than transferred: shown as it is."),
    Flag.EXPENDITURE_NEGATIVE: N_("The expenditure reported is below zero: shown as it is."),
}


def counted(drawn: Drawn) -> str:
    """Say what counts, and what is on its way and does not."""
    if not drawn.advised:
        return CONFIRMED_ONLY
    said = f"{CONFIRMED_ONLY} {filled(_WAITING, {'advised': drawn.advised})}"
    return said if drawn.layout == FIRST_LAYOUT else f"{said} {_NOT_LATE}"


def to_know(drawn: Drawn) -> list[Remark]:
    """Return what a person should know before issuing it: that not all of the contributor's money counts."""
    return [Remark(N_("Not all is confirmed"), _WAITING, {"advised": drawn.advised})] if drawn.advised else []


def deposits(drawn: Drawn) -> str:
    """Say which deposits count, and what their rates and fees are."""
    share = filled(_FEE_SHARE, {"share": percent_text(drawn.fee_share)}) if drawn.fee_share is not None else ""
    fee = ", ".join(filter(None, (_RATE, share)))
    return f"{counted(drawn)} {'; '.join(filter(None, (fee, not_stated(drawn.in_all))))}."


def not_stated(received: Received) -> str:
    """Say of how many deposits the fee is not stated; nothing where all are."""
    count = received.fees_not_stated
    return "" if not count else _NO_FEE if count == 1 else filled(_NO_FEES, {"count": f"{count:,}"})


def unlike(row: DepositFigures) -> str:
    """Say what is unlike other deposits: an opening balance, and one of which it is not certain whose it is."""
    unsure = "" if row.certainty == Certainty.CERTAIN.label else row.certainty
    return ", ".join(filter(None, (_OPENING if row.opening else "", unsure)))


def before(drawn: Drawn) -> str:
    """Name what arrived before the period."""
    count = drawn.before.deposits
    return filled(_BEFORE_ONE if count == 1 else _BEFORE, {"since": drawn.period.since, "count": f"{count:,}"})


def explained(drawn: Drawn) -> Iterator[str]:
    """Say of which deposits it is explained how sure it is that they are this contributor's, and how; once each."""
    notes: dict[tuple[str, str], list[DepositFigures]] = {}
    for row in drawn.deposits:
        notes.setdefault((row.certainty, row.note), []).append(row)
    for (certainty, note), rows in notes.items():
        if note:
            days = dict.fromkeys(day(row.value_on) for row in rows)
            yield f"{', '.join(days)} ({certainty}): {note}"


def remarks(drawn: Drawn) -> str:
    """Say what is unusual about the shares and about the delivery; nothing where nothing is."""
    return " ".join(filter(None, (_shares(drawn), *(_FLAGS[flag] for flag in drawn.unusual))))


def delivery_basis(drawn: Drawn) -> str:
    """Say what the delivery is computed of, until when, and whether that was certified."""
    basis = filled(_DELIVERY, {"until": drawn.period.until})
    return "; ".join(filter(None, (basis, drawn.certification)))


def _shares(drawn: Drawn) -> str:
    """Say why there is no share, or why those of the others are above the whole, and never whose is below zero."""
    if drawn.everybody.minor <= 0:
        return _LESS if drawn.everybody else _NOTHING
    if drawn.below_zero:
        return _OWN_BELOW_ZERO if drawn.contributed.minor < 0 else _BELOW_ZERO
    no_part = any(use.whole is not None and use.part is None for use in drawn.uses)
    return _NO_PARTS_THEN if no_part else ""
