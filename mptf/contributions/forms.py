"""Forms of the room: shape only."""

from collections.abc import Iterable

from wtforms import SelectField

from mptf.organisations.models import Organisation
from mptf.web import DayField, Filter
from mptf.web.forms import Checkboxes, choices, codes

MOST_PLACES = [str(number) for number in range(1, 10)]


class RankingFilter(Filter):
    """The day of a ranking, how many places are asked for, and whom it leaves out."""

    on = DayField("Deposits up to")
    places = SelectField("Places", choices=codes(MOST_PLACES), default="3", validate_choice=False)
    without = Checkboxes("Left out", validate_choice=False)

    def offer(self, donors: Iterable[Organisation]) -> None:
        """Let a person leave out some of these contributors."""
        self.without.choices = choices((row.public_id, row.short_name) for row in donors)

    @property
    def count(self) -> int:
        """How many places are asked for."""
        return int(self.places.data) if self.places.data in MOST_PLACES else 3
