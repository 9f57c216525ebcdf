"""The list of the Administrative Agent: looked at cell by cell, imported whole or not at all, never twice."""

import io
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select, text

from mptf.agreements.service import Signature, sign_agreement
from mptf.cash import queries, rows, service
from mptf.cash.facts import Movement
from mptf.cash.models import CashDocument
from mptf.cash.queries import Asked
from mptf.cash.rows import CashComparison
from mptf.cash.service import LIST
from mptf.claims import service as claims
from mptf.claims.models import Interest
from mptf.core import audit, files
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.errors import NotAllowed, RuleBroken
from mptf.core.files import Store
from mptf.core.money import Money
from mptf.core.paging import PAGE_SIZE
from mptf.deposits.service import Receipt, record_deposit
from mptf.fund.models import Fund
from mptf.imports import service as imports
from mptf.imports.models import ImportState, TableImport
from mptf.ledger import balances
from mptf.ledger import queries as ledger
from mptf.ledger import service as postings
from mptf.ledger.chart import CASH, EntryKind
from mptf.ledger.models import ConfirmedBy, Entry, Standing
from mptf.organisations.models import Organisation
from mptf.paper.filekind import sniff
from mptf.policy import Role, Viewer
from tests.factories import Make
from tests.support.held import held_before
from tests.support.statements import statements
from tests.support.work import until, work_off

ROOT = Path(__file__).parents[1]
HEAD = "Value date,Kind,Organisation,Project number,Amount,Bank reference,Note"
TRANSFER = "15 Mar 2026,transfer,UNDP,00123456,250000.00,AA-1,First tranche"
REFUND = "2026-03-31,Refund from a participating organisation,undp,00123456,1200.50,AA-2,"
INTEREST = "31.03.2026,fund interest,,,310.00,,March"
FUND = "1 Apr 2026,fund transfer,Peacebuilding Fund,,10.00,AA-3,"
Upload = Callable[..., TableImport]


@pytest.fixture
def upload(store: Store, fund: Fund, undp: Organisation) -> Upload:
    def take_in(content: str | bytes, by: Viewer) -> TableImport:
        raw = content.encode() if isinstance(content, str) else content
        with unit_of_work():
            blob = store.keep(io.BytesIO(raw), limit=1 << 20)
            kind = sniff(store.path(blob.sha256))
            stored = files.add(blob, name="list", media_type=kind.media_type, by=by, fund_id=fund.id)
            return imports.upload(fund, LIST, stored, by=by)

    return take_in


@pytest.fixture
def imported(upload: Upload) -> Upload:
    def all_the_way(content: str | bytes, by: Viewer) -> TableImport:
        table = upload(content, by)
        with unit_of_work():
            imports.start(table, LIST, by=by)
        work_off()
        return anew(table)

    return all_the_way


@pytest.fixture
def look(tmp_path: Path, fund: Fund, undp: Organisation) -> Callable[..., CashComparison]:
    def read(content: str, by: Viewer) -> CashComparison:
        path = tmp_path / "list.csv"
        path.write_text(content)
        return rows.compare(fund, LIST.read(path), by)

    return read


def anew(table: TableImport) -> TableImport:
    """Return an upload as it stands after background work."""
    return db.session.get_one(TableImport, table.id, populate_existing=True)


def table(*lines: str) -> str:
    return "\n".join([HEAD, *lines]) + "\n"


def told(found: CashComparison) -> list[str]:
    return [f"{p.place.column or ''}{p.place.row or ''}: {p}" for p in found.problems.in_order()]


def count(kind: type = CashDocument) -> int:
    return db.session.scalar(select(func.count()).select_from(kind)) or 0


# What comes in


def test_a_list_of_the_agent_is_recorded_and_confirmed(imported: Upload, fund: Fund, agent: Viewer) -> None:
    done = imported(table(TRANSFER, REFUND, INTEREST, FUND), agent)
    assert (done.state, done.added, done.known) == (ImportState.IMPORTED, 4, 0)
    lines = {line.document.kind: line.document for line in queries.documents(fund, Asked()).page.items}
    transfer, refund = lines[EntryKind.TRANSFER], lines[EntryKind.PUNO_REFUND]
    assert (transfer.reference, transfer.basis, transfer.bank_reference) == ("00123456", "First tranche", "AA-1")
    assert refund.party
    assert refund.party.short_name == "UNDP"
    assert lines[EntryKind.FUND_TRANSFER].other_fund == "Peacebuilding Fund"
    assert {document.standing for document in lines.values()} == {Standing.CONFIRMED}
    assert {document.import_id for document in lines.values()} == {done.id}
    confirmation = ledger.find_confirmation(transfer.entry)
    assert confirmation
    assert confirmation.how is ConfirmedBy.GATEWAY_IMPORT
    assert balances.of_line(fund, CASH) == {"USD": Money(-250_000_00 + 1_200_50 + 310_00 - 10_00, "USD")}


