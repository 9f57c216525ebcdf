"""Forms of the room: which funding status to draw; asked by address, so that a view can be kept."""

from datetime import date

from wtforms import SelectField

from mptf.core import clock
from mptf.core.clock import HasZone
from mptf.core.errors import N_
from mptf.ledger.forms import AccountFilter
from mptf.web.forms import choices
from mptf.web.text import say

CONFIRMED = "confirmed"


class StatusFilter(AccountFilter):
    """The day of the facts, the day of our knowing them, and whether what is only advised counts."""

    standing = SelectField("Entries", validate_choice=False)

    def offer(self) -> None:
        """Let a person choose which entries count."""
        named = ((CONFIRMED, say(N_("Confirmed only"))),)
        self.standing.choices = choices(named, nothing=say(N_("Advised and confirmed")))

    @property
    def confirmed_only(self) -> bool:
        """Whether only what the Administrative Agent confirmed counts."""
        return str(self.standing.data) == CONFIRMED

    def day(self, place: HasZone) -> date:
        """The day that is asked for; today where none is."""
        asked: date | None = self.as_at.data
        return asked or clock.today(place)
