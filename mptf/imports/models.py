"""A table somebody uploaded to be imported: the source document of what came of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.core import clock
from mptf.core.db import Base, Key, Mapped, PublicId
from mptf.core.errors import N_
from mptf.core.files import StoredFile
from mptf.core.status import Status
from mptf.core.tasks import Task, TaskState
from mptf.people.models import Person


class ImportState(Status):
    """How far an import has come; read from its row and the work on it, never stored."""

    WAITING = "waiting", N_("To be looked at"), "step", "eye"
    IMPORTING = "importing", N_("Importing"), "info", "loader-2"
    STOPPED = "stopped", N_("Not imported"), "bad", "alert-triangle"
    IMPORTED = "imported", N_("Imported"), "good", "circle-check", True
    DISCARDED = "discarded", N_("Discarded"), "flat", "trash", True


class TableImport(Base):
    """One uploaded table of one kind, who imported it, and how many of its rows were added or known already."""

    __tablename__ = "table_import"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    kind: Mapped[str] = mapped_column(String(40))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    imported_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]
    added: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    file: Mapped[StoredFile] = relationship()
    by: Mapped[Person] = relationship()
    task: Mapped[Task | None] = relationship()

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        CheckConstraint("imported_at IS NULL OR discarded_at IS NULL", name="one_end"),
        CheckConstraint("added >= 0 AND known >= 0", name="counts"),
        Index("ix_table_import_fund", "fund_id", "kind", "id"),
    )
    __mapper_args__ = {"version_id_col": version}

    @property
    def state(self) -> ImportState:
        """How far it has come."""
        if self.imported_at:
            return ImportState.IMPORTED
        if self.discarded_at:
            return ImportState.DISCARDED
        if self.task is None:
            return ImportState.WAITING
        return ImportState.STOPPED if self.task.state is TaskState.FAILED else ImportState.IMPORTING
