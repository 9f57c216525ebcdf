"""A proposal of an office, who works on it, and how far it has come.

What it says stands in its parts (`drafting`); here is what lists and rights ask.
"""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import mapped_column, relationship, validates

from mptf.calls.deadline import Deadline
from mptf.calls.models import CANCELLED, Call
from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, Name, PublicId, growing, money
from mptf.core.errors import N_, RuleBroken
from mptf.core.folding import folded
from mptf.core.money import Money
from mptf.core.status import Labelled, Status
from mptf.fund.models import Fund
from mptf.organisations.models import Office, Organisation
from mptf.people.models import Person
from mptf.policy import SECRETARIAT, HeldRole, Permission, Role, Viewer
from mptf.workflow import Flow, step

LONGEST_TITLE = 200


class ProposalStatus(Status):
    """How far a proposal has come."""

    DRAFT = "draft", N_("Draft"), "open", "pencil"
    SUBMITTED = "submitted", N_("Submitted"), "info", "send"
    SCREENING = "screening", N_("In screening"), "step", "list-check"
    RETURNED = "returned", N_("Returned"), "warn", "arrow-back-up"
    INVITED = "invited", N_("Full proposal invited"), "info", "mail"
    INELIGIBLE = "ineligible", N_("Ineligible"), "bad", "x", True
    IN_REVIEW = "in_review", N_("In technical review"), "step", "eye"
    WITHDRAWN = "withdrawn", N_("Withdrawn"), "flat", "archive", True


DRAFT, SUBMITTED, SCREENING, RETURNED, INVITED, INELIGIBLE, IN_REVIEW, WITHDRAWN = ProposalStatus
PROPOSAL_FLOW = Flow(
    "proposal",
    DRAFT,
    step("submit", N_("Submit"), [DRAFT, RETURNED, INVITED], SUBMITTED, Permission.PROPOSALS_SUBMIT, done="submitted"),
    step("screen", N_("Take up screening"), [SUBMITTED], SCREENING, Permission.PROPOSALS_SCREEN, done="screened"),
    step("return", N_("Return parts"), [SCREENING], RETURNED, Permission.PROPOSALS_SCREEN, done="returned"),
    step("resume", N_("Go on without an answer"), [RETURNED], SCREENING, Permission.PROPOSALS_SCREEN, done="resumed"),
    step(
        "invite", N_("Invite the full proposal"), [SCREENING], INVITED, Permission.PROPOSALS_SCREEN,
        done="invited", guarded=True,
    ),
    step(
        "admit", N_("Admit to review"), [SCREENING], IN_REVIEW, Permission.PROPOSALS_SCREEN,
        done="admitted", guarded=True,
    ),
    step("refuse", N_("Declare ineligible"), [SCREENING], INELIGIBLE, Permission.PROPOSALS_SCREEN, done="refused"),
    step(
        "withdraw", N_("Withdraw"), [SUBMITTED, SCREENING, RETURNED, INVITED, IN_REVIEW], WITHDRAWN,
        Permission.PROPOSALS_SUBMIT, done="withdrawn",
    ),
)  # fmt: skip


class PartKind(Labelled):
    """A part of a proposal, in the order in which it is read."""

    CONCEPT = "concept", N_("Concept note")
    GENERAL = "general", N_("General")
    NARRATIVE = "narrative", N_("Narrative")
    RESULTS = "results", N_("Results framework")
    WORKPLAN = "workplan", N_("Workplan")
    BUDGET = "budget", N_("Budget")
    RISKS = "risks", N_("Risks")
    ATTACHMENTS = "attachments", N_("Attachments")
    TEAM = "team", N_("Team")


