"""The addresses and actors behind `matrix.csv`: who opens which page, cell by cell.

Relations: `own` is an object of the fund and, for the donor viewer, of its own organisation, for the PUNO officer of
its own office; `other_organisation` one of the same fund and another organisation (a proposal that was submitted, an
invitation that was sent);
`other_fund` an object at its own address in a fund nobody here has a role in; `wrong_fund` that object under the
address of SLW00; `other_person` something of somebody else's account, or a view somebody else keeps of a list.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from mptf.agreements.service import Signature, sign_agreement
from mptf.attachments.models import ProposalFile
from mptf.calls import criteria
from mptf.calls.kinds import CallKind
from mptf.calls.models import Criterion
from mptf.cash import service as cash
from mptf.cash.facts import Movement
from mptf.cash.models import CashDocument
from mptf.claims import service as claims
from mptf.claims.models import Interest
from mptf.commitments.models import Agreement
from mptf.core import clock, files, tasks
from mptf.core.db import db
from mptf.core.files import Store, StoredFile
from mptf.core.money import Money
from mptf.core.tasks import Task, TaskState
from mptf.dossiers.service import WRITE as DOSSIER
from mptf.drafting.models import PartVersion
from mptf.framework.models import Framework, FrameworkItem, ItemKind
from mptf.framework.service import TEXTS
from mptf.fund import service as funds
from mptf.fund.models import Fund, FundWindow, Holiday
from mptf.imports.models import TableImport
from mptf.ledger.chart import EntryKind
from mptf.lists.models import SavedView
from mptf.opinions import service as opinions
from mptf.opinions.facts import Given
from mptf.opinions.models import Opinion, Says
from mptf.organisations import service as organisations
from mptf.organisations.models import Jurisdiction, Office, Organisation
from mptf.people.models import Person
from mptf.policy import HeldRole, Role, Viewer
from mptf.proposals import service as proposals
from mptf.proposals.models import INELIGIBLE, May, PartKind, Proposal
from mptf.public.models import PublishedFigure, Topic
from mptf.questions import service as questions
from mptf.questions.facts import Reply
from mptf.rates.models import ExchangeRate, RateSource, RateUpload
from mptf.reconciliation.comparing import KIND
from mptf.reconciliation.models import AgentList, Finding, FindingKind
from mptf.reported.figures import Basis
from mptf.reported.models import ReportedFigure
from mptf.reported.service import FIGURES
from mptf.reports.models import ExportFormat, ReportExport
from mptf.screening import checklist, letters
from mptf.screening.models import IneligibilityLetter
from mptf.signin.keys import digest
from mptf.signin.models import SigninSession
from mptf.submissions import service as submissions
from mptf.submissions.models import Submission
from tests import filled, trail, worlds
from tests.factories import LONG_AGO, Make
from tests.filled import Case
from tests.support.calls import published, rubric, whole_draft
from tests.support.signing import carry, open_for
from tests.support.whole import fill, write
from tests.worlds import Records, World

FILE = Path(__file__).with_name("matrix.csv")
UNSIGNED = ("nobody", "password_only")
OUTSIDE = (*UNSIGNED, "stranger", "ended")
ACTORS = (*OUTSIDE, *(role.value for role in Role))
OPENS, ABSENT, SIGN_IN = "opens", "absent", "sign-in"
REPORT = "delivery-by-organisation"
# Rates serve every fund; what happens to a fund, and to a role in one, stands in its log wherever its page is.
COMMON = ("rates.record_rate", "rates.correct_rate", "rates.import_table")
ABOUT_FUND = ("fund.change_fund", "people.give_role", "people.end_role")
KEPT_VIEWS = ("lists.view", "lists.remove")
VIEW = "A view"
IN_FUND = ("own", "other_fund")
OF_OBJECT = ("own", "other_fund", "wrong_fund")
OF_DEPOSIT = ("own", "other_organisation", "other_fund", "wrong_fund")

RATES = b"Currency,Valid from,Units per US dollar\nSEK,2026-01-01,11\n"
OFFICIAL = b"Framework,Kind,Number,Text,Source\nRoadmap,goal,1,As it was adopted,Its annex\n"
# It matches the deposit of the stage in everything, and holds another one our books miss.
AGENT_LIST = (
    b"Contributor,Value date,Received,Original currency,Original amount,Fee,Reference\n"
    b"Donorland,2026-03-02,57600.00,SEK,600000.00,576.00,BANK-plain\n"
    b"Nobody,2026-03-02,5.00,,,,MISSING\n"
)

Values = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One line of the file: an address, the relation to its object, and the expected answer per actor."""

    endpoint: str
    method: str
    relation: str
    cells: dict[str, str]

    @property
    def name(self) -> str:
        """Name the row in a test report."""
        return f"{self.method} {self.endpoint} {self.relation}"


@dataclass
class Stage:
    """The world of one row, with everything an address may name."""

    app: Flask
    make: Make
    world: World
    own: Records
    elsewhere: Records
    foreign: Records
    extras: dict[str, Any]
    tokens: dict[str, str]

    def rule(self, endpoint: str) -> str:
        """Return how the address of an endpoint is written."""
        return next(rule.rule for rule in self.app.url_map.iter_rules(endpoint))

    def person(self, actor: str) -> Person | None:
        """Return who an actor with a role of the fund is; the others change nothing but their own account."""
        return self.world.people[Role(actor)] if actor in set(Role) else None

    def client(self, actor: str) -> FlaskClient:
        """Return a client signed in as an actor, or as nobody."""
        client = self.app.test_client()
        return carry(client, self.tokens[actor]) if actor in self.tokens else client


