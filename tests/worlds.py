"""A small world for tests about the whole application: two funds, every role, one object of each kind.

`SLW00` holds what the tests look at; `OTHER` belongs to somebody else. Objects are made through the
real services by the people who would make them.
"""

import io
from dataclasses import dataclass, field, replace
from datetime import date

from flask import Flask

from mptf.agreements import service as agreements
from mptf.agreements.figures import Planned
from mptf.agreements.service import Change, Signature, sign_agreement
from mptf.cash import service as cash
from mptf.cash.facts import Movement
from mptf.cash.models import CashDocument
from mptf.cash.service import LIST
from mptf.claims import service as claims
from mptf.claims.models import Claim
from mptf.commitments.models import Agreement
from mptf.controls import service as controls
from mptf.controls.models import ControlRequest
from mptf.core import files
from mptf.core.db import db, unit_of_work
from mptf.core.files import Store
from mptf.core.money import Money
from mptf.deposits.models import Deposit
from mptf.deposits.service import Receipt, record_deposit
from mptf.documents import service as documents
from mptf.documents.models import Attachment, AttachmentKind
from mptf.framework.service import Strategy, add_framework
from mptf.fund.models import Fund
from mptf.gateway import service as gateway
from mptf.gateway.models import GatewayExtract
from mptf.imports import service as imports
from mptf.imports.models import TableImport
from mptf.ledger import service as ledger
from mptf.ledger.chart import EntryKind
from mptf.ledger.delivery import Certification
from mptf.ledger.models import ConfirmedBy
from mptf.organisations.models import Office, Organisation, OrganisationKind
from mptf.people.models import Person, RoleGrant
from mptf.people.queries import rights_of
from mptf.pledges.models import Pledge
from mptf.pledges.service import Announcement, announce_pledge
from mptf.policy import HeldRole, Role, Viewer
from mptf.reconciliation import queries as found
from mptf.reconciliation import service as reconciliation
from mptf.reconciliation.comparing import KIND
from mptf.reconciliation.models import AgentList, Finding
from mptf.statements import service as statements
from mptf.statements.figures import Period
from mptf.statements.models import ContributionStatement, ContributorDocument, DocumentKind
from mptf.statements.queries import Contributor
from tests.factories import Make

# What an officer writes to be printed beside a figure wherever it is shown, also to the world.
PRINTED = "words for the world"

EXTRACT = (
    b"agency_code,ORGANIZATION,BUDGET,NET_FUNDED,EXPENDITURE,delivery_rate,FUNDS_COUNT,"
    b"implementing_group_code,implementing_agent_group_description\n"
    b"002100,%s,100.000,80.000,40.000,50.00,1,G1,%s\n"
)

CASH_LIST = (
    b"Value date,Kind,Organisation,Project number,Amount,Bank reference,Note\n2026-03-04,other income,,,1.00,L-1,%s\n"
)


@dataclass
class World:
    """What was made, by name."""

    fund: Fund
    other: Fund
    donor: Organisation
    other_donor: Organisation
    puno: Organisation
    office: Office
    other_office: Office
    people: dict[Role, Person] = field(default_factory=dict)
    grants: dict[Role, RoleGrant] = field(default_factory=dict)

    def viewer(self, role: Role) -> Viewer:
        """Return the holder of a role as the services see them; needs an application context."""
        person = self.people[role]
        return rights_of(db.session(), person.id).viewer(person)


@dataclass
class Records:
    """One object of each kind in one fund, for one donor."""

    pledge: Pledge
    agreement: Agreement
    deposit: Deposit
    request: ControlRequest
    extract: GatewayExtract
    transfer: CashDocument
    claim: Claim
    table: TableImport
    statement: ContributionStatement
    document: ContributorDocument
    attachments: dict[str, Attachment]
    agent_list: AgentList
    difference: Finding


def build(make: Make) -> World:
    """Make the funds, the organisations and one person for each role in the first fund."""
    fund, other = make.fund("SLW00"), make.fund("OTHER")
    donor, other_donor = make.organisation("Donorland"), make.organisation("Elseland")
    puno, other_puno = (make.organisation(name, OrganisationKind.PUNO) for name in ("UNDP", "UNODC"))
    office, other_office = make.office(puno, "UNDP Here"), make.office(other_puno, "UNODC There")
    world = World(fund, other, donor, other_donor, puno, office, other_office)
    holders = {Role.DONOR_VIEWER: donor}
    for role in Role:
        person = make.person(f"Demo {role.label}")
        holder = holders.get(role, world.puno if role.of_organisation else None)
        world.people[role] = person
        world.grants[role] = make.grant(person, role, fund, holder, office=office if role.of_office else None)
    with make.app.app_context(), unit_of_work():
        strategy = Strategy("Strategy of the fund", 2018, 2024, goals=1, kpis=1)
        add_framework(fund, strategy, by=world.viewer(Role.SECRETARIAT_OFFICER))
    return world


