"""What a report is made of before it is written: its subject, who made it when, its tables and notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mptf.paper.values import Column, Value
from mptf.paper.workbook import NotesSheet, TableSheet


@dataclass(frozen=True)
class ReportSubject:
    """Something a report can be about."""

    public_id: str
    label: str


@dataclass(frozen=True)
class Made:
    """Who asked for a report, and when; part of its notes and the only moment in its file."""

    by: str
    at: datetime


@dataclass(frozen=True)
class Paper:
    """A finished report: `sheets` make the workbook, `columns` and `rows` (the data sheet) the CSV file."""

    stem: str
    title: str
    source: str
    sheets: Sequence[TableSheet | NotesSheet]
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
