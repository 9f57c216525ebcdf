"""The part Team: who works on the project, in which function and for how much of the time."""

from collections.abc import Iterator
from dataclasses import dataclass

from mptf.core.errors import N_
from mptf.drafting.reading import Frame, Part, Read, Typed
from mptf.drafting.shape import Content, Field, Holds, Shape
from mptf.drafting.telling import Block, Column, Line, Table, words
from mptf.proposals.models import PartKind

MOST_MEMBERS = 40
LONGEST = 200

SHAPE = Shape(
    (
        Field("team", N_("Function"), Holds.ORDER, most=MOST_MEMBERS),
        Field("team.*.function", N_("name of the function"), most=LONGEST),
        Field("team.*.person", N_("person"), most=LONGEST),
        Field("team.*.organisation", N_("organisation"), most=LONGEST),
        Field("team.*.share", N_("share of time in %"), most=10),
    )
)


@dataclass(frozen=True)
class Member:
    """A function of the team; `person` is empty while nobody holds it, `share` is in percent of full time."""

    function: str
    person: str
    organisation: str
    share: int | None


@dataclass(frozen=True)
class Team:
    """Who works on the project."""

    members: tuple[Member, ...]


def read_team(content: Content, _frame: Frame) -> Read[Team]:
    """Read the part Team."""
    typed = Typed(content)
    members = [
        Member(
            function=typed.text(row.at("function"), needed=N_("Write what the function is called."), most=LONGEST),
            person=typed.text(row.at("person"), most=LONGEST),
            organisation=typed.text(row.at("organisation"), needed=N_("Write the organisation."), most=LONGEST),
            share=typed.percent(row.at("share"), needed=N_("Write the share of full time, such as 50.")),
        )
        for row in typed.rows("team", needed=N_("Add at least one function of the team."), most=MOST_MEMBERS)
    ]
    return typed.read(Team(tuple(members)))


def tell_team(team: Team, _frame: Frame) -> Iterator[Block]:
    """Say who works on the project."""
    heads = (
        *(Column(words(name), share=1) for name in (N_("Function"), N_("Person"), N_("Organisation"))),
        Column(words(N_("Share of time in %")), numeric=True),
    )  # fmt: skip
    rows = (
        Line((one.function, one.person or words(N_("not named yet")), one.organisation, one.share))
        for one in team.members
    )
    yield Table(words(N_("Team")), heads, tuple(rows))


PART = Part(PartKind.TEAM, SHAPE, read_team, tell_team, "drafting/team.html")