def records(
    app: Flask, world: World, *, fund: Fund, donor: Organisation, by: Viewer, word: str = "plain", number: int = 0
) -> Records:
    """Make one object of each kind; `word` goes into every field where people write freely, `number` makes
    the amounts differ."""
    amount, day = Money(600_000_00 + number, "SEK"), date(2026, 3, 2)
    donor = db.session.get_one(Organisation, donor.id)
    pledge = announce_pledge(fund, Announcement(donor, amount, day, note=f"pledge {word}", source=""), by=by)
    agreement = sign_agreement(fund, Signature(donor, f"AGR-{word}", day, amount, note=f"agreement {word}"), by=by)
    planned = Planned(day, amount, f"planned {word}")
    agreements.plan_instalments(fund, agreement, [planned], by=by)
    changed = replace(planned, condition=f"condition {word}")
    agreements.amend(fund, agreement, Change(day, f"amended {word}", amount, instalments=[changed]), by=by)
    deposit = record_deposit(
        fund,
        Receipt(
            donor, Money(57_600_00, "USD"), day, agreement, amount, Money(576_00, "USD"), f"BANK-{word}",
            certainty_note=PRINTED, basis=f"basis {word}",
        ),
        by=by,
    )  # fmt: skip
    request = controls.ask_reversal(deposit.entry, reason=f"reason {word}", by=by)
    store: Store = app.extensions["files"]
    blob = store.keep(io.BytesIO(EXTRACT % (word.encode(), word.encode())), limit=1 << 20)
    stored = files.add(blob, name=f"{word}.csv", media_type="text/csv", by=by, fund_id=fund.id)
    extract = gateway.upload(
        fund, stored, title=f"Extract {word}", source=f"source {word}", cut_off_on=None,
        certification=Certification.NOT_STATED, by=by,
    )  # fmt: skip
    listed = store.keep(io.BytesIO(CASH_LIST % word.encode()), limit=1 << 20)
    kept = files.add(listed, name=f"cash-{word}.csv", media_type="text/csv", by=by, fund_id=fund.id)
    table = imports.upload(fund, LIST, kept, by=by)
    claim = _direct_cost(fund, word, number, by)
    undp = db.session.get_one(Organisation, world.puno.id)
    transfer = cash.record(
        fund,
        Movement(
            EntryKind.TRANSFER, Money(1_000_00 + number, "USD"), day, party=undp, reference="00123456",
            bank_reference=f"OUT-{word}", basis=f"cash {word}",
        ),
        by=by,
    )  # fmt: skip
    statement, document = _stated(app, fund, donor, by, word, day)
    paper = store.keep(io.BytesIO(b"%PDF-1.7\n%%EOF\n"), limit=1 << 20)
    notice = files.add(paper, name=f"{word}.pdf", media_type="application/pdf", by=by, fund_id=fund.id)
    attachments = {
        record.__tablename__: documents.attach(
            record, notice, kind=AttachmentKind.AA_NOTICE, title=f"Notice {word}", by=by
        )
        for record in (pledge, agreement, deposit, transfer)
    }
    agent_list = _compared(store, fund, donor, by, word)
    difference = found.every_finding(agent_list)[0]
    db.session.commit()
    return Records(
        pledge, agreement, deposit, request, extract, transfer, claim, table, statement, document, attachments,
        agent_list, difference,
    )  # fmt: skip


def _direct_cost(fund: Fund, word: str, number: int, by: Viewer) -> Claim:
    """Set a direct cost aside, of cash that is there: interest the Administrative Agent has confirmed."""
    interest = Movement(
        EntryKind.FUND_INTEREST, Money(500_00 + number, "USD"), date(2026, 3, 3), bank_reference=f"IN-{word}"
    )
    ledger.confirm(cash.record(fund, interest, by=by).entry, by=by, how=ConfirmedBy.GATEWAY_IMPORT)
    return claims.approve_direct_cost(
        fund, label=f"Cost {word}", amount=Money(300_00, "USD"), basis=f"approval {word}", by=by
    )


def _stated(
    app: Flask, fund: Fund, donor: Organisation, by: Viewer, word: str, day: date
) -> tuple[ContributionStatement, ContributorDocument]:
    """Issue a statement as the head of the Secretariat does, and hand out a document beside it."""
    head = replace(by, held=(HeldRole("head", Role.SECRETARIAT_HEAD, fund.id),), chosen=None)
    statement = statements.issue(Contributor(fund, donor), Period(None, day), by=head)
    store: Store = app.extensions["files"]
    blob = store.keep(io.BytesIO(b"%PDF-1.7 %%EOF"), limit=1 << 20)
    stored = files.add(blob, name=f"{word}.pdf", media_type="application/pdf", by=by, fund_id=fund.id)
    kind = DocumentKind.CERTIFIED_STATEMENT
    return statement, statements.upload_document(fund, stored, kind=kind, year=2025, donor=donor, by=by)


def _compared(store: Store, fund: Fund, donor: Organisation, by: Viewer, word: str) -> AgentList:
    """Compare a list in which the deposit stands with the next day."""
    day = date(2026, 3, 3)
    table = f"Contributor,Value date,Received,Reference\n{donor.short_name},{day},57600.00,BANK-{word}\n"
    blob = store.keep(io.BytesIO(table.encode()), limit=1 << 20)
    stored = files.add(blob, name=f"list-{word}.csv", media_type="text/csv", by=by, fund_id=fund.id)
    agent_list = reconciliation.upload(fund, stored, complete_from=day, complete_until=day, by=by)
    content = KIND.read(store.path(blob.sha256))
    imports.bring_in(agent_list.table, KIND, content, by=by)
    return agent_list