def rows() -> list[Row]:
    """Read the file."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return [
            Row(line.pop("endpoint"), line.pop("method"), line.pop("relation"), line) for line in csv.DictReader(file)
        ]


def expected_rows(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Yield every address that asks for a permission, with each method and relation it must be tested for."""
    seen = set()
    for rule in app.url_map.iter_rules():
        if getattr(app.view_functions[rule.endpoint], "permission", None) is None:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for relation in relations(rule.endpoint, rule.rule):
                seen.add((rule.endpoint, method, relation))
    yield from sorted(seen)


def relations(endpoint: str, rule: str) -> tuple[str, ...]:
    """Return the relations an address must be tested for."""
    if endpoint in (*DEPOSITS, *AGREEMENTS, *PLEDGES, *STATEMENTS, *DOCUMENTS, *PROPOSALS, *SCREENED, *CALLS):
        return OF_DEPOSIT
    if endpoint in CONTRIBUTORS:
        return ("own", "other_organisation", "other_fund")
    if endpoint in OBJECTS and rule.startswith("/f/"):
        return OF_OBJECT
    if endpoint == "signin.end_session":
        return ("own", "other_person")
    if endpoint in KEPT_VIEWS:
        return ("own", "other_fund", "other_person", "wrong_fund")
    return IN_FUND if rule.startswith("/f/") else ("own",)


def stage(make: Make) -> Stage:
    """Build the world of a row."""
    app, world = make.app, worlds.build(make)
    foreign_officer = make.viewer(Role.SECRETARIAT_OFFICER, world.other)
    applicants = [make.viewer(Role.PUNO_OFFICER, fund, office=office) for fund, office in _applying(world)]
    with app.app_context():
        officer = world.viewer(Role.SECRETARIAT_OFFICER)
        own = worlds.records(app, world, fund=world.fund, donor=world.donor, by=officer)
        elsewhere = worlds.records(app, world, fund=world.fund, donor=world.other_donor, by=officer, word="elsewhere")
        foreign = worlds.records(app, world, fund=world.other, donor=world.donor, by=foreign_officer, word="foreign")
        extras = _extras(world)
        extras |= _proposals(world, extras, *applicants)
        for fund, by in ((world.fund, officer), (world.other, foreign_officer)):
            extras[f"interest {fund.code}"] = _unsaid(fund, world.donor, by)
        db.session.add(_view_of(world.fund, world.people[Role.SECRETARIAT_HEAD]))
        db.session.commit()
        return Stage(app, make, world, own, elsewhere, foreign, extras, _tokens(make, world))


def _tokens(make: Make, world: World) -> dict[str, str]:
    """Open the session of every actor but nobody, for all rows at once."""
    officer, stranger, ended = world.people[Role.SECRETARIAT_OFFICER], make.person(), make.person()
    make.grant(stranger, Role.TECHNICAL_REVIEWER, world.other)
    make.grant(ended, Role.SECRETARIAT_HEAD, world.fund, until_on=LONG_AGO)
    actors = {"stranger": stranger, "ended": ended, **{role.value: person for role, person in world.people.items()}}
    return {"password_only": _open(officer, second_factor=False), **{name: _open(actors[name]) for name in actors}}


def _open(person: Person, *, second_factor: bool = True) -> str:
    return open_for(db.session.get_one(Person, person.id), second_factor=second_factor)


def _extras(world: World) -> dict[str, Any]:
    """Make the objects of the fund room and of the public page."""
    by = world.viewer(Role.ADMINISTRATOR)
    place = Jurisdiction(name="Nowhere", iati_code="AL")
    rate = ExchangeRate(currency="SEK", valid_from=LONG_AGO, source=RateSource.UNORE, millionths=10_000_000)
    db.session.add_all([place, rate])
    db.session.flush()
    office = organisations.add_office(world.puno, name="UNDP Nowhere", jurisdiction=place, by=by)
    uploads = {fund.code: _rate_upload(fund, world) for fund in (world.fund, world.other)}
    exports = {fund.code: _export(fund, world) for fund in (world.fund, world.other)}
    tables = {fund.code: _reported_table(fund, world) for fund in (world.fund, world.other)}
    frameworks = {fund.code: _framework(fund, world) for fund in (world.fund, world.other)}
    calls = {key: made for fund in _both(world) for key, made in _calls(fund, office, world).items()}
    return {
        **calls,
        **{f"framework {code}": found for code, (found, _table) in frameworks.items()},
        **{f"item {code}": _goal(found) for code, (found, _table) in frameworks.items()},
        **{f"texts {code}": table for code, (_found, table) in frameworks.items()},
        **{f"table {code}": table for code, table in tables.items()},
        **{f"upload {code}": upload for code, upload in uploads.items()},
        **{f"list {fund.code}": _agents(fund, world) for fund in (world.fund, world.other)},
        **{f"plain {donor.short_name}": _unplanned(world, donor) for donor in (world.donor, world.other_donor)},
        **{f"export {code}": export for code, export in exports.items()},
        "place": place,
        "rate": rate,
        "office": office,
        **{f"holiday {fund.code}": _holiday(fund, by) for fund in (world.fund, world.other)},
        **{f"window {fund.code}": _window(fund) for fund in (world.fund, world.other)},
        **{f"figure {fund.code}": _figure(fund) for fund in (world.fund, world.other)},
    }


def _both(world: World) -> tuple[Fund, Fund]:
    """Return the two funds as this session knows them."""
    return db.session.get_one(Fund, world.fund.id), db.session.get_one(Fund, world.other.id)