def test_what_the_secretariat_imports_is_advised(imported: Upload, fund: Fund, officer: Viewer) -> None:
    imported(table(TRANSFER), officer)
    (line,) = queries.documents(fund, Asked()).page.items
    assert line.document.standing is Standing.ADVISED


def test_the_same_list_twice_adds_nothing(imported: Upload, fund: Fund, agent: Viewer) -> None:
    imported(table(TRANSFER, REFUND, INTEREST), agent)
    again = imported(table(TRANSFER, REFUND, INTEREST), agent)
    assert (again.state, again.added, again.known) == (ImportState.IMPORTED, 0, 3)
    assert (count(), count(Entry)) == (3, 3)


def test_the_agents_list_confirms_what_somebody_else_recorded(
    imported: Upload, fund: Fund, officer: Viewer, agent: Viewer, undp: Organisation
) -> None:
    what = Movement(
        EntryKind.TRANSFER, Money(250_000_00, "USD"), date(2026, 3, 15), party=undp, reference="00123456"
    )  # without the bank's reference, which the list has
    document = service.record(fund, what, by=officer)
    db.session.commit()
    done = imported(table(TRANSFER, INTEREST), agent)
    assert (done.added, done.known) == (1, 1)
    assert done.task
    assert done.task.result == {"added": 1, "known": 1, "confirmed": 2}
    assert queries.get_document(fund, document.public_id).document.standing is Standing.CONFIRMED


def test_the_secretariats_import_confirms_nothing(
    imported: Upload, fund: Fund, officer: Viewer, make: Make, undp: Organisation
) -> None:
    imported(table(TRANSFER), make.viewer(Role.SECRETARIAT_HEAD, fund))
    imported(table(TRANSFER, INTEREST), officer)
    found = queries.documents(fund, Asked(standing=Standing.CONFIRMED))
    assert (found.page.total, count()) == (0, 2)


def test_a_person_does_not_confirm_what_the_same_person_recorded(
    look: Callable[..., CashComparison], fund: Fund, officer: Viewer, agent: Viewer, undp: Organisation
) -> None:
    what = Movement(EntryKind.TRANSFER, Money(250_000_00, "USD"), date(2026, 3, 15), party=undp, reference="00123456")
    service.record(fund, what, by=officer)
    same_person = Viewer(officer.id, officer.public_id, officer.name, agent.held, agent.chosen)
    assert look(table(TRANSFER), same_person).to_confirm == []
    assert len(look(table(TRANSFER), agent).to_confirm) == 1


def test_each_known_document_stands_for_one_row(
    look: Callable[..., CashComparison], fund: Fund, officer: Viewer, undp: Organisation
) -> None:
    what = Movement(
        EntryKind.TRANSFER, Money(250_000_00, "USD"), date(2026, 3, 15), party=undp, reference="00123456",
        bank_reference="aa - 1",
    )  # fmt: skip
    service.record(fund, what, by=officer)
    found = look(table(TRANSFER, TRANSFER.replace("AA-1", "AA-9")), officer)
    assert ([row.bank_reference for row in found.new], found.known) == (["AA-9"], 1)


def test_what_was_taken_back_is_new_again(imported: Upload, fund: Fund, agent: Viewer, officer: Viewer) -> None:
    imported(table(TRANSFER), agent)
    (line,) = queries.documents(fund, Asked()).page.items
    postings.reverse_document(fund, "cash_document", line.document.public_id, reason="Wrong", by=officer)
    db.session.commit()
    assert imported(table(TRANSFER), agent).added == 1


