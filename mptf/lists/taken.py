"""What is taken away of a list as a file: its rows, and the notes that say what they are, of which moment, whose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from mptf.core import clock
from mptf.core.errors import N_
from mptf.fund.models import Fund
from mptf.paper.values import HOLDS_GENERATED, moment_text, written
from mptf.paper.workbook import NotesSheet

GENERATED = N_("demonstration data")  # of a row, where the column Data says what it is

Row = TypeVar("Row")
Notes = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Taken(Generic[Row]):
    """The rows that are taken away, what was asked for in words, who asked, and when: they are as known then."""

    fund: Fund
    rows: Sequence[Row]
    asked: Notes
    by: str
    at: datetime

    @property
    def day(self) -> str:
        """The day on which it was taken, as the name of its file says it."""
        return f"{clock.local(self.at, self.fund):%Y-%m-%d}"

    def notes(self, what: str, counted: str, *, about: Notes = (), remarks: Notes = (), last: Notes = ()) -> NotesSheet:
        """Return the notes of the file: `what` it is, and what its rows are called where they are `counted`.

        `about` stands behind the fund, `remarks` behind what was asked for, `last` behind everything.
        """
        said = [
            (N_("What it is"), what),
            (N_("Fund"), f"{self.fund.code}, {self.fund.name}"),
            *about,
            (N_("As known at"), moment_text(self.at, self.fund.zone)),
            (N_("Made by"), self.by),
            (counted, f"{len(self.rows):,}"),
            *((written(N_("Asked for: {what}"), what=label), value) for label, value in self.asked),
            *remarks,
            *([(N_("Demonstration"), HOLDS_GENERATED)] if self.fund.is_demo else []),
            *last,
        ]
        return NotesSheet(N_("Notes"), said)