def _file(fund: Fund, world: World, content: bytes = RATES) -> StoredFile:
    """Keep a small table; its bytes stand in the content store of the application."""
    store: Store = current_app.extensions["files"]
    blob = store.keep(io.BytesIO(content), limit=1 << 20)
    keeper = world.viewer(Role.SECRETARIAT_OFFICER)
    return files.add(blob, name="table.csv", media_type="text/csv", by=keeper, fund_id=fund.id)


def _rate_upload(fund: Fund, world: World) -> RateUpload:
    upload = RateUpload(fund_id=fund.id, file=_file(fund, world), source=RateSource.UNORE)
    db.session.add(upload)
    return upload


def _agents(fund: Fund, world: World) -> TableImport:
    """Make a list of the Administrative Agent that was not compared; return its table."""
    by = world.viewer(Role.SECRETARIAT_OFFICER)
    table = TableImport(fund_id=fund.id, kind=KIND.key, file=_file(fund, world, AGENT_LIST), by_id=by.id)
    db.session.add(table)
    db.session.flush()
    db.session.add(AgentList(fund_id=fund.id, table_id=table.id, complete_until=date(2026, 3, 3)))
    return table


def _unplanned(world: World, donor: Organisation) -> Agreement:
    """Sign an agreement whose instalments are not planned."""
    fund, donor = db.session.get_one(Fund, world.fund.id), db.session.get_one(Organisation, donor.id)
    what = Signature(donor, f"PLAIN-{donor.short_name}", LONG_AGO, Money(100_00, "USD"))
    return sign_agreement(fund, what, by=world.viewer(Role.SECRETARIAT_OFFICER))


def _unsaid(fund: Fund, donor: Organisation, by: Viewer) -> CashDocument:
    """Record interest that names no agreement in a fund in which one keeps it."""
    fund, donor = db.session.get_one(Fund, fund.id), db.session.get_one(Organisation, donor.id)
    claims.agree_on_interest(fund, None, Interest.KEPT, donor, "KEPT", since=LONG_AGO)
    what = Movement(EntryKind.FUND_INTEREST, Money(7_00, "USD"), date(2026, 3, 4), bank_reference="UNSAID")
    return cash.record(fund, what, by=by)


def _export(fund: Fund, world: World) -> ReportExport:
    """Make an export that is ready, asked for by the officer of SLW00."""
    by = world.viewer(Role.SECRETARIAT_OFFICER)
    task = tasks.ask("reports.write", by=by, fund_id=fund.id)
    tasks.finish(task, {})
    export = ReportExport(
        fund_id=fund.id, by_id=by.id, report_key=REPORT, about="t", params={}, format=ExportFormat.CSV, rows=1,
        file=_file(fund, world), task=task,
    )  # fmt: skip
    db.session.add(export)
    return export


def _reported_table(fund: Fund, world: World) -> TableImport:
    """Make an uploaded table of reported figures, and a figure of the year it is about."""
    by = world.viewer(Role.SECRETARIAT_OFFICER)
    figure = ReportedFigure(
        fund_id=fund.id, organisation_id=world.puno.id, category=1, year=_reported_year(fund), basis=Basis.INTERIM,
        version=1, amount=Money(100, "USD"), recorded_at=clock.now(), by_id=by.id,
    )  # fmt: skip
    table = TableImport(fund_id=fund.id, kind=FIGURES.key, file=_file(fund, world), by_id=by.id)
    db.session.add_all([figure, table])
    return table


def _framework(fund: Fund, world: World) -> tuple[Framework, TableImport]:
    """Add a framework of one goal, and upload a table with its text."""
    by = world.viewer(Role.SECRETARIAT_OFFICER)
    added = Framework(fund_id=fund.id, title="Roadmap", first_year=2018, last_year=2024, by_id=by.id)
    table = TableImport(fund_id=fund.id, kind=TEXTS.key, file=_file(fund, world, OFFICIAL), by_id=by.id)
    db.session.add_all([added, table])
    db.session.flush()
    db.session.add(FrameworkItem(fund_id=fund.id, framework_id=added.id, kind=ItemKind.GOAL, number=1))
    db.session.flush()
    return added, table


def _goal(framework: Framework) -> FrameworkItem:
    return db.session.scalars(select(FrameworkItem).filter_by(framework_id=framework.id, kind=ItemKind.GOAL)).one()


def _calls(fund: Fund, office: Office, world: World) -> dict[str, Any]:
    """Make a draft of a call that lacks nothing, with two criteria, a call that is out with its questions, and an
    invitation of another organisation's office."""
    officer = world.viewer(Role.SECRETARIAT_HEAD)
    head = replace(officer, held=(HeldRole("head", Role.SECRETARIAT_HEAD, fund.id),), chosen=None)
    drafted = whole_draft(fund, [office], by=head, title="A draft")
    second = criteria.add(drafted, rubric("Second"), by=head)
    criteria.change(drafted, second, rubric("Second", 50), by=head)
    first = next(one for one in drafted.criteria if one is not second)
    criteria.change(drafted, first, rubric("First", 50), by=head)
    out = published(fund, [office, world.office, world.other_office], by=head, title="A call")
    asker = replace(world.viewer(Role.PUNO_OFFICER), held=(HeldRole("puno", Role.PUNO_OFFICER, fund.id),), chosen=None)
    invited = published(fund, [world.other_office], by=head, title="An invitation", kind=CallKind.INVITATION)
    answered, waiting = (questions.ask(out, text, by=asker) for text in ("One?", "Another?"))
    questions.answer(answered, Reply("One?", "Yes."), by=head)
    return {
        f"draft {fund.code}": drafted,
        f"criterion {fund.code}": second,
        f"call {fund.code}": out,
        f"invitation {fund.code}": invited,
        f"asked {fund.code}": checklist.adopt(invited, by=head)[-1],
        f"question {fund.code}": answered,
        f"waiting question {fund.code}": waiting,
    }


