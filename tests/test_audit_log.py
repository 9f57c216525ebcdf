"""The page of the audit log says everything in words: nothing on it is written as it is stored."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Enum, select

from demo import load
from mptf.core import audit, clock
from mptf.core.audit import AuditDetail
from mptf.core.clock import Installation
from mptf.core.db import Base, db, unit_of_work
from mptf.fund import queries as funds
from mptf.fund import service as fund_service
from mptf.fund.models import Fund
from mptf.gateway import service as gateway
from mptf.organisations import service as organisations
from mptf.organisations.queries import jurisdictions
from mptf.people import service as people
from mptf.policy import Role
from mptf.rates import service as rates
from mptf.reports import service as reports
from mptf.reports.models import ExportFormat
from mptf.reports.registry import REPORTS
from mptf.trail import queries
from mptf.trail.queries import CHANGES, LOOKS, Log, Recorded, Wanted
from mptf.trail.wording import EventShown, in_words, shown
from tests import matrix, worlds
from tests.factories import Make
from tests.support.statements import statements
from tests.support.work import work_off
from tests.test_chain import test_the_chain as walk_the_chain

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STORED = re.compile(
    r"\b[a-z]+_[a-z0-9_]+\b|\b[a-z2-7]{26}\b|[0-9a-f]{64}|\bTrue\b|\bFalse\b|\bNone\b|\b\d{4}-\d\d-\d\d|millionths|[{}]"
)


def every_event(log: Log = CHANGES) -> Iterator[tuple[Recorded, EventShown]]:
    """Yield every event of a log as it is stored and as it is shown; needs an application context."""
    number, pages = 1, 1
    while number <= pages:
        page = queries.page_of(log, Wanted(), fund=None, page=number)
        names = queries.names_in(page.items, fund=None)
        yield from ((event, shown(event, names)) for event in page.items)
        number, pages = number + 1, page.pages


def words_of(event: EventShown) -> str:
    """Return everything the page says of an event."""
    return " · ".join([event.sentence, event.kind, event.title or "", *(f"{k}: {v}" for k, v in event.details)])


def stored_values() -> set[str]:
    """Return the stored values of all kinds that people know by another name."""
    types = [column.type for table in Base.metadata.sorted_tables for column in table.c]
    kinds = {kind.enum_class for kind in types if isinstance(kind, Enum) and kind.enum_class}
    members = [member for kind in kinds for member in kind]
    return {str(member.value) for member in members if getattr(member, "label", "").lower() != member.value}


def assert_in_words(log: Log = CHANGES) -> set[str]:
    """Check every event of a log; return the actions that were met."""
    raw, met = stored_values(), set()
    for event, told in every_event(log):
        said = words_of(told)
        assert not STORED.search(said), f"{event.action}: {said}"
        for _name, value in told.details:
            assert not raw & set(value.split(" → ")), f"{event.action}: {said}"
        met.add(event.action)
    return met


def test_the_log_of_a_fund_is_blind_to_addresses_and_finds_by_names(ctx: Flask, make: Make) -> None:
    fund, officer = make.fund(), make.person("Ana")
    with unit_of_work():
        audit.record("fund.changed", fund, by=officer, fund_id=fund.id, name=["A", "B"])

    def found(who: str, place: Fund | None) -> int:
        return queries.page_of(CHANGES, Wanted(who=who, action="fund.changed"), fund=place).total

    assert [found(officer.email, place) for place in (fund, None)] == [0, 1]
    assert [found("Ana", place) for place in (fund, None)] == [1, 1]


@pytest.mark.one_engine
def test_the_demonstration_is_told_in_words(app: Flask) -> None:
    load(app)
    with app.test_request_context():
        met = assert_in_words()
    assert {"fund.created", "role.given", "deposit.recorded", "ledger_entry.confirmed", "pledge.announced"} <= met


def test_every_step_of_the_chain_is_told_in_words(app: Flask, make: Make) -> None:
    walk_the_chain(app, make)
    with app.test_request_context():
        met = assert_in_words()
        assert {"agreement.signed", "deposit.confirmed", "ledger_entry.posted"} <= met
        told = {told.sentence for _event, told in every_event()}
    assert "recorded a deposit of USD\N{NO-BREAK SPACE}57,600.00 from Donorland" in told


def _acts(app: Flask, make: Make) -> Fund:
    """Do one thing of every other kind: settings, rates, organisations, roles, an import and a report."""
    here = matrix.stage(make)
    with app.app_context(), unit_of_work():
        by, officer = here.world.viewer(Role.ADMINISTRATOR), here.world.viewer(Role.SECRETARIAT_OFFICER)
        fund = funds.get_fund("SLW00")
        timeline = funds.timeline(fund)
        rules = type(timeline.rows[0].rules)(aa_fee_bp=98, reserve_minor=1_000_000_00, second_factor_required=False)
        planned = fund_service.change_settings(
            fund, rules, valid_from=date(2199, 1, 1), basis="Decision 4", opened_on=timeline.version, by=by
        )
        db.session.flush()
        fund_service.withdraw_settings(planned, by=by)
        rates.correct_rate(here.extras["rate"], millionths=10_416_667, note="mistyped", fund=fund, by=officer)
        place = jurisdictions()[0]
        organisations.add_reference_data(by=by)
        other = next(row for row in jurisdictions() if row.id != place.id)
        organisations.change_office(db.session.merge(here.extras["office"]), name="Office", jurisdiction=other, by=by)
        people.end_role(db.session.merge(here.world.grants[Role.AUDITOR]), by=by)
    with app.app_context():
        work_off()
    with app.app_context(), unit_of_work():
        extract = gateway.locked(fund.id, here.own.extract.public_id)
        gateway.start_import(extract, by=here.world.viewer(Role.SECRETARIAT_OFFICER))
    with app.app_context():
        work_off()
    with app.app_context(), unit_of_work():
        extract = gateway.locked(fund.id, here.own.extract.public_id)
        report = next(iter(REPORTS.values()))
        by = here.world.viewer(Role.SECRETARIAT_OFFICER)
        reports.ask(fund, report, subject=extract.public_id, kind=ExportFormat.XLSX, by=by)
        gateway.withdraw(extract, because="wrong file", by=by)
    return fund


def test_values_are_told_with_their_units_names_and_labels(app: Flask, make: Make) -> None:
    with clock.at(MONDAY):
        _acts(app, make)
    with app.test_request_context():
        assert_in_words()
        told = {event.action: words_of(shown) for event, shown in every_event()}
    assert "Fee of the Administrative Agent: 1% → 0.98%" in told["settings.planned"]
    assert "Reserve: USD\N{NO-BREAK SPACE}0 → USD\N{NO-BREAK SPACE}1,000,000" in told["settings.planned"]
    assert "Second factor at sign-in: Required → Not required" in told["settings.planned"]
    assert "planned settings from 1 Jan 2199" in told["settings.planned"]
    assert "units for one US dollar: 10.000000 → 10.416667" in told["rate.corrected"]
    assert "jurisdiction: Nowhere → " in told["office.changed"]
    assert "first day: 15 Mar 2019" in told["role.ended"]
    assert "status: Importing → Imported" in told["gateway_extract.imported"]
    assert "status: Imported → Withdrawn" in told["gateway_extract.withdrawn"]
    assert "report: Delivery rate by organisation" in told["report_export.asked"]
    assert "format: Excel workbook" in told["report_export.asked"]
    assert "regional: yes" in told["jurisdiction.added"] or "regional: no" in told["jurisdiction.added"]


def event_of(kind: str, action: str, /, **values: Any) -> Recorded:
    """Return an event as it would be read from the log."""
    return Recorded(1, MONDAY, "Ana", action, kind, "a" * 26, "SLW00", "USD", None, values)


@pytest.mark.parametrize(
    "event, words",
    [
        (event_of("fund", "fund.changed", decision_body=["committee", "donor_agreement"]),
         "decision body: Steering Committee → Donor agreement"),
        (event_of("fund", "fund.changed", published=[False, True]), "published: no → yes"),
        (event_of("fund", "fund.changed", established_on=[None, "2026-11-05"]), "established on: – → 5 Nov 2026"),
        (event_of("ledger_entry", "ledger_entry.confirmed", number=1234, how="administrative_agent"),
         "confirmed by: by the Administrative Agent"),
        (event_of("ledger_entry", "ledger_entry.confirmed", number=1234, how="known no more"),
         "confirmed by: known no more"),
        (event_of("ledger_entry", "ledger_entry.posted", number=7, source="a" * 26), "posted entry 7"),
        (event_of("signin_session", "session.opened", second_factor="recovery_code"), "second factor: recovery code"),
        (event_of("organisation", "organisation.changed", short_name=["A {b}", "C"]), "short name: A {b} → C"),
        (event_of("deposit", "deposit.known_no_more", share_bp=250), "share: 2.50%"),
        (event_of("deposit", "deposit.known_no_more", rest_minor=-150), "rest: USD\N{NO-BREAK SPACE}−1.50"),
        (event_of("deposit", "deposit.known_no_more", seen_at="2026-11-23T09:00:00+00:00"), "Mon 23 Nov 2026, 10:00"),
        (event_of("deposit", "deposit.known_no_more", sha256="0a" * 32), "SHA-256: 0a0a0a0a0a0a…"),
        (event_of("deposit", "deposit.known_no_more", day="2026-99-99"), "day: 2026-99-99"),
        (event_of("audit_event", "page", log="looks", action="role.given", kind="role_grant"),
         "opened the page · audit log"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)  # fmt: skip
def test_a_value_is_told_as_people_write_it(app: Flask, event: Recorded, words: str) -> None:
    with app.test_request_context():
        assert Installation.zone == "Europe/Belgrade"
        assert words in words_of(shown(event, {}))


def test_an_id_nobody_can_name_is_left_out(app: Flask) -> None:
    with app.test_request_context():
        told = shown(event_of("ledger_entry", "ledger_entry.posted", number=7, source="a" * 26), {})
        assert told.details == []
        told = shown(event_of("ledger_entry", "ledger_entry.posted", number=7, source="a" * 26), {"a" * 26: "B-1"})
        assert told.details == [("source", "B-1")]


def test_an_erased_detail_is_said_to_be_erased(app: Flask, make: Make) -> None:
    make.fund()
    event = Recorded(1, MONDAY, "Ana", "deposit.recorded", "deposit", "a" * 26, None, None, None, None)
    with app.test_request_context():
        told = shown(event, {})
    assert (told.erased, told.sentence, told.details) == (True, "deposit: recorded", [])


def test_every_name_in_the_source_of_a_detail_is_words(app: Flask, make: Make) -> None:
    walk_the_chain(app, make)
    with app.test_request_context():
        keys = {key for body in db.session.scalars(select(AuditDetail.body)) for key in json.loads(str(body))}
        assert {"received", "donor", "document"} <= keys
        assert not [key for key in keys if STORED.search(in_words(key))]


@pytest.mark.parametrize("log", ["", "log=looks"])
def test_the_log_asks_little_however_long_it_is(app: Flask, make: Make, log: str) -> None:
    world = worlds.build(make)
    with app.app_context():
        for number in range(3):
            worlds.records(
                app, world, fund=world.fund, donor=world.donor, by=world.viewer(Role.SECRETARIAT_OFFICER),
                word=f"n{number}", number=number,
            )  # fmt: skip
    for client, address in (
        (make.client(Role.ADMINISTRATOR), f"/admin/audit?{log}"),
        (make.client(Role.AUDITOR, world.fund), f"/f/SLW00/audit?{log}"),
    ):
        client.get(address)
        with statements(app) as sent:
            assert client.get(address).status_code == 200
        assert len(sent) <= 8, "\n".join(sent)


def test_looks_are_told_in_words(app: Flask, make: Make) -> None:
    world = worlds.build(make)
    with app.app_context():
        made = worlds.records(app, world, fund=world.fund, donor=world.donor, by=world.viewer(Role.SECRETARIAT_OFFICER))
    auditor = make.client(Role.AUDITOR, world.fund)
    for address in (
        f"/f/SLW00/contributions/deposits/{made.deposit.public_id}",
        f"/f/SLW00/gateway/{made.extract.public_id}/file",
        f"/f/SLW00/audit?subject={made.deposit.public_id}&action=deposit.recorded&from_on=1+Nov+2026&who=Ana",
        "/f/SLW00/audit?log=looks",
    ):
        assert auditor.get(address).status_code == 200
    with app.test_request_context():
        assert assert_in_words(LOOKS) == {"page", "file"}
        told = [words_of(told) for _event, told in every_event(LOOKS)]
    assert "log: what was changed" in told[1]
    assert "subject: Donorland, BANK-plain" in told[1]
    assert "changes shown: deposit: recorded" in told[1]
    assert "Ana" not in told[1], "words somebody looks for are not kept"
    assert "took the file plain.csv" in told[2]
    assert "deposit · Donorland, BANK-plain" in told[3]
    assert audit.SENTENCES["page"]
