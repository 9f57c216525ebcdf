"""What the jobs process remembers: which slots of which job it worked off."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import mapped_column

from mptf.core import clock
from mptf.core.db import Base, Mapped


class JobRun(Base):
    """One slot of one job; the primary key lets it be worked off once, whoever comes to it.

    A row without an end belongs to a process that is at it, or died at it; `leader` tells which.
    """

    __tablename__ = "job_run"

    job: Mapped[str] = mapped_column(String(60), primary_key=True)
    slot: Mapped[datetime] = mapped_column(primary_key=True)
    leader: Mapped[str] = mapped_column(String(26))
    attempts: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]
    note: Mapped[str | None]
    error: Mapped[str | None]

    __table_args__ = (CheckConstraint("error IS NULL OR ended_at IS NOT NULL", name="error_ends_it"),)