def _put_on_record(proposal: Proposal, world: World) -> ProposalFile:
    """Put a file on the record of a proposal."""
    stored = _file(proposal.fund, world)
    row = ProposalFile(proposal_id=proposal.id, fund_id=proposal.fund_id, file_id=stored.id, by_id=stored.by_id)
    db.session.add(row)
    db.session.flush()
    return row


def _applying(world: World) -> list[tuple[Fund, Office]]:
    """Return whose officers work on proposals beside the one of the world, in the order of `_proposals`."""
    here, there = world.fund, world.other
    return [(here, world.office), (here, world.other_office), (here, world.other_office), (there, world.office)]


def _proposals(
    world: World, extras: dict[str, Any], colleague: Viewer, other: Viewer, applicant: Viewer, foreign: Viewer
) -> dict[str, Any]:
    """Make a draft of the world's own office, one that another organisation submitted, and one in the other fund.

    A colleague reads the first; somebody else of the other organisation works on none.
    """
    office, there = (db.session.merge(row) for row in (world.office, world.other_office))
    own, call = world.viewer(Role.PUNO_OFFICER), extras["call SLW00"]
    drafted = proposals.start(call, office, title="A proposal", by=own)
    person = db.session.get_one(Person, colleague.id)
    member = proposals.share(drafted, person, May.READ, by=own)
    sent = proposals.start(call, there, title="A proposal of others", by=other)
    fill(sent, by=other)
    attached = _put_on_record(sent, world)
    listed = {"file": attached.public_id, "document": "other", "title": "A file that was sent"}
    row = {f"files.aaaaaa.{name}": text for name, text in listed.items()}
    write(sent, PartKind.ATTACHMENTS, {"files": "aaaaaa", **row}, by=other)
    first = submissions.submit(sent, by=other)
    far = proposals.start(extras["call OTHER"], office, title="A proposal far away", by=foreign)
    for proposal in (drafted, far):
        _typed(proposal)
    kept = [_put_on_record(proposal, world) for proposal in (drafted, far)]
    refused = [
        _declared_ineligible(proposals.start(where, by_office, title="A proposal that was refused", by=by), by)
        for where, by_office, by in (
            (call, office, own), (call, there, other), (extras["call OTHER"], office, foreign)
        )
    ]  # fmt: skip
    return {
        **dict(zip(("attached SLW00", "attached OTHER"), kept, strict=True)),
        "attached elsewhere": attached,
        "dossier": _sent_again(first, attached.file, world),
        **dict(zip(("refused SLW00", "refused elsewhere", "refused OTHER"), refused, strict=True)),
        "proposal SLW00": drafted,
        "member SLW00": member,
        "proposal elsewhere": sent,
        "opinion elsewhere": _opinion(sent, there, world),
        "member elsewhere": sent.people[0],
        "proposal OTHER": far,
        "member OTHER": far.people[0],
        "colleague": colleague,
        "applicant": db.session.get_one(Person, applicant.id),
    }


def _opinion(sent: Proposal, office: Office, world: World) -> Opinion:
    """Record what the Commission of a place says of a proposal, with its letter."""
    said, by = Given(Says.SUPPORTS, "", clock.today(sent.fund), 1), world.viewer(Role.SECRETARIAT_OFFICER)
    return opinions.record(sent, office.jurisdiction, said, letter=_file(sent.fund, world), by=by)


def _sent_again(first: Submission, file: StoredFile, world: World) -> Task:
    """Let the same be sent a second time; return the dossier of the first, made for an officer of the Secretariat."""
    kept = ("proposal_id", "fund_id", "content", "sha256", "requested", "by_id")
    again = {name: getattr(first, name) for name in kept}
    db.session.add(Submission(**again, number=2, submitted_at=first.submitted_at))
    made = {"sha256": file.sha256, "size": file.size}
    task = Task(
        kind=DOSSIER.kind, fund_id=first.fund_id, by_id=world.viewer(Role.SECRETARIAT_OFFICER).id, state=TaskState.DONE,
        params={"about": "A proposal", "submission": first.public_id}, ended_at=clock.now(),
        result={"stem": "dossier", "pdf": made, "zip": made},
    )  # fmt: skip
    db.session.add(task)
    db.session.flush()
    return task


def _declared_ineligible(proposal: Proposal, by: Viewer) -> Proposal:
    """Let a proposal be one that was refused by a letter, as the rows of one are."""
    fill(proposal, by=by)
    sent = submissions.submit(proposal, by=by)
    proposal.status = INELIGIBLE
    content = letters.frozen(
        letters.Letter(
            1, "Fund", "F", "Europe/Belgrade", "N", LONG_AGO, "Office", "Organisation", "Call", "P", "T", 1, (), "No.",
            False,
        )
    )  # fmt: skip
    letter = IneligibilityLetter(
        proposal_id=proposal.id, fund_id=proposal.fund_id, by_id=by.id, submission_id=sent.id, year=2000,
        sequence=proposal.id, number=f"N{proposal.id}", content=content, sha256=letters.digest(content),
        issued_at=clock.now(),
    )  # fmt: skip
    db.session.add(letter)
    db.session.flush()
    return proposal


