"""Nobody sees what is not theirs: words planted in confidential fields, and worlds that differ in one secret.

Each later room adds its own words to `worlds.records` and its line to `MAY_READ`.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from mptf.calls import criteria
from mptf.calls import service as calls
from mptf.calls.facts import Basics, Papers, Wanted
from mptf.calls.kinds import CallKind
from mptf.calls.models import Call
from mptf.commitments.models import Agreement
from mptf.core import clock
from mptf.core.db import db
from mptf.core.mail import OutboxMessage
from mptf.core.money import Money
from mptf.deposits.service import Receipt, confirm_deposit, record_deposit
from mptf.fund.models import Fund
from mptf.fund.queries import get_fund
from mptf.opinions import service as opinions
from mptf.opinions.facts import Given
from mptf.opinions.models import Says
from mptf.organisations.models import Office
from mptf.people.models import Person
from mptf.pledges.service import Announcement, announce_pledge
from mptf.policy import Role, Viewer
from mptf.proposals import service as proposals
from mptf.proposals.models import PROPOSAL_FLOW, May, PartKind, Proposal
from mptf.questions import service as questions
from mptf.questions.facts import Reply
from mptf.screening import checklist
from mptf.screening import service as screening
from mptf.screening.models import Answer as Found
from mptf.screening.models import Ground
from mptf.screening.proposed import Question, Said
from mptf.statements import service as statements
from mptf.statements.figures import Period
from mptf.statements.queries import Contributor
from mptf.submissions import service as submissions
from tests import crawl, worlds
from tests.conftest import Once
from tests.factories import Make
from tests.support.calls import open_for, published, rubric, whole_draft
from tests.support.proposing import call_out
from tests.support.signing import sign_in
from tests.support.whole import RISKS, fill, write
from tests.worlds import World

pytestmark = pytest.mark.one_engine

OFFICE = {Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD}
MONEY = OFFICE | {Role.ADMINISTRATIVE_AGENT, Role.AUDITOR}
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SOON = datetime(2026, 11, 26, 16, 0, tzinfo=UTC)  # within a week of now
CLOSING_SOON = open_for(3, since=NOW)
# Which roles of the fund may read the words of which records; everybody else must never meet them.
MAY_READ = {
    "canaryown": MONEY | {Role.DONOR_VIEWER},
    "canaryelsewhere": MONEY,
    "canaryforeign": set(),
    "canarymine": {Role.PUNO_OFFICER},
    "canarytheirs": set(),
    "canarysubmitted": OFFICE,
    "canaryitem": OFFICE,
    "canarynoted": OFFICE,
    "canaryletter": OFFICE | {Role.PUNO_OFFICER},
    "canaryunsent": set(),
    "canaryasked": OFFICE,
    "canaryinvited": OFFICE | {Role.PUNO_OFFICER},
    "canaryuninvited": OFFICE,
    "canaryopinion": OFFICE,
}


@pytest.fixture(autouse=True)
def _still_clock() -> Iterator[None]:
    """Let the clock stand, so that pages which say "5 minutes ago" can be compared."""
    with clock.at(NOW):
        yield


def plant(make: Make) -> World:
    """Build the world and put a word of its own into every field people write freely."""
    app, world = make.app, worlds.build(make)
    stranger = make.viewer(Role.SECRETARIAT_OFFICER, world.other)
    others = make.viewer(Role.PUNO_OFFICER, world.fund, office=world.other_office)
    agents = {fund.code: make.viewer(Role.ADMINISTRATIVE_AGENT, fund) for fund in (world.fund, world.other)}
    officer = world.viewer(Role.SECRETARIAT_OFFICER)
    _propose(world, others)
    asker = world.viewer(Role.PUNO_OFFICER)
    _invite(world, world.office, "canaryinvited", asker)
    _invite(world, world.other_office, "canaryuninvited", others)
    signed = {}
    for fund, donor, by, word in (
        (world.fund, world.donor, officer, "canaryown"),
        (world.fund, world.other_donor, officer, "canaryelsewhere"),
        (world.other, world.donor, stranger, "canaryforeign"),
    ):
        made = worlds.records(app, world, fund=fund, donor=donor, by=by, word=word)
        confirm_deposit(made.deposit, by=agents[fund.code], note=f"confirmed {word}")
        signed[word] = made.agreement
    _typed_under(world, signed["canaryelsewhere"], officer, agents[world.fund.code])
    db.session.commit()
    publish(app, world)
    return world


def _propose(world: World, others: Viewer) -> None:
    """Let the world's own office and another each write a draft, and the other submit a third, of which a part is
    returned and written on; every part holds the word, and a question waits."""
    fund = db.session.get_one(Fund, world.fund.id)
    offices = [db.session.get_one(Office, office.id) for office in (world.office, world.other_office)]
    own, officer = world.viewer(Role.PUNO_OFFICER), world.viewer(Role.SECRETARIAT_OFFICER)
    call = published(fund, offices, by=world.viewer(Role.SECRETARIAT_HEAD))
    fill(proposals.start(call, offices[0], title="canarymine", by=own), by=own)
    fill(proposals.start(call, offices[1], title="canarytheirs", by=others), by=others)
    sent = proposals.start(call, offices[1], title="canarysubmitted", by=others)
    fill(sent, by=others)
    submissions.submit(sent, by=others, remark="Remark canarysubmitted")
    PROPOSAL_FLOW.fire(sent, "screen", by=officer)
    reasons = {PartKind.RISKS: "Reason canarysubmitted"}
    submissions.give_back(sent, reasons, clock.today(fund) + timedelta(days=9), by=officer)
    write(sent, PartKind.RISKS, {**RISKS, "risks.aaaaaa.text": "canaryunsent"}, by=others)
    questions.ask(call, "Question canaryasked?", by=others)
    _opined(_sent(call, offices[0], world), world)
    _screen(call, offices[0], own, officer)


def _sent(call: Call, office: Office, world: World) -> Proposal:
    """Submit a proposal of the world's own office that works in the office's own place."""
    by = world.viewer(Role.PUNO_OFFICER)
    proposal = proposals.start(call, office, title="A whole proposal", by=by)
    fill(proposal, by=by)
    submissions.submit(proposal, by=by)
    db.session.commit()
    return proposal


def _opined(proposal: Proposal, world: World) -> None:
    """Record and correct what the Commission says of it, in a word of its own."""
    by = world.viewer(Role.SECRETARIAT_OFFICER)
    said = Given(Says.REMARKS, "canaryopinion", clock.today(proposal.fund), 1)
    first = opinions.record(proposal, proposal.office.jurisdiction, said, by=by)
    against = replace(said, says=Says.AGAINST)
    opinions.correct(first, against, reason="canaryopinion", by=by)
    db.session.commit()


def _screen(call: Call, office: Office, own: Viewer, officer: Viewer) -> None:
    """Refuse a proposal of the own office: a word in its checklist, one in what was noted, one in the letter."""
    refused = proposals.start(call, office, title="Another project", by=own)
    db.session.commit()
    fill(refused, by=own)
    submissions.submit(refused, by=own)
    screening.take_up(refused, by=officer)
    item = checklist.add(call, Question("Item canaryitem"), by=officer)
    screening.answer(refused, [Said(item.id, Found.NO, "Note canarynoted", 0)], by=officer)
    screening.refuse(refused, [Ground.OTHER], "Letter canaryletter", by=officer)
    db.session.commit()


def _invite(world: World, office: Office, word: str, asker: Viewer) -> Call:
    """Invite an office, with a word in everything written of it: its facts, an amendment, a criterion, a question."""
    fund, head = db.session.get_one(Fund, world.fund.id), world.viewer(Role.SECRETARIAT_HEAD)
    call = whole_draft(fund, [office], by=head, title=word, kind=CallKind.INVITATION)
    criteria.change(call, call.criteria[0], rubric(f"Criterion {word}"), by=head)
    calls.write(call, Papers((Wanted(f"Document {word}"),)), by=head)
    calls.publish(call, by=head)
    question = questions.ask(call, f"Question {word}?", by=asker)
    questions.answer(question, Reply(f"Question {word}?", f"Answer {word}."), by=head)
    later = replace(Basics.of(call), why_outside=f"Reason {word}")
    calls.write(call, later, by=head, reason=f"Amended {word}")
    db.session.commit()
    return call


def _typed_under(world: World, others: Agreement, officer: Viewer, agent: Viewer) -> None:
    """Record a deposit of the donor under another donor's agreement, by a slip, and issue a statement of it."""
    received = Receipt(world.donor, Money(11_00, "USD"), date(2026, 3, 3), others, bank_reference="B-SLIP")
    confirm_deposit(record_deposit(world.fund, received, by=officer), by=agent)
    to_date = Period(None, date(2026, 3, 31))
    statements.issue(Contributor(world.fund, world.donor), to_date, by=world.viewer(Role.SECRETARIAT_HEAD))
    db.session.commit()


