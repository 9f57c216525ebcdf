"""Forms of the room: which funding status to draw; asked by address, so that a view can be kept."""

from datetime import date

from wtforms import SelectField

from mptf.core import clock
from mptf.core.clock import HasZone
from mptf.core.errors import N_
from mptf.ledger.forms import AccountFilter
from mptf.reported.figures import Basis
from mptf.web.forms import choices
from mptf.web.text import say

CONFIRMED = "confirmed"


class StatusFilter(AccountFilter):
    """The day of the facts, the day of our knowing them, and whether what is only advised or interim counts."""

    standing = SelectField("Entries", validate_choice=False)
    figures = SelectField("Reported figures", validate_choice=False)

    def offer(self) -> None:
        """Let a person choose which entries and which reported figures count."""
        named = ((CONFIRMED, say(N_("Confirmed only"))),)
        self.standing.choices = choices(named, nothing=say(N_("Advised and confirmed")))
        certified = ((Basis.CERTIFIED.value, say(N_("Certified only"))),)
        self.figures.choices = choices(certified, nothing=say(N_("Certified, otherwise interim")))

    @property
    def confirmed_only(self) -> bool:
        """Whether only what the Administrative Agent confirmed counts."""
        return str(self.standing.data) == CONFIRMED

    @property
    def certified_only(self) -> bool:
        """Whether only what organisations certified counts as spent."""
        return str(self.figures.data) == Basis.CERTIFIED.value

    def day(self, place: HasZone) -> date:
        """The day that is asked for; today where none is."""
        asked: date | None = self.as_at.data
        return asked or clock.today(place)
