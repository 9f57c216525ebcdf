"""Forms of the room: a reason, an answer."""

from mptf.ledger.models import LONGEST_MEMO
from mptf.web import Form, TextAreaField
from mptf.web.forms import Needed


class ReversalForm(Form):
    """Why an entry is taken back."""

    reason = TextAreaField(
        "Reason",
        longest=LONGEST_MEMO,
        validators=[Needed("Say why it is reversed.")],
        description="It is posted with the reversal and read by everybody who reads the ledger.",
    )


class ClosingForm(Form):
    """What is to be said of a closed month."""

    note = TextAreaField("Note", longest=1000, description="Kept with the closing; may stay empty.")


class DeclineForm(Form):
    """Why a request is declined."""

    answer = TextAreaField("Reason", longest=1000, validators=[Needed("Say why it is declined.")])