def publish(app: Flask, world: World) -> None:
    """Open the public page of both funds."""
    with app.app_context():
        for fund in (world.fund, world.other):
            get_fund(fund.code).published = True
        db.session.commit()


@pytest.mark.parametrize("role", Role)
def test_words_of_others_are_met_nowhere(app: Flask, once: Once, role: Role) -> None:
    world = once(plant)
    pages = crawl.crawl(sign_in(app.test_client(), world.people[role]))
    pages |= {f"search {word}": _search(app, world, role, word) for word in MAY_READ}
    for word, readers in MAY_READ.items():
        met = [address for address, page in pages.items() if word in _told(page, word)]
        if role not in readers:
            allowed = _administration(met) if role is Role.ADMINISTRATOR else []
            assert met == allowed, f"{role.label} met {word}"
        else:
            assert met, f"{role.label} should be able to read {word}"


def test_the_world_meets_none_of_the_words(app: Flask, once: Once) -> None:
    once(plant)
    pages = crawl.crawl(app.test_client())
    assert {"/funds/SLW00", "/funds/OTHER"} <= set(pages)
    assert worlds.PRINTED in pages["/funds/SLW00"]
    assert not [address for address, page in pages.items() if "canary" in page]


@pytest.mark.parametrize("role", sorted(set(Role) - MONEY - {Role.ADMINISTRATOR, Role.DONOR_VIEWER}))
def test_one_secret_more_leaves_the_same_bytes(app: Flask, make: Make, role: Role) -> None:
    world = worlds.build(make)
    client = sign_in(app.test_client(), world.people[role])
    before = crawl.crawl(client)
    with app.app_context():
        officer = world.viewer(Role.SECRETARIAT_OFFICER)
        worlds.records(app, world, fund=world.fund, donor=world.donor, by=officer)
    assert crawl.crawl(client) == before


