"""Forms of the room: shape only; the rules stand in the service."""

from wtforms import HiddenField

from mptf.lists.models import LONGEST_NAME
from mptf.web import Form, TextField
from mptf.web.forms import AtMost, Needed, plain_text

LONGEST_ASKED = 2_000  # signs of an address


class NameForm(Form):
    """What a view is called."""

    name = TextField(
        "Name",
        longest=LONGEST_NAME,
        validators=[Needed("Write a name.")],
        description="It stands above the list, for you alone.",
    )


class KeepForm(NameForm):
    """The filters that stand, as an address says them; `replaces` is the name whose view may be replaced by them."""

    asked = HiddenField(validators=[AtMost(LONGEST_ASKED), plain_text])
    replaces = HiddenField()

    @property
    def replaces_knowingly(self) -> bool:
        """Whether the page had said that there is a view of this name."""
        return bool(self.name.data) and self.replaces.data == self.name.data
