"""An agreement recorded by mistake is withdrawn: it counts nowhere from then on, and what was drawn before stays."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from itertools import count
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mptf.agreements import due, queries, service
from mptf.agreements.due import Wanted
from mptf.agreements.figures import Planned
from mptf.agreements.listed import latest_agreements, page_of_agreements
from mptf.agreements.plans import plans
from mptf.agreements.service import Change, Signature, sign_agreement
from mptf.cli import migrations
from mptf.commitments.models import Agreement, AgreementStanding
from mptf.commitments.queries import every_agreement
from mptf.core import clock
from mptf.core.db import db
from mptf.core.errors import NotAllowed, NotFound, RuleBroken
from mptf.core.money import Money
from mptf.core.schema import Damage
from mptf.deposits.service import Receipt, record_deposit
from mptf.desk.queries import find
from mptf.fund import service as funds
from mptf.fund.models import Fund
from mptf.organisations.models import Organisation
from mptf.pledges.service import Announcement, announce_pledge, sign_pledge
from mptf.policy import Role, Viewer
from mptf.statements.drawing import draw
from mptf.statements.figures import Period
from mptf.statements.queries import contributors
from tests.factories import Make
from tests.support.at_once import at_once
from tests.support.migrated import empty_database, installation
from tests.support.money import Till

pytestmark = pytest.mark.usefixtures("mid_july")

BASE = "/f/SLW00/contributions"
JANUARY, MARCH, SEPTEMBER = (date(2026, month, 1) for month in (1, 3, 9))
TODAY = datetime(2026, 7, 15, 9, 0, tzinfo=UTC)
PERIOD = Period(None, date(2026, 7, 15))
NUMBERS = count(1)
BEFORE = "0018"  # the revision before an agreement could be withdrawn
HALVES = (Planned(MARCH, Money(900_000_00, "SEK")), Planned(SEPTEMBER, Money(900_000_00, "SEK")))


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def till(make: Make, fund: Fund) -> Till:
    return Till.of(make, fund)


@pytest.fixture
def agreement(ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer) -> Agreement:
    return sign(fund, donor, officer)


def signature(donor: Organisation, reference: str = "SE-1") -> Signature:
    return Signature(donor, reference, JANUARY, Money(1_800_000_00, "SEK"))


def sign(fund: Fund, donor: Organisation, by: Viewer, reference: str = "SE-1") -> Agreement:
    """Sign an agreement that prefers a window, and plan its halves."""
    window = funds.add_window(fund, code=f"W{next(NUMBERS)}", name="Evidence", by=by)
    signed = sign_agreement(fund, replace(signature(donor, reference), window=window), by=by)
    service.plan_instalments(fund, signed, HALVES, by=by)
    db.session.commit()
    return signed


def withdraw(fund: Fund, agreement: Agreement, by: Viewer) -> None:
    service.withdraw(fund, agreement, reason="typed for the wrong fund", by=by)
    db.session.commit()


# A reference beyond ASCII


@pytest.mark.parametrize("again", ["ÖD-1", "öd-1", "Öd-1"])
def test_a_reference_stands_once_in_any_case(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer, again: str
) -> None:
    sign(fund, donor, officer, "ÖD-1")
    with pytest.raises(RuleBroken, match="has an agreement .* already") as refused:
        sign_agreement(fund, signature(donor, again), by=officer)
    assert refused.value.field == "reference"


def test_a_reference_the_database_alone_knows_is_refused_in_words_too(
    monkeypatch: pytest.MonkeyPatch, agreement: Agreement, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    monkeypatch.setattr(service, "find_agreement_by_reference", lambda *_: None)
    with pytest.raises(RuleBroken, match="Sweden has an agreement SE-1 already"):
        sign_agreement(fund, signature(donor), by=officer)
    db.session.rollback()


@pytest.mark.both_engines
def test_a_reference_recorded_at_once_stands_once(app: Flask, fund: Fund, donor: Organisation, officer: Viewer) -> None:
    names = iter(["ÖD-1", "öd-1", "ÖD-1", "Öd-1"])
    met = at_once(app, 4, lambda: sign_agreement(fund, signature(donor, next(names)), by=officer))
    assert met.count("done") == 1
    assert all("already" in refusal for refusal in met if refusal != "done")


# What a withdrawal does


def test_a_withdrawn_agreement_counts_nowhere(
    agreement: Agreement, fund: Fund, donor: Organisation, officer: Viewer, make: Make
) -> None:
    sees_own = make.viewer(Role.DONOR_VIEWER, fund, donor)
    known_at = clock.now()
    before = [told(fund, donor, viewer) for viewer in (officer, sees_own)]
    assert all(all(parts) for parts in before), "it counted everywhere"
    with clock.at(TODAY + timedelta(minutes=1)):
        withdraw(fund, agreement, officer)
        for viewer in (officer, sees_own):
            assert not any(told(fund, donor, viewer)), "it counts somewhere"
        listed = page_of_agreements(officer, fund, AgreementStanding.WITHDRAWN)
        assert [line.agreement for line in listed.items] == [agreement]
        assert page_of_agreements(sees_own, fund, AgreementStanding.WITHDRAWN).total == 0
        assert queries.get_agreement(officer, fund, agreement.public_id) is agreement
        with pytest.raises(NotFound):
            queries.get_agreement(sees_own, fund, agreement.public_id)
        assert [one.agreement for one in plans(fund, donor, as_at=PERIOD.until, known_at=known_at)] == [agreement]


def told(fund: Fund, donor: Organisation, viewer: Viewer) -> list[object]:
    """Return what every place tells of the agreements of a fund; each is empty where none counts."""
    every = due.instalments(viewer, fund, Wanted.EVERY)
    everywhere: list[object] = [
        list(every.items),
        due.ageing(viewer, fund),
        list(page_of_agreements(viewer, fund).items),
        list(latest_agreements(viewer, fund)),
        list(every_agreement(viewer, fund)),
        [amounts for _window, amounts in queries.preferred(fund) if amounts],
        find(viewer, fund, "SE-1", 1).total,
        draw(fund, donor, PERIOD, clock.now()).agreements,
        list(contributors(fund)),
    ]
    if viewer.role_in(fund.id).role is not Role.DONOR_VIEWER:  # type: ignore[union-attr]
        everywhere.append(due.waiting_for(viewer, fund))
    return everywhere


def test_a_statement_drawn_before_is_drawn_again_as_it_was(
    agreement: Agreement, fund: Fund, donor: Organisation, officer: Viewer, till: Till
) -> None:
    deposit = till.deposit(donor, 100_000_00, MARCH, agreement=agreement, original=Money(900_000_00, "SEK"))
    db.session.commit()
    known_at = clock.now()
    before = draw(fund, donor, PERIOD, known_at)
    assert (before.agreements[0].received, before.deposits[0].agreement) == (Money(900_000_00, "SEK"), "SE-1")
    with clock.at(TODAY + timedelta(minutes=1)):
        for reversal in till.take_back(deposit):
            till.confirm_taken_back(reversal)
        withdraw(fund, agreement, officer)
        assert draw(fund, donor, PERIOD, known_at, again=before) == before
        assert draw(fund, donor, PERIOD, clock.now()).agreements == ()


def test_the_reference_is_free_again(agreement: Agreement, fund: Fund, donor: Organisation, officer: Viewer) -> None:
    withdraw(fund, agreement, officer)
    again = sign_agreement(fund, signature(donor), by=officer)
    db.session.commit()
    with pytest.raises(RuleBroken, match="already"):
        sign_agreement(fund, signature(donor), by=officer)
    withdraw(fund, again, officer)
    assert page_of_agreements(officer, fund, AgreementStanding.WITHDRAWN).total == 2


# What is refused


def test_cash_under_it_is_taken_back_first(
    agreement: Agreement, fund: Fund, donor: Organisation, officer: Viewer, till: Till
) -> None:
    advised = till.deposit(donor, 5_00, MARCH, agreement=agreement, confirmed=False)
    confirmed = till.deposit(donor, 100_000_00, MARCH, agreement=agreement)
    with pytest.raises(RuleBroken, match=r"deposit of USD\s5.00 of 1 Mar 2026 names it. Have that deposit reversed"):
        withdraw(fund, agreement, officer)
    till.take_back(advised)
    with pytest.raises(RuleBroken, match=r"deposit of USD\s100,000.00 .* reversed first\.$"):
        withdraw(fund, agreement, officer)
    (reversal,) = till.take_back(confirmed)
    db.session.expire_all()
    with pytest.raises(RuleBroken, match="until the Administrative Agent confirms the reversal"):
        withdraw(fund, agreement, officer)
    till.confirm_taken_back(reversal)
    withdraw(fund, agreement, officer)
    assert agreement.standing is AgreementStanding.WITHDRAWN


def test_another_contributors_deposit_that_names_it_stands_in_the_way_too(
    make: Make, agreement: Agreement, fund: Fund, officer: Viewer, till: Till
) -> None:
    till.deposit(make.organisation("Norway"), 5_00, MARCH, agreement=agreement)
    with pytest.raises(RuleBroken, match="Have that deposit reversed first"):
        withdraw(fund, agreement, officer)


def test_a_pledge_that_became_it_is_noted_as_not_signed_first(
    agreement: Agreement, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    pledge = announce_pledge(fund, Announcement(donor, Money(5_00, "SEK"), JANUARY), by=officer)
    sign_pledge(pledge, agreement, by=officer)
    with pytest.raises(RuleBroken, match="Note first on its page that it is not signed"):
        withdraw(fund, agreement, officer)
    sign_pledge(pledge, None, by=officer)
    withdraw(fund, agreement, officer)
    with pytest.raises(RuleBroken, match="SE-1 was withdrawn on 15 Jul 2026. Choose another, or none"):
        sign_pledge(pledge, agreement, by=officer)


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_withdrawal_says_why(agreement: Agreement, fund: Fund, officer: Viewer, reason: str) -> None:
    with pytest.raises(RuleBroken, match="Say why") as refused:
        service.withdraw(fund, agreement, reason=reason, by=officer)
    assert refused.value.field == "reason"


@pytest.mark.parametrize("role", [Role.ADMINISTRATIVE_AGENT, Role.AUDITOR, Role.DONOR_VIEWER])
def test_the_secretariat_alone_withdraws(
    make: Make, agreement: Agreement, fund: Fund, donor: Organisation, role: Role
) -> None:
    by = make.viewer(role, fund, donor if role is Role.DONOR_VIEWER else None)
    with pytest.raises(NotAllowed):
        service.withdraw(fund, agreement, reason="mine", by=by)


def test_nothing_more_happens_to_it(agreement: Agreement, fund: Fund, donor: Organisation, officer: Viewer) -> None:
    withdraw(fund, agreement, officer)
    acts: list[Callable[[], object]] = [
        lambda: service.amend(fund, agreement, Change(JANUARY, "more", Money(5_00, "SEK")), by=officer),
        lambda: service.plan_instalments(fund, agreement, HALVES, by=officer),
        lambda: service.withdraw(fund, agreement, reason="again", by=officer),
        lambda: record_deposit(fund, Receipt(donor, Money(5_00, "USD"), MARCH, agreement), by=officer),
    ]
    for act in acts:
        with pytest.raises(RuleBroken, match="was withdrawn on 15 Jul 2026"):
            act()
        db.session.rollback()


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "spoiled",
    [
        "UPDATE agreement SET withdrawn_reason = 'another'", "UPDATE agreement SET note = 'x'", "DELETE FROM agreement",
        "UPDATE agreement SET withdrawn_at = NULL, withdrawn_reason = '', withdrawn_by_id = NULL",
    ],
)  # fmt: skip
def test_the_database_keeps_a_withdrawn_agreement(
    agreement: Agreement, fund: Fund, officer: Viewer, spoiled: str
) -> None:
    withdraw(fund, agreement, officer)
    with pytest.raises(DBAPIError, match="never (changed|deleted)"), db.engine.begin() as connection:
        connection.execute(text(spoiled))


@pytest.mark.both_engines
def test_the_database_keeps_a_withdrawal_whole(agreement: Agreement) -> None:
    with pytest.raises(DBAPIError, match="(?i)check"), db.engine.begin() as connection:
        connection.execute(text("UPDATE agreement SET withdrawn_reason = 'no day, nobody'"))


@pytest.mark.both_engines
def test_an_agreement_and_a_deposit_under_it_at_once_end_in_order(
    app: Flask, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    with app.app_context():
        key, places = sign(fund, donor, officer).id, count()

    def act() -> None:
        found = db.session.get_one(Agreement, key)
        if next(places) % 2:
            service.withdraw(fund, found, reason="mistake", by=officer)
        else:
            record_deposit(fund, Receipt(donor, Money(5_00, "USD"), MARCH, found), by=officer)

    met = at_once(app, 2, act)
    assert met.count("done") == 1, met


# The pages


@pytest.fixture
def client(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.SECRETARIAT_OFFICER, fund)


def words(client: FlaskClient, address: str, **asked: str) -> str:
    return unescape(client.get(address, query_string=asked).text).replace("\N{NO-BREAK SPACE}", " ")


def test_the_question_before_an_agreement_says_what_it_records_and_records_nothing(
    app: Flask, fund: Fund, donor: Organisation, client: FlaskClient
) -> None:
    typed = {
        "token": "a", "donor": donor.public_id, "kind": "saa", "reference": "ÖD-1", "signed_on": "1 Jan 2026",
        "amount": "1,800,000", "currency": "SEK", "window": "", "note": "kept", "foreseen": "yes",
    }  # fmt: skip
    asked = unescape(client.post(f"{BASE}/agreements/new", data=typed).text).replace("\N{NO-BREAK SPACE}", " ")
    for part in ("It counts as a commitment", "Sweden", "Standard Administrative", "ÖD-1", "SEK 1,800,000.00", "none"):
        assert part in asked
    assert "No agreement is recorded." in words(client, f"{BASE}/agreements")
    del typed["foreseen"]
    assert client.post(f"{BASE}/agreements/new", data=typed).status_code == 303
    again = client.post(f"{BASE}/agreements/new", data={**typed, "token": "b"})
    assert (again.status_code, "Sweden has an agreement ÖD-1 already." in unescape(again.text)) == (422, True)
    assert "kept</textarea>" in again.text


def test_a_withdrawal_through_the_pages(
    app: Flask, make: Make, fund: Fund, donor: Organisation, client: FlaskClient, officer: Viewer
) -> None:
    with app.app_context():
        page = f"{BASE}/agreements/{sign(fund, donor, officer).public_id}"
    own = make.client(Role.DONOR_VIEWER, fund, donor)
    assert "Withdraw the agreement" in words(client, page)
    assert "Withdraw the agreement" not in words(own, page)
    assert "Withdraw the agreement" not in words(make.client(Role.AUDITOR, fund), page)
    assert client.post(f"{page}/withdraw", data={"token": "a", "reason": ""}).status_code == 422
    done = client.post(f"{page}/withdraw", data={"token": "b", "reason": "Typed for the wrong fund"})
    assert (done.status_code, done.location) == (303, page)
    shown = words(client, page)
    for part in (
        "It counts nowhere any more.",
        "This agreement was withdrawn",
        "Typed for the wrong fund",
        "1 Sep 2026",
    ):
        assert part in shown
    for part in ("Overdue", "Amend<", "Plan instalments", "Withdraw the agreement", "Outstanding"):
        assert part not in shown
    assert own.get(page).status_code == 404
    assert page not in words(client, f"{BASE}/agreements")
    listed = words(client, f"{BASE}/agreements", show="withdrawn")
    assert page in listed
    assert "Typed for the wrong fund" in listed
    assert page not in words(own, f"{BASE}/agreements", show="withdrawn")
    log = words(make.client(Role.AUDITOR, fund), "/f/SLW00/audit")
    assert "withdrew agreement SE-1 of Sweden over SEK 1,800,000.00: Typed for the wrong fund" in log
    second = client.post(f"{page}/withdraw", data={"token": "c", "reason": "again"})
    assert (second.status_code, "It was withdrawn on 15 Jul 2026" in second.text) == (422, True)


def test_the_page_says_what_stands_in_the_way(
    app: Flask, make: Make, fund: Fund, donor: Organisation, client: FlaskClient, officer: Viewer, till: Till
) -> None:
    with app.app_context():
        signed = sign(fund, donor, officer)
        deposit = till.deposit(donor, 100_000_00, MARCH, agreement=signed, confirmed=False)
        db.session.commit()
        page, paid = f"{BASE}/agreements/{signed.public_id}", f"{BASE}/deposits/{deposit.public_id}"
    told = "The deposit of USD 100,000.00 of 1 Mar 2026 names it. Have that deposit reversed first."
    assert told in words(client, page)
    assert told in words(client, f"{page}/withdraw")
    assert client.post(f"{page}/withdraw", data={"token": "a", "reason": "mistake"}).status_code == 422
    own = make.client(Role.DONOR_VIEWER, fund, donor)
    assert page in words(own, paid)
    with app.app_context():
        till.take_back(db.session.merge(deposit))
        db.session.commit()
    assert client.post(f"{page}/withdraw", data={"token": "b", "reason": "mistake"}).status_code == 303
    assert page in words(client, paid)
    assert page not in words(own, paid), "nothing leads where a contributor finds nothing"
    assert "SE-1, withdrawn" in words(own, paid)


# The way back


@pytest.fixture
def bare(engine: str, tmp_path: Path) -> Iterator[Flask]:
    with installation(empty_database(engine, tmp_path, "withdrawn"), tmp_path) as app, app.app_context():
        yield app


def test_no_withdrawal_is_forgotten_unless_that_is_meant(bare: Flask) -> None:
    make = Make(bare)
    fund, donor = make.fund(), make.organisation("Sweden")
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    for _ in range(2):
        withdraw(fund, sign(fund, donor, by, "ÖSTERREICH-1"), by)
    sign_agreement(fund, signature(donor, "ÖSTERREICH-1"), by=by)
    db.session.commit()
    db.session.remove()
    with pytest.raises(Damage, match="2 agreements are withdrawn and would count again"):
        migrations.downgrade(BEFORE)
    migrations.downgrade(BEFORE, lose=True)
    with db.engine.connect() as connection:
        kept = connection.execute(text("SELECT reference FROM agreement ORDER BY id")).scalars().all()
    assert (len(set(kept)), kept[-1]) == (3, "ÖSTERREICH-1")
    migrations.upgrade()
