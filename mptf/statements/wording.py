"""The sentences of a statement: the same on the page, on paper and in the workbook."""

from mptf.core.errors import N_
from mptf.core.sentences import filled
from mptf.ledger.delivery import Flag
from mptf.statements.figures import FIRST_LAYOUT, Drawn

PRO_RATA = N_(
    "Pooled money is not traced to a contributor. The pro-rata column is the figure of the whole fund × what this "
    "contributor deposited, less refunds to it, ÷ the same for all contributors; cents go to the largest remainders. "
    "Shares change as others deposit."
)
MANAGEMENT = N_("Management statement; it does not replace the Administrative Agent's certified financial statement.")
CONFIRMED_ONLY = N_("What the Administrative Agent had confirmed by then counts, and nothing else.")
ON_BEHALF = N_("Secretariat on behalf of the Steering Committee")

_WAITING = N_("{advised} more is advised and not confirmed yet: it is in no sum and no share.")
_NOT_LATE = N_("An instalment it pays is not called overdue.")
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


def delivery_basis(drawn: Drawn) -> str:
    """Say what the delivery is computed of, until when, and whether that was certified."""
    basis = filled(_DELIVERY, {"until": drawn.period.until})
    return "; ".join(filter(None, (basis, drawn.certification)))


def unusual(drawn: Drawn) -> str:
    """Say what is unusual about the delivery; nothing where nothing is."""
    return " ".join(_FLAGS[flag] for flag in drawn.unusual)
