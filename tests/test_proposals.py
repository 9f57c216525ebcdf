"""Proposals: who starts one, who works on it, who knows of it, and what is left of a draft that was thrown away."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from mptf.calls.amendments import Follower
from mptf.calls.models import CallStatus
from mptf.calls.queries import follower_ids
from mptf.core import clock
from mptf.core.audit import AuditDetail, AuditEvent
from mptf.core.db import db
from mptf.core.errors import KnownAlready, NotAllowed, NotFound, RuleBroken
from mptf.core.mail import OutboxMessage
from mptf.core.search import SearchRow
from mptf.desk.queries import find
from mptf.drafting.models import PartVersion
from mptf.fund.models import Fund
from mptf.jobs.table import LETTERS
from mptf.organisations.models import Office, OrganisationKind
from mptf.people.models import Person, RoleGrant
from mptf.people.queries import viewer_of
from mptf.policy import HeldRole, Permission, Role, Viewer, can
from mptf.proposals import listed, queries, service
from mptf.proposals.models import May, PartKind, Proposal, ProposalPerson, ProposalStatus
from tests.factories import Make
from tests.support.outbox import mailed
from tests.support.proposing import CLOSES, call_out, proposals_known_to, submit

NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)


@dataclass
class Place:
    """A fund with two offices of one organisation, one of another, a call open to the first and the last, and
    their officers."""

    fund: Fund
    albania: Office
    serbia: Office
    unodc: Office
    ana: Viewer
    ben: Viewer
    cem: Viewer
    dora: Viewer


@pytest.fixture(autouse=True)
def _in_april() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def place(fund: Fund, make: Make) -> Place:
    """Return the place: Ana and Ben of UNDP Albania, Cem of UNDP Serbia, Dora of UNODC."""
    undp = make.organisation("UNDP", OrganisationKind.PUNO)
    other = make.organisation("UNODC", OrganisationKind.PUNO)
    albania, serbia = make.office(undp, "UNDP Albania"), make.office(undp, "UNDP Serbia")
    unodc = make.office(other, "UNODC Vienna")
    people = [make.viewer(Role.PUNO_OFFICER, fund, office=one) for one in (albania, albania, serbia, unodc)]
    return Place(fund, albania, serbia, unodc, *people)


def begin(place: Place, *, by: Viewer | None = None, title: str = "Safe storage", number: int = 1) -> Proposal:
    """Start a proposal of UNDP Albania under a call of its own."""
    call = call_out(place.fund, place.ana.id, place.albania, place.unodc, number=number)
    proposal = service.start(call, db.session.merge(place.albania), title=title, by=by or place.ana)
    db.session.commit()  # what is made next, is made beside
    return proposal


def person(viewer: Viewer) -> Person:
    return db.session.get_one(Person, viewer.id)


def write(proposal: Proposal, part: PartKind, content: str, number: int = 1, *, aside: bool = False) -> None:
    """Keep a version of a part."""
    row = PartVersion(
        proposal_id=proposal.id, fund_id=proposal.fund_id, part=part, number=number, content=content,
        by_id=proposal.by_id, aside=aside,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()


def texts(proposal: Proposal) -> dict[tuple[PartKind, int], str]:
    """Return what is kept of the parts of a proposal, by part and number."""
    rows = select(PartVersion).where(
        PartVersion.fund_id == proposal.fund_id, PartVersion.proposal_id == proposal.id, PartVersion.aside.is_(False)
    )
    return {(row.part, row.number): row.content for row in db.session.scalars(rows)}


# ---- starting


def test_who_starts_a_proposal_writes_it_and_follows_its_call(place: Place) -> None:
    proposal = begin(place, title="  Safe storage ")
    assert (proposal.title, proposal.status, proposal.number) == ("Safe storage", ProposalStatus.DRAFT, None)
    assert proposal.organisation_id == place.albania.organisation_id
    assert proposal.parts_of(place.ana.id) == frozenset(PartKind)
    assert follower_ids(proposal.call) == [place.ana.id]
    assert mailed(service.SHARED) == []


def test_an_office_that_was_not_asked_starts_nothing(place: Place) -> None:
    call = call_out(place.fund, place.ana.id, place.albania)
    with pytest.raises(RuleBroken, match="Your office is not among those this call is open to"):
        service.start(call, db.session.merge(place.serbia), title="x", by=place.cem)
    with pytest.raises(NotAllowed):
        service.start(call, db.session.merge(place.albania), title="x", by=place.cem)


@pytest.mark.parametrize("how", ["closing", "closed", "cancelled"])
def test_a_call_that_takes_none_any_more_takes_none(place: Place, how: str) -> None:
    call = call_out(place.fund, place.ana.id, place.albania, closes_at=NOW)
    if how == "closed":
        call.status = CallStatus.CLOSED
    if how == "cancelled":
        call.status, call.closes_at, call.cancelled_at = CallStatus.CANCELLED, CLOSES, NOW
    db.session.flush()
    with pytest.raises(RuleBroken, match="takes no proposals any more"):
        service.start(call, db.session.merge(place.albania), title="x", by=place.ana)
    with clock.at(NOW - timedelta(seconds=1)):
        if how == "closing":
            assert service.start(call, db.session.merge(place.albania), title="x", by=place.ana).title == "x"


def test_a_role_that_ended_yesterday_starts_nothing(place: Place, make: Make) -> None:
    ended = make.person()
    make.grant(ended, Role.PUNO_OFFICER, place.fund, office=place.albania, until_on=date(2026, 4, 19))
    call = call_out(place.fund, place.ana.id, place.albania)
    with pytest.raises(NotAllowed):
        service.start(call, db.session.merge(place.albania), title="x", by=viewer_of(ended.id))


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PUNO_OFFICER}))
def test_nobody_but_a_puno_officer_starts_a_proposal(place: Place, make: Make, role: Role) -> None:
    somebody = make.viewer(role, place.fund)
    call = call_out(place.fund, place.ana.id, place.albania)
    with pytest.raises(NotAllowed):
        service.start(call, db.session.merge(place.albania), title="x", by=somebody)


def test_a_second_draft_of_the_same_title_is_the_first(place: Place) -> None:
    proposal = begin(place)
    with pytest.raises(KnownAlready, match="has a draft with this title") as refused:
        service.start(proposal.call, proposal.office, title="safe storage", by=place.ben)
    assert refused.value.page == ("proposals.proposal", proposal.public_id)
    second = service.start(proposal.call, proposal.office, title="Safe storage II", by=place.ben)
    assert second.title == "Safe storage II"


def test_a_title_says_something_in_one_line(place: Place) -> None:
    call = call_out(place.fund, place.ana.id, place.albania)
    for title in ("", "  ", "two\nlines", "Kosovo"):
        with pytest.raises(RuleBroken):
            service.start(call, db.session.merge(place.albania), title=title, by=place.ana)


# ---- copying


def test_an_old_proposal_gives_its_newest_texts_to_a_new_one(place: Place) -> None:
    old = begin(place)
    write(old, PartKind.GENERAL, '{"months":"24","title":"Safe storage"}', 1)
    write(old, PartKind.NARRATIVE, '{"why":"first"}', 1)
    write(old, PartKind.NARRATIVE, '{"why":"second"}', 2)
    write(old, PartKind.NARRATIVE, '{"why":"kept aside"}', 3, aside=True)
    call = call_out(place.fund, place.ana.id, place.albania, number=2)
    new = service.copy(old, call, old.office, title="Safer storage", by=place.ben)
    assert texts(new) == {
        (PartKind.GENERAL, 1): '{"months":"24","title":"Safer storage"}',
        (PartKind.NARRATIVE, 1): '{"why":"second"}',
    }
    assert [one.person_id for one in new.people_now] == [place.ben.id]
    assert len(texts(old)) == 3
    assert old.title == "Safe storage"


def test_another_offices_proposal_is_not_copied(place: Place) -> None:
    old = begin(place)
    service.share(old, person(place.dora), May.WRITE, by=place.ana)
    call = call_out(place.fund, place.ana.id, place.unodc, number=2)
    with pytest.raises(NotAllowed):
        service.copy(old, call, db.session.merge(place.unodc), title="x", by=place.dora)
    with pytest.raises(NotAllowed):
        service.copy(old, call, old.office, title="x", by=place.cem)


# ---- who works on it


def test_who_is_added_is_told_by_mail_and_follows_the_call(place: Place) -> None:
    proposal = begin(place)
    service.share(proposal, person(place.dora), May.FINANCE, by=place.ana)
    assert proposal.parts_of(place.dora.id) == {PartKind.BUDGET}
    assert mailed(service.SHARED) == [place.dora.id]
    assert follower_ids(proposal.call) == sorted([place.ana.id, place.dora.id])
    letter = letter_to(place.dora, service.SHARED)
    assert letter
    assert proposal.public_id in letter
    assert proposal.title not in letter


def letter_to(viewer: Viewer, kind: str) -> str | None:
    """Return the latest letter of a kind to somebody as it would leave now."""
    wanted = select(OutboxMessage).where(OutboxMessage.kind == kind, OutboxMessage.to_person_id == viewer.id)
    message = db.session.scalars(wanted.order_by(OutboxMessage.id.desc())).first()
    assert message
    letter = LETTERS[kind](message)
    return letter.text if letter else None


def test_a_mail_is_not_sent_to_who_was_removed_meanwhile(place: Place) -> None:
    proposal = begin(place)
    member = service.share(proposal, person(place.ben), May.READ, by=place.ana)
    service.remove(proposal, member, by=place.ana)
    assert letter_to(place.ben, service.SHARED) is None


def test_unknown_people_and_those_without_the_role_are_refused_alike(place: Place, make: Make) -> None:
    proposal = begin(place)
    auditor, ended = make.person(), make.person()
    make.grant(auditor, Role.AUDITOR, place.fund)
    make.grant(ended, Role.PUNO_OFFICER, place.fund, office=place.albania, until_on=date(2026, 4, 19))
    elsewhere = make.viewer(Role.PUNO_OFFICER, make.fund("OTHER"), office=place.albania)
    refusals = set()
    for one in (None, auditor, ended, person(elsewhere)):
        with pytest.raises(RuleBroken) as refused:
            service.share(proposal, one, May.READ, by=place.ana)
        refusals.add((str(refused.value), refused.value.field))
    assert len(refusals) == 1
    for who in (auditor, ended, person(elsewhere)):
        assert queries.find_officer(place.fund, who.email) is None
    dora = person(place.dora)
    assert queries.find_officer(place.fund, f"  {dora.email.upper()} ") == dora
    assert queries.find_officer(place.fund, dora.email[1:]) is None


def test_nobody_adds_themselves_unseen(place: Place) -> None:
    """Who joins is told of to those who work on it; adding oneself would go round that."""
    proposal = begin(place)
    for may in May:
        with pytest.raises(RuleBroken, match="Join the proposal") as refused:
            service.share(proposal, person(place.ben), may, by=place.ben)
        assert refused.value.field == "email"
    held = place.ben.role_in(place.fund.id)
    assert held
    assert place.ben.id not in [grant.person_id for grant in queries.colleagues(proposal, place.ben, held)]


def test_nobody_is_added_twice(place: Place) -> None:
    proposal = begin(place)
    with pytest.raises(RuleBroken, match="works on this proposal already"):
        service.share(proposal, person(place.ana), May.READ, by=place.ben)


def test_who_only_reads_or_keeps_the_budget_says_nothing_of_people(place: Place) -> None:
    proposal = begin(place)
    for may in (May.READ, May.FINANCE):
        member = service.share(proposal, person(place.dora), may, by=place.ana)
        with pytest.raises(NotAllowed):
            service.share(proposal, person(place.cem), May.READ, by=place.dora)
        with pytest.raises(NotAllowed):
            service.join(proposal, by=place.dora)
        with pytest.raises(NotAllowed):
            service.change(proposal, member, May.WRITE, by=place.dora)
        service.remove(proposal, member, by=place.ana)
    service.share(proposal, person(place.dora), May.WRITE, by=place.ana)
    service.share(proposal, person(place.cem), May.READ, by=place.dora)
    assert [one.may for one in proposal.people_now] == [May.WRITE, May.WRITE, May.READ]


def test_the_last_writer_stays(place: Place) -> None:
    proposal = begin(place)
    (ana,) = proposal.people_now
    with pytest.raises(RuleBroken, match="is the last who may write all parts"):
        service.remove(proposal, ana, by=place.ana)
    with pytest.raises(RuleBroken, match="is the last who may write all parts"):
        service.change(proposal, ana, May.READ, by=place.ben)
    ben = service.share(proposal, person(place.ben), May.FINANCE, by=place.ana)
    with pytest.raises(RuleBroken):
        service.remove(proposal, ana, by=place.ana)
    service.change(proposal, ben, May.WRITE, by=place.ana)
    service.remove(proposal, ana, by=place.ana)
    assert [one.person_id for one in proposal.people_now] == [place.ben.id]
    assert ana.until_at == NOW


def test_somebody_removed_is_out_and_what_was_is_kept(place: Place) -> None:
    proposal = begin(place)
    member = service.share(proposal, person(place.dora), May.WRITE, by=place.ana)
    service.remove(proposal, member, by=place.ana)
    with pytest.raises(NotFound):
        queries.get_proposal(place.dora, place.fund, proposal.public_id)
    assert [one.until_at for one in proposal.people] == [None, NOW]
    with pytest.raises(RuleBroken, match="does not work on this proposal any more"):
        service.change(proposal, member, May.READ, by=place.ana)
    again = service.share(proposal, person(place.dora), May.READ, by=place.ana)
    assert again.public_id != member.public_id


def test_an_officer_of_the_lead_office_joins_and_the_others_are_told(place: Place) -> None:
    proposal = begin(place)
    service.share(proposal, person(place.dora), May.READ, by=place.ana)
    with pytest.raises(NotAllowed):
        service.join(proposal, by=place.cem)
    service.join(proposal, by=place.ben)
    assert proposal.written_by(place.ben.id)
    assert mailed(service.JOINED) == sorted([place.ana.id, place.dora.id])
    assert letter_to(place.ana, service.JOINED)
    with pytest.raises(RuleBroken, match="You write this proposal already"):
        service.join(proposal, by=place.ben)


def test_nobody_gives_more_to_themselves_unless_the_others_are_told(place: Place) -> None:
    proposal = begin(place)
    ben = service.share(proposal, person(place.ben), May.READ, by=place.ana)
    with pytest.raises(RuleBroken, match="Join the proposal"):
        service.change(proposal, ben, May.WRITE, by=place.ben)
    service.join(proposal, by=place.ben)
    assert [one.may for one in proposal.people_now] == [May.WRITE, May.WRITE]
    assert mailed(service.JOINED) == [place.ana.id]
    service.change(proposal, ben, May.FINANCE, by=place.ben)
    assert ben.may is May.FINANCE


def test_who_works_on_another_draft_of_a_call_goes_on_to_follow_it(place: Place) -> None:
    first = begin(place)
    second = service.start(first.call, first.office, title="Another", by=place.ana)
    for proposal in (first, second):
        service.share(proposal, person(place.ben), May.READ, by=place.ana)
    service.remove(first, first.people_now[1], by=place.ana)
    assert place.ben.id in follower_ids(first.call)
    service.remove(second, second.people_now[1], by=place.ana)
    assert follower_ids(first.call) == [place.ana.id]


# ---- its title, and throwing it away


def test_a_new_title_stands_in_general_too(place: Place) -> None:
    proposal = begin(place)
    service.rename(proposal, title="Nothing typed yet", by=place.ana)
    assert texts(proposal) == {}
    write(proposal, PartKind.GENERAL, '{"months":"24","title":"Nothing typed yet"}', 1)
    write(proposal, PartKind.GENERAL, '{"months":"36"}', 2, aside=True)
    service.rename(proposal, title="  Ärger ", by=place.ana)
    assert proposal.title == "Ärger"
    assert texts(proposal)[PartKind.GENERAL, 3] == '{"months":"24","title":"Ärger"}'
    service.rename(proposal, title="Ärger", by=place.ana)
    assert len(texts(proposal)) == 2


def test_only_who_writes_all_of_it_renames_or_drops_it(place: Place) -> None:
    proposal = begin(place)
    service.share(proposal, person(place.ben), May.FINANCE, by=place.ana)
    service.share(proposal, person(place.dora), May.READ, by=place.ana)
    for somebody in (place.ben, place.cem, place.dora):
        with pytest.raises(NotAllowed):
            service.rename(proposal, title="x", by=somebody)
        with pytest.raises(NotAllowed):
            service.drop(proposal, by=somebody)


def test_what_was_submitted_keeps_its_title_and_stays(place: Place) -> None:
    proposal = begin(place)
    submit(proposal)
    with pytest.raises(RuleBroken, match="stays"):
        service.rename(proposal, title="x", by=place.ana)
    with pytest.raises(RuleBroken, match="stays on record"):
        service.drop(proposal, by=place.ana)


def test_a_draft_that_is_thrown_away_leaves_only_its_audit_log(place: Place) -> None:
    first = begin(place)
    other = service.start(first.call, first.office, title="Another", by=place.ana)
    service.share(first, person(place.dora), May.READ, by=place.ana)
    write(first, PartKind.GENERAL, '{"title":"Safe storage"}')
    write(first, PartKind.RISKS, '{"risks":""}', aside=True)
    call, gone = first.call, first.public_id
    service.drop(first, by=place.ana)
    db.session.commit()
    for table in (Proposal, ProposalPerson, PartVersion):
        assert db.session.scalar(select(func.count()).select_from(table).where(table.fund_id == place.fund.id)) == (
            0 if table is PartVersion else 1
        )
    assert follower_ids(call) == [place.ana.id], "who works on another draft goes on"
    assert db.session.scalars(select(Follower.until_at).where(Follower.fund_id == place.fund.id)).all() == [None, NOW]
    told = select(AuditEvent.action).where(AuditEvent.subject_id == gone).order_by(AuditEvent.seq)
    assert db.session.scalars(told).all() == ["proposal.started", "proposal.shared", "proposal.dropped"]
    assert proposals_known_to(place.ana, place.fund) == [db.session.get_one(Proposal, other.id)]
    with pytest.raises(NotFound):
        service.join(first, by=place.ben)


def test_no_log_and_no_index_says_what_a_draft_is_called(place: Place) -> None:
    proposal = begin(place, title="Canary of a title")
    service.rename(proposal, title="Another canary", by=place.ana)
    service.share(proposal, person(place.dora), May.READ, by=place.ana)
    service.join(proposal, by=place.ben)
    service.drop(proposal, by=place.ana)
    db.session.commit()
    bodies = "\n".join(body or "" for body in db.session.scalars(select(AuditDetail.body)))
    assert bodies
    assert "anary" not in bodies
    assert db.session.scalar(select(func.count()).select_from(SearchRow).filter_by(fund_id=place.fund.id)) == 0


# ---- who knows of it


RELATIONS = (
    "writes", "reads", "keeps the budget", "was removed", "of the lead office", "of another office",
    "of another organisation", "role ended", "of both offices", "of another fund", "two roles, as Secretariat",
    "two roles, as officer",
)  # fmt: skip


def _related(relation: str, place: Place, proposal: Proposal, make: Make) -> Viewer:
    """Return somebody who stands in a relation to a proposal of UNDP Albania."""
    far = make.viewer(Role.PUNO_OFFICER, place.fund, office=place.unodc)
    others = {"of the lead office": place.ben, "of another office": place.cem, "of another organisation": place.dora}
    if relation in others:
        return others[relation]
    if relation == "of another fund":
        return make.viewer(Role.PUNO_OFFICER, make.fund("OTHER"), office=place.albania)
    if relation == "of both offices":
        lead = HeldRole("lead", Role.PUNO_OFFICER, place.fund.id, place.albania.organisation_id, place.albania.id)
        return replace(far, held=(*far.held, lead), chosen=lead)
    may = {"reads": May.READ, "keeps the budget": May.FINANCE}.get(relation, May.WRITE)
    member = service.share(proposal, person(far), may, by=place.ana)
    if relation == "was removed":
        service.remove(proposal, member, by=place.ana)
    if relation == "role ended":
        grant = db.session.scalars(select(RoleGrant).filter_by(public_id=far.held[0].grant_id)).one()
        grant.until_on = date(2026, 4, 19)
        db.session.flush()
        return viewer_of(far.id)
    if relation.startswith("two roles"):
        office = HeldRole("office", Role.SECRETARIAT_OFFICER, place.fund.id)
        return replace(far, held=(office, *far.held), chosen=office if "Secretariat" in relation else far.held[0])
    return far


READS_A_DRAFT = {
    "writes",
    "reads",
    "keeps the budget",
    "of the lead office",
    "of both offices",
    "two roles, as officer",
}


@pytest.mark.parametrize("relation", RELATIONS)
def test_policy_and_lists_agree_on_who_knows_of_a_draft(place: Place, make: Make, relation: str) -> None:
    proposal = begin(place)
    viewer = _related(relation, place, proposal, make)
    knows = _known(viewer, place.fund, proposal)
    assert knows == (relation in READS_A_DRAFT)
    submit(proposal)
    assert _known(viewer, place.fund, proposal) == knows, "who works on it knows of it in that role alone"


@pytest.mark.parametrize(
    "near", [None, "worked on it", "of its office", "of its office in another fund", "of another office"]
)
def test_who_is_near_to_a_proposal_knows_nothing_of_it_for_the_secretariat(
    place: Place, make: Make, near: str | None
) -> None:
    """DOMAIN: Secretariat staff are in conflict by office or authorship; the file does not exist for them."""
    proposal = begin(place)
    viewer = make.viewer(Role.SECRETARIAT_HEAD, place.fund)
    also = None
    if near == "worked on it":
        grant = make.viewer(Role.PUNO_OFFICER, place.fund, office=place.unodc)
        service.remove(proposal, service.share(proposal, person(grant), May.READ, by=place.ana), by=place.ana)
        viewer = replace(viewer, id=grant.id)
    elif near:
        office = place.unodc if near == "of another office" else place.albania
        fund = make.fund("OTHER") if "fund" in near else place.fund
        also = HeldRole("also", Role.PUNO_OFFICER, fund.id, office.organisation_id, office.id)
        viewer = replace(viewer, held=(*viewer.held, also))
    submit(proposal)
    looks = near in (None, "of another office")
    assert _known(viewer, place.fund, proposal) == looks
    assert can(viewer, Permission.PROPOSALS_SCREEN, proposal) == looks
    assert can(viewer, Permission.PROPOSALS_SCREEN, place.fund), "others are screened as ever"
    if also and near == "of its office":
        assert _known(replace(viewer, chosen=also), place.fund, proposal), "in the role of the office it is known"


def test_only_an_officer_of_the_lead_office_submits(place: Place) -> None:
    """Somebody of another organisation writes all of it, and reads who sends it."""
    proposal = begin(place)
    service.share(proposal, person(place.dora), May.WRITE, by=place.ana)
    may = {one.name: can(one, Permission.PROPOSALS_SUBMIT, proposal) for one in (place.ana, place.ben, place.dora)}
    assert may == {place.ana.name: True, place.ben.name: False, place.dora.name: False}
    assert can(place.dora, Permission.PROPOSALS_WRITE, proposal)
    assert queries.senders(proposal) == [place.ana.name]
    both = HeldRole("both", Role.PUNO_OFFICER, place.fund.id, place.albania.organisation_id, place.albania.id)
    dora = replace(place.dora, held=(*place.dora.held, both))
    assert not can(dora, Permission.PROPOSALS_SUBMIT, proposal), "in the role of the other office"
    assert can(replace(dora, chosen=both), Permission.PROPOSALS_SUBMIT, proposal)


def test_nobody_submits_where_no_officer_of_the_lead_office_writes_any_more(place: Place) -> None:
    proposal = begin(place)
    service.share(proposal, person(place.dora), May.WRITE, by=place.ana)
    service.remove(proposal, proposal.people_now[0], by=place.ana)
    assert queries.senders(proposal) == []
    service.join(proposal, by=place.ben)
    assert queries.senders(proposal) == [place.ben.name]


def test_who_is_near_to_a_proposal_is_not_told_for_the_secretariat(place: Place, make: Make) -> None:
    proposal = begin(place)
    near, far = (make.viewer(Role.SECRETARIAT_OFFICER, place.fund) for _ in range(2))
    other, who = make.fund("OTHER"), person(near)
    db.session.commit()
    make.grant(who, Role.PUNO_OFFICER, other, office=place.albania)
    told = queries.secretariat_of(proposal)
    assert (near.id in told, far.id in told) == (False, True)


@pytest.mark.parametrize("role", Role)
def test_a_role_knows_of_no_draft_of_others_and_the_secretariat_of_what_was_submitted(
    place: Place, make: Make, role: Role
) -> None:
    proposal = begin(place)
    viewer = make.viewer(role, place.fund, office=place.unodc if role.of_organisation else None)
    assert not _known(viewer, place.fund, proposal)
    submit(proposal)
    assert _known(viewer, place.fund, proposal) == (role in (Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD))


def _known(viewer: Viewer, fund: Fund, proposal: Proposal) -> bool:
    """Tell whether somebody knows of a proposal; every way to ask says the same."""
    asked = {
        can(viewer, Permission.PROPOSALS_VIEW, proposal),
        proposal in proposals_known_to(viewer, fund),
        proposal in queries.page_of_own(viewer, fund, 1).items,
        _opened(viewer, fund, proposal),
    }
    if proposal.submitted_at:
        asked.add(proposal.id in [line.id for line in listed.submitted(viewer, fund, listed.Asked()).items])
    else:
        assert listed.submitted(viewer, fund, listed.Asked()).items == []
    (same,) = asked
    return same


def _opened(viewer: Viewer, fund: Fund, proposal: Proposal) -> bool:
    try:
        return queries.get_proposal(viewer, fund, proposal.public_id) is proposal
    except NotFound:
        return False


WRITES = {
    **dict.fromkeys(("writes", "two roles, as officer"), frozenset(PartKind)),
    "keeps the budget": frozenset({PartKind.BUDGET}),
}


@pytest.mark.parametrize("relation", RELATIONS)
def test_who_may_write_what(place: Place, make: Make, relation: str) -> None:
    proposal = begin(place)
    viewer = _related(relation, place, proposal, make)
    parts = proposal.parts_of(viewer.id) if can(viewer, Permission.PROPOSALS_WRITE, proposal) else frozenset()
    assert parts == WRITES.get(relation, frozenset())
    joins = {"writes", "of the lead office", "of both offices", "two roles, as officer"}
    assert can(viewer, Permission.PROPOSALS_JOIN, proposal) == (relation in joins)


# ---- lists, Home and search


def test_the_list_of_what_was_submitted_is_narrowed(place: Place, officer: Viewer) -> None:
    ours = begin(place, title="Safe storage")
    theirs = service.start(ours.call, db.session.merge(place.unodc), title="Border posts 50%", by=place.dora)
    later = begin(place, title="Draft only", number=2)
    assert found(officer, place) == []
    submit(ours, number=1)
    submit(theirs, number=2, at=NOW)
    theirs.status = ProposalStatus.WITHDRAWN
    db.session.flush()
    assert found(officer, place) == [theirs, ours]
    assert found(officer, place, call=ours.call.public_id) == [theirs, ours]
    assert found(officer, place, call=later.call.public_id) == []
    assert found(officer, place, organisation=ours.organisation.public_id) == [ours]
    assert found(officer, place, place=theirs.office.jurisdiction.public_id) == [theirs]
    assert found(officer, place, status=ProposalStatus.WITHDRAWN) == [theirs]
    assert found(officer, place, words="storage safe") == [ours]
    assert found(officer, place, words="p2") == [theirs]
    assert found(officer, place, words="50%") == [theirs]
    assert found(officer, place, words="0_") == []
    assert found(officer, place, organisation="nobody") == []
    past = listed.submitted(officer, place.fund, listed.Asked(page=9))
    assert (past.page, past.total, [line.id for line in past.items]) == (1, 2, [theirs.id, ours.id])
    assert [name for _, name, _ in listed.calls_out(place.fund)] == [
        "SLW00/2026/2 Third call",
        "SLW00/2026/1 Third call",
    ]


def found(viewer: Viewer, here: Place, **asked: object) -> list[Proposal]:
    lines = listed.submitted(viewer, here.fund, listed.Asked(**asked)).items  # type: ignore[arg-type]
    return [db.session.get_one(Proposal, line.id) for line in lines]


def test_what_was_submitted_is_found_by_more_than_its_title_and_a_draft_is_in_no_index(
    place: Place, officer: Viewer
) -> None:
    proposal = begin(place)
    with pytest.raises(ValueError, match="draft"):
        service.make_findable(proposal)
    assert db.session.scalars(select(SearchRow).filter_by(fund_id=place.fund.id, kind="proposal")).all() == []
    submit(proposal)
    for asked in ("albania", "undp", "SLW00/2026/1"):
        assert searched(officer, place, asked) == []
    for _twice in range(2):
        service.make_findable(proposal)
        db.session.flush()
    (row,) = db.session.scalars(select(SearchRow).filter_by(fund_id=place.fund.id, kind="proposal"))
    assert (row.subject_id, row.called) == (proposal.public_id, "P1, SLW00/2026/1")
    for asked in ("albania", "undp", "SLW00/2026/1", "p1", "storage safe"):
        assert searched(officer, place, asked) == ["P1 Safe storage"]
        assert searched(place.ana, place, asked) == ["P1 Safe storage"]
        assert searched(place.dora, place, asked) == []


def searched(viewer: Viewer, here: Place, words: str) -> list[str]:
    """Return the proposals a person finds by some words."""
    results = find(viewer, here.fund, words, 1).items
    return [result.title for result in results if result.endpoint == "proposals.proposal"]


def test_an_officer_finds_first_what_has_to_be_sent_soonest_and_page_by_page(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "OWN_SHOWN", 2)
    old, new, third = (begin(place, title=f"Number {number}", number=number) for number in (1, 2, 3))
    old.call.closes_at = NOW + timedelta(days=400)
    new.call.closes_at = third.call.closes_at = NOW + timedelta(days=20)
    submit(third)
    first = queries.page_of_own(place.ben, place.fund, 1)
    assert (list(first.items), first.total, first.pages) == ([new, old], 3, 2)
    assert list(queries.page_of_own(place.ben, place.fund, 2).items) == [third]
    assert ([one.due_on for one in first.items], third.due_on) == ([one.closes_on for one in (new, old)], None)
    third.status, third.answer_by = ProposalStatus.RETURNED, NOW + timedelta(days=3)
    assert list(queries.page_of_own(place.ben, place.fund, 1).items) == [third, new]
    assert third.due_on == (NOW + timedelta(days=3)).date()
    with clock.at(NOW + timedelta(days=21)):
        assert list(queries.page_of_own(place.ben, place.fund, 1).items) == [old, new], "what is late is a draft still"
        assert new.due_on is None


def test_home_names_drafts_whose_call_closes_within_a_week(place: Place) -> None:
    proposal = begin(place)
    service.share(proposal, person(place.ben), May.FINANCE, by=place.ana)
    closes = proposal.call.closes_at = NOW + timedelta(days=7)
    db.session.flush()
    (waiting,) = queries.waiting_for(place.ana, place.fund)
    assert waiting.title.format(**waiting.facts).startswith("Submit Safe storage before Mon 27 Apr 2026")
    assert waiting.due_on == closes.date()
    assert waiting.values == {"public_id": proposal.public_id}
    assert queries.waiting_for(place.ben, place.fund) == []
    service.share(proposal, person(place.dora), May.WRITE, by=place.ana)
    (beside,) = queries.waiting_for(place.dora, place.fund)
    assert beside.title.format(**beside.facts).startswith("Write Safe storage before"), "another office submits it"
    with clock.at(NOW - timedelta(seconds=1)):
        assert queries.waiting_for(place.ana, place.fund) == []
    with clock.at(closes):
        assert queries.waiting_for(place.ana, place.fund) == []
    submit(proposal)
    assert queries.waiting_for(place.ana, place.fund) == []


def test_home_leads_to_the_list_when_many_close(place: Place) -> None:
    call = call_out(place.fund, place.ana.id, place.albania, closes_at=NOW + timedelta(days=1))
    for number in range(13):
        service.start(call, db.session.merge(place.albania), title=f"No {number}", by=place.ana)
    waiting = queries.waiting_for(place.ana, place.fund)
    assert len(waiting) == 11
    assert (waiting[-1].endpoint, waiting[-1].title) == ("proposals.proposals", "Submit more proposals")


def test_a_call_an_office_may_answer_stands_beside_its_proposals(place: Place) -> None:
    proposal = begin(place)
    assert list(queries.calls_to_answer(place.fund, place.albania.id)) == [proposal.call]
    assert list(queries.calls_to_answer(place.fund, place.serbia.id)) == []
    assert list(queries.calls_to_answer(place.fund, None)) == []
    with clock.at(CLOSES):
        assert list(queries.calls_to_answer(place.fund, place.albania.id)) == []


def test_colleagues_are_the_officers_of_ones_organisation_who_are_not_there_yet(place: Place, make: Make) -> None:
    proposal = begin(place)
    ended = make.person()
    make.grant(ended, Role.PUNO_OFFICER, place.fund, office=place.serbia, until_on=date(2026, 4, 19))
    make.viewer(Role.PUNO_CERTIFIER, place.fund, office=place.serbia)
    offered = [grant.person_id for grant in queries.colleagues(proposal, place.ana, place.ana.held[0])]
    assert sorted(offered) == sorted([place.ben.id, place.cem.id])
    offices = queries.offices_of_people(proposal)
    assert {key: [office.name for office in found] for key, found in offices.items()} == {
        place.ana.id: ["UNDP Albania"]
    }


def test_somebody_whose_role_ended_is_told_apart(place: Place) -> None:
    proposal = begin(place)
    for grant in db.session.scalars(select(RoleGrant).filter_by(person_id=place.ana.id)):
        grant.ended_at = NOW
    db.session.flush()
    assert queries.offices_of_people(proposal) == {}
