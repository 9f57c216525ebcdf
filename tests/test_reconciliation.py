"""The Administrative Agent's list beside our books: kept whole or not at all, differences listed until settled."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, TypeVar

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from mptf.controls import service as controls
from mptf.controls.models import ControlRequest
from mptf.controls.queries import get_request
from mptf.core import clock, files, tasks
from mptf.core.audit import AuditEvent
from mptf.core.db import db, unit_of_work
from mptf.core.errors import NotAllowed, RuleBroken
from mptf.core.files import Store
from mptf.core.money import Money
from mptf.core.sentences import filled
from mptf.core.tasks import Task, TaskState
from mptf.deposits.models import Deposit
from mptf.deposits.service import Receipt, record_deposit
from mptf.fund.models import Fund
from mptf.imports import service as imports
from mptf.ledger.models import LONGEST_NOTE, Standing
from mptf.organisations.models import Organisation
from mptf.paper.workbook import write_workbook
from mptf.policy import Role, Viewer
from mptf.reconciliation import comparing, queries, service, sheets
from mptf.reconciliation.comparing import KIND
from mptf.reconciliation.models import AgentList, AgentListRow, Finding, FindingKind, SettledHow, Settlement
from tests.factories import Make
from tests.support.statements import statements
from tests.support.work import work_off

HEAD = "Contributor,Value date,Received,Original currency,Original amount,Fee,Reference"
GOOD = "Sweden,2026-03-15,576000.00,SEK,6000000.00,5702.40,AA-17"
IN_MAY = datetime(2026, 5, 20, 9, tzinfo=UTC)
APRIL = date(2026, 4, 30)

Compare = Callable[..., AgentList]
T = TypeVar("T")


@pytest.fixture
def sweden(make: Make) -> Organisation:
    return make.organisation("Sweden", official_name="Kingdom of Sweden")


def receipt(donor: Organisation, **facts: Any) -> Receipt:
    whole = Receipt(
        donor, usd(576_000_00), date(2026, 3, 15), original=Money(6_000_000_00, "SEK"), fee=usd(5_702_40),
        bank_reference="AA-17",
    )  # fmt: skip
    return replace(whole, **facts)


def usd(cents: int) -> Money:
    return Money(cents, "USD")


@pytest.fixture
def record(fund: Fund, officer: Viewer) -> Callable[..., Deposit]:
    def recorded(donor: Organisation, **facts: Any) -> Deposit:
        with clock.at(IN_MAY), unit_of_work():
            return record_deposit(fund, receipt(donor, **facts), by=officer)

    return recorded


@pytest.fixture
def upload(store: Store, fund: Fund, officer: Viewer) -> Compare:
    """Take in a list, complete up to the end of April."""

    def take_in(*rows: str, head: str = HEAD, name: str = "list.csv", **said: Any) -> AgentList:
        content = "\n".join((head, *rows)) + "\n"
        said = {"complete_from": None, "complete_until": APRIL, **said}
        with clock.at(IN_MAY), unit_of_work():
            blob = store.keep(io.BytesIO(content.encode()), limit=1 << 20)
            stored = files.add(blob, name=name, media_type="text/csv", by=officer, fund_id=fund.id)
            return service.upload(fund, stored, by=officer, **said)

    return take_in


@pytest.fixture
def compare(upload: Compare, officer: Viewer) -> Compare:
    """Take in a list and let it be compared."""

    def all_the_way(*rows: str, **said: Any) -> AgentList:
        agent_list = upload(*rows, **said)
        start(agent_list, officer)
        return anew(agent_list)

    return all_the_way


def anew(row: T) -> T:
    """Return an object as it stands after background work."""
    return db.session.get_one(type(row), row.id)  # type: ignore[attr-defined]


def start(agent_list: AgentList, by: Viewer) -> None:
    with clock.at(IN_MAY):
        with unit_of_work():
            imports.start(agent_list.table, KIND, by=by)
        work_off()
    db.session.expire_all()


def found(agent_list: AgentList) -> list[str]:
    """Return what comparing found, as words."""
    return [in_words(one) for one in queries.every_finding(anew(agent_list))]


def in_words(finding: Finding) -> str:
    said = " ".join(filled(one.template, one.values) for one in finding.differences).replace("\xa0", " ")
    settled = f" [{finding.settlement.how.value}]" if finding.settlement else ""
    return f"{finding.kind.value}{': ' if said else ''}{said}{settled}"


def only(agent_list: AgentList) -> Finding:
    [finding] = queries.every_finding(agent_list)
    return finding


def count(kind: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(kind)) or 0


def errors(fund: Fund, agent_list: AgentList, officer: Viewer, store: Store) -> list[str]:
    would = look(fund, agent_list, officer, store)
    return [f"{one.place.column or ''}{one.place.row or ''}: {one}" for one in would.problems.in_order()]


def look(fund: Fund, agent_list: AgentList, officer: Viewer, store: Store):  # type: ignore[no-untyped-def]
    with clock.at(IN_MAY):
        return KIND.compare(fund, KIND.read(store.path(agent_list.table.file.sha256)), officer)


# What comparing finds


def test_a_list_that_agrees_with_our_books_matches_in_everything(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation, fund: Fund
) -> None:
    deposit = record(sweden)
    agent_list = compare(GOOD)
    assert found(agent_list) == ["matched"]
    assert only(agent_list).deposit_id == deposit.id
    line = queries.counts(agent_list)
    assert (line.matched, line.differences, line.open) == (1, 0, 0)
    assert agent_list.table.added == 1
    assert sum(queries.count_differences(fund).values()) == 0


def test_each_difference_stands_with_its_sentence(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation, norway: Organisation
) -> None:
    record(sweden)
    record(norway, bank_reference="AA-18", fee=None, original=None)
    record(sweden, bank_reference="AA-19", value_on=date(2026, 4, 2), received=usd(100_00), fee=None, original=None)
    agent_list = compare(
        "Sweden,2026-03-18,575975.00,SEK,6000000.00,5702.40,AA-17",
        "Sweden,2026-03-15,576000.00,,,5760.00,AA-18",
        "Norway,2026-04-20,1000.00,,,,AA-20",
    )
    amount = "The amount differs by USD 25.00: the list has less, USD 575,975.00, than our books, USD 576,000.00."
    day = "The value date differs by 3 days: 18 Mar 2026 in the list and 15 Mar 2026 in our books."
    contributor = "Another contributor: Sweden in the list and Norway in our books."
    fee = "The fee is USD 5,760.00 in the list and not stated in our books."
    assert found(agent_list) == [
        f"differs: {amount} {day}",
        f"differs: {contributor} {fee}",
        "only_list",
        "only_books",
    ]


def test_our_deposits_outside_the_days_of_the_list_and_opening_balances_are_not_missed(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation
) -> None:
    record(sweden, value_on=date(2026, 5, 2), bank_reference="later")
    record(sweden, value_on=date(2025, 12, 30), bank_reference="earlier")
    record(sweden, value_on=date(2026, 2, 1), bank_reference="sum", is_opening=True)
    record(sweden, value_on=date(2026, 2, 2), bank_reference="missed", received=usd(10_00), fee=None, original=None)
    agent_list = compare("Norway,2026-01-05,7.00,,,,", complete_from=date(2026, 1, 1))
    assert found(agent_list) == ["only_list", "only_books"]
    missed = queries.every_finding(agent_list)[1].deposit
    assert missed is not None
    assert missed.bank_reference == "missed"


def test_a_deposit_just_outside_the_days_still_matches(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation
) -> None:
    record(sweden, value_on=date(2026, 5, 2))
    [words] = found(compare("Sweden,2026-04-30,576000.00,SEK,6000000.00,5702.40,AA-17"))
    assert words.startswith("differs: The value date differs by 2 days")


def test_what_was_reversed_is_not_in_our_books(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation, officer: Viewer, head: Viewer
) -> None:
    deposit = record(sweden)
    with unit_of_work():
        controls.approve(controls.ask_reversal(deposit.entry, reason="wrong", by=officer), by=head)
    db.session.expire_all()
    assert found(compare(GOOD)) == ["only_list"]


def test_a_contributor_is_known_by_its_official_name_too(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation
) -> None:
    record(sweden)
    assert found(compare(GOOD.replace("Sweden", "KINGDOM OF SWEDEN"))) == ["matched"]


def test_every_mistake_of_a_row_is_told_at_once(upload: Compare, fund: Fund, officer: Viewer, store: Store) -> None:
    agent_list = upload("Sweden,2030-01-01,5.001,XXX,7,2.001,A", "Sweden,2030-01-01,ten,,7,2.001,A")
    found = look(fund, agent_list, officer, store)
    cells = [f"{one.place.column}{one.place.row}" for one in found.problems.in_order()]
    assert cells == ["D2", "C2", "F2", "B2", "C3", "E3", "F3", "B3"]


def test_a_deposit_of_another_fund_is_not_looked_at(
    compare: Compare, make: Make, record: Callable[..., Deposit], sweden: Organisation
) -> None:
    other = make.fund("OTHER")
    by = make.viewer(Role.SECRETARIAT_OFFICER, other)
    with clock.at(IN_MAY), unit_of_work():
        record_deposit(other, receipt(sweden), by=by)
    assert found(compare(GOOD)) == ["only_list"]


# Bad input, each named at its place


@pytest.mark.parametrize(
    "row,told",
    [
        ("Sweden,2026-03-15,,,,,", "C2: The cell is empty. Fill it in."),
        ("Sweden,2026-03-15,-5,,,,", "C2: “-5” is no deposit: its amount is above zero. Take refunds out of the list."),
        ("Sweden,2026-03-15,1.005,,,,", "C2: “1.005” has more than 2 digits after the point."),
        ('Sweden,2026-03-15,"1.000,00",,,,', "C2: “1.000,00” is not an amount."),
        ("Sweden,15/03/26,5,,,,", "B2: Write the year of “15/03/26” with four digits, as in 3 Nov 2026."),
        ("Sweden,2027-03-15,5,,,,", "B2: This day is still to come. Check the year."),
        (",2026-03-15,5,,,,", "A2: The cell is empty. Fill it in."),
        ("Sweden,2026-03-15,5,,9,,", "E2: Name the currency of the original amount in its own column."),
        ("Sweden,2026-03-15,5,XYZ,9,,", "D2: “XYZ” is not a currency this system knows."),
        ("Sweden,2026-03-15,5,SEK,0,,", "E2: “0” is not above zero. Leave the cell empty if it is not known."),
        ("Sweden,2026-03-15,5,,,6,", "F2: The fee “6” lies between zero and the amount received."),
        (f"Sweden,2026-03-15,5,,,,{'x' * 101}", "G2: The text is longer than 100 characters. Shorten it."),
    ],
)
def test_bad_input_is_refused_at_its_cell(
    upload: Compare, fund: Fund, officer: Viewer, store: Store, sweden: Organisation, row: str, told: str
) -> None:
    agent_list = upload(row)
    assert any(one.startswith(told) for one in errors(fund, agent_list, officer, store)), told
    start(agent_list, officer)
    assert anew(agent_list).table.imported_at is None
    assert (count(AgentListRow), count(Finding)) == (0, 0)


def test_a_row_that_comes_twice_is_refused(
    upload: Compare, fund: Fund, officer: Viewer, store: Store, sweden: Organisation
) -> None:
    [told] = errors(fund, upload(GOOD, GOOD), officer, store)
    assert told.startswith("G3: Sweden has the same amount, day and reference in row 2.")


def test_an_unknown_contributor_is_a_warning_and_its_row_is_compared(
    upload: Compare, fund: Fund, officer: Viewer, store: Store, record: Callable[..., Deposit], sweden: Organisation
) -> None:
    record(sweden)
    agent_list = upload(GOOD.replace("Sweden", "SWE"))
    [told] = errors(fund, agent_list, officer, store)
    assert told == "A2: “SWE” is no contributor known here; the row is compared by its reference, amount and day."
    assert len(look(fund, agent_list, officer, store).new) == 1
    start(agent_list, officer)
    assert found(agent_list) == ["differs: Another contributor: SWE in the list and Sweden in our books."]


def test_the_days_of_a_list_are_in_order_and_not_to_come(upload: Compare) -> None:
    with pytest.raises(RuleBroken, match="ends before it begins"):
        upload(GOOD, complete_from=date(2026, 5, 1))
    with pytest.raises(RuleBroken, match="still to come"):
        upload(GOOD, complete_until=date(2026, 6, 1))


def test_only_the_secretariat_imports_a_list(upload: Compare, fund: Fund, agent: Viewer) -> None:
    stored = upload(GOOD).table.file
    with pytest.raises(NotAllowed):
        service.upload(fund, stored, complete_from=None, complete_until=APRIL, by=agent)


# Twice, and half-way


def test_the_same_file_twice_adds_nothing_and_says_so(compare: Compare, upload: Compare, sweden: Organisation) -> None:
    compare(GOOD)
    with pytest.raises(RuleBroken, match="here already as “list.csv”"):
        upload(GOOD, name="again.csv")
    assert (count(AgentList), count(AgentListRow), count(Finding)) == (1, 1, 1)


def test_a_comparison_killed_half_way_leaves_nothing_and_can_be_done_again(
    upload: Compare,
    officer: Viewer,
    record: Callable[..., Deposit],
    sweden: Organisation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record(sweden)
    agent_list = upload(GOOD, "Sweden,2026-04-01,5,,,,")
    with unit_of_work():
        imports.start(agent_list.table, KIND, by=officer)

    class Killed(BaseException):
        """The process ends here."""

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(comparing, "_answer_earlier", die)  # rows and findings are inserted, nothing is committed
        with pytest.raises(Killed):
            work_off()
    db.session.remove()
    assert (count(AgentListRow), count(Finding), count(Settlement)) == (0, 0, 0)
    with unit_of_work():
        tasks.give_back(db.session.scalars(select(Task).where(Task.state == TaskState.RUNNING)).one())
    assert work_off() == 1
    assert (count(AgentListRow), count(Finding)) == (2, 2)


@pytest.mark.both_engines
def test_the_database_lets_nobody_change_what_was_found(
    compare: Compare, sweden: Organisation, officer: Viewer
) -> None:
    service.explain(only(compare(GOOD)), reason="why", by=officer)
    db.session.commit()
    for table in ("agent_list_row", "reconciliation_finding", "reconciliation_settlement"):
        for statement in (f"UPDATE {table} SET fund_id = fund_id", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError, match=f"{table} rows are never"):
                db.session.execute(text(statement))
            db.session.rollback()


# Settling


def test_a_difference_is_explained_with_a_reason_once(
    compare: Compare, fund: Fund, officer: Viewer, sweden: Organisation
) -> None:
    finding = only(compare(GOOD))
    with pytest.raises(RuleBroken, match="Say why both sides differ"):
        service.explain(finding, reason=" ", by=officer)
    service.explain(finding, reason="It belongs to another fund of the Agent", by=officer)
    db.session.commit()
    assert finding.settlement
    assert (finding.settlement.how, finding.settlement.by_id) == (SettledHow.EXPLAINED, officer.id)
    assert queries.every_difference(fund) == []
    with pytest.raises(RuleBroken, match="settled already"):
        service.explain(finding, reason="again", by=officer)
    assert "difference.explained" in db.session.scalars(select(AuditEvent.action)).all()


def test_a_missing_deposit_is_recorded_and_settles_the_difference(
    compare: Compare, fund: Fund, officer: Viewer, sweden: Organisation
) -> None:
    finding = only(compare(GOOD))
    with clock.at(IN_MAY):
        deposit = service.record_missing(finding, receipt(sweden), by=officer)
        db.session.commit()
    assert deposit.standing is Standing.ADVISED
    assert finding.settlement
    assert (finding.settlement.how, finding.settlement.deposit) == (SettledHow.RECORDED, deposit)
    assert queries.every_difference(fund) == []


def test_a_refused_deposit_settles_nothing(compare: Compare, officer: Viewer, sweden: Organisation) -> None:
    finding = only(compare(GOOD))
    with clock.at(IN_MAY), pytest.raises(RuleBroken, match="still to come"):
        service.record_missing(finding, receipt(sweden, value_on=date(2026, 6, 1)), by=officer)
    db.session.rollback()
    assert (count(Deposit), count(Settlement)) == (0, 0)


def test_a_reversal_asked_for_settles_the_difference_and_is_decided_by_somebody_else(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation, officer: Viewer, head: Viewer, fund: Fund
) -> None:
    deposit = record(sweden)
    agent_list = compare("Norway,2026-04-05,7.00,,,,")
    ours = queries.every_finding(agent_list)[1]
    request = service.ask_reversal(ours, reason="Never arrived", by=officer)
    db.session.commit()
    assert (request.entry_id, count(ControlRequest)) == (deposit.entry_id, 1)
    assert in_words(ours) == "only_books [reversal]"
    with pytest.raises(RuleBroken, match="nothing to reverse"):
        service.ask_reversal(queries.every_finding(agent_list)[0], reason="no", by=officer)


def test_a_reversal_that_is_declined_or_withdrawn_opens_the_difference_again(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation, officer: Viewer, head: Viewer, fund: Fund
) -> None:
    record(sweden)
    ours = queries.every_finding(compare("Norway,2026-04-05,7.00,,,,"))[1]
    for end in (partial(controls.decline, answer="It did arrive", by=head), partial(controls.withdraw, by=officer)):
        request = service.ask_reversal(ours, reason="Never arrived", by=officer)
        db.session.commit()
        assert queries.count_differences(fund)[FindingKind.ONLY_BOOKS] == 0
        with pytest.raises(RuleBroken, match="settled already"):
            service.explain(ours, reason="Both are right", by=officer)
        end(request)
        db.session.commit()
        db.session.expire_all()
        assert (queries.count_differences(fund)[FindingKind.ONLY_BOOKS], ours.open, ours.settlement) == (1, True, None)
    controls.approve(service.ask_reversal(ours, reason="Never arrived", by=officer), by=head)
    db.session.commit()
    assert (queries.count_differences(fund)[FindingKind.ONLY_BOOKS], in_words(ours)) == (0, "only_books [reversal]")


def test_the_agent_confirms_what_a_list_matches_in_everything(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation, agent: Viewer, officer: Viewer
) -> None:
    deposit = record(sweden)
    record(sweden, bank_reference="AA-18", value_on=date(2026, 4, 1))
    agent_list = compare(GOOD, "Sweden,2026-04-01,575999.99,SEK,6000000.00,5702.40,AA-18")
    with pytest.raises(NotAllowed):
        service.confirm_matched(agent_list, by=officer)
    assert service.confirm_matched(agent_list, by=agent) == 1
    db.session.commit()
    db.session.expire_all()
    deposit = anew(deposit)
    assert deposit.standing is Standing.CONFIRMED
    assert deposit.fee_entry is not None
    assert deposit.fee_entry.confirmation is not None
    assert deposit.fee_entry.confirmation.note == "List list.csv"
    with pytest.raises(RuleBroken, match="No deposit of this list waits"):
        service.confirm_matched(agent_list, by=agent)


def test_the_note_of_a_confirmation_says_where_a_long_name_is_cut(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation, agent: Viewer
) -> None:
    deposit = record(sweden)
    service.confirm_matched(compare(GOOD, name="n" * 296 + ".csv"), by=agent)
    db.session.commit()
    db.session.expire_all()
    confirmation = anew(deposit).entry.confirmation
    assert confirmation
    assert (len(confirmation.note), confirmation.note[-2:]) == (LONGEST_NOTE, "n…")


def test_the_agent_confirms_a_deposit_that_differs_as_our_books_have_it(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation, agent: Viewer
) -> None:
    deposit = record(sweden)
    finding = only(compare(GOOD.replace("2026-03-15", "2026-03-16")))
    service.confirm(finding, by=agent)
    db.session.commit()
    db.session.expire_all()
    deposit = anew(deposit)
    assert deposit.standing is Standing.CONFIRMED
    assert finding.settlement
    assert finding.settlement.how is SettledHow.CONFIRMED


def test_whoever_recorded_a_deposit_does_not_confirm_it_from_a_list(
    compare: Compare, sweden: Organisation, record: Callable[..., Deposit], officer: Viewer
) -> None:
    record(sweden)
    agent_list = compare(GOOD)
    held = replace(officer.held[0], role=Role.ADMINISTRATIVE_AGENT)
    same_person = replace(officer, held=(held,), chosen=held)
    with pytest.raises(RuleBroken, match="No deposit of this list waits for your confirmation"):
        service.confirm_matched(agent_list, by=same_person)


# A later list


def test_a_later_list_that_matches_ends_the_earlier_difference_by_itself(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation, fund: Fund
) -> None:
    record(sweden)
    first = compare(GOOD.replace("576000.00", "575000.00"))
    assert queries.count_differences(fund)[FindingKind.DIFFERS] == 1
    second = compare(GOOD, name="corrected.csv")
    assert found(second) == ["matched"]
    finding = only(first)
    assert finding.settlement
    assert (finding.settlement.how, finding.settlement.list_id) == (SettledHow.MATCHED_LATER, second.id)
    assert sum(queries.count_differences(fund).values()) == 0


def test_what_was_missing_and_is_recorded_meanwhile_matches_later(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation
) -> None:
    first = compare(GOOD)
    record(sweden)
    compare(GOOD, "Sweden,2026-04-01,5.00,,,,", name="april.csv")
    assert found(first) == ["only_list [matched_later]"]


def test_a_difference_found_again_is_open_once(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation, fund: Fund
) -> None:
    record(sweden)
    record(sweden, bank_reference="ours", value_on=date(2026, 2, 1), received=usd(9_00), fee=None, original=None)
    first = compare("Norway,2026-01-01,5.00,,,,", GOOD.replace("576000.00", "575000.00"))
    assert len(queries.every_difference(fund)) == 3
    second = compare(
        "Norway,2026-01-01,5.00,,,,", GOOD.replace("576000.00", "575000.00"), "Norway,2026-04-02,6.00,,,,", name="b.csv"
    )
    assert [one.list_id for one in queries.every_difference(fund)] == [second.id] * 4
    assert {one.settlement.how for one in queries.every_finding(first) if one.settlement} == {SettledHow.FOUND_AGAIN}


def test_what_was_explained_or_confirmed_stays_settled_in_a_later_list(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation, officer: Viewer, agent: Viewer, fund: Fund
) -> None:
    record(sweden)
    other_day = GOOD.replace("2026-03-15", "2026-03-16")
    first = compare(other_day, "Norway,2026-01-01,5.00,,,,")
    differs, alone = queries.every_finding(first)
    service.confirm(differs, by=agent)
    service.explain(alone, reason="Of another fund", by=officer)
    db.session.commit()
    compare(other_day, "Norway,2026-01-01,5.00,,,,", "Norway,2026-04-01,5.00,,,,B", name="b.csv")
    later = compare(other_day, "Norway,2026-01-01,5.00,,,,", "Norway,2026-04-01,6.00,,,,C", name="c.csv")
    assert [words.rpartition(" ")[2] for words in found(later)] == ["[settled_before]", "[settled_before]", "only_list"]
    assert [one.settlement.reason for one in queries.every_finding(later) if one.settlement] == ["", "Of another fund"]
    assert len(queries.every_difference(fund)) == 1


def test_an_explanation_does_not_cover_another_figure(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation, officer: Viewer
) -> None:
    record(sweden)
    service.explain(only(compare(GOOD.replace("576000.00", "575000.00"))), reason="Charges", by=officer)
    db.session.commit()
    assert in_words(only(compare(GOOD.replace("576000.00", "570000.00"), name="b.csv"))).endswith("USD 576,000.00.")


def test_a_reversal_that_waits_keeps_the_difference_settled_and_one_declined_opens_it_again(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation, officer: Viewer, head: Viewer, fund: Fund
) -> None:
    record(sweden)
    request = service.ask_reversal(
        queries.every_finding(compare("Norway,2026-04-05,7,,,,"))[1], reason="no", by=officer
    )
    db.session.commit()
    second = compare("Norway,2026-04-05,7,,,,", "Norway,2026-04-06,8,,,,", name="b.csv")
    assert found(second)[-1] == "only_books [settled_before]"
    controls.decline(get_request(fund, request.public_id), answer="It did arrive", by=head)
    db.session.commit()
    third = compare("Norway,2026-04-05,7,,,,", "Norway,2026-04-07,9,,,,", name="c.csv")
    assert found(third)[-1] == "only_books"


def test_what_is_gone_from_the_list_or_reversed_ends_when_a_later_list_is_compared(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation, officer: Viewer, head: Viewer
) -> None:
    deposit = record(sweden)
    first = compare("Norway,2026-04-05,7.00,,,,")
    assert found(first) == ["only_list", "only_books"]
    with unit_of_work():
        entry = anew(deposit).entry
        controls.approve(controls.ask_reversal(entry, reason="wrong", by=officer), by=head)
    compare("Norway,2026-04-08,8.00,,,,", name="b.csv")
    assert found(first) == ["only_list [gone]", "only_books [gone]"]


def test_what_lies_outside_the_days_of_a_later_list_stays_open(
    compare: Compare, record: Callable[..., Deposit], sweden: Organisation
) -> None:
    record(sweden)
    first = compare("Norway,2026-01-05,7.00,,,,")
    compare("Norway,2026-04-08,8.00,,,,", name="b.csv", complete_from=date(2026, 4, 1))
    assert found(first) == ["only_list", "only_books"]


# What waits, and the workbook


def test_open_differences_wait_for_the_secretariat_with_their_counts(
    compare: Compare, fund: Fund, officer: Viewer, agent: Viewer, record: Callable[..., Deposit], sweden: Organisation
) -> None:
    assert queries.waiting_for(officer, fund) == []
    record(sweden)
    compare("Norway,2026-04-05,7.00,,,,")
    [waiting] = queries.waiting_for(officer, fund)
    assert filled(waiting.title, waiting.facts) == "Settle 2 differences with the Administrative Agent"
    assert filled(waiting.context, waiting.facts) == "1 only in the Administrative Agent’s list, 1 only in our books"
    assert queries.waiting_for(agent, fund) == []


def test_the_workbook_holds_both_sides_and_the_words(
    compare: Compare, fund: Fund, record: Callable[..., Deposit], sweden: Organisation
) -> None:
    record(sweden)
    record(sweden, bank_reference="=1+1", value_on=date(2026, 2, 1), received=usd(9_00), fee=None, original=None)
    compare("Norway,2026-04-05,7.00,,,,", GOOD.replace("576000.00", "575000.00"))
    out, made_at = io.BytesIO(), clock.now()
    made = sheets.sheets(fund, queries.every_difference(fund), by="Demo Officer 1", made_at=made_at)
    write_workbook(out, made, title=sheets.TITLE, source=fund.code, made_at=made_at)
    book = openpyxl.load_workbook(out)
    rows = [list(row) for row in book["Differences"].iter_rows(values_only=True)]
    body = [row for row in rows if row[-1] in (2, 3) or row[0] == "Only in our books"]
    assert [row[0] for row in body] == ["Differs", "Only in the Administrative Agent’s list", "Only in our books"]
    assert body[0][4] == 575000
    assert body[0][9] == 576000
    assert str(body[0][1]).startswith("The amount differs by USD\xa01,000.00")
    assert body[2][11] == "=1+1"
    assert book["Differences"].cell(row=rows.index(body[2]) + 1, column=12).data_type == "s"


def test_a_comparison_asks_as_often_however_long_the_list_is(
    upload: Compare, officer: Viewer, record: Callable[..., Deposit], sweden: Organisation, ctx: Flask
) -> None:
    asked = []
    for name, size in (("a.csv", 2), ("b.csv", 60)):
        agent_list = upload(
            *(f"Sweden,2026-04-05,{number}.00,,,,{name}{number}" for number in range(1, size)), name=name
        )
        with unit_of_work():
            imports.start(agent_list.table, KIND, by=officer)
        with statements(ctx) as sent:
            work_off()
        asked.append(len(sent))
    assert asked[1] <= asked[0] + 2