def _typed(proposal: Proposal) -> None:
    """Let a part of a proposal have two versions, and General say how long it takes."""
    where = {"proposal_id": proposal.id, "fund_id": proposal.fund_id, "by_id": proposal.by_id}
    db.session.add(PartVersion(**where, part=PartKind.GENERAL, number=1, content='{"months":"12"}'))
    for number in (1, 2):
        text = f'{{"summary":"Text {number}"}}'
        db.session.add(PartVersion(**where, part=PartKind.NARRATIVE, number=number, content=text))


def _reported_year(fund: Fund) -> int:
    return 2024 if fund.code == "SLW00" else 2023


def _holiday(fund: Fund, by: Viewer) -> Holiday:
    return funds.add_holiday(fund, falls_on=LONG_AGO.replace(year=2199), name="Far away", by=by)


def _window(fund: Fund) -> FundWindow:
    window = FundWindow(fund_id=fund.id, code="W1", name="A window")
    db.session.add(window)
    return window


def _figure(fund: Fund) -> PublishedFigure:
    figure = PublishedFigure(
        fund_id=fund.id, topic=Topic.PORTFOLIO, as_of_on=LONG_AGO, as_of="then", label="l", printed="p", exact=False,
        source="s",
    )  # fmt: skip
    db.session.add(figure)
    return figure


@dataclass(frozen=True)
class Answer:
    """What somebody was told at an address, and the tables the post changed."""

    outcome: str
    wrote: frozenset[str] = frozenset()


def answers(row: Row, set_up: Callable[[], Stage]) -> dict[str, Answer]:
    """Ask as every actor; after a POST that was let in the world is set up anew, so that no cell leans on another."""
    found: dict[str, Answer] = {}
    here: Stage | None = None
    for actor in ACTORS:
        if here is None:
            here = set_up()
            filled.make_ready(here, row)
        found[actor] = _answer(here, row, actor)
        if row.method == "POST" and (found[actor].outcome == OPENS or found[actor].wrote):
            here = None
    return found


def _answer(stage: Stage, row: Row, actor: str) -> Answer:
    """Ask as an actor; what is posted is a valid form, and a change that was let in must be in the audit log."""
    client = stage.client(actor)
    url = address(stage, row, actor)
    if row.method != "POST":
        return Answer(outcome(client.open(url)))
    data = filled.form(Case(stage, row, actor, client))
    if actor in UNSIGNED or row.cells[actor] == ABSENT:
        return Answer(outcome(client.post(url, data=data)))
    before = trail.state(stage.app)
    response = client.post(url, data=data)
    wrote = trail.check(stage.app, before, response, by=stage.person(actor), fund_id=_fund_of(stage, row))
    return Answer(outcome(response), wrote)


def address(stage: Stage, row: Row, actor: str) -> str:
    """Return the address of a row as an actor asks it."""
    return stage.app.url_map.bind("localhost").build(row.endpoint, values(stage, row, actor))


def _fund_of(stage: Stage, row: Row) -> int | None:
    """Return the fund an event about a row's address belongs to, or None for the installation."""
    in_fund = row.endpoint in ABOUT_FUND or stage.rule(row.endpoint).startswith("/f/")
    fund = stage.world.other if row.relation == "other_fund" else stage.world.fund
    return fund.id if in_fund and row.endpoint not in COMMON else None


def outcome(response: TestResponse) -> str:
    """Name an answer."""
    if response.status_code == 404:
        return ABSENT
    if response.status_code in (302, 303) and "/sign-in" in response.location:
        return SIGN_IN
    assert response.status_code < 500, response.text
    return OPENS


def values(stage: Stage, row: Row, actor: str) -> Values:
    """Return what stands in the address."""
    world = stage.world
    far = row.relation in ("other_fund", "wrong_fund")
    rule = stage.rule(row.endpoint)
    at: Values = {"code": world.other.code if row.relation == "other_fund" else world.fund.code}
    found: Values = at if "/f/<code>" in rule else {}
    if row.endpoint in OBJECTS:
        found |= OBJECTS[row.endpoint](stage, far, row.relation)
    if row.endpoint == "signin.end_session":
        found["session_id"] = _session(stage, actor if row.relation == "own" else "somebody else")
    if row.endpoint in KEPT_VIEWS:
        found["public_id"] = _view(stage, actor if row.relation != "other_person" else "somebody else", far=far)
    if "<of>" in rule:
        found["of"] = "proposals"
    if "<key>" in rule:
        found["key"] = REPORT
    if "<part>" in rule:
        found["part"] = "narrative" if row.endpoint.startswith("drafting.") else "basics"
    if "<int:number>" in rule:
        found.setdefault("number", 1)
    if "<kind>" in rule:
        found["kind"] = "transfer"
    return found


def _session(stage: Stage, actor: str) -> str:
    """Open another session of the actor, or of somebody else, and return its id."""
    person = stage.world.people[Role(actor)] if actor in set(Role) else stage.make.person()
    with stage.app.app_context():
        token = open_for(person)
        found = select(SigninSession.public_id).filter_by(token_hash=digest(token))
        return str(db.session.scalars(found).one())


def _view(stage: Stage, actor: str, *, far: bool) -> str:
    """Let the actor, or somebody else, keep a view of the list of proposals, and return its id."""
    person = stage.world.people[Role(actor)] if actor in set(Role) else stage.make.person()
    with stage.app.app_context():
        fund = stage.world.other if far else stage.world.fund
        mine = select(SavedView).filter_by(fund_id=fund.id, person_id=person.id, name=VIEW)
        view = db.session.scalars(mine).first()
        if view is None:
            view = _view_of(fund, person)
            db.session.add(view)
            db.session.commit()
        return view.public_id


