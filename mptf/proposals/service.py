"""Start proposals, say who works on them, rename them and throw drafts away; `by` is the Viewer who does it.

The audit log keeps that something happened to a proposal and to whom it was opened, never what it is called: who reads
the log knows nothing of drafts.
"""

from sqlalchemy import delete, select

from mptf.calls import service as calls
from mptf.calls.kinds import CallKind
from mptf.calls.models import Call
from mptf.calls.queries import why_not_answer
from mptf.core import audit, clock, mail, search
from mptf.core.db import db
from mptf.core.errors import N_, KnownAlready, NotAllowed, NotFound, RuleBroken
from mptf.core.facts import named
from mptf.fund.service import lock
from mptf.organisations.models import Office
from mptf.people.models import Person
from mptf.policy import Permission, Viewer, require
from mptf.proposals import contents, queries
from mptf.proposals.cancelled import refuse_off
from mptf.proposals.models import May, Proposal, ProposalPerson, Stage

SHARED, JOINED = "proposal_shared", "proposal_joined"

audit.tell(
    {
        "proposal.started": N_("started a proposal under {call}"),
        "proposal.copied": N_("took the texts of an earlier proposal over into one under {call}"),
        "proposal.renamed": N_("renamed a proposal"),
        "proposal.dropped": N_("threw away a draft under {call}"),
        "proposal.shared": N_("let {person} work on a proposal: {may}"),
        "proposal.changed": N_("changed what {person} may do in a proposal: {may}"),
        "proposal.person_removed": N_("ended the work of {person} on a proposal"),
        "proposal.joined": N_("joined a proposal of the own office"),
    },
    names={"proposal": N_("proposal")},
    values={"proposal.may": May},
)


def start(call: Call, office: Office, *, title: str, by: Viewer, is_demo: bool = False) -> Proposal:
    """Start a proposal of an office under a call; who starts it writes it, and is told what changes about the call."""
    require(by, Permission.PROPOSALS_START, call.fund)
    held = by.role_in(call.fund_id)
    if held is None or held.office_id != office.id:
        raise NotAllowed
    lock(call.fund_id)
    db.session.refresh(call, ["status", "opens_at", "closes_at", "concept_until"])
    if refusal := why_not_answer(call, office.id):
        raise refusal
    named(title, "title")
    _refuse_twice(call, office, title.strip())
    proposal = Proposal(
        fund_id=call.fund_id, call_id=call.id, organisation_id=office.organisation_id, office_id=office.id,
        title=title.strip(), by_id=by.id, is_demo=is_demo, stage=Stage.CONCEPT if call.concept_until else Stage.FULL,
    )  # fmt: skip
    proposal.people = [ProposalPerson(fund_id=call.fund_id, person_id=by.id, may=May.WRITE, by_id=by.id)]
    db.session.add(proposal)
    db.session.flush()
    calls.follow(call, by.id)
    audit.record("proposal.started", proposal, by=by, fund_id=call.fund_id, call=call.reference)
    return proposal


def copy(old: Proposal, call: Call, office: Office, *, title: str, by: Viewer) -> Proposal:
    """Start a proposal with the texts of an old one of the same office, as they stand."""
    require(by, Permission.PROPOSALS_VIEW, old)
    if old.office_id != office.id:
        raise NotAllowed
    new = start(call, office, title=title, by=by)
    contents.copy(old, new, by)
    audit.record("proposal.copied", new, by=by, fund_id=call.fund_id, call=call.reference)
    return new


def rename(proposal: Proposal, *, title: str, by: Viewer) -> None:
    """Call a draft otherwise; once it was submitted its title is what was submitted."""
    _let_write(proposal, by)
    if not proposal.is_unsent:
        raise RuleBroken(N_("The title of a proposal that was submitted stays."), field="title")
    refuse_off(proposal)
    named(title, "title")
    if proposal.title == title.strip():
        return
    proposal.title = title.strip()
    db.session.flush()
    contents.rename(proposal, by)
    audit.record("proposal.renamed", proposal, by=by, fund_id=proposal.fund_id)


