"""Forms of the room: shape only; the rules stand in the service."""

from collections.abc import Sequence
from typing import Any, Self

from wtforms import BooleanField, RadioField, SelectField

from mptf.core.errors import N_
from mptf.documents.forms import PaperForm
from mptf.opinions.facts import Given
from mptf.opinions.models import GIVEN, LONGEST_REASON, LONGEST_TEXT, Opinion, Says
from mptf.opinions.queries import ANY, Place
from mptf.organisations.models import Jurisdiction
from mptf.web import Filter, TextAreaField
from mptf.web.forms import Needed, NeededDay, choices, choices_of
from mptf.web.text import say
from mptf.web.uploads import UploadField


class GivenForm(PaperForm):
    """What a Commission says, with the signed letter if there is one."""

    needs_file = False
    says = RadioField("Opinion", choices=choices_of(GIVEN), validators=[Needed("Choose what the Commission says.")])
    text = TextAreaField(
        "In its words",
        longest=LONGEST_TEXT,
        description="Needed with remarks, and where the Commission does not support the proposal.",
    )
    given_on = NeededDay("Given on", told="Write the day on which it was given.")
    number = SelectField("Version of the proposal", validators=[Needed("Choose the version it was given on.")])
    file = UploadField("Signed letter")

    def offer_versions(self, numbers: Sequence[int]) -> None:
        """Let a person choose among these versions of the proposal."""
        named = ((str(number), say(N_("Version {number}"), number=number)) for number in numbers)
        self.number.choices = choices(named)

    def given(self) -> Given:
        """Return what was filled in."""
        says = next(one for one in Says if one.value == self.says.data)
        return Given(says, self.text.data or "", self.given_on.day, int(self.number.data))


class RecordForm(GivenForm):
    """Which Commission says it."""

    place = SelectField("SALW Commission of", validators=[Needed("Choose the jurisdiction.")])

    def offer(self, places: Sequence[Place]) -> None:
        """Let a person choose among these Commissions."""
        self.places = {one.jurisdiction.public_id: one.jurisdiction for one in places}
        beside = say(N_("the proposal does not work there"))
        named = (
            (one.jurisdiction.public_id, one.jurisdiction.name + ("" if one.asked else f" ({beside})"))
            for one in places
        )
        self.place.choices = choices(named, nothing=say(N_("Choose …")))

    @property
    def chosen(self) -> Jurisdiction | None:
        """The jurisdiction that was chosen, if it is offered."""
        return self.places.get(self.place.data or "")


class CorrectForm(GivenForm):
    """What replaces an opinion, and why."""

    says = RadioField("Opinion", choices=choices_of(Says), validators=[Needed("Choose what the Commission says.")])
    without_letter = BooleanField("The letter that is here does not belong to it")
    reason = TextAreaField(
        "Why it is corrected",
        longest=LONGEST_REASON,
        validators=[Needed("Say why it is corrected.")],
        description="What stood before stays readable, with this reason.",
    )

    @classmethod
    def of(cls, opinion: Opinion, **kwargs: Any) -> Self:
        """Return the form filled with what stands."""
        stands = Given.of(opinion)
        says, number = stands.says.value, str(stands.number)
        return cls(data={"says": says, "text": stands.text, "given_on": stands.given_on, "number": number}, **kwargs)


class OpinionsFilter(Filter):
    """Which proposals of a call to list beside what the Commissions say of them."""

    missing = SelectField("Proposals", validate_choice=False)

    def offer(self, places: Sequence[Jurisdiction]) -> None:
        """Let a person choose among these Commissions."""
        told = N_("Only where {place} did not answer")
        named = ((one.public_id, say(told, place=one.name)) for one in places)
        every = (ANY, say(N_("Only where an answer is missing")))
        self.missing.choices = choices([every, *named], nothing=say(N_("All proposals")))