def test_one_secret_more_leaves_the_world_the_same_bytes(app: Flask, make: Make) -> None:
    world = worlds.build(make)
    publish(app, world)
    visitor = app.test_client()
    before = crawl.crawl(visitor)
    assert f"/funds/{world.fund.code}" in before
    with app.app_context():
        officer = world.viewer(Role.SECRETARIAT_OFFICER)
        worlds.records(app, world, fund=world.fund, donor=world.donor, by=officer)
    assert crawl.crawl(visitor) == before


def test_the_offices_note_on_a_published_announcement_stays_in_the_office(app: Flask, make: Make) -> None:
    world = worlds.build(make)
    publish(app, world)
    announced = Announcement(
        world.donor, Money(500_000_00, "SEK"), date(2026, 1, 5), note="canary-note", source="https://example.org/news"
    )
    with app.app_context():
        announce_pledge(world.fund, announced, by=world.viewer(Role.SECRETARIAT_OFFICER))
        db.session.commit()
    page = app.test_client().get(f"/funds/{world.fund.code}").text
    assert "example.org/news" in page
    assert "canary-note" not in page


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR, Role.AUDITOR}))
def test_a_draft_of_others_leaves_the_same_bytes(app: Flask, make: Make, role: Role) -> None:
    """Who reads the audit log learns that somebody started a draft, never of which name or office."""
    world = worlds.build(make)
    others, colleague = (make.viewer(Role.PUNO_OFFICER, world.fund, office=world.other_office) for _ in range(2))
    with app.app_context():
        fund = db.session.get_one(Fund, world.fund.id)
        office = db.session.get_one(Office, world.other_office.id)
        call = call_out(fund, others.id, db.session.get_one(Office, world.office.id), office, closes_at=SOON)
        db.session.commit()
        call_id = call.id
    client = sign_in(app.test_client(), world.people[role])
    before = crawl.crawl(client)
    assert any("Third call" in page for page in before.values()) == (role is not Role.ADMINISTRATOR)
    mails = _mails(app, world.people[role])
    with app.app_context():
        call, office = db.session.get_one(Call, call_id), db.session.get_one(Office, world.other_office.id)
        draft = proposals.start(call, office, title="canary", by=others)
        proposals.share(draft, db.session.get_one(Person, colleague.id), May.READ, by=others)
        db.session.commit()
    after = crawl.crawl(client)
    told = {address: page for address, page in after.items() if page != before.get(address)}
    if role in OFFICE:  # how many follow a call, and how many drafts are under it, is said to the Secretariat
        told = {address: page for address, page in told.items() if _unnumbered(page) != _unnumbered(before[address])}
    assert told == {}
    assert after.keys() == before.keys()
    assert _mails(app, world.people[role]) == mails
    assert "canary" not in _told(_search(app, world, role, "canary"), "canary")


