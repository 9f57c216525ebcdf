"""The part Workplan: what is done for each output, by which office, in which quarters of the project.

An activity names its output by the key this has in the results framework (`of`), and its quarters by their number from
the project's start. Where the output is gone, it stands apart until it gets another.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mptf.core.errors import N_
from mptf.core.sentences import cut, filled
from mptf.drafting.quarters import MOST, Quarter, quarters, span
from mptf.drafting.reading import Frame, Part, Read, Row, Typed
from mptf.drafting.shape import Content, Field, Holds, Shape, keys_of
from mptf.drafting.telling import Block, Column, Facts, Line, Said, Table, words
from mptf.proposals.models import PartKind

LIST = "activities"
MOST_ACTIVITIES = 150
LONGEST_TEXT = 500
LONGEST_MILESTONE = 200
LONGEST_CHOICE = 80

SHAPE = Shape(
    (
        Field(LIST, N_("Activity"), Holds.ORDER, MOST_ACTIVITIES, below="outputs"),
        Field("activities.*.of", N_("output it belongs to")),
        Field("activities.*.text", N_("description"), Holds.LINES, LONGEST_TEXT),
        Field("activities.*.office", N_("responsible office")),
        Field("activities.*.from", N_("first quarter")),
        Field("activities.*.to", N_("last quarter")),
        Field("activities.*.milestone", N_("milestone"), most=LONGEST_MILESTONE),
        Field("activities.*.due", N_("quarter of the milestone")),
    )
)


@dataclass(frozen=True)
class Activity:
    """What is done, by the public id of the office, from one quarter to another; what cannot be read is None or empty.

    `milestone` is reached in the quarter `due`.
    """

    key: str
    number: str
    text: str
    office: str
    first: int | None
    last: int | None
    milestone: str
    due: int | None


@dataclass(frozen=True)
class Group:
    """The activities of an output."""

    key: str
    number: str
    text: str
    activities: tuple[Activity, ...]


@dataclass(frozen=True)
class Workplan:
    """The activities by output; `loose` are those whose output is not there, `count` the quarters of the project.

    `quarters` are those that are shown: also quarters after the end that are still named. `offices` are those that take
    part, names by public id.
    """

    groups: tuple[Group, ...] = ()
    loose: tuple[Activity, ...] = ()
    quarters: tuple[Quarter, ...] = ()
    count: int | None = None
    offices: Mapping[str, str] = field(default_factory=dict)

    @property
    def activities(self) -> tuple[Activity, ...]:
        """Every activity, in the order of the page."""
        return (*(one for group in self.groups for one in group.activities), *self.loose)

    @property
    def output_choices(self) -> dict[str, str]:
        """The outputs to choose from, by key."""
        return {one.key: f"{one.number} {cut(one.text, LONGEST_CHOICE)}".strip() for one in self.groups}

    @property
    def quarter_choices(self) -> dict[str, str]:
        """The quarters to choose from, by number."""
        after = {one.number for one in self.quarters if self.count and one.number > self.count}
        return {
            str(one.number): filled(N_("{quarter} (after the end)"), {"quarter": one.label}) if one.number in after
            else one.label
            for one in self.quarters
        }  # fmt: skip

    def when(self, activity: Activity) -> tuple[str, str] | None:
        """Return in which quarters an activity is carried out, and their months; None where that is not known."""
        if not activity.first or not activity.last or activity.last < activity.first:
            return None
        return span(self.quarters[activity.first - 1], self.quarters[activity.last - 1])

    def bar(self, activity: Activity) -> tuple[float, float] | None:
        """Return where the bar of an activity begins and how long it is, in percent of all quarters."""
        if not activity.first or not activity.last or activity.last < activity.first:
            return None
        whole = len(self.quarters)
        return _percent(activity.first - 1, whole), _percent(activity.last - activity.first + 1, whole)

    def due(self, activity: Activity) -> str:
        """Return when the milestone of an activity is reached: `Q4, Jan–Mar 2024`; nothing where that is not known."""
        return self.quarters[activity.due - 1].label if activity.due else ""

    def mark(self, activity: Activity) -> float | None:
        """Return where the mark of a milestone stands, in percent of all quarters: in the middle of its quarter."""
        return _percent(activity.due - 0.5, len(self.quarters)) if activity.due else None

    def heads(self) -> list[tuple[Quarter, float, float]]:
        """Return the quarters with where each begins and where its middle is, in percent."""
        whole = len(self.quarters)
        return [(one, _percent(one.number - 1, whole), _percent(one.number - 0.5, whole)) for one in self.quarters]


def called(name: str, content: Content, frame: Frame) -> str:
    """Say what people call a field: `Activity 1.2.1, description`, or an output as a whole: `Output 1.2`."""
    of_list, _, rest = name.partition(".")
    if of_list == "outputs":
        return f"{N_('Output')} {frame.outputs[rest].number}" if rest in frame.outputs else N_("Output")
    row, field = SHAPE.row_of(name), SHAPE.find(name)
    if row is None:
        return field.label if field else name
    whose = f"{N_('Activity')} {_number(content, frame, row[1])}".strip()
    return f"{whose}, {field.label}" if field else whose


def _number(content: Content, frame: Frame, key: str) -> str:
    """Return the number of an activity: that of its output, and its place there; nothing where there is no output."""
    of = content.get(f"{LIST}.{key}.of", "")
    beside = [other for other in keys_of(content, LIST) if content.get(f"{LIST}.{other}.of", "") == of]
    return f"{frame.outputs[of].number}.{beside.index(key) + 1}" if of in frame.outputs and key in beside else ""


def read_workplan(content: Content, frame: Frame) -> Read[Workplan]:
    """Read the workplan: an activity at least for each output, each with its office and quarters of the project."""
    typed = Typed(content)
    if not frame.months:
        typed.missing("", N_("Write the duration in General: it says how many quarters there are."))
    if not frame.outputs:
        typed.missing("", N_("Write the results framework: activities stand below its outputs."))
    rows = list(typed.rows(LIST, most=MOST_ACTIVITIES))
    reader = _Reader(typed, frame)
    groups = tuple(reader.group(key, rows) for key in frame.outputs)
    loose = tuple(reader.loose(row) for row in rows if reader.of(row) not in frame.outputs)
    named = _named((*(one for group in groups for one in group.activities), *loose))
    offices = {one: frame.offices.get(one, one) for one in frame.taking_part}
    shown = quarters(frame.starts_on, frame.months, named)
    return typed.read(Workplan(groups, loose, shown, reader.count, offices))


def _percent(part: float, whole: int) -> float:
    return round(100 * part / whole, 3)


def _named(activities: Iterable[Activity]) -> int:
    """Return the highest number of a quarter that is named."""
    return max((number or 0 for one in activities for number in (one.first, one.last, one.due)), default=0)


class _Reader:
    """Reads activities within the quarters of the project."""

    def __init__(self, typed: Typed, frame: Frame) -> None:
        self.typed = typed
        self.frame = frame
        self.count = len(quarters(None, frame.months)) if frame.months else None

    def of(self, row: Row) -> str:
        """Return the key of the output an activity belongs to."""
        return self.typed.content.get(row.at("of"), "")

    def group(self, key: str, rows: Iterable[Row]) -> Group:
        """Read the activities of an output."""
        number, text = self.frame.outputs[key]
        found = [row for row in rows if self.of(row) == key]
        if not found:
            self.typed.missing(f"outputs.{key}", N_("Add an activity that leads to this output."))
        activities = (self._activity(row, f"{number}.{place}") for place, row in enumerate(found, 1))
        return Group(key, number, text, tuple(activities))

    def loose(self, row: Row) -> Activity:
        """Read an activity whose output is not there."""
        self.typed.missing(row.at("of"), N_("Choose the output this activity belongs to."))
        return self._activity(row, "")

    def _activity(self, row: Row, number: str) -> Activity:
        text = self.typed.text(row.at("text"), needed=N_("Say what is done."), most=LONGEST_TEXT)
        office = self._office(row)
        first = self._quarter(row, "from", N_("Choose the quarter in which it begins."))
        last = self._quarter(row, "to", N_("Choose the quarter in which it ends."))
        if first and last and last < first:
            self.typed.wrong(row.at("to"), N_("It ends before it begins: choose Q{first} or a later one."), first=first)
        milestone = self.typed.text(row.at("milestone"), most=LONGEST_MILESTONE)
        due = self._quarter(row, "due", N_("Choose the quarter in which it is reached.") if milestone else None)
        if due and not milestone:
            self.typed.missing(row.at("milestone"), N_("Say what is reached in this quarter."))
        return Activity(row.key, number, text, office, first, last, milestone, due)

    def _office(self, row: Row) -> str:
        """Return the office; where only one takes part nobody needs to choose."""
        if len(self.frame.taking_part) == 1:
            return self.frame.taking_part[0]
        return self.typed.one_of(row.at("office"), self.frame.taking_part, needed=N_("Choose the responsible office."))

    def _quarter(self, row: Row, name: str, told: str | None) -> int | None:
        """Return the number of a quarter; one after the end is a problem, and shown all the same."""
        number = self.typed.whole(row.at(name), least=1, most=MOST, needed=told)
        if number and self.count and number > self.count:
            sentence = N_("Q{number} lies after the end: the project has {count} quarters.")
            self.typed.wrong(row.at(name), sentence, number=number, count=self.count)
        return number


def tell_workplan(plan: Workplan, _frame: Frame) -> Iterator[Block]:
    """Say the quarters of the project, and each activity with when it is done, by whom and what it reaches."""
    named = tuple(words(N_("{quarter}: {months}"), quarter=one.name, months=one.months) for one in plan.quarters)
    yield Facts(((words(N_("Quarters of the project")), named),))
    heads = (
        Column(words(N_("No."))), Column(words(N_("Activity")), share=4),
        Column(words(N_("Responsible office")), share=2), Column(words(N_("When")), share=2),
        Column(words(N_("Milestone")), share=3),
    )  # fmt: skip
    yield Table(words(N_("Activities")), heads, tuple(_told(plan)))


def _told(plan: Workplan) -> Iterator[Line]:
    for group in plan.groups:
        yield Line((words(N_("Output {number}: {text}"), number=group.number, text=group.text),), "group")
        yield from (_activity(plan, one) for one in group.activities)
    if plan.loose:
        yield Line((words(N_("Not assigned yet")),), "group")
        yield from (_activity(plan, one) for one in plan.loose)


def _activity(plan: Workplan, one: Activity) -> Line:
    milestone: Said = one.milestone
    if one.milestone and one.due:
        milestone = (one.milestone, words(N_("in {quarter}"), quarter=plan.due(one)))
    return Line((one.number, one.text, plan.offices.get(one.office), plan.when(one), milestone))


PART = Part(
    PartKind.WORKPLAN, SHAPE, read_workplan, tell_workplan, "drafting/workplan.html",
    figures="drafting/_workplan_figures.html", called=called,
)  # fmt: skip
