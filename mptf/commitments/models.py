"""What contributors sign for: the agreements of one fund, and how sure it is that something is a contributor's.

A commitment is not cash. Pledges and deposits refer to it, so it stands below both.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import mapped_column, relationship

from mptf.claims.models import Interest, InterestTerm
from mptf.core import clock, ddl
from mptf.core.db import Base, Code, Key, Mapped, PublicId, money
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.status import Labelled, Status
from mptf.fund.models import FundWindow
from mptf.organisations.models import Organisation
from mptf.people.models import Person


class Certainty(Labelled):
    """How sure it is that a figure belongs to this contributor."""

    CERTAIN = "certain", N_("certain")
    PROBABLE = "probable", N_("probable")


class AgreementKind(Labelled):
    """Which paper was signed."""

    SAA = "saa", N_("Standard Administrative Arrangement")
    EU_CONTRIBUTION_AGREEMENT = "eu_contribution_agreement", N_("EU contribution agreement")
    OTHER = "other", N_("Other agreement")


class AgreementStanding(Status):
    """Whether an agreement counts; read from its withdrawal, never stored."""

    STANDS = "stands", N_("In force"), "good", "file-certificate", True
    WITHDRAWN = "withdrawn", N_("Withdrawn"), "flat", "archive", True


class Agreement(Base):
    """A commitment: the amount a contributor signed for, as it is in force now; amendments say what was before.

    It may prefer a window of the fund, with all of its amount or, in `preferred`, a part. Never a project or an
    organisation. One that was recorded by mistake is withdrawn, once and with a reason: from that moment on it counts
    nowhere, its reference is free, and the database refuses to change it.
    """

    __tablename__ = "agreement"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[AgreementKind] = mapped_column(default=AgreementKind.SAA)
    reference: Mapped[Code]
    signed_on: Mapped[date]
    amount: Mapped[Money] = money("amount")
    window_id: Mapped[int | None]
    preferred: Mapped[Money | None] = money("preferred", nullable=True)
    interest_term_id: Mapped[int | None]
    note: Mapped[str] = mapped_column(default="")
    is_demo: Mapped[bool] = mapped_column(default=False)
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(default="")
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1)

    donor: Mapped[Organisation] = relationship()
    withdrawn_by: Mapped[Person | None] = relationship(foreign_keys=withdrawn_by_id)
    window: Mapped[FundWindow | None] = relationship(
        primaryjoin="foreign(Agreement.window_id) == FundWindow.id", viewonly=True
    )
    interest_term: Mapped[InterestTerm | None] = relationship(
        primaryjoin="foreign(Agreement.interest_term_id) == InterestTerm.id", viewonly=True
    )

    @property
    def interest(self) -> Interest:
        """What becomes of interest on its money, as it is in force now."""
        return self.interest_term.interest if self.interest_term else Interest.AVAILABLE

    @property
    def standing(self) -> AgreementStanding:
        """Whether it counts."""
        return AgreementStanding.STANDS if self.withdrawn_at is None else AgreementStanding.WITHDRAWN

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        Index(
            "uq_agreement_reference", "fund_id", "organisation_id", "reference", unique=True,
            sqlite_where=text("withdrawn_at IS NULL"), postgresql_where=text("withdrawn_at IS NULL"),
        ),
        ForeignKeyConstraint(["window_id", "fund_id"], ["fund_window.id", "fund_window.fund_id"]),
        ForeignKeyConstraint(["interest_term_id", "fund_id"], ["interest_term.id", "interest_term.fund_id"]),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("preferred_minor BETWEEN 1 AND amount_minor", name="preferred"),
        CheckConstraint("preferred_currency = amount_currency", name="preferred_currency"),
        CheckConstraint("(preferred_minor IS NULL) = (preferred_currency IS NULL)", name="preferred_whole"),
        CheckConstraint("preferred_minor IS NULL OR window_id IS NOT NULL", name="preferred_window"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="withdrawn"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)", name="withdrawn_by"),
        Index("ix_agreement_fund", "fund_id", "signed_on", "id"),
        Index("ix_agreement_organisation", "organisation_id"),
    )  # fmt: skip
    __mapper_args__ = {"version_id_col": version}


ddl.append_only("agreement", unless="OLD.withdrawn_at IS NULL", changed="a withdrawn agreement is never changed")
