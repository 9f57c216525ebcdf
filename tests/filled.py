"""What the walk of the matrix posts to each address that changes something: a form that would be taken.

A form holds what a person types and, where the page carries one, the version it was opened on. `READY` makes what an
address needs before it is asked, beyond the world of the matrix.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from flask.testing import FlaskClient
from pyotp import TOTP

from mptf.controls import service as controls
from mptf.core import clock
from mptf.core.db import db
from mptf.core.files import Store
from mptf.deposits.service import confirm_deposit
from mptf.fund import service as funds
from mptf.fund.models import Fund
from mptf.fund.queries import timeline
from mptf.fund.rules import Rules
from mptf.gateway import service as gateway
from mptf.imports import service as imports
from mptf.imports.models import TableImport
from mptf.ledger import stamps
from mptf.organisations.queries import get_organisation
from mptf.policy import Role
from mptf.proposals import models as proposing
from mptf.proposals import service as proposals
from mptf.proposals.models import PROPOSAL_FLOW, May, PartKind
from mptf.reconciliation.comparing import KIND
from mptf.screening import service as screening
from mptf.screening.models import Answer as Found
from mptf.screening.proposed import Said
from mptf.screening.queries import items_of
from mptf.signin import service as signin
from mptf.signin.factors import set_up
from mptf.signin.keys import Keys
from mptf.signin.models import Credential
from mptf.statements.drawing import draw
from mptf.statements.figures import Period
from mptf.statements.queries import Contributor, find_in_force
from mptf.statements.service import fingerprint
from mptf.submissions import service as submissions
from tests import worlds
from tests.support.signing import open_for
from tests.support.visitor import secret_of
from tests.support.whole import fill
from tests.support.work import work_off

if TYPE_CHECKING:
    from tests.matrix import Row, Stage

Values = dict[str, Any]
PASSWORD, ANOTHER = "lantern orchard 47 viola", "harbour pencil 31 walnut"
DAY = "2 Mar 2026"
AHEAD = date(2189, 1, 1)
PDF = b"%PDF-1.7\n%%EOF\n%another"
RATES = b"Currency,Valid from,Units per US dollar\nNOK,2026-01-01,11\n"
FIGURES = b"Organisation,Project number,Year,Category,Basis,Amount USD,Note\nUNDP,00123456,2024,1,interim,7.00,\n"
OFFICIAL = b"Framework,Kind,Number,Text,Source\nRoadmap,goal,1,As it was changed,Its annex\n"
AGENT_LIST = b"Contributor,Value date,Received,Reference\nDonorland,2026-03-01,1.00,NEW\n"


@dataclass(frozen=True)
class Case:
    """One post: the row of the matrix, who sends it, and with which client."""

    stage: "Stage"
    row: "Row"
    actor: str
    client: FlaskClient


def form(case: Case) -> Values:
    """Return what is posted to the address of a row; an address that asks for nothing gets an empty form."""
    found = FORMS.get(case.row.endpoint)
    return found(case) if found else {}


def make_ready(stage: "Stage", row: "Row") -> None:
    """Make what an address needs, in the world as it was brought back."""
    if prepare := READY.get(row.endpoint):
        with stage.app.app_context():
            prepare(stage)
            db.session.commit()


def _file(content: bytes, name: str, **more: str) -> Callable[[Case], Values]:
    return lambda _case: {"file": (io.BytesIO(content), name), **more}


def _typed(**values: str) -> Callable[[Case], Values]:
    return lambda _case: dict(values)


def _far(case: Case) -> bool:
    return case.row.relation in ("other_fund", "wrong_fund")


def _donor(case: Case) -> str:
    world = case.stage.world
    return (world.other_donor if case.row.relation == "other_organisation" else world.donor).public_id


def _deposit(case: Case) -> Values:
    return {
        "donor": _donor(case), "received": "1.00", "value_on": DAY, "currency": "EUR", "certainty": "certain",
        "agreement": "", "bank_reference": "NEW",
    }  # fmt: skip


def _pledge(case: Case) -> Values:
    return {
        "donor": _donor(case), "amount": "1.00", "currency": "EUR", "announced_on": DAY, "precision": "day",
        "certainty": "certain",
    }  # fmt: skip


def _agreement(case: Case) -> Values:
    return {
        "donor": _donor(case), "kind": "saa", "reference": "NEW", "signed_on": DAY, "amount": "1.00", "currency": "USD",
        "window": "",
    }  # fmt: skip


def _signed(case: Case) -> Values:
    records = case.stage.elsewhere if case.row.relation == "other_organisation" else case.stage.own
    return {"agreement": records.agreement.public_id, "version": records.pledge.version}


def _amendment(case: Case) -> Values:
    opened = _version(case)
    return {"agreed_on": "3 Mar 2026", "reason": "more", "amount": "700,000.00", "window": "", "version": opened}


def _budget_back(case: Case) -> Values:
    """Return the workbook of a budget as its own page gives it, with one cell filled in."""
    from openpyxl import load_workbook

    from tests.matrix import Row, address

    taken = address(case.stage, Row("budgets.workbook", "GET", case.row.relation, {}), case.actor)
    answer = case.client.get(taken)
    if answer.mimetype == "text/html":  # to somebody it is absent, and so is the address this is posted to
        return {"confirmed": "y"}
    book = load_workbook(io.BytesIO(answer.data))
    sheet = next(sheet for sheet in book if sheet.max_row > 8)
    row = next(row for row in sheet.iter_rows() if str(row[0].value).startswith("1 "))
    row[1].value = 1000
    out = io.BytesIO()
    book.save(out)
    return {"file": (io.BytesIO(out.getvalue()), "budget.xlsx"), "confirmed": "y", "version": _version(case)}


def _version(case: Case) -> str:
    """Return the version of the page of this form, as somebody who may open it would carry it."""
    from tests.matrix import address

    page = case.client.get(address(case.stage, case.row, case.actor)).text
    found = re.search(r'name="version"[^>]*value="([^"]*)"', page)
    return found[1] if found else ""


def _versioned(**typed: str) -> Callable[[Case], Values]:
    return lambda case: {**typed, "version": _version(case)}


def _opinion(case: Case) -> Values:
    """Return what another Commission says of the proposal than the one of the world."""
    world = case.stage.world
    with case.stage.app.app_context():
        place = db.session.merge(world.office).jurisdiction.public_id
    today = clock.today(world.fund).isoformat()
    return {"place": place, "says": "supports_with_remarks", "text": "With a fence.", "given_on": today, "number": "1"}


def _movement(case: Case) -> Values:
    return {
        "organisation": case.stage.world.puno.public_id, "reference": "00123456", "amount": "1.00", "value_on": DAY,
        "bank_reference": "NEW", "window": "",
    }  # fmt: skip


def _settings(case: Case) -> Values:
    with case.stage.app.app_context():
        version = timeline(db.session.get_one(Fund, case.stage.world.fund.id)).version
    rules = {
        "aa_fee": "1", "indirect_cost": "7", "reserve": "0", "statement_layout": "2", "no_objection_days": "11",
        "next_tranche": "75", "category_tolerance": "15", "second_factor_required": "y",
    }  # fmt: skip
    return {**rules, "valid_from": "1 Jan 2190", "basis": "decided", "version": version}


def _office(case: Case) -> Values:
    return {"name": "UNDP Somewhere", "jurisdiction": case.stage.extras["place"].public_id}


def _role(case: Case) -> Values:
    return {"role": Role.TECHNICAL_REVIEWER.value, "fund": "SLW00", "organisation": "", "office": "", "from_on": DAY}


def _issue(case: Case) -> Values:
    stage, day = case.stage, date(2026, 3, 2)
    with stage.app.app_context():
        fund = db.session.merge(stage.world.fund)
        contributor, period = Contributor(fund, get_organisation(_donor(case))), Period(None, day)
        drawn = draw(fund, contributor.donor, period, stamps.moment(fund.id))
        in_force = find_in_force(contributor, period)
        latest = in_force.number if in_force else ""
        return {"until": day.isoformat(), "version": fingerprint(drawn), "latest": latest}


def _new_factor(case: Case) -> Values:
    page = case.client.get("/account/second-factor").text
    code = TOTP(secret_of(page)).at(clock.now()) if 'class="secret"' in page else ""
    return {"current": PASSWORD, "code": code}


def _own_grant(case: Case) -> Values:
    grant = case.stage.world.grants.get(Role(case.actor)) if case.actor in set(Role) else None
    return {"role": grant.public_id if grant else ""}


def _report(case: Case) -> Values:
    extract = case.stage.foreign.extract if _far(case) else case.stage.own.extract
    return {"subject": extract.public_id, "format": "xlsx"}


def _items(case: Case) -> Values:
    with case.stage.app.app_context():
        call = db.session.merge(case.stage.extras["call SLW00"])
        return {f"answer_{item.public_id}": "yes" for item in items_of(call)}


FUND_FORM = {
    "name": "Another name", "short_name": "OTHER", "zone": "Europe/Belgrade", "decision_body": "committee",
}  # fmt: skip
EXTRACT = worlds.EXTRACT % (b"new", b"new")
FORMS: dict[str, Callable[[Case], Values]] = {
    "agreements.add_window": _typed(code="NEW", name="New"),
    "agreements.amend": _amendment,
    "agreements.plan": _typed(**{"instalments-0-due_on": DAY, "instalments-0-amount": "1.00"}),
    "agreements.rename_window": _versioned(name="New"),
    "agreements.withdraw": _typed(reason="recorded by mistake"),
    "cash.imports": _file(worlds.CASH_LIST % b"new", "cash.csv"),
    "cash.of_fund": _typed(reason="of the pooled balance"),
    "cash.record": _movement,
    "claims.approve_direct_cost": _typed(label="New", amount="1.00", window="", basis="decided"),
    "claims.cut": _typed(amount="1.00", reason="less"),
    **dict.fromkeys(
        (
            "agreements.agreement_attachment_add",
            "cash.document_attachment_add",
            "deposits.deposit_attachment_add",
            "pledges.pledge_attachment_add",
        ),
        _file(PDF, "paper.pdf", kind="letter", title="Letter"),
    ),
    **dict.fromkeys(
        (
            "agreements.agreement_attachment_withdraw",
            "cash.document_attachment_withdraw",
            "deposits.deposit_attachment_withdraw",
            "pledges.pledge_attachment_withdraw",
        ),
        _typed(reason="wrong"),
    ),
    "agreements.record_agreement": _agreement,
    "deposits.record_deposit": _deposit,
    "pledges.record_pledge": _pledge,
    "pledges.sign_pledge": _signed,
    "pledges.withdraw_pledge": _typed(reason="withdrawn"),
    "controls.ask_reversal": _typed(reason="wrong"),
    "controls.decline": _typed(answer="no"),
    "calls.draft_call": _typed(title="A new call"),
    "calls.invite": _typed(title="A new invitation", why_outside="A flood"),
    "calls.write_part": lambda case: {"title": "Another title", "scope": "Another scope", "version": _version(case)},
    "calls.add_criterion": _typed(name="Third", most_points="1", weight="10", anchors="no\nyes"),
    "calls.change_criterion": lambda case: {
        "name": "Second",
        "most_points": "1",
        "weight": "50",
        "anchors": "no\nyes",
        "version": _version(case),
    },
    "calls.cancel": _typed(reason="It is not needed any more"),
    "attachments.attach": _file(PDF, "paper.pdf", document="other"),
    "budgets.bring": _budget_back,
    "drafting.save": _typed(do="save", version="2", summary="Another text"),
    "screening.checklist": _typed(question="Bank details are given"),
    "screening.change_item": _versioned(question="Another question"),
    "screening.refuse": _typed(grounds="scope", text="It is outside the scope.", sure="y"),
    "screening.screen": _items,
    "submissions.submit": _versioned(sure="y"),
    "submissions.give_back": _typed(until="1 Jan 2027", risks="Name an owner."),
    "submissions.give_time": _typed(until="2 Jan 2027"),
    "submissions.withdraw": _typed(reason="The partner left."),
    "proposals.start": _typed(title="A new proposal"),
    "proposals.copy": lambda case: {"title": "A copy", "call": case.stage.extras["call SLW00"].public_id},
    "proposals.rename": _versioned(title="Another title"),
    "proposals.add_person": lambda case: {"email": case.stage.extras["applicant"].email, "may": "read"},
    "proposals.change_person": _versioned(may="finance"),
    "framework.add_framework": _typed(
        title="Roadmap 2030", first_year="2025", last_year="2030", goals="4", kpis="12", source="As adopted"
    ),
    "framework.imports": _file(OFFICIAL, "texts.csv"),
    "fund.add_holiday": _typed(falls_on="2 Jan 2190", name="New"),
    "fund.change_fund": _versioned(**FUND_FORM),
    "fund.change_settings": _settings,
    "fund.create_fund": _typed(**FUND_FORM, code="NEW00", currency="USD", valid_from=DAY),
    "gateway.upload": _file(EXTRACT, "new.csv", title="New", source="somewhere", certification="not_stated"),
    "gateway.withdraw": _typed(because="wrong"),
    "organisations.add_jurisdiction": _typed(name="Somewhere", iati_code="AL"),
    "organisations.add_office": _office,
    "organisations.add_organisation": _typed(short_name="NEW", official_name="New", kind="government"),
    "organisations.change_jurisdiction": _versioned(name="Elsewhere", iati_code="AL"),
    "organisations.change_office": lambda case: {**_office(case), "version": _version(case)},
    "organisations.change_organisation": _versioned(short_name="UNDP", official_name="New", kind="puno"),
    "people.give_role": _role,
    "people.own_notices": _typed(kinds="call_published"),
    "people.rename": _versioned(name="Demo Another"),
    "opinions.record": _opinion,
    "opinions.correct": lambda case: {**_opinion(case), "says": "does_not_support", "reason": "A page was missed"},
    "questions.ask": _typed(text="May two offices answer together?"),
    "questions.answer": lambda case: {"question": "Another?", "answer": "No.", "version": _version(case)},
    "questions.decline": _typed(reason="It is answered in the call"),
    "lists.keep": _typed(name="Mine", asked="status=submitted"),
    "lists.view": _typed(name="Renamed"),
    "publishing.publish": _typed(
        topic="portfolio", label="New", printed="one", as_of="then", as_of_on=DAY, source="somewhere", currency="USD"
    ),
    "rates.correct_rate": _versioned(rate="9", note="typed wrongly"),
    "rates.record_rate": _typed(currency="NOK", valid_from=DAY, rate="11", source="unore"),
    "rates.upload_table": _file(RATES, "rates.csv", source="unore"),
    "reconciliation.ask_reversal": _typed(because="wrong"),
    "reconciliation.explain": _typed(reason="both are right"),
    "reconciliation.imports": _file(AGENT_LIST, "list.csv", complete_until="3 Mar 2026"),
    "reconciliation.record_missing": _deposit,
    "reported.imports": _file(FIGURES, "figures.csv"),
    "reports.export": _report,
    "signin.change_password": _typed(current=PASSWORD, password=ANOTHER, again=ANOTHER),
    "signin.invite": lambda case: {**_role(case), "name": "Demo New", "email": "new@example.org"},
    "signin.remove_factor": _typed(current=PASSWORD),
    "signin.renew_codes": _typed(current=PASSWORD),
    "signin.renew_factor": _new_factor,
    "signin.switch_role": _own_grant,
    "statements.issue": _issue,
    "statements.upload": _file(PDF, "paper.pdf", kind="annual_report", year="2025", donor=""),
    "statements.withdraw": _typed(because="wrong"),
}


# ---- what an address needs beyond the world of the matrix


def _again(stage: "Stage", row: Any) -> Any:
    """Return a row of the stage in the running unit of work."""
    return db.session.get_one(type(row), row.id)


def _with_passwords(stage: "Stage") -> None:
    """Give everybody a password and a second factor."""
    hashed = stage.app.extensions["passwords"].hash(PASSWORD)
    keys = Keys(stage.app.extensions["config"].secret_key)
    for number, person in enumerate(stage.world.people.values()):
        mine = db.session.merge(person)
        db.session.add(Credential(person_id=mine.id, password_hash=hashed, short=False))
        seed = f"seed {number}"
        set_up(mine, keys=keys, seed=seed, code=TOTP(keys.totp_secret(seed)).at(clock.now()), by=mine)


def _signed_in_elsewhere(stage: "Stage") -> None:
    """Give everybody a password and a second factor, and the auditor a session."""
    _with_passwords(stage)
    db.session.commit()
    open_for(stage.world.people[Role.AUDITOR])


def _invited(stage: "Stage") -> None:
    administrator = stage.world.viewer(Role.ADMINISTRATOR)
    signin.invite(db.session.merge(stage.world.people[Role.AUDITOR]), by=administrator)


def _settings_ahead(stage: "Stage") -> None:
    fund, by = db.session.get_one(Fund, stage.world.fund.id), stage.world.viewer(Role.ADMINISTRATOR)
    opened_on = timeline(fund).version
    rules = Rules(no_objection_days=11)
    row = funds.change_settings(fund, rules, valid_from=AHEAD, basis="", opened_on=opened_on, by=by)
    db.session.flush()
    assert row.public_id


def _not_asked(stage: "Stage") -> None:
    """Take back the reversal that is asked for."""
    controls.withdraw(_again(stage, stage.own.request), by=stage.world.viewer(Role.SECRETARIAT_OFFICER))


def _reversed(stage: "Stage") -> None:
    """Let a deposit the Administrative Agent had confirmed be taken back."""
    agent = stage.world.viewer(Role.ADMINISTRATIVE_AGENT)
    confirm_deposit(_again(stage, stage.own.deposit), by=agent)
    controls.approve(_again(stage, stage.own.request), by=stage.world.viewer(Role.SECRETARIAT_HEAD))


def _checked(stage: "Stage") -> None:
    db.session.commit()
    work_off()


def _imported(stage: "Stage") -> None:
    _checked(stage)
    gateway.start_import(_again(stage, stage.own.extract), by=stage.world.viewer(Role.SECRETARIAT_OFFICER))
    _checked(stage)


def _compared(stage: "Stage") -> None:
    """Compare the list that waits: it matches one deposit in everything, and holds another that is missing."""
    store: Store = stage.app.extensions["files"]
    table: TableImport = _again(stage, stage.extras["list SLW00"])
    content = KIND.read(store.path(table.file.sha256))
    imports.bring_in(table, KIND, content, by=stage.world.viewer(Role.SECRETARIAT_OFFICER))


def _left(stage: "Stage") -> None:
    """Let a colleague of the same office write the proposal, and whoever started it work on it no more."""
    proposal, member = _again(stage, stage.extras["proposal SLW00"]), _again(stage, stage.extras["member SLW00"])
    by = stage.world.viewer(Role.PUNO_OFFICER)
    proposals.change(proposal, member, May.WRITE, by=by)
    proposals.remove(proposal, proposal.people[0], by=by)


def _whole(stage: "Stage") -> None:
    """Let the draft of the world's own office be complete."""
    fill(_again(stage, stage.extras["proposal SLW00"]), by=stage.world.viewer(Role.PUNO_OFFICER))