def _view_of(fund: Fund, person: Person) -> SavedView:
    asked = {"status": "submitted"}
    return SavedView(fund_id=fund.id, person_id=person.id, list_key="proposals", name=VIEW, asked=asked)


def _deposit(stage: Stage, far: bool, relation: str) -> Values:
    own = stage.elsewhere if relation == "other_organisation" else stage.own
    return {"public_id": (stage.foreign if far else own).deposit.public_id}


def _agreement(stage: Stage, far: bool, relation: str) -> Values:
    own = stage.elsewhere if relation == "other_organisation" else stage.own
    return {"public_id": (stage.foreign if far else own).agreement.public_id}


def _plain(stage: Stage, far: bool, relation: str) -> Values:
    donor = stage.world.other_donor if relation == "other_organisation" else stage.world.donor
    found = stage.foreign.agreement if far else stage.extras[f"plain {donor.short_name}"]
    return {"public_id": found.public_id}


def _waiting_list(stage: Stage, far: bool, _relation: str) -> Values:
    fund = stage.world.other if far else stage.world.fund
    return {"public_id": stage.extras[f"list {fund.code}"].public_id}


def _missing(stage: Stage, far: bool, relation: str) -> Values:
    """Name what the waiting list alone holds, once it was compared."""
    with stage.app.app_context():
        only = select(Finding.public_id).filter_by(fund_id=stage.world.fund.id, kind=FindingKind.ONLY_LIST)
        found = None if far else db.session.scalar(only)
    return {"public_id": found} if found else _difference(stage, far, relation)


def _ahead(stage: Stage, far: bool, relation: str) -> Values:
    """Name the settings that are planned, where some are."""
    with stage.app.app_context():
        fund = db.session.get_one(Fund, (stage.world.other if far else stage.world.fund).id)
        return {"public_id": fund.settings[-1].public_id}


def _pledge(stage: Stage, far: bool, relation: str) -> Values:
    own = stage.elsewhere if relation == "other_organisation" else stage.own
    return {"public_id": (stage.foreign if far else own).pledge.public_id}


def _attachment_of(kind: str) -> Callable[[Stage, bool, str], Values]:
    def find(stage: Stage, far: bool, relation: str) -> Values:
        attachment = _records_of(stage, far, relation).attachments[kind]
        return {"public_id": attachment.subject_id, "document_id": attachment.public_id}

    return find


def _entry(stage: Stage, far: bool, _relation: str) -> Values:
    with stage.app.app_context():
        return {"public_id": db.session.merge((stage.foreign if far else stage.own).deposit).entry.public_id}


def _account(stage: Stage, far: bool, _relation: str) -> Values:
    with stage.app.app_context():
        entry = db.session.merge((stage.foreign if far else stage.own).deposit).entry
        return {"public_id": entry.lines[0].account.public_id}


def _request(stage: Stage, far: bool, _relation: str) -> Values:
    return {"public_id": (stage.foreign if far else stage.own).request.public_id}


def _transfer(stage: Stage, far: bool, _relation: str) -> Values:
    return {"public_id": (stage.foreign if far else stage.own).transfer.public_id}


def _claim(stage: Stage, far: bool, _relation: str) -> Values:
    return {"public_id": (stage.foreign if far else stage.own).claim.public_id}


def _table(stage: Stage, far: bool, _relation: str) -> Values:
    return {"public_id": (stage.foreign if far else stage.own).table.public_id}


def _extract(stage: Stage, far: bool, _relation: str) -> Values:
    return {"public_id": (stage.foreign if far else stage.own).extract.public_id}


def _agent_list(stage: Stage, far: bool, _relation: str) -> Values:
    return {"public_id": (stage.foreign if far else stage.own).agent_list.table.public_id}


def _difference(stage: Stage, far: bool, _relation: str) -> Values:
    return {"public_id": (stage.foreign if far else stage.own).difference.public_id}


def _of_fund(kind: str) -> Callable[[Stage, bool, str], Values]:
    def find(stage: Stage, far: bool, _relation: str) -> Values:
        fund = stage.world.other if far else stage.world.fund
        return {"public_id": stage.extras[f"{kind} {fund.code}"].public_id}

    return find


def _criterion(stage: Stage, far: bool, relation: str) -> Values:
    fund = stage.world.other if far else stage.world.fund
    criterion: Criterion = stage.extras[f"criterion {fund.code}"]
    return {**_of_fund("draft")(stage, far, relation), "criterion_id": criterion.public_id}


def _office(stage: Stage, _far: bool, _relation: str) -> Values:
    office: Office = stage.extras["office"]
    return {"public_id": stage.world.puno.public_id, "office_id": office.public_id}


def _organisation(stage: Stage, _far: bool, _relation: str) -> Values:
    return {"public_id": stage.world.puno.public_id}


def _reported(stage: Stage, far: bool, _relation: str) -> Values:
    fund = stage.world.other if far else stage.world.fund
    return {"public_id": stage.world.puno.public_id, "year": _reported_year(fund)}


def _place(stage: Stage, _far: bool, _relation: str) -> Values:
    return {"public_id": stage.extras["place"].public_id}


def _rate(stage: Stage, _far: bool, _relation: str) -> Values:
    return {"public_id": stage.extras["rate"].public_id}


