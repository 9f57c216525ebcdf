"""A call for proposals and the criteria its answers are judged by.

While a call is a draft all of it may change. Once it is published its criteria are frozen (the database refuses a
change), and every other change is an amendment (`amendments`) that keeps what stood before. Where it reaches, what it
limits and which documents it asks for are rows of their own (`terms`). An invitation is a call of a kind of its
own, known to the Secretariat and the officers of the offices invited.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.calls.deadline import Deadline, Phase
from mptf.calls.kinds import CallKind
from mptf.calls.terms import Ceiling, RequiredDocument
from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, Name, PublicId, growing, money
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.status import Labelled, Status
from mptf.framework.models import FrameworkItem
from mptf.fund.models import Fund
from mptf.organisations.models import Jurisdiction, Office
from mptf.policy import HeldRole, Permission, Role, Viewer
from mptf.workflow import Flow, step

LONGEST_GRACE = 24 * 60  # minutes
MOST_MONTHS = 120
MOST_REVIEWS = 9
MOST_POINTS = 20
WHOLE = 100  # percent


class CallStatus(Status):
    """How far a call has come; whether a published one takes submissions is said by its deadline."""

    DRAFT = "draft", N_("Draft"), "open", "pencil"
    PUBLISHED = "published", N_("Published"), "info", "speakerphone"
    CLOSED = "closed", N_("Closed"), "step", "lock"
    CANCELLED = "cancelled", N_("Cancelled"), "bad", "x", True


class CallStanding(Status):
    """What people see of a call; read from its status and its deadline, never stored."""

    DRAFT = "draft", N_("Draft"), "open", "pencil"
    AHEAD = "ahead", N_("Opens later"), "info", "calendar"
    OPEN = "open", N_("Open"), "good", "speakerphone"
    ENDED = "ended", N_("Closed"), "step", "lock"
    CANCELLED = "cancelled", N_("Cancelled"), "bad", "x", True


class RankingBasis(Labelled):
    """Whose points rank the proposals of a call."""

    TECHNICAL = "technical", N_("Technical review")
    COMMITTEE = "committee", N_("Scores of the Steering Committee")
    WEIGHTED = "weighted", N_("Both, weighted")


class ReviewsShown(Labelled):
    """When technical reviewers see each other's reviews of a proposal."""

    AFTER_ALL = "after_all", N_("Once all reviews of the proposal are in")
    NEVER = "never", N_("Never")


class ScoresShown(Labelled):
    """When voting seats see each other's scores of a proposal."""

    OWN_ONLY = "own_only", N_("Only their own")
    AFTER_OWN = "after_own", N_("Once they have scored themselves")
    AFTER_ALL = "after_all", N_("Once all scores are in")
    NO_NAMES = "no_names", N_("Once all scores are in, without names")


DRAFT, PUBLISHED, CLOSED, CANCELLED = CallStatus
CALL_FLOW = Flow(
    "call",
    DRAFT,
    step(
        "publish", N_("Let it go out"), [DRAFT], PUBLISHED, Permission.CALLS_PUBLISH, done="published", guarded=True
    ),
    step("close", N_("Closed by the clock"), [PUBLISHED], CLOSED, done="closed", guarded=True),
    step(
        "cancel", N_("Call it off"), [PUBLISHED, CLOSED], CANCELLED, Permission.CALLS_PUBLISH, done="cancelled"
    ),
)  # fmt: skip


