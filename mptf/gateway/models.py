"""Extracts of the MPTF Office Gateway: figures published for all its funds, never mixed with a fund's own.

An extract belongs to the fund it was uploaded in. Its rows wait in `gateway_staged_figure` until a
person imports them; then they stand in `gateway_figure` and the database lets nobody change them.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)  # fmt: skip
from sqlalchemy.orm import Composite, declared_attr, mapped_column, relationship

from mptf.core import clock, ddl
from mptf.core.db import Base, Code, Key, Mapped, Name, PublicId, money
from mptf.core.errors import N_
from mptf.core.files import StoredFile
from mptf.core.money import CENT_OF_PERCENT, Money
from mptf.core.status import Status
from mptf.core.tasks import Task
from mptf.fund.models import Fund
from mptf.ledger import delivery
from mptf.ledger.delivery import Certification, Flag
from mptf.paper.problems import Place, Problem, Severity
from mptf.people.models import Person
from mptf.policy import Permission
from mptf.workflow import Flow, step

# The heads of the table, as the Gateway writes them.
HEADS = {
    "agency_code": "agency_code",
    "organisation": "ORGANIZATION",
    "budget": "BUDGET",
    "net_funded": "NET_FUNDED",
    "expenditure": "EXPENDITURE",
    "published_hundredths": "delivery_rate",
    "funds_count": "FUNDS_COUNT",
    "group_code": "implementing_group_code",
    "group_name": "implementing_agent_group_description",
}
NO_CODE = "-"
CURRENCY = "USD"  # the one the Gateway publishes in
CELLS = "(cells)"  # no sentence has a value of this name
BAR_ENDS_AT = 125  # percent; the bars of the page have room for what is above 100


class ExtractStatus(Status):
    """Where an extract is."""

    UPLOADED = "uploaded", N_("Being checked"), "info", "loader-2"
    CHECKED = "checked", N_("Checked"), "step", "eye"
    IMPORTING = "importing", N_("Importing"), "info", "loader-2"
    IMPORTED = "imported", N_("Imported"), "good", "circle-check"
    WITHDRAWN = "withdrawn", N_("Withdrawn"), "flat", "archive", True
    DISCARDED = "discarded", N_("Discarded"), "flat", "trash", True

    @property
    def working(self) -> bool:
        """Whether something is being done to it in the background."""
        return self in (ExtractStatus.UPLOADED, ExtractStatus.IMPORTING)


UPLOADED, CHECKED, IMPORTING, IMPORTED, WITHDRAWN, DISCARDED = ExtractStatus
IMPORT = Permission.GATEWAY_IMPORT
EXTRACT_FLOW = Flow(
    "gateway_extract",
    UPLOADED,
    step("check", N_("Check"), [UPLOADED], CHECKED, done="checked"),
    step("import", N_("Import"), [CHECKED, IMPORTING], IMPORTING, IMPORT, done="import_asked", guarded=True),
    step("publish", N_("Publish the figures"), [IMPORTING], IMPORTED, done="imported"),
    step("stop", N_("Stop the import"), [IMPORTING], CHECKED, done="import_stopped"),
    step("discard", N_("Discard"), [UPLOADED, CHECKED], DISCARDED, IMPORT, done="discarded", guarded=True),
    step("withdraw", N_("Withdraw"), [IMPORTED], WITHDRAWN, IMPORT, done="withdrawn"),
)


class GatewayExtract(Base):
    """One uploaded extract, with what was said about it at upload and what the check counted."""

    __tablename__ = "gateway_extract"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    title: Mapped[Name]
    source: Mapped[Name]
    cut_off_on: Mapped[date | None]
    certification: Mapped[Certification]
    status: Mapped[ExtractStatus] = mapped_column(default=ExtractStatus.UPLOADED)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    imported_at: Mapped[datetime | None]
    withdrawn_because: Mapped[str | None]
    content_hash: Mapped[str | None] = mapped_column(String(64))
    figure_count: Mapped[int] = mapped_column(default=0)
    error_count: Mapped[int] = mapped_column(default=0)
    warning_count: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    fund: Mapped[Fund] = relationship()
    file: Mapped[StoredFile] = relationship()
    by: Mapped[Person] = relationship()
    task: Mapped[Task | None] = relationship()

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        Index(
            "uq_gateway_extract_imported_once",
            "fund_id",
            "content_hash",
            unique=True,
            sqlite_where=text("status = 'imported'"),
            postgresql_where=text("status = 'imported'"),
        ),
        CheckConstraint("status != 'imported' OR imported_at IS NOT NULL", name="imported_at"),
        CheckConstraint("status != 'imported' OR error_count = 0", name="imported_without_errors"),
        CheckConstraint("(status = 'withdrawn') = (withdrawn_because IS NOT NULL)", name="withdrawn_because"),
    )
    __mapper_args__ = {"version_id_col": version}


class _FigureColumns:
    """What the extract says of one organisation over all funds."""

    id: Mapped[Key]
    fund_id: Mapped[int] = mapped_column(index=True)
    extract_id: Mapped[int]
    line: Mapped[int]
    identity: Mapped[Code]
    agency_code: Mapped[Code]
    organisation: Mapped[Name]
    group_code: Mapped[Code]
    group_name: Mapped[Name]
    published_hundredths: Mapped[int]
    funds_count: Mapped[int]

    @declared_attr
    def budget(self) -> Composite[Money]:
        """The approved budget."""
        return money("budget")

    @declared_attr
    def net_funded(self) -> Composite[Money]:
        """Transfers less refunds; negative in a few published rows."""
        return money("net_funded")

    @declared_attr
    def expenditure(self) -> Composite[Money]:
        """What the organisation reported as spent."""
        return money("expenditure")

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805 - SQLAlchemy hands over the class
        return (
            ForeignKeyConstraint(["extract_id", "fund_id"], ["gateway_extract.id", "gateway_extract.fund_id"]),
            UniqueConstraint("extract_id", "identity"),
            CheckConstraint("budget_currency = net_funded_currency", name="one_currency"),
            CheckConstraint("net_funded_currency = expenditure_currency", name="same_currency"),
        )

    @property
    def rate(self) -> Decimal | None:
        """Cumulative delivery as computed from the amounts; None where net funded is zero."""
        return delivery.cumulative(expenditure=self.expenditure, net_funded=self.net_funded)

    @property
    def published_rate(self) -> Decimal:
        """The rate as the Gateway printed it."""
        return delivery.as_rate(self.published_hundredths)

    @property
    def reproduced(self) -> bool:
        """Whether the published rate is what the amounts give; never where it cannot be computed."""
        return delivery.reproduced(self.published_rate, self.rate)

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Why the rate is unusual."""
        return delivery.flags(expenditure=self.expenditure, net_funded=self.net_funded)

    @property
    def drawn(self) -> bool:
        """Whether a bar says anything: not for a rate that is negative or of a negative amount."""
        return self.rate is not None and self.rate >= 0 and self.net_funded.minor > 0

    @property
    def bar_share(self) -> Decimal:
        """How long the bar is in percent of its track; the page cuts one that is longer."""
        share = (self.rate or Decimal(0)) * 100 / BAR_ENDS_AT
        return share.quantize(CENT_OF_PERCENT)