def drop(proposal: Proposal, *, by: Viewer) -> None:
    """Throw away a draft that was never submitted, with everything in it; that it was there stays on record."""
    _let_write(proposal, by)
    if not proposal.is_unsent:
        raise RuleBroken(N_("This proposal was submitted, so it stays on record."))
    audit.record("proposal.dropped", proposal, by=by, fund_id=proposal.fund_id, call=proposal.call.reference)
    for member in proposal.people_now:
        _unfollow(proposal, member.person_id)
    contents.drop(proposal)
    db.session.flush()
    for row in (*proposal.people, proposal):
        db.session.expunge(row)
    mine = ProposalPerson.proposal_id == proposal.id, ProposalPerson.fund_id == proposal.fund_id
    db.session.execute(delete(ProposalPerson).where(*mine))
    db.session.execute(delete(Proposal).where(Proposal.id == proposal.id, Proposal.fund_id == proposal.fund_id))


def share(proposal: Proposal, person: Person | None, may: May, *, by: Viewer) -> ProposalPerson:
    """Let somebody work on a proposal, and tell them by mail; None is whoever was named and is no officer here.

    The refusal is the same for who is not known at all, so that it tells nothing of who has an account.
    """
    let_act(proposal, Permission.PROPOSALS_JOIN, by)
    if person is None or not queries.may_be_let_in(proposal, person.id):
        raise RuleBroken(_NOT_LET_IN[proposal.call.kind], field="email")
    if proposal.person_now(person.id):
        raise RuleBroken(N_("{name} works on this proposal already."), name=person.name)
    if person.id == by.id:
        raise RuleBroken(N_("Join the proposal to work on it yourself; the others are told."), field="email")
    member = _let_in(proposal, person.id, may, by)
    db.session.flush()
    audit.record("proposal.shared", proposal, by=by, fund_id=proposal.fund_id, person=person.name, may=may.value)
    _tell(SHARED, proposal, person.id)
    return member


def change(proposal: Proposal, member: ProposalPerson, may: May, *, by: Viewer) -> None:
    """Let somebody who works on a proposal do more or less in it; nobody gives more to themselves."""
    let_act(proposal, Permission.PROPOSALS_JOIN, by)
    _refuse_ended(member)
    if member.may is may:
        return
    if member.person_id == by.id and not proposal.written_by(by.id):
        raise RuleBroken(N_("Join the proposal to write all parts; the others are told."), field="may")
    if may is not May.WRITE:
        _keep_a_writer(proposal, member, field="may")
    member.may = may
    db.session.flush()
    name = member.person.name
    audit.record("proposal.changed", proposal, by=by, fund_id=proposal.fund_id, person=name, may=may.value)


def remove(proposal: Proposal, member: ProposalPerson, *, by: Viewer) -> None:
    """End the work of somebody on a proposal, oneself included; the last who may write it stays."""
    let_act(proposal, Permission.PROPOSALS_JOIN, by)
    _refuse_ended(member)
    _keep_a_writer(proposal, member)
    member.until_at = max(clock.now(), member.from_at)
    db.session.flush()
    _unfollow(proposal, member.person_id)
    audit.record("proposal.person_removed", proposal, by=by, fund_id=proposal.fund_id, person=member.person.name)


def join(proposal: Proposal, *, by: Viewer) -> None:
    """Let an officer of the lead office write a proposal of it; who works on it is told."""
    let_act(proposal, Permission.PROPOSALS_JOIN, by)
    held = by.role_in(proposal.fund_id)
    if held is None or held.office_id != proposal.office_id:
        raise NotAllowed
    if proposal.written_by(by.id):
        raise RuleBroken(N_("You write this proposal already."))
    others = [one.person_id for one in proposal.people_now if one.person_id != by.id]
    if mine := proposal.person_now(by.id):
        mine.may = May.WRITE
    else:
        _let_in(proposal, by.id, May.WRITE, by)
    db.session.flush()
    audit.record("proposal.joined", proposal, by=by, fund_id=proposal.fund_id)
    for person_id in others:
        _tell(JOINED, proposal, person_id)


