"""A view of a list: the filters that stood, under a name; it is one person's own."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import mapped_column

from mptf.core import clock
from mptf.core.db import Base, Code, Key, Mapped, PublicId

LONGEST_NAME = 60


class SavedView(Base):
    """Filters of a list somebody keeps in a fund; `asked` is what each field of the list's own form said.

    It names a list by the key its room gave it, never by an address. It goes when its person takes it out: nothing
    rests on it.
    """

    __tablename__ = "saved_view"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    list_key: Mapped[Code]
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    asked: Mapped[dict[str, str]] = mapped_column(JSON)
    kept_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        UniqueConstraint("person_id", "fund_id", "list_key", "name"),
        CheckConstraint("name <> ''", name="name"),
    )