def _unnumbered(page: str) -> str:
    """Return a page of a call without how many follow it, and without how many drafts are under it."""
    for counted in (
        "(person is|people are) told when", "(person who follows|people who follow) it",
        "(person who works|people who work) on a proposal", "other (person|people) of the offices",
        "(proposal is a draft|proposals are drafts) now",
    ):  # fmt: skip
        page = re.sub(rf"(\d+|No) {counted}", "", page)
    return page


@pytest.mark.parametrize("role", sorted(set(Role) - OFFICE - {Role.ADMINISTRATOR, Role.AUDITOR}))
def test_an_invitation_of_others_leaves_the_same_bytes(app: Flask, make: Make, role: Role) -> None:
    """Who reads the audit log learns that there is an invitation, by its number; words of it are met nowhere."""
    world = worlds.build(make)
    publish(app, world)
    others = make.viewer(Role.PUNO_OFFICER, world.fund, office=world.other_office)
    with app.app_context():
        fund = db.session.get_one(Fund, world.fund.id)
        offices = [db.session.get_one(Office, office.id) for office in (world.office, world.other_office)]
        published(fund, offices, by=world.viewer(Role.SECRETARIAT_HEAD), title="A call for all", dates=CLOSING_SOON)
        db.session.commit()
    readers = {"person": sign_in(app.test_client(), world.people[role]), "world": app.test_client()}
    before = {name: crawl.crawl(client) for name, client in readers.items()}
    mails = _mails(app, world.people[role])
    with app.app_context():
        invited = _invite(world, db.session.get_one(Office, world.other_office.id), "canary", others)
        proposals.start(invited, db.session.get_one(Office, world.other_office.id), title="canary", by=others)
        db.session.commit()
    assert {name: crawl.crawl(client) for name, client in readers.items()} == before
    assert _mails(app, world.people[role]) == mails
    assert "canary" not in _told(_search(app, world, role, "canary"), "canary")


@pytest.mark.parametrize("role", sorted(set(Role) - OFFICE - {Role.ADMINISTRATOR, Role.AUDITOR}))
def test_an_opinion_on_a_proposal_leaves_the_same_bytes(app: Flask, make: Make, role: Role) -> None:
    """Who reads the audit log learns that an opinion was recorded, never what it says; its applicant learns nothing."""
    world = worlds.build(make)
    with app.app_context():
        fund, office = db.session.get_one(Fund, world.fund.id), db.session.get_one(Office, world.office.id)
        call = published(fund, [office], by=world.viewer(Role.SECRETARIAT_HEAD))
        key = _sent(call, office, world).id
    client = sign_in(app.test_client(), world.people[role])
    before = crawl.crawl(client)
    assert any("A whole proposal" in page for page in before.values()) == (role is Role.PUNO_OFFICER)
    mails = _mails(app, world.people[role])
    with app.app_context():
        _opined(db.session.get_one(Proposal, key), world)
    assert crawl.crawl(client) == before
    assert _mails(app, world.people[role]) == mails


def _mails(app: Flask, person: Person) -> list[str]:
    with app.app_context():
        mine = select(OutboxMessage.kind).where(OutboxMessage.to_person_id == person.id)
        return list(db.session.scalars(mine.order_by(OutboxMessage.id)))


def test_another_donors_secret_leaves_a_donor_the_same_bytes(app: Flask, make: Make) -> None:
    world = worlds.build(make)
    client = sign_in(app.test_client(), world.people[Role.DONOR_VIEWER])
    with app.app_context():
        officer = world.viewer(Role.SECRETARIAT_OFFICER)
        worlds.records(app, world, fund=world.fund, donor=world.donor, by=officer)
    before = crawl.crawl(client)
    with app.app_context():
        worlds.records(app, world, fund=world.fund, donor=world.other_donor, by=officer, word="elsewhere")
    assert crawl.crawl(client) == before


def _search(app: Flask, world: World, role: Role, word: str) -> str:
    client = sign_in(app.test_client(), world.people[role])
    return client.get(f"/f/{world.fund.code}/search?q={word}").text


def _told(page: str, word: str) -> str:
    """Return a page without the word where it only repeats what was searched."""
    for repeated in (f"q={word}", f"“{word}”", f'name="q" value="{word}"'):
        page = page.replace(repeated, "")
    return page


def _administration(met: list[str]) -> list[str]:
    """The administrator reads the audit log of the installation, which names references."""
    return [address for address in met if "/audit" in address]