def _call(stage: Stage, far: bool, relation: str) -> Values:
    return _of_fund("invitation" if relation == "other_organisation" else "call")(stage, far, relation)


def _call_to_answer(stage: Stage, far: bool, relation: str) -> Values:
    return {"call_id": _call(stage, far, relation)["public_id"]}


def _proposal(stage: Stage, far: bool, relation: str) -> Values:
    whose = "elsewhere" if relation == "other_organisation" else (stage.world.other if far else stage.world.fund).code
    return {"public_id": stage.extras[f"proposal {whose}"].public_id}


def _submitted(stage: Stage, far: bool, relation: str) -> Values:
    """Return what the Secretariat screens: of the fund what was submitted, of an office its draft."""
    if far:
        return _proposal(stage, far, relation)
    return _proposal(stage, far, "own" if relation == "other_organisation" else "other_organisation")


def _opined(stage: Stage, far: bool, relation: str) -> Values:
    return {**_submitted(stage, far, relation), "opinion_id": stage.extras["opinion elsewhere"].public_id}


def _of_sent(stage: Stage, far: bool, relation: str) -> Values:
    return {**_submitted(stage, far, relation), "number": 2}


def _file_sent(stage: Stage, far: bool, relation: str) -> Values:
    whose = "OTHER" if far else "SLW00" if relation == "other_organisation" else "elsewhere"
    return {**_of_sent(stage, far, relation), "file_id": stage.extras[f"attached {whose}"].public_id}


def _dossier(stage: Stage, far: bool, relation: str) -> Values:
    made = {"task_id": stage.extras["dossier"].public_id, "ending": "pdf"}
    return {**_submitted(stage, far, relation), "number": 1, **made}


def _refused(stage: Stage, far: bool, relation: str) -> Values:
    whose = "elsewhere" if relation == "other_organisation" else (stage.world.other if far else stage.world.fund).code
    return {"public_id": stage.extras[f"refused {whose}"].public_id}


def _item(stage: Stage, far: bool, relation: str) -> Values:
    fund = stage.world.other if far else stage.world.fund
    return {**_of_fund("invitation")(stage, far, relation), "item_id": stage.extras[f"asked {fund.code}"].public_id}


def _attached(stage: Stage, far: bool, relation: str) -> Values:
    whose = "elsewhere" if relation == "other_organisation" else (stage.world.other if far else stage.world.fund).code
    return {**_proposal(stage, far, relation), "file_id": stage.extras[f"attached {whose}"].public_id}


def _member(stage: Stage, far: bool, relation: str) -> Values:
    whose = "elsewhere" if relation == "other_organisation" else (stage.world.other if far else stage.world.fund).code
    return {**_proposal(stage, far, relation), "member_id": stage.extras[f"member {whose}"].public_id}


def _person(stage: Stage, _far: bool, _relation: str) -> Values:
    return {"person_id": stage.world.people[Role.AUDITOR].public_id}


def _grant(stage: Stage, _far: bool, _relation: str) -> Values:
    return {**_person(stage, _far, _relation), "grant_id": stage.world.grants[Role.AUDITOR].public_id}


def _records_of(stage: Stage, far: bool, relation: str) -> Records:
    own = stage.elsewhere if relation == "other_organisation" else stage.own
    return stage.foreign if far else own


def _statement(stage: Stage, far: bool, relation: str) -> Values:
    return {"public_id": _records_of(stage, far, relation).statement.public_id}


def _document(stage: Stage, far: bool, relation: str) -> Values:
    return {"public_id": _records_of(stage, far, relation).document.public_id}


def _contributor(stage: Stage, _far: bool, relation: str) -> Values:
    world = stage.world
    return {"donor_id": (world.other_donor if relation == "other_organisation" else world.donor).public_id}


# Records with documents: the endpoint of the page of one, and its table.
ATTACHED = {
    "pledges.pledge": "pledge",
    "agreements.agreement": "agreement",
    "deposits.deposit": "deposit",
    "cash.document": "cash_document",
}


def _with_documents(page: str, *others: str) -> tuple[str, ...]:
    """Return the endpoints about a record that has documents."""
    return (page, *(f"{page}_attachment{what}" for what in ("", "_add", "_withdraw")), *others)