_NOT_LET_IN = {
    CallKind.OPEN: N_(
        "Nobody can be added by this address. Who works on a proposal is a PUNO officer of this fund: let an "
        "administrator invite the person and give that role, then add the person here."
    ),
    CallKind.INVITATION: N_(
        "Nobody can be added by this address. Who works on an answer to an invitation is a PUNO officer of an office "
        "that is invited: ask the Secretariat to invite the office of the person too, then add the person here."
    ),
}


def make_findable(proposal: Proposal) -> None:
    """Put a proposal that was submitted into the search index: its number and title, whose it is, and its call.

    Never a draft, and by its number alone: what the index calls an object, its first line, stands in the audit log.
    Who finds it is asked as for its page.
    """
    if proposal.number is None:
        raise ValueError("a draft is in no index")
    office, organisation = proposal.office, proposal.organisation
    names = (office.name, organisation.short_name, organisation.official_name)
    words = "\n".join((proposal.on_record, proposal.title, *names))
    search.index(proposal.__tablename__, proposal.public_id, fund_id=proposal.fund_id, words=words)


def let_move(proposal: Proposal, permission: Permission, by: Viewer) -> None:
    """Begin an act that numbers or moves a proposal: one at a time in its fund, whose lock always comes first."""
    lock(proposal.fund_id)
    let_act(proposal, permission, by)


def let_act(proposal: Proposal, permission: Permission, by: Viewer) -> None:
    """Begin an act on a proposal: one at a time, and only for who may, as it stands now."""
    hold(proposal)
    require(by, permission, proposal)


def hold(proposal: Proposal) -> None:
    """Let one writer at a time at a proposal, and read anew how far it has come and who works on it."""
    mine = select(Proposal.id).where(Proposal.id == proposal.id, Proposal.fund_id == proposal.fund_id)
    if db.session.scalar(mine.with_for_update(key_share=True)) is None:
        raise NotFound  # it was thrown away a moment ago
    there = select(ProposalPerson).where(
        ProposalPerson.proposal_id == proposal.id, ProposalPerson.fund_id == proposal.fund_id
    )
    db.session.scalars(there.execution_options(populate_existing=True)).all()
    db.session.refresh(proposal, _COLUMNS)


_COLUMNS = (
    "status",
    "stage",
    "full_at",
    "number",
    "submitted_at",
    "reopened",
    "answer_by",
    "title",
    "version",
    "people",
)


def _let_write(proposal: Proposal, by: Viewer) -> None:
    """Let one writer at a time at a proposal, and refuse who does not write all of it."""
    let_act(proposal, Permission.PROPOSALS_WRITE, by)
    if not proposal.written_by(by.id):
        raise NotAllowed


def _refuse_twice(call: Call, office: Office, title: str) -> None:
    """Refuse a second draft of the same title: a form that was sent from two pages."""
    if known := queries.find_alike(call, office, title):
        raise KnownAlready(
            N_("Your office has a draft with this title under this {kind}. Open it, or choose another title."),
            kind=call.kind.word,
            page=("proposals.proposal", known.public_id),
            field="title",
        )


def _let_in(proposal: Proposal, person_id: int, may: May, by: Viewer) -> ProposalPerson:
    member = ProposalPerson(fund_id=proposal.fund_id, person_id=person_id, may=may, by_id=by.id)
    proposal.people.append(member)
    calls.follow(proposal.call, person_id)
    return member


def _keep_a_writer(proposal: Proposal, member: ProposalPerson, field: str | None = None) -> None:
    others = [one for one in proposal.people_now if one.may is May.WRITE and one is not member]
    if member.may is May.WRITE and not others:
        raise RuleBroken(
            N_("{name} is the last who may write all parts. Let somebody else write them first."),
            name=member.person.name, field=field,
        )  # fmt: skip


def _refuse_ended(member: ProposalPerson) -> None:
    if member.until_at is not None:
        raise RuleBroken(N_("{name} does not work on this proposal any more."), name=member.person.name)


def _unfollow(proposal: Proposal, person_id: int) -> None:
    """Let somebody be told no more of a call under which they work on nothing else."""
    if not queries.works_on_another(proposal, person_id):
        calls.unfollow(proposal.call, person_id)


def _tell(kind: str, proposal: Proposal, person_id: int) -> None:
    mail.post(kind, subject_id=proposal.public_id, to_person_id=person_id, fund_id=proposal.fund_id)