def test_a_direct_cost_names_its_number(imported: Upload, fund: Fund, agent: Viewer, officer: Viewer) -> None:
    imported(table("2 Jan 2026,other income,,,500.00,,"), agent)
    claim = claims.approve_direct_cost(fund, label="Audit", amount=Money(400_00, "USD"), basis="SC 9", by=officer)
    db.session.commit()
    imported(table("15 Mar 2026,direct cost,UNDP,dc-1,100.00,AA-7,"), agent)
    (line,) = queries.documents(fund, Asked(kind=EntryKind.DIRECT_COST)).page.items
    assert (line.document.claim_id, line.document.reference, line.remarks) == (claim.id, "DC-1", [])


def test_a_workbook_is_read_like_a_table(imported: Upload, fund: Fund, agent: Viewer) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(HEAD.split(","))
    book.active.append([date(2026, 3, 15), "transfer", "UNDP", "00123456", 250000, "AA-1", None])
    out = io.BytesIO()
    book.save(out)
    imported(out.getvalue(), agent)
    (line,) = queries.documents(fund, Asked()).page.items
    assert (line.document.value_on, line.document.amount) == (date(2026, 3, 15), Money(250_000_00, "USD"))


# What is refused, at its row and column


@pytest.mark.parametrize(
    "lines,expected",
    [
        ([TRANSFER.replace("00123456", "123456")],
         "D2: The project number “123456” has lost its leading zeros. Write all eight digits: “00123456”."),
        ([TRANSFER.replace("00123456", "")],
         "D2: Write the number of the project at the MPTF Office: eight digits, such as 00123456."),
        ([TRANSFER.replace("UNDP", "UNDQ")],
         "C2: There is no organisation “UNDQ”. Write its short name as it stands under Organisations."),
        ([TRANSFER.replace("UNDP", "")], "C2: Name the organisation."),
        ([INTEREST.replace("interest,,", "interest,UNDP,")], "C2: Interest of the fund names no organisation."),
        ([FUND.replace("Peacebuilding Fund", "")], "C2: Name the fund the money went to."),
        ([FUND.replace("Peacebuilding Fund", "F" * 101)], "C2: Use at most 100 characters."),
        ([TRANSFER.replace("AA-1", "R" * 101)], "F2: The text is longer than 100 characters. Shorten it."),
        ([TRANSFER.replace("250000.00", "-5")],
         "E2: Write an amount above zero. What comes back has a kind of its own, such as a refund."),
        ([TRANSFER.replace("250000.00", "1.000,00")[: -len(",First tranche")]],
         "E2: “1.000” has more than 2 digits after the point."),
        ([TRANSFER.replace("250000.00", "")],
         "E2: “” is not an amount. Write digits with a point before the cents, such as 1234.50 or 1,234.50."),
        ([TRANSFER.replace("15 Mar 2026", "31 Feb 2026")], "A2: There is no day “31 Feb 2026” in the calendar."),
        ([TRANSFER.replace("15 Mar 2026", "2190-01-01")], "A2: This day is still to come"),
        ([TRANSFER.replace("transfer", "deposit")], "B2: “deposit” is no kind this list may have. Write one of: "),
        (["2026-03-01,direct cost,UNDP,DC-7,5.00,,"], "D2: No direct cost DC-7 was approved."),
        ([TRANSFER, TRANSFER], "F3: Row 2 says the same, with the same bank reference."),
        ([REFUND, REFUND.replace("undp", "UNDP").replace("AA-2", " aa-2")], "F3: Row 2 says the same"),
        ([TRANSFER, TRANSFER.replace("AA-1", "")], "F3: Row 2 says the same"),
    ],
)  # fmt: skip
def test_a_problem_is_named_at_its_cell(
    look: Callable[..., CashComparison], agent: Viewer, lines: list[str], expected: str
) -> None:
    found = look(table(*lines), agent)
    assert any(sentence.startswith(expected) for sentence in told(found)), told(found)
    assert found.problems.errors


def test_every_mistake_of_a_row_is_told_at_once(look: Callable[..., CashComparison], agent: Viewer) -> None:
    found = look(
        table(
            "1 Jan 2190,transfer,UNDQ,1234,-5,AA-1,",
            "15 Mar 2026,fund interest,UNDP,nothing,x,AA-2,",
            "15 Mar 2026,deposit,UNDQ,DC-9,5.00,AA-3,",
            "1 Jan 2190,contributor refund,UNDQ,SAA-9,5.00,AA-4,",
            "x,direct cost,UNDQ,DC-9,5.00,AA-5,",
        ),
        agent,
    )
    assert [one.split(":")[0] for one in told(found)] == [
        "E2", "A2", "C2", "D2", "E3", "C3", "D3", "B4", "A5", "C5", "A6", "C6", "D6",
    ]  # fmt: skip
    assert (found.problems.errors, found.problems.warnings) == (13, 0)