class Call(Base):
    """A call for proposals; amounts are in the fund's currency, moments are those of its own time zone.

    `reference` is its number, given when it is published. `decision` and `decided_on` name the committee's decision
    it rests on. `why_outside` says why an invitation is answered outside a call. With `concept_until` a proposal
    begins as a concept note, which is sent before that moment; who is
    invited after it submits in full until the closing.
    """

    __tablename__ = "call"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    kind: Mapped[CallKind] = mapped_column(growing(CallKind), default=CallKind.OPEN)
    status: Mapped[CallStatus] = mapped_column(growing(CallStatus), default=DRAFT)
    reference: Mapped[str | None] = mapped_column(String(40))
    title: Mapped[Name]
    scope: Mapped[str] = mapped_column(default="")
    why_outside: Mapped[str] = mapped_column(default="")
    decision: Mapped[Name] = mapped_column(default="")
    decided_on: Mapped[date | None]
    envelope: Mapped[Money | None] = money("envelope", nullable=True)
    smallest: Mapped[Money | None] = money("smallest", nullable=True)
    largest: Mapped[Money | None] = money("largest", nullable=True)
    shortest_months: Mapped[int | None]
    longest_months: Mapped[int | None]
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    concept_until: Mapped[datetime | None]
    questions_until: Mapped[datetime | None]
    zone: Mapped[str] = mapped_column(String(60))
    grace_minutes: Mapped[int] = mapped_column(default=0)
    reviews_required: Mapped[int] = mapped_column(default=3)
    external_required: Mapped[bool] = mapped_column(default=True)
    justification_required: Mapped[bool] = mapped_column(default=True)
    ranking_basis: Mapped[RankingBasis] = mapped_column(growing(RankingBasis), default=RankingBasis.TECHNICAL)
    technical_weight: Mapped[int] = mapped_column(default=WHOLE)
    reviews_shown: Mapped[ReviewsShown] = mapped_column(growing(ReviewsShown), default=ReviewsShown.AFTER_ALL)
    scores_shown: Mapped[ScoresShown] = mapped_column(growing(ScoresShown), default=ScoresShown.AFTER_ALL)
    is_demo: Mapped[bool] = mapped_column(default=False)
    drafted_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    published_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)

    fund: Mapped[Fund] = relationship()
    criteria: Mapped[list["Criterion"]] = relationship(back_populates="call", order_by="Criterion.position")
    items: Mapped[list[FrameworkItem]] = relationship(
        secondary="call_item",
        primaryjoin="Call.id == foreign(CallItem.call_id)",
        secondaryjoin="foreign(CallItem.item_id) == FrameworkItem.id",
        order_by="FrameworkItem.kind, FrameworkItem.number, FrameworkItem.id",
        viewonly=True,
    )
    jurisdictions: Mapped[list[Jurisdiction]] = relationship(
        secondary="call_jurisdiction", order_by="Jurisdiction.name", viewonly=True
    )
    offices: Mapped[list[Office]] = relationship(secondary="call_office", order_by="Office.name", viewonly=True)
    ceilings: Mapped[list[Ceiling]] = relationship(order_by=Ceiling.id, viewonly=True)
    documents: Mapped[list[RequiredDocument]] = relationship(order_by=RequiredDocument.position, viewonly=True)

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        UniqueConstraint("fund_id", "reference"),
        CheckConstraint("(status = 'draft') = (published_at IS NULL)", name="published"),
        CheckConstraint("(published_at IS NULL) = (reference IS NULL)", name="reference"),
        CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
        CheckConstraint(
            "published_at IS NULL OR (envelope_minor IS NOT NULL AND opens_at IS NOT NULL AND closes_at IS NOT NULL)",
            name="whole",
        ),
        CheckConstraint("kind = 'invitation' OR why_outside = ''", name="outside"),
        CheckConstraint("published_at IS NULL OR kind <> 'invitation' OR why_outside <> ''", name="why_outside"),
        CheckConstraint("closes_at > opens_at", name="open_for"),
        CheckConstraint(
            "concept_until IS NULL OR kind = 'open' AND opens_at IS NOT NULL AND closes_at IS NOT NULL "
            "AND concept_until > opens_at AND concept_until < closes_at",
            name="concept_until",
        ),
        CheckConstraint("envelope_minor > 0 AND smallest_minor > 0 AND largest_minor > 0", name="amounts"),
        CheckConstraint("smallest_minor <= largest_minor AND largest_minor <= envelope_minor", name="grants"),
        CheckConstraint(
            f"shortest_months BETWEEN 1 AND {MOST_MONTHS} AND longest_months BETWEEN 1 AND {MOST_MONTHS} "
            "AND shortest_months <= longest_months",
            name="months",
        ),
        CheckConstraint(f"grace_minutes BETWEEN 0 AND {LONGEST_GRACE}", name="grace"),
        CheckConstraint(f"reviews_required BETWEEN 1 AND {MOST_REVIEWS}", name="reviews"),
        CheckConstraint(f"technical_weight BETWEEN 0 AND {WHOLE}", name="technical_weight"),
        Index("ix_call_closing", "status", "closes_at"),
        Index("ix_call_fund", "fund_id", "status"),
    )
    __mapper_args__ = {"version_id_col": version}

    @property
    def name(self) -> str:
        """What people call it: its number and title, or its title alone while it is a draft."""
        return f"{self.reference} {self.title}" if self.reference else self.title

    @property
    def standing(self) -> CallStanding:
        """What people see of it now."""
        if self.status is CallStatus.PUBLISHED and self.deadline:
            return _STANDINGS[self.deadline.phase(clock.now())]
        return _OTHERWISE.get(self.status, CallStanding.ENDED)

    @property
    def takes(self) -> bool:
        """Whether proposals can be written for it now: it is out, and has not closed."""
        return self.standing in (CallStanding.AHEAD, CallStanding.OPEN)

    @property
    def closes_on(self) -> date | None:
        """The day on which it closes, on its own clocks."""
        return self.closes_at.astimezone(ZoneInfo(self.zone)).date() if self.closes_at else None

    @property
    def deadline(self) -> Deadline | None:
        """When it takes submissions, once that is said."""
        if self.opens_at is None or self.closes_at is None:
            return None
        return Deadline(self.opens_at, self.closes_at, timedelta(minutes=self.grace_minutes))

    @property
    def concept_deadline(self) -> Deadline | None:
        """When it takes concept notes, where it has such a stage."""
        if self.opens_at is None or self.concept_until is None:
            return None
        return Deadline(self.opens_at, self.concept_until, timedelta(minutes=self.grace_minutes))

    @property
    def concept_on(self) -> date | None:
        """The last day of concept notes, on its own clocks."""
        return self.concept_until.astimezone(ZoneInfo(self.zone)).date() if self.concept_until else None

    @property
    def takes_concepts(self) -> bool:
        """Whether it has a stage of concept notes that has not ended."""
        return self.takes and self.concept_until is not None and clock.now() < self.concept_until

    @property
    def takes_new(self) -> bool:
        """Whether a proposal can be started for it now: with concept notes, while these are taken."""
        return self.takes and (self.concept_until is None or self.takes_concepts)

    def on_record(self, reference: str | None = None) -> str:
        """Return what the audit log calls it, with its number or the one it gets.

        Of an invitation that is all: who reads the log knows nothing of what it says.
        """
        number = reference or self.reference
        if self.kind is CallKind.OPEN:
            return f"the call {' '.join(filter(None, (number, self.title)))}"
        return f"the invitation {number}" if number else "an invitation to submit"

    def open_to(self, _viewer: Viewer, held: HeldRole, _permission: Permission) -> bool:
        """Tell whether somebody outside the Secretariat may know of it; `queries.visible_to` says the same in SQL.

        Nobody before it went out; everybody of a call, of an invitation the officers of the offices invited.
        """
        if self.published_at is None or self.kind is CallKind.OPEN:
            return self.published_at is not None
        return held.role is Role.PUNO_OFFICER and any(office.id == held.office_id for office in self.offices)


