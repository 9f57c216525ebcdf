"""Forms of the room: shape only; the rules stand in the service."""

from collections.abc import Iterable, Mapping, Sequence

from wtforms import RadioField, SelectField, StringField

from mptf.calls.models import Call
from mptf.core.errors import N_, RuleBroken
from mptf.core.status import one_named
from mptf.organisations.models import Jurisdiction, Organisation
from mptf.people.forms import LONGEST_ADDRESS
from mptf.people.models import Person, RoleGrant
from mptf.proposals.listed import Asked
from mptf.proposals.models import LONGEST_TITLE, May, ProposalPerson, ProposalStatus, Stage
from mptf.web import Filter, Form, TextField
from mptf.web.asked import LONGEST_WORDS
from mptf.web.forms import AtMost, Needed, choices, choices_of, plain_text
from mptf.web.text import say


class TitleForm(Form):
    """What a proposal is called."""

    title = TextField(
        "Title",
        longest=LONGEST_TITLE,
        validators=[Needed("Write the title.")],
        description="What it does and where, in one line. It can be changed until the proposal is submitted.",
    )


class CopyForm(TitleForm):
    """Under which call an old proposal is taken up again."""

    call = SelectField("Call", validators=[Needed("Choose the call.")])

    def offer(self, calls: Iterable[Call]) -> None:
        """Let a person choose among these calls."""
        self.calls: Mapping[str, Call] = {call.public_id: call for call in calls}
        self.call.choices = choices((key, call.name) for key, call in self.calls.items())

    @property
    def chosen(self) -> Call:
        """The call of a valid form."""
        return self.calls[str(self.call.data)]


class MayForm(Form):
    """What somebody may do in a proposal; its version is what stands."""

    may = RadioField("May", choices=choices_of(May), default=May.WRITE.value)

    @classmethod
    def of(cls, member: ProposalPerson, **kwargs: object) -> "MayForm":
        """Return the form filled with what stands."""
        return cls(data={"may": member.may.value, "version": member.may.value}, **kwargs)

    @property
    def chosen(self) -> May:
        """What was chosen in a valid form."""
        return May(str(self.may.data))


class ShareForm(MayForm):
    """Who is added to a proposal: a colleague by choice, or somebody of another organisation by address."""

    person = SelectField("Colleague of your organisation", validate_choice=False)
    email = TextField("E-mail address", longest=LONGEST_ADDRESS)

    def offer(self, grants: Sequence[RoleGrant]) -> None:
        """Let a person choose among these officers."""
        self.people: Mapping[str, Person] = {grant.person.public_id: grant.person for grant in grants}
        named = {grant.person.public_id: f"{grant.person.name}, {grant.held_for}" for grant in grants}
        self.person.choices = choices(named.items(), nothing=say("Nobody chosen"))

    def one(self) -> Person | None:
        """Return the colleague who was chosen, None where an address was written instead."""
        chosen = self.people.get(self.person.data or "")
        if chosen and self.email.data:
            raise RuleBroken(N_("Choose a colleague or write an address, not both."), field="email")
        if not chosen and not self.email.data:
            raise RuleBroken(N_("Choose a colleague, or write an address."), field="person")
        return chosen


class ProposalFilter(Filter):
    """Which proposals to list; anything left empty, and any word of no meaning, asks for all."""

    call = SelectField("Call", validate_choice=False)
    organisation = SelectField("Organisation", validate_choice=False)
    place = SelectField("Office in", validate_choice=False)
    stage = SelectField("Stage", validate_choice=False)
    status = SelectField("Status", validate_choice=False)
    words = StringField("Number or title", validators=[AtMost(LONGEST_WORDS), plain_text])

    def offer(
        self,
        calls: Sequence[tuple[str, str, bool]],
        parties: Iterable[Organisation],
        places: Iterable[Jurisdiction],
    ) -> None:
        """Let a person choose among these calls, organisations and places; the stage where a call has two."""
        self.call.choices = choices(((key, name) for key, name, _ in calls), nothing=say("All calls"))
        self.stage.choices = choices_of(Stage, nothing=say("All"))
        if not any(for_notes for _, _, for_notes in calls):
            del self.stage
        self.organisation.choices = choices(
            ((one.public_id, one.short_name) for one in parties), nothing=say("All organisations")
        )
        self.place.choices = choices(((one.public_id, one.name) for one in places), nothing=say("Everywhere"))
        known = [status for status in ProposalStatus if status is not ProposalStatus.DRAFT]
        self.status.choices = choices_of(known, nothing=say("All"))

    def wanted(self, words: str, page: int) -> Asked:
        """What was asked for, as the query takes it; the words as the address may hold them."""
        return Asked(
            call=self.call.data or "",
            organisation=self.organisation.data or "",
            place=self.place.data or "",
            stage=one_named(Stage, self.stage.data) if "stage" in self else None,
            status=one_named(ProposalStatus, self.status.data),
            words=words,
            page=page,
        )