class Stage(Labelled):
    """What a proposal is now: under a call with concept notes it begins as one, under any other it is full."""

    CONCEPT = "concept", N_("Concept note")
    FULL = "full", N_("Full proposal")

    @property
    def asks(self) -> frozenset[PartKind]:
        """The parts that are asked for in it."""
        concept = frozenset({PartKind.CONCEPT})
        return concept if self is Stage.CONCEPT else frozenset(PartKind) - concept

    @property
    def word(self) -> str:
        """What sentences call a proposal in it."""
        return N_("concept note") if self is Stage.CONCEPT else N_("proposal")


# How far a concept note can come: further than that comes a full proposal alone.
_OF_A_CONCEPT = (DRAFT, SUBMITTED, SCREENING, RETURNED, INELIGIBLE, WITHDRAWN)


class May(Labelled):
    """What somebody may do in a proposal."""

    WRITE = "write", N_("Write all parts")
    FINANCE = "finance", N_("Read all parts and write the budget")
    READ = "read", N_("Read")


def _plain(context: DefaultExecutionContext) -> str:
    """Return the title of a row that is written without an object, as it is looked for."""
    return folded(str(context.get_current_parameters()["title"]))  # type: ignore[no-untyped-call]


class Proposal(Base):
    """What an office asks the fund for; `number` is given when it is first submitted.

    `organisation_id` is the participating organisation its lead office belongs to. `plain_title` is what it is looked
    for by, folded. `requested` is what its latest submission asks for; `reopened` are the parts that were returned, to
    be answered before `answer_by`. `full_at` is when what began as a concept note was first submitted in full.
    """

    __tablename__ = "proposal"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    call_id: Mapped[int]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    office_id: Mapped[int]
    status: Mapped[ProposalStatus] = mapped_column(growing(ProposalStatus), default=ProposalStatus.DRAFT)
    stage: Mapped[Stage] = mapped_column(growing(Stage), default=Stage.FULL)
    number: Mapped[str | None] = mapped_column(String(20))
    title: Mapped[Name]
    plain_title: Mapped[str] = mapped_column(default=_plain)
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    submitted_at: Mapped[datetime | None]
    full_at: Mapped[datetime | None]
    requested: Mapped[Money | None] = money("requested", nullable=True)
    reopened: Mapped[list[str]] = mapped_column(JSON, default=list)
    answer_by: Mapped[datetime | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    fund: Mapped[Fund] = relationship()
    # By its key alone, so that a call that was read is not read again for each of its proposals.
    call: Mapped[Call] = relationship(primaryjoin="foreign(Proposal.call_id) == Call.id", viewonly=True)
    organisation: Mapped[Organisation] = relationship()
    office: Mapped[Office] = relationship(primaryjoin="foreign(Proposal.office_id) == Office.id", viewonly=True)
    people: Mapped[list["ProposalPerson"]] = relationship(back_populates="proposal", order_by="ProposalPerson.id")

    __table_args__ = (
        ForeignKeyConstraint(["call_id", "fund_id"], ["call.id", "call.fund_id"]),
        ForeignKeyConstraint(["office_id", "organisation_id"], ["office.id", "office.organisation_id"]),
        UniqueConstraint("id", "fund_id"),
        UniqueConstraint("call_id", "number"),
        CheckConstraint("(status = 'draft') = (submitted_at IS NULL)", name="submitted"),
        CheckConstraint("(number IS NULL) = (submitted_at IS NULL)", name="number"),
        CheckConstraint("(requested_minor IS NULL) = (submitted_at IS NULL)", name="requested"),
        CheckConstraint("(status = 'returned') = (answer_by IS NOT NULL)", name="answer_by"),
        CheckConstraint(
            f"stage = 'full' OR status IN ({', '.join(repr(one.value) for one in _OF_A_CONCEPT)})", name="concept"
        ),
        CheckConstraint("full_at IS NULL OR stage = 'full' AND full_at >= submitted_at", name="full_at"),
        CheckConstraint("status <> 'invited' OR submitted_at IS NOT NULL AND full_at IS NULL", name="invited"),
        Index("ix_proposal_office", "fund_id", "office_id"),
        Index("ix_proposal_call", "fund_id", "call_id", "status"),
        Index("ix_proposal_submitted", "fund_id", "submitted_at", "id"),
    )
    __mapper_args__ = {"version_id_col": version}

    @validates("title")
    def _keep_plain(self, _key: str, title: str) -> str:
        self.plain_title = folded(title)
        return title

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.number} {self.title}" if self.number else self.title

    @property
    def on_record(self) -> str:
        """What the audit log calls one that was submitted: its number and call, which tell nothing of it."""
        return f"{self.number}, {self.call.reference}"

    def person_now(self, person_id: int) -> "ProposalPerson | None":
        """Return what somebody is to this proposal now."""
        return next((one for one in self.people if one.person_id == person_id and one.until_at is None), None)

    def parts_of(self, person_id: int) -> frozenset[PartKind]:
        """Return the parts somebody may write, as far as that lies with the person."""
        held = self.person_now(person_id)
        if held is None or held.may is May.READ:
            return frozenset()
        return frozenset({PartKind.BUDGET}) if held.may is May.FINANCE else frozenset(PartKind)

    def written_by(self, person_id: int) -> bool:
        """Tell whether somebody may write all of it, as far as that lies with the person."""
        return self.parts_of(person_id) == frozenset(PartKind)

    @property
    def people_now(self) -> list["ProposalPerson"]:
        """Who works on it now, in the order they came."""
        return [one for one in self.people if one.until_at is None]

    @property
    def is_unsent(self) -> bool:
        """Whether it is a draft nobody but its own people ever knew of."""
        return self.submitted_at is None

    @property
    def writable_parts(self) -> frozenset[PartKind]:
        """The parts that can be changed now, whoever asks: of one that was returned those named, otherwise all that are
        asked for while nothing of them was sent; under a cancelled call none."""
        if self.is_off:
            return frozenset()
        if self.status is RETURNED:
            return frozenset(map(PartKind, self.reopened))
        return self.stage.asks if self.is_open else frozenset()

    @property
    def is_off(self) -> bool:
        """Whether its call is cancelled, so that nothing more happens to it."""
        return self.call.status is CANCELLED

    @property
    def is_open(self) -> bool:
        """Whether it is written and was not sent yet: a draft, or in full once that was invited."""
        return self.status in (DRAFT, INVITED)

    @property
    def began_as_concept(self) -> bool:
        """Whether it is a full proposal that was a concept note before."""
        return self.stage is Stage.FULL and self.call.concept_until is not None

    @property
    def at_hand(self) -> Stage:
        """What was sent of it last, or what it is while nothing was: until the full proposal comes that is the note."""
        return Stage.CONCEPT if self.began_as_concept and self.full_at is None else self.stage

    @property
    def sent_at(self) -> datetime | None:
        """When what it is now was first submitted."""
        return self.full_at if self.began_as_concept else self.submitted_at

    @property
    def deadline(self) -> Deadline | None:
        """When what it is now is taken."""
        return self.call.concept_deadline if self.stage is Stage.CONCEPT else self.call.deadline

    @property
    def closes_at(self) -> datetime | None:
        """Until when what it is now is taken."""
        return self.call.concept_until if self.stage is Stage.CONCEPT else self.call.closes_at

    @property
    def closes_on(self) -> date | None:
        """The day of that, on the clocks of the call."""
        return self.call.concept_on if self.stage is Stage.CONCEPT else self.call.closes_on

    @property
    def due_on(self) -> date | None:
        """The day by which its office sends it, or answers what was returned; None where it has nothing to send now."""
        if self.status is RETURNED and self.answer_by and not self.is_off:
            return clock.local(self.answer_by, self.fund).date()
        return self.closes_on if self.is_open and self.is_taken else None

    @property
    def is_taken(self) -> bool:
        """Whether what it is now is taken still."""
        return self.call.takes_concepts if self.stage is Stage.CONCEPT else self.call.takes

    def open_to(self, viewer: Viewer, held: HeldRole, permission: Permission) -> bool:
        """Tell whether somebody may do something to it in the role held; `queries.visible_to` says the same in SQL.

        The Secretariat knows of it once it was submitted, but for those it is too near to; an office reads its own;
        others as they were invited, in a role that lets them know of its call. An officer of the lead office sends it.
        """
        if held.role in SECRETARIAT:
            sent = self.submitted_at is not None
            return permission in _OF_THE_SECRETARIAT and sent and not self.is_near(viewer)
        if self.office_id != held.office_id and not self.call.open_to(viewer, held, permission):
            return False
        if permission in (Permission.PROPOSALS_VIEW, Permission.DRAFTS_VIEW):
            return self.office_id == held.office_id or self.person_now(viewer.id) is not None
        if permission is Permission.PROPOSALS_JOIN:
            return self.office_id == held.office_id or self.written_by(viewer.id)
        if permission is Permission.PROPOSALS_SUBMIT:
            return self.office_id == held.office_id and self.written_by(viewer.id)
        return bool(self.parts_of(viewer.id))

    def is_near(self, viewer: Viewer) -> bool:
        """Tell whether somebody cannot look at it for others: who ever worked on it, or is an officer of its office.

        `queries.near_to` says the same in SQL.
        """
        of_office = any(one.role is Role.PUNO_OFFICER and one.office_id == self.office_id for one in viewer.held)
        return of_office or any(one.person_id == viewer.id for one in self.people)


