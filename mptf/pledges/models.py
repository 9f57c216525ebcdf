"""What contributors announce: the pledges of one fund. A pledge is not cash, and nobody has signed it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.commitments.models import Agreement, Certainty
from mptf.core import clock
from mptf.core.db import Base, Key, Mapped, Name, PublicId, money
from mptf.core.errors import N_
from mptf.core.links import site
from mptf.core.money import Money
from mptf.core.sentences import filled
from mptf.core.status import Labelled, Status
from mptf.organisations.models import Organisation


class Precision(Labelled):
    """How exactly a day is known."""

    DAY = "day", N_("The day is known")
    MONTH = "month", N_("Only the month")
    YEAR = "year", N_("Only the year")

    def first_day(self, day: date) -> date:
        """Return the first day of what is known."""
        if self is Precision.YEAR:
            return day.replace(month=1, day=1)
        return day.replace(day=1) if self is Precision.MONTH else day

    def written(self, day: date) -> str:
        """Write a day no more exactly than it is known: `Jan 2024`."""
        forms = {Precision.YEAR: "{on:%Y}", Precision.MONTH: "{on:%b %Y}", Precision.DAY: "{on}"}
        return filled(forms[self], {"on": day})


class PledgeStanding(Status):
    """What became of a pledge; read from its agreement and its withdrawal, never stored."""

    ANNOUNCED = "announced", N_("Announced"), "open", "speakerphone"
    SIGNED = "signed", N_("Signed"), "good", "file-certificate", True
    WITHDRAWN = "withdrawn", N_("Withdrawn"), "flat", "archive", True


class Pledge(Base):
    """A contribution that was announced and is not signed, as it was published.

    One that became an agreement, or was withdrawn, counts in no sum of pledges any more.
    """

    __tablename__ = "pledge"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    amount: Mapped[Money] = money("amount")
    announced_on: Mapped[date]
    precision: Mapped[Precision] = mapped_column(default=Precision.DAY)
    announced_as: Mapped[Name] = mapped_column(default="")
    usd_as_published: Mapped[Name] = mapped_column(default="")
    certainty: Mapped[Certainty] = mapped_column(default=Certainty.CERTAIN)
    certainty_note: Mapped[Name] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(String(1000), default="")
    is_demo: Mapped[bool] = mapped_column(default=False)
    agreement_id: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1)

    donor: Mapped[Organisation] = relationship()
    agreement: Mapped[Agreement | None] = relationship(
        primaryjoin="and_(Pledge.agreement_id == Agreement.id, Pledge.fund_id == Agreement.fund_id)", viewonly=True
    )

    @property
    def standing(self) -> PledgeStanding:
        """What became of it."""
        if self.withdrawn_at is not None:
            return PledgeStanding.WITHDRAWN
        return PledgeStanding.ANNOUNCED if self.agreement_id is None else PledgeStanding.SIGNED

    @property
    def announced(self) -> str:
        """When it was announced, no more exactly than it is known: `Jan 2024`."""
        return self.precision.written(self.announced_on)

    @property
    def source_host(self) -> str:
        """Whose page the source is: `mptf.undp.org`."""
        return site(self.source)

    __table_args__ = (
        UniqueConstraint(
            "fund_id", "organisation_id", "announced_on", "precision", "amount_minor", "amount_currency",
            name="uq_pledge_announcement",
        ),
        ForeignKeyConstraint(["agreement_id", "fund_id"], ["agreement.id", "agreement.fund_id"]),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="withdrawn"),
        CheckConstraint("withdrawn_at IS NULL OR agreement_id IS NULL", name="one_end"),
        Index("ix_pledge_fund", "fund_id", "announced_on", "id"),
        Index("ix_pledge_organisation", "organisation_id"),
        Index("ix_pledge_agreement", "agreement_id"),
    )  # fmt: skip
    __mapper_args__ = {"version_id_col": version}
