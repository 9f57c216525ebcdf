"""Forms about a call as a whole and its criteria: shape only; the rules stand with the facts and in the service."""

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from mptf.calls.facts import LONGEST_WHY
from mptf.calls.models import MOST_POINTS, Criterion
from mptf.calls.rubric import Rubric
from mptf.fund.forms import WholeField
from mptf.organisations.models import Office
from mptf.web import Form, TextAreaField, TextField
from mptf.web.forms import Checkboxes, Needed, choices

WHY_TOLD = "The offices invited read it, and the committee with what they submit."

Named = TypeVar("Named")


class Offer(Generic[Named]):
    """What may be chosen, by public id."""

    def __init__(self, rows: Iterable[Named]) -> None:
        self.rows: Mapping[str, Named] = {row.public_id: row for row in rows}  # type: ignore[attr-defined]

    def chosen(self, public_ids: Iterable[str] | None) -> tuple[Named, ...]:
        """Return the rows somebody chose."""
        return tuple(self.rows[public_id] for public_id in public_ids or () if public_id in self.rows)


def office_choices(offices: Offer[Office]) -> Any:
    """Return the choices among offices, each with its organisation."""
    return choices((row.public_id, f"{row.name} ({row.organisation.short_name})") for row in offices.rows.values())


class TitleForm(Form):
    """What a new call is called."""

    title = TextField("Title", longest=300, validators=[Needed("Write the title.")])


class InvitationForm(TitleForm):
    """Which offices are invited to submit, to what, and why outside a call."""

    offices = Checkboxes("Offices invited", description="One or a few; more are invited later, none is taken back.")
    why_outside = TextAreaField("Why outside a call", longest=LONGEST_WHY, description=WHY_TOLD)

    def offer(self, offices: Offer[Office]) -> None:
        """Let a person choose among these."""
        self.offered = offices
        self.offices.choices = office_choices(offices)

    @property
    def chosen(self) -> tuple[Office, ...]:
        """The offices of a valid form."""
        return self.offered.chosen(self.offices.data)


class ReasonForm(Form):
    """Why a call is cancelled."""

    reason = TextAreaField("Reason", longest=2000, validators=[Needed("Say why it is cancelled.")])


class CriterionForm(Form):
    """One criterion, with what each number of its points means."""

    name = TextField("Criterion", longest=300, validators=[Needed("Write a name.")])
    guidance = TextAreaField("Guidance for reviewers", longest=4000)
    most_points = WholeField("Points at most", validators=[Needed("Write a number, such as 5.")])
    weight = WholeField(
        "Weight in percent", validators=[Needed("Write a weight.")],
        description="The weights of all criteria come to 100 together.",
    )  # fmt: skip
    anchors = TextAreaField(
        "What each number of points means", longest=300 * (MOST_POINTS + 1),
        description="A line for each, beginning with 0 points.",
        validators=[Needed("Write a line for each number of points, beginning with 0.")],
    )  # fmt: skip

    @classmethod
    def of(cls, criterion: Criterion, **kwargs: Any) -> "CriterionForm":
        """Return the form filled with what stands."""
        lines = "\n".join(anchor.text for anchor in criterion.anchors)
        stands = {name: getattr(criterion, name) for name in ("name", "guidance", "most_points", "weight")}
        return cls(data={**stands, "anchors": lines, "version": criterion.call.version}, **kwargs)

    def rubric(self) -> Rubric:
        """Return what was typed."""
        lines = [line.strip() for line in (self.anchors.data or "").splitlines() if line.strip()]
        return Rubric(
            self.name.data or "", self.guidance.data or "", self.most_points.data or 0, self.weight.data or 0,
            tuple(lines),
        )  # fmt: skip