_OF_THE_SECRETARIAT = (
    Permission.PROPOSALS_VIEW,
    Permission.PROPOSALS_SCREEN,
    Permission.OPINIONS_VIEW,
    Permission.OPINIONS_RECORD,
)


@PROPOSAL_FLOW.guard("invite")
def _is_a_concept(proposal: Proposal, _by: Viewer | None) -> None:
    if proposal.stage is not Stage.CONCEPT:
        raise RuleBroken(N_("This is a full proposal already: admit it instead."))


@PROPOSAL_FLOW.guard("admit")
def _is_full(proposal: Proposal, _by: Viewer | None) -> None:
    if proposal.stage is not Stage.FULL:
        raise RuleBroken(N_("This is a concept note: invite the full proposal instead."))


class ProposalPerson(Base):
    """Somebody who works on a proposal, from a moment until a moment; ended, never deleted."""

    __tablename__ = "proposal_person"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    proposal_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    may: Mapped[May]
    from_at: Mapped[datetime] = mapped_column(default=clock.now)
    until_at: Mapped[datetime | None]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    proposal: Mapped[Proposal] = relationship(back_populates="people")
    person: Mapped[Person] = relationship(foreign_keys=[person_id])

    __table_args__ = (
        ForeignKeyConstraint(["proposal_id", "fund_id"], ["proposal.id", "proposal.fund_id"]),
        CheckConstraint("until_at IS NULL OR until_at >= from_at", name="period"),
        Index(
            "uq_proposal_person_now", "proposal_id", "person_id", unique=True,
            sqlite_where=text("until_at IS NULL"), postgresql_where=text("until_at IS NULL"),
        ),
    )  # fmt: skip


class ClosingReminder(Base):
    """That somebody was told how soon a call closes: once for each closing and distance in days.

    Nobody sees these rows: they tell of drafts.
    """

    __tablename__ = "closing_reminder"

    id: Mapped[Key]
    call_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    days: Mapped[int]
    closes_at: Mapped[datetime]
    reminded_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        ForeignKeyConstraint(["call_id", "fund_id"], ["call.id", "call.fund_id"]),
        UniqueConstraint("call_id", "person_id", "days", "closes_at"),
        CheckConstraint("days > 0", name="days"),
    )


ddl.append_only(ClosingReminder.__tablename__)