_STANDINGS = {
    Phase.BEFORE: CallStanding.AHEAD,
    Phase.OPEN: CallStanding.OPEN,
    Phase.GRACE: CallStanding.ENDED,
    Phase.OVER: CallStanding.ENDED,
}
_OTHERWISE = {DRAFT: CallStanding.DRAFT, CANCELLED: CallStanding.CANCELLED}


class Criterion(Base):
    """What a proposal is judged by: at most so many points, with a weight in percent of all criteria."""

    __tablename__ = "call_criterion"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    call_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    position: Mapped[int]
    name: Mapped[Name]
    guidance: Mapped[str] = mapped_column(default="")
    most_points: Mapped[int]
    weight: Mapped[int]

    call: Mapped[Call] = relationship(back_populates="criteria")
    anchors: Mapped[list["Anchor"]] = relationship(order_by="Anchor.points", viewonly=True)

    __table_args__ = (
        ForeignKeyConstraint(["call_id", "fund_id"], ["call.id", "call.fund_id"]),
        UniqueConstraint("id", "fund_id"),
        UniqueConstraint("call_id", "position"),
        CheckConstraint(f"most_points BETWEEN 1 AND {MOST_POINTS}", name="points"),
        CheckConstraint(f"weight BETWEEN 1 AND {WHOLE}", name="weight"),
    )


class Anchor(Base):
    """What a number of points of a criterion means."""

    __tablename__ = "call_anchor"

    id: Mapped[Key]
    criterion_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    points: Mapped[int]
    text: Mapped[str]

    __table_args__ = (
        ForeignKeyConstraint(["criterion_id", "fund_id"], ["call_criterion.id", "call_criterion.fund_id"]),
        UniqueConstraint("criterion_id", "points"),
        CheckConstraint(f"points BETWEEN 0 AND {MOST_POINTS}", name="points"),
    )


_OUT = "(SELECT published_at FROM call WHERE id = {call}) IS NOT NULL"
_FROZEN = "the criteria of a published call are frozen"
ddl.frozen_once(Criterion.__tablename__, _OUT.format(call="{row}.call_id"), told=_FROZEN)
ddl.frozen_once(
    Anchor.__tablename__,
    _OUT.format(call="(SELECT call_id FROM call_criterion WHERE id = {row}.criterion_id)"),
    told=_FROZEN,
)