class GatewayStagedFigure(_FigureColumns, Base):
    """A row that was read and checked, and waits for the import."""

    __tablename__ = "gateway_staged_figure"


class GatewayFigure(_FigureColumns, Base):
    """A published figure; never changed, never deleted."""

    __tablename__ = "gateway_figure"


ddl.append_only("gateway_figure")


class GatewayProblem(Base):
    """One thing the check found, at its row and column."""

    __tablename__ = "gateway_problem"

    id: Mapped[Key]
    fund_id: Mapped[int] = mapped_column(index=True)
    extract_id: Mapped[int] = mapped_column(index=True)
    severity: Mapped[Severity]
    sheet: Mapped[Name]
    row: Mapped[int | None]
    column: Mapped[str | None] = mapped_column(String(5))
    head: Mapped[str | None] = mapped_column(String(300))
    template: Mapped[str]
    values: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (
        ForeignKeyConstraint(["extract_id", "fund_id"], ["gateway_extract.id", "gateway_extract.fund_id"]),
    )

    @classmethod
    def of(cls, extract: GatewayExtract, problem: Problem) -> "GatewayProblem":
        """Keep a finding of the check; the cells of its row stand beside the values of its sentence."""
        place = problem.place
        return cls(
            extract_id=extract.id,
            fund_id=extract.fund_id,
            severity=problem.severity,
            sheet=place.sheet,
            row=place.row,
            column=place.column,
            head=place.name[:300] if place.name else None,
            template=problem.template,
            values={**problem.values, CELLS: dict(problem.cells)},
        )

    @property
    def problem(self) -> Problem:
        """The finding as the check made it."""
        values = {name: value for name, value in self.values.items() if name != CELLS}
        place = Place(self.sheet, self.row, self.column, self.head)
        return Problem(self.severity, self.template, values, place, self.values.get(CELLS, {}))
