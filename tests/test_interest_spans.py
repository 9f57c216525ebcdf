"""When an agreement keeps interest: in spans, until it is withdrawn; and what names it on another day, or otherwise."""

import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from mptf.agreements import service as agreements
from mptf.agreements.queries import get_agreement
from mptf.cash import queries, rows
from mptf.cash.models import CashDocument
from mptf.cash.rows import CashComparison
from mptf.cash.service import LIST
from mptf.claims.models import Interest, InterestSpan, InterestTerm
from mptf.claims.queries import interest_terms
from mptf.cli import migrations
from mptf.commitments.models import Agreement
from mptf.core.db import db
from mptf.core.errors import RuleBroken
from mptf.core.schema import Damage
from mptf.fund.models import Fund
from mptf.ledger import service as ledger
from mptf.organisations.models import Organisation
from mptf.policy import Role, Viewer
from tests.factories import Make
from tests.support.at_once import at_once
from tests.support.interest import HEAD, JANUARY, JUNE, Kind, change, days, flagged, record, sign, sums, usd
from tests.support.migrated import empty_database, installation

pytest_plugins = ["tests.support.kept"]

pytestmark = pytest.mark.usefixtures("mid_july")

FEBRUARY = date(2026, 2, 1)
BEFORE = "0022"  # the revision before a term had spans


def amend(fund: Fund, officer: Viewer, agreement: Agreement, interest: Interest, day: date) -> None:
    agreements.amend(fund, agreement, change(agreement, interest, agreed_on=day), by=officer)
    db.session.commit()


def withdraw(fund: Fund, officer: Viewer, agreement: Agreement) -> None:
    agreements.withdraw(fund, agreement, reason="Recorded by mistake", by=officer)
    db.session.commit()


def titles(fund: Fund, document: CashDocument) -> list[str]:
    return [remark.title for remark in queries.get_document(fund, document.public_id).remarks]


# In spans


def test_days_between_two_spans_are_days_on_which_none_is_kept(
    fund: Fund, officer: Viewer, agreement: Agreement, term: InterestTerm
) -> None:
    amend(fund, officer, agreement, Interest.AVAILABLE, FEBRUARY)
    between = record(fund, officer, Kind.FUND_INTEREST, 1)
    amend(fund, officer, agreement, Interest.KEPT, JUNE)
    before = record(fund, officer, Kind.FUND_INTEREST, 2, value_on=FEBRUARY - timedelta(days=1))
    after = record(fund, officer, Kind.FUND_INTEREST, 3, value_on=JUNE)
    assert days(term) == [(JANUARY, FEBRUARY), (JUNE, None)]
    assert flagged(fund) == {before.id, after.id}
    assert titles(fund, between) == []


@pytest.mark.both_engines
@pytest.mark.postgres  # SQLite has one writer at a time, which reads what the other wrote
def test_of_two_amendments_in_the_same_moment_none_undoes_the_other_unseen(
    app: Flask, fund: Fund, officer: Viewer, agreement: Agreement
) -> None:
    ends, raises = change(agreement, Interest.AVAILABLE), change(agreement, Interest.KEPT, amount=usd(2_000))
    key, changes, both_opened = agreement.public_id, iter([ends, raises]), threading.Barrier(2, timeout=5)
    db.session.remove()

    def act() -> None:
        found = get_agreement(officer, fund, key)
        both_opened.wait()
        agreements.amend(fund, found, next(changes), by=officer)

    assert sorted(at_once(app, 2, act)) == ["This was changed since you opened it.", "done"]


@pytest.mark.both_engines
def test_a_term_has_one_span_that_has_not_ended(fund: Fund, term: InterestTerm) -> None:
    db.session.add(InterestSpan(term_id=term.id, fund_id=fund.id, kept_from=JUNE))
    with pytest.raises(IntegrityError):
        db.session.flush()


# Withdrawn with the agreement


@pytest.mark.parametrize("reference", ["SAA-1", "saa-1"])
@pytest.mark.parametrize("first", [Interest.KEPT, Interest.AVAILABLE])
def test_the_reference_of_a_withdrawn_agreement_keeps_interest_again(
    fund: Fund, officer: Viewer, donor: Organisation, agreement: Agreement, reference: str, first: Interest
) -> None:
    old = agreement.interest_term
    withdraw(fund, officer, agreement)
    again = sign(fund, officer, donor, reference, first)
    if first is Interest.AVAILABLE:
        amend(fund, officer, again, Interest.KEPT, JUNE)
    (term,) = interest_terms(fund)
    assert term == get_agreement(officer, fund, again.public_id).interest_term
    assert term != old
    assert days(term) == [(JANUARY if first is Interest.KEPT else JUNE, None)]