def test_a_list_with_an_error_is_imported_in_no_part(imported: Upload, agent: Viewer) -> None:
    done = imported(table(TRANSFER, REFUND.replace("undp", "nobody")), agent)
    assert done.state is ImportState.STOPPED
    assert done.task
    assert "nothing was imported" in str(done.task.note)
    assert (count(), count(Entry)) == (0, 0)


def test_a_fund_with_books_in_another_currency_takes_no_list_in_dollars(
    look: Callable[..., CashComparison], fund: Fund, agent: Viewer
) -> None:
    fund.currency = "EUR"
    (sentence,) = told(look(table(TRANSFER, INTEREST), agent))
    assert "keeps its books in EUR, and a list names no currency" in sentence


# What looks wrong, told before it is recorded


@pytest.fixture
def books(fund: Fund, officer: Viewer, agent: Viewer, undp: Organisation, make: Make) -> Fund:
    """Let there be cash, a closed month, two direct costs, an agreement that keeps interest, and a deposit."""
    donor = make.organisation("Donorland")
    agreement = Signature(donor, "SAA-1", date(2026, 2, 10), Money(900_00, "USD"), interest=Interest.KEPT)
    sign_agreement(fund, agreement, by=officer)
    deposit = Receipt(donor, Money(500_00, "USD"), date(2026, 1, 20), bank_reference="IN-1")
    record_deposit(fund, deposit, by=officer)
    for entry in db.session.scalars(select(Entry).where(Entry.fund_id == fund.id)):
        postings.confirm(entry, by=agent)
    for number, amount in enumerate((100_00, 50_00), start=1):
        claims.approve_direct_cost(fund, label=f"Cost {number}", amount=Money(amount, "USD"), basis="SC", by=officer)
    before = Movement(EntryKind.TRANSFER, Money(60_00, "USD"), date(2026, 2, 1), undp, "00123456", bank_reference="T-0")
    service.record(fund, before, by=officer)
    postings.close_months(fund, date(2026, 1, 1), prepared_by=officer, by=agent)
    db.session.commit()
    return fund


def titles(found: CashComparison) -> dict[int, list[str]]:
    """Return what is foretold of each row, by its place among the new ones."""
    return {place: [one.title for one in remarks] for place, remarks in enumerate(found.remarks) if remarks}


def said_of(fund: Fund, found: CashComparison) -> list[list[str]]:
    """Return what the documents that came of a list say of themselves, in the order of its rows."""
    everything = queries.documents(fund, Asked()).page.items
    said = {one.document.basis: [remark.title for remark in one.remarks] for one in everything}
    assert len(everything) < PAGE_SIZE
    return [said[row.note] for row in found.new]


