"""Forms of the room: shape only; the rules stand in the service."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, Self

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField

from mptf.core.errors import N_, RuleBroken, Stale
from mptf.core.status import one_named
from mptf.proposals.listed import Asked
from mptf.proposals.models import ProposalStatus
from mptf.screening.models import (
    LONGEST_GUIDANCE,
    LONGEST_LETTER,
    LONGEST_NOTE,
    Answer,
    Fact,
    Ground,
    ScreeningAnswer,
    ScreeningItem,
)
from mptf.screening.proposed import LONGEST_QUESTION, Question, Said, field_of
from mptf.web import Filter, Form, TextAreaField, TextField
from mptf.web.asked import LONGEST_WORDS
from mptf.web.forms import AtMost, Checkboxes, Difference, Needed, choices, choices_of, plain_text
from mptf.web.text import NOTHING, say


class ItemForm(Form):
    """An item of a checklist."""

    question = TextField(
        "Question",
        longest=LONGEST_QUESTION,
        validators=[Needed("Write what is to be found.")],
        description="A statement that is answered with yes, no or does not apply.",
    )
    guidance = TextAreaField("Guidance", longest=LONGEST_GUIDANCE, description="What to look at; may be empty.")
    ground = SelectField(
        "A “no” makes the proposal ineligible",
        default="",
        description="Choose the reason, or leave it where a “no” is mended.",
    )
    fact = SelectField("What the system shows beside it", default="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ground.choices = choices_of(Ground, nothing=say("No, it is only noted"))
        self.fact.choices = choices_of(Fact, nothing=say("Nothing"))

    @classmethod
    def of(cls, item: ScreeningItem, **kwargs: Any) -> Self:
        """Return the form filled with an item; its version is what it says."""
        said = Question.of(item)
        filled = {
            "question": said.question, "guidance": said.guidance, "ground": said.ground.value if said.ground else "",
            "fact": said.fact.value if said.fact else "",
        }  # fmt: skip
        return cls(data={**filled, "version": "|".join(filled.values())}, **kwargs)

    def said(self) -> Question:
        """Return what was typed."""
        return Question(
            self.question.data or "", self.guidance.data or "", one_named(Ground, self.ground.data),
            one_named(Fact, self.fact.data),
        )  # fmt: skip


MEANWHILE = N_(
    "Another version of the proposal was sent, or its checklist was changed, since you opened this page. Read what "
    "stands now; what you typed is kept here and can be sent again."
)


NO_REASON = N_("Choose at least one reason.")


class OpenedForm(Form):
    """What is said of one version of a proposal; `version` names that version, and what it was asked."""

    def refuse_opened_before(self, stands: str) -> None:
        """Refuse what was typed of another version than stands; it may be sent again knowingly (INP-3)."""
        opened, self.version.data = self.version.data, stands
        if opened and opened != stands:
            raise Stale(MEANWHILE)


class Given(NamedTuple):
    """An answer as a form holds it: its word, or nothing, and the note."""

    answer: str
    note: str


class ChecklistForm(OpenedForm):
    """The answers to the items of a checklist, each over the version it was opened on."""

    items: Sequence[ScreeningItem] = ()
    stands: Mapping[int, ScreeningAnswer] = {}

    @classmethod
    def of(
        cls, items: Sequence[ScreeningItem], stands: Mapping[int, ScreeningAnswer], opened_on: str, **kwargs: Any
    ) -> Self:  # fmt: skip
        """Return the form of a checklist, filled with what was found of a version."""
        fields: dict[str, Any] = {}
        filled: dict[str, object] = {"version": opened_on}
        for item in items:
            fields |= _fields_of(item)
            given = stands.get(item.id)
            filled[field_of(item)] = given.answer.value if given else ""
            filled[field_of(item, "note")] = given.note if given else ""
            filled[field_of(item, "seen")] = str(given.version if given else 0)
        kind = type(cls.__name__, (cls,), {**fields, "items": items, "stands": stands})
        made: Self = kind(data=filled, **kwargs)
        return made

    def given(self, item: ScreeningItem) -> Given:
        """Return what is typed at an item."""
        answer, note = self[field_of(item)].data, self[field_of(item, "note")].data
        return Given(answer or "", note or "")

    @property
    def unsaved(self) -> list[tuple[str, str]]:
        """What was typed and is not kept: the question of each item with the words of its answer."""
        typed = ((item, self.given(item)) for item in self.items)
        return [(item.question, _told(given)) for item, given in typed if given != _given(self.stands.get(item.id))]

    def said(self) -> list[Said]:
        """Return what was typed at every item."""
        return [self._said(item) for item in self.items]

    def settle(self, found: Mapping[int, Sequence[ScreeningAnswer]]) -> None:
        """Take over what others answered meanwhile; where this person typed something else, show both (INP-3)."""
        differences = []
        for item in self.items:
            versions = found.get(item.id, ())
            newest = _given(versions[-1] if versions else None)
            before = self._version(item)
            typed, opened = self.given(item), _given(versions[before - 1] if 0 < before <= len(versions) else None)
            if before != len(versions) and typed not in (newest, opened):
                differences.append(Difference(item.question, _told(newest), _told(typed)))
            elif before != len(versions):
                self[field_of(item)].data, self[field_of(item, "note")].data = newest
            self[field_of(item, "seen")].data = str(len(versions))
        if differences:
            self.differences = tuple(differences)
            raise Stale

    def _said(self, item: ScreeningItem) -> Said:
        given = self.given(item)
        return Said(item.id, one_named(Answer, given.answer), given.note, self._version(item))

    def _version(self, item: ScreeningItem) -> int:
        text = self[field_of(item, "seen")].data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _fields_of(item: ScreeningItem) -> dict[str, Any]:
    answer = RadioField(f"{item.position}. {item.question}", choices=choices_of(Answer), validate_choice=False)
    note = TextAreaField(say("Note on item {number}", number=item.position), longest=LONGEST_NOTE)
    return {field_of(item): answer, field_of(item, "note"): note, field_of(item, "seen"): HiddenField()}


def _given(answer: ScreeningAnswer | None) -> Given:
    return Given(answer.answer.value, answer.note) if answer else Given("", "")


def _told(given: Given) -> str:
    answer = one_named(Answer, given.answer)
    return ": ".join(filter(None, (answer.label if answer else "", given.note))) or NOTHING


class GroundsFilter(Filter):
    """For which reasons a letter is written; the page that writes it is asked for by address."""

    grounds = Checkboxes("Reasons", choices=choices_of(Ground), validate_choice=False)
    write = HiddenField()  # said by who has chosen, not by who comes to choose

    @property
    def chosen(self) -> list[Ground]:
        """The reasons of the catalogue that were chosen, in its order."""
        return named_in(self.grounds.data or ())

    def begin(self, found: Sequence[Ground]) -> None:
        """Tick the reasons that were found; to who has chosen none, say that a letter needs one."""
        if self.chosen:
            return
        if self.write.data:
            self.refuse(RuleBroken(NO_REASON, field="grounds"))
        else:
            self.grounds.data = [ground.value for ground in found]
        self.write.data = "yes"


class RefuseForm(OpenedForm):
    """The letter that declares a proposal ineligible, for its reasons."""

    grounds = Checkboxes("Reasons", choices=choices_of(Ground), validate_choice=False)
    text = TextAreaField(
        "What the letter says",
        longest=LONGEST_LETTER,
        validators=[Needed("Write the letter; the applicant reads it.")],
        description="Leave an empty line between paragraphs. Names of who screened it, and notes, stand in no letter.",
    )
    sure = BooleanField(
        "I read this letter, and know that the proposal stays ineligible",
        validators=[Needed("Tick this box to declare it ineligible.")],
    )

    @property
    def chosen(self) -> list[Ground]:
        """The reasons of the catalogue that were chosen, in its order."""
        return named_in(self.grounds.data or ())

    def check(self) -> None:
        """Refuse a letter for no reason."""
        if not self.chosen:
            raise RuleBroken(NO_REASON, field="grounds")


def named_in(words: Collection[str]) -> list[Ground]:
    """Return the reasons these words name, in the order of the catalogue."""
    return [ground for ground in Ground if ground.value in words]


class ScreeningFilter(Filter):
    """Which proposals of a call to list; anything left empty, and any word of no meaning, asks for all."""

    status = SelectField("Status", validate_choice=False)
    words = StringField("Number or title", validators=[AtMost(LONGEST_WORDS), plain_text])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = ((one.value, one.label) for one in ProposalStatus if one is not ProposalStatus.DRAFT)
        self.status.choices = choices(known, nothing=say("All"))

    def wanted(self, call: str, words: str, page: int) -> Asked:
        """What was asked for, as the query takes it; `call` is the public id of the call."""
        return Asked(call=call, status=one_named(ProposalStatus, self.status.data), words=words, page=page)