def _sent(stage: "Stage") -> None:
    """Let it be submitted."""
    _whole(stage)
    submissions.submit(
        _again(stage, stage.extras["proposal SLW00"]), by=stage.world.viewer(Role.PUNO_OFFICER)
    )  # fmt: skip


def _in_screening(stage: "Stage") -> None:
    """Let the Secretariat take up the screening of what another organisation submitted."""
    sent = _again(stage, stage.extras["proposal elsewhere"])
    PROPOSAL_FLOW.fire(sent, "screen", by=stage.world.viewer(Role.SECRETARIAT_OFFICER))


def _taken_up(stage: "Stage") -> None:
    """Let its checklist be taken over with it."""
    screening.take_up(
        _again(stage, stage.extras["proposal elsewhere"]), by=stage.world.viewer(Role.SECRETARIAT_OFFICER)
    )  # fmt: skip


def _answered(stage: "Stage") -> None:
    """Let every item of it be answered."""
    _taken_up(stage)
    sent = _again(stage, stage.extras["proposal elsewhere"])
    said = [Said(item.id, Found.YES, "", 0) for item in items_of(sent.call)]
    screening.answer(sent, said, by=stage.world.viewer(Role.SECRETARIAT_OFFICER))


def _as_a_concept(stage: "Stage") -> None:
    """Let it be a concept note of which every item is answered."""
    _answered(stage)
    sent = _again(stage, stage.extras["proposal elsewhere"])
    assert sent.call.closes_at
    sent.call.concept_until, sent.stage = sent.call.closes_at - timedelta(seconds=1), proposing.Stage.CONCEPT
    db.session.flush()