UNNAMED = (
    "An agreement of this fund keeps interest for its contributor, and this interest names none: all of it raises what "
    "is available. Say that it is the fund’s as a whole, or record it under its agreement."
)
MOVES = (
    "transfer,UNDP,00123456", "transfer,UNDP,00000001", "puno refund,UNDP,00123456", "puno refund,UNDP,00000001",
    "fund interest,,", "fund interest,,SAA-1", "puno interest,UNDP,slw00", "puno interest,UNDP,", "other income,,",
    "contributor refund,Donorland,",
    "contributor refund,Donorland,SAA-1", "fund transfer,PBF,", "direct cost,UNDP,DC-1", "direct cost,Donorland,DC-1",
    "direct cost,UNDP,DC-2", "direct cost,UNDP,", "direct cost refund,UNDP,DC-1", "bank charge,,",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_what_is_foretold_is_what_the_documents_say_of_themselves(
    look: Callable[..., CashComparison], imported: Upload, books: Fund, agent: Viewer, seed: int
) -> None:
    chance = random.Random(seed)
    lines = []
    for number in range(40):
        day = f"2026-{chance.randint(1, 4):02}-{chance.randint(20, 28)}"
        name = chance.choice(("IN-1", "T-0", f"X-{chance.randint(1, 12)}", f"Y-{number}", f"Z-{number}"))
        lines.append(f"{day},{chance.choice(MOVES)},{chance.randint(1, 12) * 10}.00,{name},row {number}")
    content = table(*lines)
    found = look(content, agent)
    assert found.problems.errors == 0, told(found)
    before = [[one.title for one in remarks] for remarks in found.remarks]
    assert imported(content, agent).added == 40
    assert said_of(books, found) == before
    assert found.problems.warnings == sum(map(len, before))
    assert len({title for titles in before for title in titles}) >= 6


def test_each_remark_is_told_at_its_cell_before_the_click(
    look: Callable[..., CashComparison], imported: Upload, books: Fund, agent: Viewer
) -> None:
    content = table(
        "2026-01-25,transfer,UNDP,00123456,400.00,A,1",
        "2026-01-26,transfer,UNDP,00123456,50.00,A,2",
        "2026-02-02,puno refund,UNDP,00123456,510.50,IN-1,3",
        "2026-03-01,fund interest,,,5.00,B,4",
        "2026-03-01,direct cost,UNDP,DC-1,100.00,C,5",
        "2026-03-02,direct cost,Donorland,DC-1,0.25,D,6",
        "2026-03-02,direct cost,UNDP,,1.00,E,7",
        "2026-03-03,bank charge,,,9000.00,F,8",
        "2026-03-04,contributor refund,Donorland,,500.75,G,9",
        "2026-03-04,direct cost refund,UNDP,DC-1,100.50,H,10",
    )
    found = look(content, agent)
    closed = "The month of {} Jan 2026 is closed, so it posts in February 2026."
    assert [one.replace("\N{NO-BREAK SPACE}", " ") for one in told(found)] == [
        "F2: A also stands in row 3 of this list with other figures.", "A2: " + closed.format(25),
        "F3: A also stands in row 2 of this list with other figures.", "A3: " + closed.format(26),
        "E4: With this refund UNDP has sent back USD 0.50 more for project 00123456 than was transferred to it.",
        "F4: IN-1 also stands on a deposit of 20 Jan 2026 with other figures.",
        f"D5: {UNNAMED}",
        "E7: With this payment USD 0.25 more is paid than was approved under DC-1.",
        "D8: No approved direct cost is named from which this is paid.",
        "E9: At the end of 3 Mar 2026 the books show USD −8,595.75 with the Administrative Agent.",
        "E10: At the end of 4 Mar 2026 the books show USD −8,996.00 with the Administrative Agent.",
        "E10: With this refund Donorland has received USD 0.75 more than it had contributed.",
        "E11: With this refund UNDP has sent back USD 0.50 more than it was paid for direct costs of this number.",
    ]  # fmt: skip
    assert [row.bank_reference for row, _, _ in found.first(4)] == ["A", "A", "IN-1", "B"]
    assert [row.bank_reference for row, _, _ in found.first(10)][-1] == "C"
    assert found.flagged == 9
    imported(content, agent)
    assert said_of(books, found) == [[one.title for one in remarks] for remarks in found.remarks]
    assert titles(look(content, agent)) == {}


def test_sums_are_foretold_of_whole_lists_alone(
    look: Callable[..., CashComparison], books: Fund, agent: Viewer
) -> None:
    much = "2026-03-03,bank charge,,,9000.00,F,"
    assert titles(look(table(much), agent)) == {0: ["Negative balance"]}
    found = look(table(much, much.replace("9000.00", "x"), "2026-03-03,direct cost,UNDP,,1.00,E,"), agent)
    assert (titles(found), found.problems.errors) == ({1: ["Not approved"]}, 1)


def test_what_is_known_already_is_foretold_nothing(
    look: Callable[..., CashComparison], books: Fund, agent: Viewer
) -> None:
    assert titles(look(table("2026-02-01,transfer,UNDP,00123456,60.00,T-0,"), agent)) == {}


def test_the_books_are_asked_as_often_whatever_the_length_of_a_list(
    app: Flask, look: Callable[..., CashComparison], books: Fund, agent: Viewer
) -> None:
    def asked(times: int) -> int:
        lines = [
            f"2026-03-{1 + number % 28:02},{move},{number + 1}.00,Q-{number}-{place},"
            for place, move in enumerate(MOVES)
            for number in range(times)
        ]
        db.session.expire_all()
        with statements(app) as sent:
            assert len(look(table(*lines), agent).new) == len(lines)
        return len(sent)

    assert asked(25) == asked(1) <= 8


# Once, whole, and with the rights held when it is done


def test_a_list_that_waits_is_not_uploaded_again(upload: Upload, officer: Viewer) -> None:
    upload(table(TRANSFER), officer)
    with pytest.raises(RuleBroken, match="waits already"):
        upload(table(TRANSFER), officer)


def test_an_import_is_asked_for_once_and_ends_once(upload: Upload, officer: Viewer) -> None:
    waiting = upload(table(TRANSFER), officer)
    with unit_of_work():
        imports.start(waiting, LIST, by=officer)
    for act in (imports.start, imports.discard):
        with pytest.raises(RuleBroken, match="still running"):
            act(waiting, LIST, by=officer)
    work_off()
    for act in (imports.start, imports.discard):
        with pytest.raises(RuleBroken, match="imported already"):
            act(anew(waiting), LIST, by=officer)


def test_a_discarded_list_is_not_imported(upload: Upload, officer: Viewer) -> None:
    waiting = upload(table(TRANSFER), officer)
    with unit_of_work():
        imports.discard(waiting, LIST, by=officer)
    assert waiting.state.value == ImportState.DISCARDED
    with pytest.raises(RuleBroken, match="was discarded"):
        imports.start(waiting, LIST, by=officer)


@pytest.fixture
def runner(app: Flask) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start real jobs processes over this installation; each leads a group of its own with what it starts."""
    config, started = app.extensions["config"], list[subprocess.Popen[bytes]]()
    settings = {
        "MPTF_ENV": "test", "MPTF_DATA": str(config.data_folder), "SECRET_KEY": config.secret_key,
        "DATABASE_URL": config.database_url, "BASE_URL": config.base_url, "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1",
    }  # fmt: skip

    def start() -> subprocess.Popen[bytes]:
        command = (sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "run")
        environment, quiet = os.environ | settings, subprocess.DEVNULL
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment, stderr=quiet, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


@pytest.mark.slow
def test_an_import_killed_half_way_leaves_nothing_and_is_done_again(
    upload: Upload, agent: Viewer, runner: Callable[[], subprocess.Popen[bytes]]
) -> None:
    waiting = upload(table(TRANSFER, REFUND, INTEREST), agent)
    with unit_of_work():
        imports.start(waiting, LIST, by=agent)
    told = db.session.scalar(select(func.count()).select_from(audit.AuditEvent))
    db.session.remove()
    with held_before(db.engine, "cash_document", "NEW.kind = 'fund_interest'") as held:
        process = runner()
        until(held)
        os.killpg(process.pid, signal.SIGKILL)  # the jobs process and the child that imports, as when the power fails
        process.wait()
    assert (count(), count(Entry), count(audit.AuditEvent)) == (0, 0, told)
    assert anew(waiting).state is ImportState.IMPORTING
    db.session.remove()
    runner()
    until(lambda: _ended(waiting))
    done = anew(waiting)
    assert done.task
    assert (done.state, done.added, done.task.attempts) == (ImportState.IMPORTED, 3, 2)
    assert (count(), count(Entry)) == (3, 3)
    assert audit.verify(db.session())[1] is None


def _ended(waiting: TableImport) -> bool:
    with transactions("read"):
        try:
            return anew(waiting).state.final
        finally:
            db.session.remove()


def test_a_right_that_ended_stops_the_import(upload: Upload, make: Make, fund: Fund, agent: Viewer) -> None:
    waiting = upload(table(TRANSFER), agent)
    with unit_of_work():
        imports.start(waiting, LIST, by=agent)
        db.session.execute(text("UPDATE role_grant SET until_on = '2020-01-01'"))
    work_off()
    assert (anew(waiting).state, count()) == (ImportState.STOPPED, 0)


def test_an_auditor_imports_nothing(upload: Upload, make: Make, fund: Fund) -> None:
    with pytest.raises(NotAllowed):
        upload(table(TRANSFER), make.viewer(Role.AUDITOR, fund))


def test_an_import_tells_what_it_did_once_and_each_document_for_itself(imported: Upload, agent: Viewer) -> None:
    done = imported(table(TRANSFER, INTEREST), agent)
    told_of = select(audit.AuditEvent.action).where(audit.AuditEvent.subject_id == done.public_id)
    assert db.session.scalars(told_of.order_by(audit.AuditEvent.seq)).all() == [
        "table_import.uploaded", "table_import.import_asked", "table_import.imported",
    ]  # fmt: skip
    recorded = select(func.count()).where(audit.AuditEvent.action == "cash_document.recorded")
    assert db.session.scalar(recorded) == 2