def test_a_withdrawn_agreement_keeps_none_and_is_named_nowhere(
    fund: Fund, officer: Viewer, agreement: Agreement, term: InterestTerm, look: Callable[..., CashComparison]
) -> None:
    withdraw(fund, officer, agreement)
    plain = record(fund, officer, Kind.FUND_INTEREST, 5)
    assert (flagged(fund), interest_terms(fund), interest_terms(fund, in_force=True)) == (set(), [], [])
    assert titles(fund, plain) == []
    with pytest.raises(RuleBroken, match="Agreement SAA-1 was withdrawn on 15 Jul 2026. Choose another, or none") as no:
        record(fund, officer, Kind.FUND_INTEREST, 6, kept_for=term)
    assert no.value.field == "kept_for"
    db.session.rollback()
    found = look("2026-06-20,fund interest,,SAA-1,5.00,B1,", "2026-06-21,fund interest,,,5.00,B2,")
    assert "There is not one agreement SAA-1 that keeps interest" in str(found.problems.in_order()[0])
    assert (found.problems.errors, found.remarks) == (1, [[]])


def test_one_that_interest_names_is_not_withdrawn_before_that_is_taken_back(
    fund: Fund, officer: Viewer, agent: Viewer, donor: Organisation, agreement: Agreement, term: InterestTerm
) -> None:
    advised = record(fund, officer, Kind.FUND_INTEREST, 20, kept_for=term)
    with pytest.raises(RuleBroken, match=r"Interest of the fund of USD.20\.00 of 15 Mar 2026 names it\. Have that rev"):
        withdraw(fund, officer, agreement)
    ledger.reverse(advised.entry, reason="typo", by=officer)
    db.session.commit()
    assert agreements.why_not_withdraw(fund, agreement) is None
    refund = record(fund, officer, Kind.CONTRIBUTOR_REFUND, 3, confirm=agent, party=donor, kept_for=term)
    back = ledger.reverse(refund.entry, reason="typo", by=officer)
    db.session.commit()
    with pytest.raises(RuleBroken, match="it counts until the Administrative Agent confirms the reversal"):
        withdraw(fund, officer, agreement)
    ledger.confirm(back, by=agent)
    withdraw(fund, officer, agreement)
    assert sums(fund) == (0, 0, 0)


# Named on a day on which it kept none


def test_interest_of_a_day_on_which_its_agreement_kept_none_is_flagged(
    fund: Fund, officer: Viewer, donor: Organisation, undp: Organisation, agreement: Agreement, term: InterestTerm
) -> None:
    early = record(fund, officer, Kind.FUND_INTEREST, 1, value_on=date(2024, 3, 1), kept_for=term)
    good = record(fund, officer, Kind.FUND_INTEREST, 2, kept_for=term)
    amend(fund, officer, agreement, Interest.AVAILABLE, JUNE)
    late = record(fund, officer, Kind.PUNO_INTEREST, 3, value_on=JUNE, party=undp, kept_for=term)
    refund = record(fund, officer, Kind.CONTRIBUTOR_REFUND, 1, value_on=JUNE, party=donor, kept_for=term)
    assert flagged(fund) - {refund.id} == {early.id, late.id}
    assert (titles(fund, good), "Kept on other days" in titles(fund, refund)) == ([], False)
    (remark,) = queries.get_document(fund, early.public_id).remarks
    assert (remark.title, remark.values["agreement"]) == ("Kept on other days", "Sweden, SAA-1")
    ledger.reverse(early.entry, reason="typo", by=officer)
    assert flagged(fund) - {refund.id} == {late.id}


# Lists of the Administrative Agent


@pytest.fixture
def look(fund: Fund, agent: Viewer, tmp_path: Path) -> Callable[..., CashComparison]:
    """Return what a list of the Administrative Agent would do."""
    path = tmp_path / "list.csv"

    def read(*lines: str) -> CashComparison:
        path.write_text(HEAD + "\n".join(lines))
        return rows.compare(fund, LIST.read(path), agent)

    return read


def test_a_list_is_warned_of_a_day_on_which_its_agreement_kept_none(
    term: InterestTerm, look: Callable[..., CashComparison]
) -> None:
    found = look("2026-01-09,fund interest,,SAA-1,5.00,B1,", "2026-01-10,fund interest,,SAA-1,5.00,B2,")
    assert [[said.title for said in remarks] for remarks in found.remarks] == [["Kept on other days"], []]
    (warned,) = found.problems.in_order()
    assert "Agreement Sweden, SAA-1 kept no interest on 9 Jan 2026" in str(warned)
    assert (warned.place.column, warned.place.row) == ("D", 2)


