"""Exchange rates, and the tables they were imported from."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.core.db import Base, Currency, Key, Mapped, PublicId
from mptf.core.errors import N_
from mptf.core.files import StoredFile
from mptf.core.status import Labelled
from mptf.rates.figures import per_dollar


class RateSource(Labelled):
    """Where an exchange rate comes from; none is fetched silently."""

    UNORE = "unore", N_("UN Operational Rate of Exchange")
    OTHER = "other", N_("Other, see note")


class RateUpload(Base):
    """A table of rates as it was uploaded: the source document of the rates imported from it."""

    __tablename__ = "rate_upload"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    source: Mapped[RateSource]
    imported_at: Mapped[datetime | None]

    file: Mapped[StoredFile] = relationship()


class ExchangeRate(Base):
    """Units of a currency for one US dollar from a day on, kept exactly as millionths."""

    __tablename__ = "exchange_rate"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    currency: Mapped[Currency]
    valid_from: Mapped[date]
    source: Mapped[RateSource] = mapped_column(default=RateSource.UNORE)
    millionths: Mapped[int]
    note: Mapped[str] = mapped_column(String(300), default="")
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("rate_upload.id"))
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("currency", "source", "valid_from"),
        CheckConstraint("millionths > 0", name="positive"),
    )
    __mapper_args__ = {"version_id_col": version}

    @property
    def per_dollar(self) -> Decimal:
        """The rate as people write it."""
        return per_dollar(self.millionths)
