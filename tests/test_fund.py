"""Funds, and their settings through time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import NotAllowed, NotFound, RuleBroken, Stale
from mptf.fund import queries, service
from mptf.fund.facts import FundFacts
from mptf.fund.models import Fund, FundSettings
from mptf.fund.queries import Timeline
from mptf.fund.rules import RULES, Rules, changes
from mptf.policy import Role, Viewer
from tests.factories import LONG_AGO, Make

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)
TODAY, TOMORROW, NEW_YEAR = date(2026, 11, 23), date(2026, 11, 24), date(2027, 1, 1)


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def admin(make: Make) -> Viewer:
    return make.viewer(Role.ADMINISTRATOR)


def plan(fund: Fund, by: Viewer, day: date, opened_on: str | None = None, **rules: Any) -> FundSettings:
    """Let rules that differ from the first ones hold from a day, looking at the timeline as it is now."""
    opened_on = opened_on or queries.timeline(fund).version
    return service.change_settings(fund, Rules(**rules), valid_from=day, basis="", opened_on=opened_on, by=by)


def actions() -> list[str]:
    return [event.action for event in db.session.query(audit.AuditEvent).order_by(audit.AuditEvent.seq)]


# ---- settings


def test_the_row_in_force_is_the_latest_that_began(ctx: Flask, fund: Fund, admin: Viewer) -> None:
    with clock.at(NOW):
        plan(fund, admin, NEW_YEAR, aa_fee_bp=50)
        db.session.commit()
    fees = [queries.settings_on(fund, day).aa_fee_bp for day in (date(2010, 1, 1), LONG_AGO, TODAY, NEW_YEAR)]
    assert fees == [100, 100, 100, 50]


@given(starts=st.sets(st.dates(date(2019, 1, 1), date(2030, 1, 1)), min_size=1), day=st.dates())
def test_every_day_has_exactly_one_row_in_force(starts: set[date], day: date) -> None:
    timeline = Timeline(tuple(FundSettings(valid_from=start) for start in sorted(starts)))
    begun = [start for start in starts if start <= day]
    assert timeline.on(day).valid_from == max(begun, default=min(starts))


@pytest.mark.parametrize("day", [TODAY - timedelta(days=1), LONG_AGO])
def test_the_past_is_never_rewritten(ctx: Flask, fund: Fund, admin: Viewer, day: date) -> None:
    with clock.at(NOW), pytest.raises(RuleBroken, match="past is not rewritten"):
        plan(fund, admin, day, aa_fee_bp=50)


def test_a_row_whose_day_has_come_stays(ctx: Flask, fund: Fund, admin: Viewer) -> None:
    with clock.at(NOW):
        row = plan(fund, admin, TODAY, aa_fee_bp=50)
        with pytest.raises(RuleBroken, match="settings of 23 Nov 2026 are in force already"):
            plan(fund, admin, TODAY, aa_fee_bp=60)
        with pytest.raises(RuleBroken, match="are in force"):
            service.withdraw_settings(row, by=admin)


def test_a_planned_row_is_replaced_or_withdrawn_before_its_day(ctx: Flask, fund: Fund, admin: Viewer) -> None:
    with clock.at(NOW):
        first = plan(fund, admin, NEW_YEAR, aa_fee_bp=50)
        second = plan(fund, admin, NEW_YEAR, aa_fee_bp=60)
        assert second is first
        assert queries.settings_on(fund, NEW_YEAR).aa_fee_bp == 60
        service.withdraw_settings(second, by=admin)
        db.session.commit()
        assert [row.valid_from for row in queries.timeline(fund).rows] == [LONG_AGO]
    assert actions() == ["settings.planned", "settings.replaced", "settings.withdrawn"]


def test_two_people_planning_at_once_do_not_overwrite_each_other(ctx: Flask, fund: Fund, admin: Viewer) -> None:
    with clock.at(NOW):
        opened_on = queries.timeline(fund).version
        plan(fund, admin, NEW_YEAR, opened_on, aa_fee_bp=50)
        with pytest.raises(Stale):
            plan(fund, admin, NEW_YEAR, opened_on, indirect_cost_bp=800)
        with pytest.raises(Stale):
            plan(fund, admin, TOMORROW, opened_on, indirect_cost_bp=800)


def test_a_change_that_changes_nothing_is_refused(ctx: Flask, fund: Fund, admin: Viewer) -> None:
    with clock.at(NOW), pytest.raises(RuleBroken, match="Nothing differs"):
        plan(fund, admin, NEW_YEAR)


@pytest.mark.parametrize(
    "rules, field",
    [
        (Rules(aa_fee_bp=10_001), "aa_fee"), (Rules(indirect_cost_bp=-1), "indirect_cost"),
        (Rules(reserve_minor=-1), "reserve"), (Rules(statement_layout=3), "statement_layout"),
        (Rules(no_objection_days=0), "no_objection_days"), (Rules(no_objection_days=91), "no_objection_days"),
        (Rules(next_tranche_bp=10_001), "next_tranche"), (Rules(category_tolerance_bp=-1), "category_tolerance"),
    ],
)  # fmt: skip
def test_a_value_outside_its_limits_is_refused_at_its_field_and_by_the_database(
    ctx: Flask, fund: Fund, rules: Rules, field: str
) -> None:
    with pytest.raises(RuleBroken) as refused:
        rules.check()
    assert refused.value.field == field
    db.session.add(FundSettings(fund_id=fund.id, valid_from=NEW_YEAR, **rules.values()))
    with pytest.raises(IntegrityError):
        db.session.flush()


def test_every_setting_is_described_and_stored() -> None:
    described = {rule.key for rule in RULES}
    assert described == set(Rules().values())
    assert described <= set(FundSettings.__table__.columns.keys())
    assert [change.rule.key for change in changes(Rules(), Rules(aa_fee_bp=1, reserve_minor=2))] == [
        "aa_fee_bp",
        "reserve_minor",
    ]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_an_administrator_changes_settings(ctx: Flask, make: Make, fund: Fund, role: Role) -> None:
    with clock.at(NOW), pytest.raises(NotAllowed):
        plan(fund, make.viewer(role, fund), NEW_YEAR, aa_fee_bp=50)


# ---- funds

FACTS = FundFacts(name="Western Balkans SALW Control Roadmap MPTF", short_name="SALW Roadmap")


def create(code: str, by: Viewer, currency: str = "USD", facts: FundFacts = FACTS) -> Fund:
    return service.create_fund(code, facts, currency=currency, rules=Rules(), valid_from=TODAY, by=by)


def test_a_fund_is_created_with_its_first_settings(ctx: Flask, admin: Viewer) -> None:
    fund = create("SLW00", admin)
    db.session.commit()
    assert queries.get_fund("SLW00") is fund
    assert queries.settings_on(fund, TODAY).rules == Rules()
    assert actions() == ["fund.created"]
    with pytest.raises(RuleBroken, match="fund SLW00 already"):
        create("SLW00", admin)
    with pytest.raises(NotFound):
        queries.get_fund("NONE")


@pytest.mark.parametrize(
    "code, currency, facts, field",
    [
        ("slw00", "USD", FACTS, "code"), ("S/0", "USD", FACTS, "code"), ("S", "USD", FACTS, "code"),
        ("SLW00", "XXX", FACTS, "currency"),
        ("SLW00", "USD", FundFacts(name=" ", short_name="x"), "name"),
        ("SLW00", "USD", FundFacts(name="x", short_name="x", zone="Belgrade"), "zone"),
        ("SLW00", "USD", FundFacts(name="x", short_name="x", zone="../etc/passwd"), "zone"),
        ("SLW00", "USD", FundFacts(name="x", short_name="x", purpose="in Kosovo"), "purpose"),
    ],
)  # fmt: skip
def test_a_fund_that_cannot_work_is_refused(
    ctx: Flask, admin: Viewer, code: str, currency: str, facts: FundFacts, field: str
) -> None:
    with pytest.raises(RuleBroken) as refused:
        create(code, admin, currency, facts)
    assert refused.value.field == field


def test_people_open_their_own_funds_and_an_administrator_all(ctx: Flask, make: Make, admin: Viewer) -> None:
    own, other = make.fund("SLW00"), make.fund("FWREG")
    officer = make.viewer(Role.SECRETARIAT_OFFICER, own)
    assert [fund.code for fund in queries.funds_for(officer)] == ["SLW00"]
    assert [fund.code for fund in queries.funds_for(admin)] == [other.code, own.code]


def test_what_is_said_about_a_fund_changes_with_both_texts_in_the_log(ctx: Flask, admin: Viewer) -> None:
    fund = create("SLW00", admin)
    assert service.change_fund(fund, FACTS, by=admin) is False
    assert service.change_fund(fund, FundFacts(name=FACTS.name, short_name="SALW"), by=admin) is True
    db.session.commit()
    assert fund.version == 2
    event = db.session.query(audit.AuditEvent).filter_by(action="fund.changed").one()
    assert event.detail.body == '{"short_name": ["SALW Roadmap", "SALW"]}'


@pytest.mark.parametrize("role", [Role.SECRETARIAT_HEAD, Role.AUDITOR, Role.PUNO_OFFICER])
def test_only_an_administrator_adds_funds(ctx: Flask, make: Make, fund: Fund, role: Role) -> None:
    viewer = make.viewer(role, fund)
    with pytest.raises(NotAllowed):
        create("OTHER", viewer)