def _returned(stage: "Stage") -> None:
    """Let a part of it be returned."""
    _in_screening(stage)
    sent, by = _again(stage, stage.extras["proposal elsewhere"]), stage.world.viewer(Role.SECRETARIAT_OFFICER)
    submissions.give_back(sent, {PartKind.RISKS: "Name an owner."}, clock.today(sent.fund) + timedelta(days=1), by=by)


def _unanswered(stage: "Stage") -> None:
    """Let the day to answer have passed."""
    _returned(stage)
    _again(stage, stage.extras["proposal elsewhere"]).answer_by = clock.now() - timedelta(seconds=1)
    db.session.flush()


READY: dict[str, Callable[["Stage"], None]] = {
    "proposals.join": _left,
    "submissions.submit": _whole,
    **dict.fromkeys(("screening.screen", "screening.refuse"), _taken_up),
    "screening.admit": _answered,
    "screening.invite": _as_a_concept,
    "submissions.withdraw": _sent,
    "submissions.give_back": _in_screening,
    "submissions.give_time": _returned,
    "submissions.resume": _unanswered,
    **dict.fromkeys(
        ("signin.change_password", "signin.remove_factor", "signin.renew_codes", "signin.renew_factor"), _with_passwords
    ),
    **dict.fromkeys(("signin.end_sessions_of", "signin.remove_factor_of"), _signed_in_elsewhere),
    "signin.withdraw": _invited,
    "fund.withdraw_settings": _settings_ahead,
    **dict.fromkeys(("controls.ask_reversal", "reconciliation.ask_reversal"), _not_asked),
    "controls.confirm_reversal": _reversed,
    **dict.fromkeys(("gateway.discard", "gateway.start_import"), _checked),
    **dict.fromkeys(("gateway.withdraw", "reports.export"), _imported),
    **dict.fromkeys(("reconciliation.confirm_matched", "reconciliation.record_missing"), _compared),
}
