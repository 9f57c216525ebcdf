"""Exports of reports: who asked for which figures, and the file that came of it."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import mapped_column, relationship

from mptf.core import clock
from mptf.core.db import Base, Key, Mapped, Name, PublicId
from mptf.core.errors import N_
from mptf.core.files import StoredFile
from mptf.core.tasks import Task
from mptf.paper.values import XLSX_MEDIA_TYPE
from mptf.people.models import Person


class ExportFormat(enum.StrEnum):
    """In which kind of file a report is handed out: its ending, its name and its media type."""

    XLSX = "xlsx", N_("Excel workbook"), XLSX_MEDIA_TYPE
    CSV = "csv", N_("CSV"), "text/csv"

    label: str
    media_type: str

    def __new__(cls, value: str, label: str = "", media_type: str = "") -> "ExportFormat":
        """Make a member from what is stored, read and sent."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label, member.media_type = label, media_type
        return member


class ReportExport(Base):
    """One export; its state is that of its task, its file appears when the work is done."""

    __tablename__ = "report_export"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), unique=True)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    report_key: Mapped[str] = mapped_column(String(60))
    about: Mapped[Name]
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    format: Mapped[ExportFormat]
    rows: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    by: Mapped[Person] = relationship()
    task: Mapped[Task] = relationship()
    file: Mapped[StoredFile | None] = relationship()

    __table_args__ = (CheckConstraint("(file_id IS NULL) = (rows IS NULL)", name="file_and_rows"),)

    @property
    def running(self) -> bool:
        """Whether it is still being written."""
        return not self.task.state.final