@pytest.mark.parametrize(
    "recorded, row, told",
    [
        ("kept", "saa-1", ""),
        ("fund", "slw00", ""),
        ("kept", "", ""),
        ("fund", "", ""),
        ("", "", ""),
        ("kept", "slw00", "there under Sweden, SAA-1"),
        ("kept", "SAA-2", "there under Sweden, SAA-1"),
        ("fund", "SAA-1", "there as the fund’s as a whole"),
        ("", "SAA-1", "there without an agreement"),
        ("", "SLW00", "there without an agreement"),
    ],
)
def test_a_row_that_says_otherwise_whose_interest_is_confirms_nothing(
    fund: Fund,
    officer: Viewer,
    donor: Organisation,
    term: InterestTerm,
    look: Callable[..., CashComparison],
    recorded: str,
    row: str,
    told: str,
) -> None:
    sign(fund, officer, donor, "SAA-2")
    kept_for = term if recorded == "kept" else None
    document = record(fund, officer, Kind.FUND_INTEREST, 5, kept_for=kept_for, of_fund=recorded == "fund")
    found = look(f"2026-03-15,fund interest,,{row},5.00,,")
    assert (found.new, found.known) == ([], 1)
    assert [one.id for one in found.to_confirm] == ([] if told else [document.id])
    warned = found.problems.in_order()
    assert [one.place.column for one in warned] == (["D"] if told else [])
    assert all(told in str(one) for one in warned)


def test_of_two_alike_a_row_confirms_the_one_that_says_the_same(
    fund: Fund, officer: Viewer, term: InterestTerm, look: Callable[..., CashComparison]
) -> None:
    record(fund, officer, Kind.FUND_INTEREST, 5)
    kept = record(fund, officer, Kind.FUND_INTEREST, 5, kept_for=term)
    assert [one.id for one in look("2026-03-15,fund interest,,SAA-1,5.00,,").to_confirm] == [kept.id]


# Through the migrations


@pytest.fixture
def bare(engine: str, tmp_path: Path) -> Iterator[Flask]:
    """Make an installation over a database the migrations made."""
    with installation(empty_database(engine, tmp_path, "spans"), tmp_path) as app, app.app_context():
        yield app


def kept(columns: str) -> list[tuple[object, ...]]:
    """Return what a table of terms or spans says, by its keys."""
    with db.engine.connect() as connection:
        return [tuple(map(str, row)) for row in connection.execute(text(f"SELECT {columns} ORDER BY id"))]


SPANS = "kept_from, kept_until FROM interest_span"
TERMS = "reference, kept_from, kept_until FROM interest_term"


def test_terms_come_through_the_migrations(bare: Flask) -> None:
    make = Make(bare)
    fund, donor = make.fund(), make.organisation("Sweden")
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    ended = sign(fund, by, donor, "SAA-1")
    amend(fund, by, ended, Interest.AVAILABLE, JUNE)
    sign(fund, by, donor, "SAA-2")
    db.session.remove()
    before = kept(SPANS)
    assert before == [("2026-01-10", "2026-06-15"), ("2026-01-10", "None")]
    with pytest.raises(Damage, match="interest_span has 2 rows"):
        migrations.downgrade(BEFORE)
    migrations.downgrade(BEFORE, lose=True)
    assert kept(TERMS) == [("SAA-1", *before[0]), ("SAA-2", *before[1])]
    migrations.upgrade()
    assert kept(SPANS) == before
    with pytest.raises(Damage, match=r"Agreements \(2\) keep interest for their contributors"):
        migrations.downgrade("0019")


def test_no_span_and_no_withdrawal_is_forgotten_unless_that_is_meant(bare: Flask) -> None:
    make = Make(bare)
    fund, donor = make.fund(), make.organisation("Sweden")
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    withdraw(fund, by, sign(fund, by, donor, "SAA-1"))
    again = sign(fund, by, donor, "SAA-1")
    amend(fund, by, again, Interest.AVAILABLE, FEBRUARY)
    amend(fund, by, again, Interest.KEPT, JUNE)
    db.session.remove()
    with pytest.raises(Damage, match=r"Terms on interest \(2\) were withdrawn or keep it in several spans"):
        migrations.downgrade(BEFORE)
    migrations.downgrade(BEFORE, lose=True)
    (first, *span), second = kept(TERMS)
    assert (first, span) == ("SAA-1 (1)", ["2026-01-10", "2026-01-10"])
    assert second == ("SAA-1", "2026-01-10", "None")
    migrations.upgrade()
    with db.engine.connect() as connection:
        withdrawn = connection.scalars(text("SELECT withdrawn_at IS NULL FROM interest_term ORDER BY id"))
        assert [bool(one) for one in withdrawn] == [False, True]
