"""What is recorded of an opinion: values that are checked together."""

from dataclasses import dataclass
from datetime import date

from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import at_most, needed
from mptf.core.kosovo import keep_asterisk
from mptf.core.signs import seen
from mptf.opinions.models import LONGEST_TEXT, Opinion, Says


@dataclass(frozen=True)
class Given:
    """An opinion as it was given: on which version of a proposal, and when."""

    says: Says
    text: str
    given_on: date
    number: int

    @classmethod
    def of(cls, opinion: Opinion) -> "Given":
        """Read what an opinion says."""
        return cls(opinion.says, opinion.text, opinion.given_on, opinion.submission.number)

    def check(self, *, sent_on: date, today: date) -> None:
        """Refuse words that are missing, and a day that cannot be."""
        if self.says in (Says.REMARKS, Says.AGAINST):
            needed(self.text, "text", N_("Write the remarks, or why the Commission does not support it."))
        elif seen(self.text):
            keep_asterisk(self.text, "text")
        at_most(self.text, LONGEST_TEXT, "text")
        if self.given_on > today:
            raise RuleBroken(N_("This day has not come yet. Write the day on which it was given."), field="given_on")
        if self.given_on < sent_on:
            raise RuleBroken(
                N_("Version {number} was submitted on {day}: an opinion on it is not older."),
                number=self.number, day=sent_on, field="given_on",
            )  # fmt: skip