AGREEMENTS = _with_documents("agreements.agreement", "agreements.amend", "agreements.plan", "agreements.withdraw")
PLEDGES = _with_documents("pledges.pledge", "pledges.sign_pledge", "pledges.withdraw_pledge")
STATEMENTS = ("statements.statement", "statements.pdf", "statements.xlsx")
DOCUMENTS = ("statements.file", "statements.withdraw")
MEMBERS = ("proposals.change_person", "proposals.remove_person")
PARTS = (
    *(f"drafting.{what}" for what in ("bring_back", "part", "parts", "save", "versions")),
    *(f"budgets.{what}" for what in ("workbook", "bring")),
    "attachments.attach",
)
FILES = ("attachments.file",)
SUBMISSIONS = ("submissions.begin", "submissions.submit", "submissions.withdraw")
SENT = tuple(f"dossiers.{what}" for what in ("submission", "snapshot", "changes", "dossier"))
TAKEN = ("dossiers.file", "dossiers.take")
SCREENED = (
    "submissions.give_back", "submissions.give_time", "submissions.resume",
    *(f"screening.{what}" for what in ("screen", "take_up", "admit", "invite", "refuse")),
)  # fmt: skip
LETTERS = ("screening.letter", "screening.letter_pdf")
CALLS = ("calls.call", "calls.calendar", "questions.ask", "questions.questions", "proposals.start")
PROPOSALS = (
    *(f"proposals.{what}" for what in ("proposal", "copy", "rename", "drop", "join", "add_person")), *MEMBERS, *PARTS,
    *FILES, *SUBMISSIONS, *SENT, *TAKEN, *LETTERS,
)  # fmt: skip
CONTRIBUTORS = ("statements.draft", "statements.draft_pdf", "statements.draft_xlsx", "statements.issue")
DEPOSITS = _with_documents("deposits.deposit", "deposits.confirm")
CASH = _with_documents("cash.document", "cash.confirm")
OBJECTS: dict[str, Callable[[Stage, bool, str], Values]] = {
    **dict.fromkeys(DEPOSITS, _deposit),
    **dict.fromkeys(AGREEMENTS, _agreement),
    **dict.fromkeys(("agreements.plan", "agreements.withdraw"), _plain),
    **dict.fromkeys(PLEDGES, _pledge),
    **dict.fromkeys(("agreements.rename_window", "agreements.end_window"), _of_fund("window")),
    **dict.fromkeys(STATEMENTS, _statement),
    **dict.fromkeys(DOCUMENTS, _document),
    **dict.fromkeys(CONTRIBUTORS, _contributor),
    **dict.fromkeys(("controls.entry", "controls.ask_reversal", "controls.confirm_reversal"), _entry),
    **dict.fromkeys(("controls.request", "controls.approve", "controls.decline", "controls.withdraw"), _request),
    "ledger.account": _account,
    **dict.fromkeys(CASH, _transfer),
    "cash.of_fund": _of_fund("interest"),
    **dict.fromkeys(
        ("cash.table", "cash.start_import", "cash.discard_import", "cash.import_progress", "cash.import_file"), _table
    ),
    **dict.fromkeys(("claims.claim", "claims.cut"), _claim),
    **dict.fromkeys(
        ("gateway.discard", "gateway.extract", "gateway.file", "gateway.progress", "gateway.start_import",
         "gateway.withdraw"),
        _extract,
    ),
    **dict.fromkeys(
        ("reconciliation.table", "reconciliation.import_progress", "reconciliation.import_file"), _agent_list,
    ),
    **dict.fromkeys(
        ("reconciliation.start_import", "reconciliation.discard_import", "reconciliation.confirm_matched"),
        _waiting_list,
    ),
    **dict.fromkeys(
        ("reconciliation.difference", "reconciliation.explain", "reconciliation.ask_reversal",
         "reconciliation.confirm"),
        _difference,
    ),
    "reconciliation.record_missing": _missing,
    **dict.fromkeys(
        ("organisations.organisation", "organisations.change_organisation", "organisations.add_office"), _organisation
    ),
    **dict.fromkeys(
        ("people.person", "people.rename", "people.give_role", "signin.access_of", "signin.end_sessions_of",
         "signin.invite_again", "signin.remove_factor_of", "signin.withdraw"),
        _person,
    ),
    "fund.change_fund": lambda stage, _far, _relation: {"fund_code": stage.world.fund.code},
    "organisations.change_jurisdiction": _place,
    "organisations.change_office": _office,
    **dict.fromkeys(
        ("reported.table", "reported.start_import", "reported.discard_import", "reported.import_progress",
         "reported.import_file"),
        _of_fund("table"),
    ),
    **dict.fromkeys(CALLS, _call),
    **dict.fromkeys(("calls.cancel", "opinions.csv", "opinions.of_call", "opinions.xlsx"), _of_fund("call")),
    "questions.question": _of_fund("question"),
    **dict.fromkeys(("questions.answer", "questions.decline"), _of_fund("waiting question")),
    **dict.fromkeys(
        ("calls.add_criterion", "calls.drop", "calls.preview", "calls.publish", "calls.write_part"), _of_fund("draft")
    ),
    **dict.fromkeys(("calls.change_criterion", "calls.move_criterion", "calls.remove_criterion"), _criterion),
    "proposals.start": _call_to_answer,
    **dict.fromkeys(PROPOSALS, _proposal),
    **dict.fromkeys(FILES, _attached),
    **dict.fromkeys((*SCREENED, "opinions.record"), _submitted),
    **dict.fromkeys(("opinions.correct", "opinions.letter"), _opined),
    **dict.fromkeys(SENT, _of_sent),
    "dossiers.file": _file_sent,
    "dossiers.take": _dossier,
    **dict.fromkeys(LETTERS, _refused),
    **dict.fromkeys(
        tuple(f"screening.{what}" for what in ("screening", "xlsx", "csv", "checklist", "adopt")), _of_fund("call")
    ),
    **dict.fromkeys(tuple(f"screening.{what}_item" for what in ("change", "move", "remove")), _item),
    **dict.fromkeys(MEMBERS, _member),
    "framework.framework": _of_fund("framework"),
    "framework.item": _of_fund("item"),
    **dict.fromkeys(
        ("framework.table", "framework.start_import", "framework.discard_import", "framework.import_progress",
         "framework.import_file"),
        _of_fund("texts"),
    ),
    "reported.of_year": _reported,
    "rates.correct_rate": _rate,
    "rates.import_table": _of_fund("upload"),
    "reports.download": _of_fund("export"),
    "fund.remove_holiday": _of_fund("holiday"),
    "fund.withdraw_settings": _ahead,
    "people.end_role": _grant,
    "publishing.withdraw": _of_fund("figure"),
    **{
        f"{page}_attachment{what}": _attachment_of(kind)
        for page, kind in ATTACHED.items() for what in ("", "_withdraw")
    },
}  # fmt: skip
