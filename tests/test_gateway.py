"""The Gateway extract: checked with every problem at its cell, imported whole or not at all."""

import csv
import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from mptf.core import files, tasks
from mptf.core.audit import AuditEvent
from mptf.core.db import db, unit_of_work
from mptf.core.errors import DomainError, RuleBroken
from mptf.core.files import Store
from mptf.core.tasks import Task, TaskState
from mptf.fund.models import Fund
from mptf.gateway import queries, service, work
from mptf.gateway.models import ExtractStatus, GatewayExtract, GatewayFigure, GatewayProblem, GatewayStagedFigure
from mptf.gateway.queries import Asked
from mptf.ledger.delivery import Certification, Flag
from mptf.paper.filekind import sniff
from mptf.policy import Role, Viewer
from tests.factories import Make
from tests.support.work import work_off

SAMPLE = Path(__file__).parents[1] / "demo" / "data" / "gateway_participating_organisations.csv"
HEAD = (
    "agency_code,ORGANIZATION,BUDGET,NET_FUNDED,EXPENDITURE,delivery_rate,FUNDS_COUNT,"
    "implementing_group_code,implementing_agent_group_description"
)
GOOD = "002100,UNDP,200.000,100.000,90.000,90.00,3,UNDP_0001,United Nations Development Programme"

Upload = Callable[..., GatewayExtract]


@pytest.fixture
def upload(store: Store, fund: Fund, officer: Viewer) -> Upload:
    def take_in(content: bytes | str, name: str = "extract.csv", **said: Any) -> GatewayExtract:
        raw = content.encode() if isinstance(content, str) else content
        said = {"cut_off_on": None, "certification": Certification.NOT_STATED, "title": "2016 to 2025", **said}
        with unit_of_work():
            blob = store.keep(io.BytesIO(raw), limit=20 << 20)
            media_type = sniff(store.path(blob.sha256)).media_type
            stored = files.add(blob, name=name, media_type=media_type, by=officer, fund_id=fund.id)
            return service.upload(fund, stored, source="MPTF Office Gateway", by=officer, **said)

    return take_in


@pytest.fixture
def checked(upload: Upload) -> Upload:
    def take_in_and_check(content: bytes | str, **said: Any) -> GatewayExtract:
        extract = upload(content, **said)
        work_off()
        return anew(extract)

    return take_in_and_check


@pytest.fixture
def imported(checked: Upload, officer: Viewer) -> Upload:
    def all_the_way(content: bytes | str, **said: Any) -> GatewayExtract:
        extract = checked(content, **said)
        with unit_of_work():
            service.start_import(extract, by=officer)
        work_off()
        return anew(extract)

    return all_the_way


def anew(extract: GatewayExtract) -> GatewayExtract:
    """Return an extract as it stands after background work."""
    return db.session.get_one(GatewayExtract, extract.id)


def table(*rows: str, head: str = HEAD) -> str:
    return "\n".join([head, *rows]) + "\n"


def row(**cells: str) -> str:
    """Return the good row with some cells changed."""
    values = dict(zip(HEAD.split(","), GOOD.split(","), strict=True))
    values.update(cells)
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(values.values())
    return out.getvalue()


def told(extract: GatewayExtract) -> list[str]:
    """Return the problems as `cell: sentence`."""
    return [
        f"{problem.place.column or ''}{problem.place.row or ''}: {problem}" for problem in queries.problems(extract)
    ]


def count(kind: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(kind)) or 0


# The published extract


def test_every_published_rate_of_the_sample_is_reproduced(imported: Upload) -> None:
    extract = imported(SAMPLE.read_bytes())
    assert extract.status is ExtractStatus.IMPORTED
    with SAMPLE.open(encoding="utf-8") as file:
        published = {
            line["agency_code"]: (line["delivery_rate"], Decimal(line["NET_FUNDED"])) for line in csv.DictReader(file)
        }
    figures = {figure.agency_code: figure for figure in queries.every_figure(extract)}
    assert figures.keys() == published.keys()
    for code, (rate, net_funded) in published.items():
        assert figures[code].rate == (Decimal(rate) if net_funded else None), code
        assert figures[code].published_rate == Decimal(rate), code


def test_the_sample_adds_up_to_what_it_says(imported: Upload) -> None:
    summary = queries.summary(imported(SAMPLE.read_bytes()))
    assert (summary.organisations, summary.reproduced, summary.not_computable) == (119, 118, 1)
    assert str(summary.budget.decimal) == "6714667526.65"
    assert str(summary.net_funded.decimal) == "5782925031.92"
    assert str(summary.expenditure.decimal) == "5033815061.14"
    assert summary.rate == Decimal("87.05")


def test_the_sample_has_one_warning_and_no_error(checked: Upload) -> None:
    extract = checked(SAMPLE.read_bytes())
    assert (extract.figure_count, extract.error_count, extract.warning_count) == (119, 0, 1)
    assert told(extract) == [
        "B120: The row has no agency code or no name; it is imported under its group description, “Fiscal Agent”."
    ]


def test_unusual_figures_are_shown_and_flagged(imported: Upload) -> None:
    extract = imported(SAMPLE.read_bytes())
    figures = {figure.organisation: figure for figure in queries.every_figure(extract)}
    assert figures["MINUSMA"].flags == (Flag.NET_FUNDED_ZERO,)
    assert figures["UNOLA"].flags == (Flag.NET_FUNDED_NEGATIVE,)
    assert figures["IAEA"].flags == (Flag.NET_FUNDED_NEGATIVE, Flag.EXPENDITURE_NEGATIVE)
    assert figures["ACTED"].flags == (Flag.ABOVE_ALL,)
    assert figures["Fiscal Agent"].rate == 0
    flagged = {figure.organisation for figure in figures.values() if figure.flags}
    unusual = queries.figures(extract, Asked(unusual=True))
    assert {figure.organisation for figure in unusual.items} == flagged
    assert queries.summary(extract).flagged == len(flagged) == 11


def test_amounts_are_kept_exactly_and_codes_keep_their_zeros(imported: Upload) -> None:
    figure = queries.every_figure(imported(SAMPLE.read_bytes()))[0]
    assert (figure.agency_code, figure.organisation) == ("002100", "UNDP")
    assert (figure.budget.minor, figure.budget.currency) == (270181649423, "USD")


def test_a_workbook_gives_the_same_figures_as_the_csv(imported: Upload, checked: Upload) -> None:
    imported(SAMPLE.read_bytes())
    book = openpyxl.Workbook()
    assert book.active is not None
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        for number, cells in enumerate(csv.reader(file)):
            book.active.append(
                cells if not number else [*cells[:2], *map(float, cells[2:6]), int(cells[6]), *cells[7:]]
            )
    out = io.BytesIO()
    book.save(out)
    extract = checked(out.getvalue(), name="extract.xlsx")
    assert told(extract)[0] == (
        ": Exactly these figures were already imported as “2016 to 2025”. Importing them again would add nothing."
    )


# Bad input, each named at its place


@pytest.mark.parametrize(
    "content,expected",
    [
        (table(row(BUDGET="1.000,00")),
         "C2: “1.000,00” is not an amount. Write digits with a point before the cents, such as 1234.50 or 1,234.50."),
        (table(row(NET_FUNDED="NaN")),
         "D2: “NaN” is not an amount. Write digits with a point before the cents, such as 1234.50 or 1,234.50."),
        (table(row(EXPENDITURE="1e9")),
         "E2: “1e9” is not an amount. Write digits with a point before the cents, such as 1234.50 or 1,234.50."),
        (table(row(BUDGET="200.001")), "C2: “200.001” has more than 2 digits after the point."),
        (table(row(BUDGET="")), "C2: The cell is empty. Fill it in."),
        (table(row(delivery_rate="90%")),
         "F2: “90%” is not a rate. Write percent with a point and two decimals, such as 88.28."),
        (table(row(delivery_rate="90.123")),
         "F2: “90.123” has more than two decimals. Write the rate as it was published, such as 88.28."),
        (table(row(FUNDS_COUNT="3.5")), "G2: “3.5” is not a whole number. Write digits only, such as 12."),
        (table(row(agency_code="2100")),
         "A2: The agency code “2100” has lost its leading zeros. Format the column as text and write “002100”."),
        (table(row(ORGANIZATION="x" * 301)), "B2: The text is longer than 300 characters. Shorten it."),
        (table(row(ORGANIZATION="x" * 293 + " Kosovo")), "B2: The text is longer than 300 characters. Shorten it."),
        (table(row(ORGANIZATION="a\x07b")),
         "B2: The text holds a character that cannot be shown. Type it again."),
        (table(row(ORGANIZATION="a\u202eb")),
         "B2: The text holds a character that cannot be shown. Type it again."),
        (table(row(implementing_agent_group_description="\u200b")), "I2: The cell is empty. Fill it in."),
        (table(GOOD, row(ORGANIZATION="again")),
         "A3: “002100” stands in row 2 and again in row 3. Keep one of them."),
        (table(GOOD + ",XYZ", head=HEAD + ",CURRENCY"),
         "J2: “XYZ” is not a currency this system knows. Use a code such as USD, EUR or SEK."),
        (table(GOOD + ",EUR", head=HEAD + ",CURRENCY"),
         "J2: The Gateway publishes in USD, this row is in EUR. Upload the extract as it was published."),
        (table(GOOD, head=HEAD.replace("NET_FUNDED", "NET_FUNDS")),
         "D1: There is no column “NET_FUNDED”. If “NET_FUNDS” is meant, call it “NET_FUNDED”."),
        (table(GOOD, head=HEAD.replace("agency_code", "who")),
         "1: There is no column “agency_code”. Row 1 must hold the column names."),
        (table(GOOD, 'x,"y'),
         ": The row after row 2 cannot be read: unexpected end of data. Look for a quotation mark that is not closed."),
    ],
)  # fmt: skip
def test_bad_input_is_refused_at_its_cell(checked: Upload, officer: Viewer, content: str, expected: str) -> None:
    extract = checked(content)
    assert expected in told(extract)
    assert extract.error_count
    with pytest.raises(RuleBroken, match=r"Errors in the file: \d"):
        service.start_import(extract, by=officer)
    assert count(GatewayFigure) == 0


def test_a_merged_cell_and_a_formula_are_refused_at_their_cells(checked: Upload) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(HEAD.split(","))
    book.active.append([*GOOD.split(",")[:4], "=C2-D2", *GOOD.split(",")[5:]])
    book.active.merge_cells("A4:B4")
    out = io.BytesIO()
    book.save(out)
    assert told(checked(out.getvalue(), name="extract.xlsx")) == [
        "E2: The cell holds a formula, =C2-D2. Copy the table, paste it as values only and upload that.",
        "A4: The cells A4 to B4 are merged. Unmerge them, so that every row has its own cells.",
    ]


def test_a_rate_the_amounts_do_not_give_is_a_warning(imported: Upload) -> None:
    extract = imported(table(row(delivery_rate="91.00")))
    assert told(extract) == ["F2: The published rate is 91.00%; expenditure ÷ net funded gives 90.00%."]
    assert queries.summary(extract).reproduced == 0


def test_a_name_others_wrote_without_its_asterisk_gets_it_and_the_preview_says_so(imported: Upload) -> None:
    extract = imported(table(row(ORGANIZATION="UNDP KOSOVO", implementing_agent_group_description="Kosovo* offices")))
    kept = "the name keeps its asterisk, and the pages print the footnote."
    assert told(extract) == [f"B2: “UNDP KOSOVO” is imported as “UNDP KOSOVO*”: {kept}"]
    assert [(f.organisation, f.group_name) for f in queries.every_figure(extract)] == [
        ("UNDP KOSOVO*", "Kosovo* offices")
    ]


def test_an_empty_table_cannot_be_imported(checked: Upload, officer: Viewer) -> None:
    extract = checked(HEAD + "\n")
    assert told(extract) == [": The table has no row below its head."]
    with pytest.raises(RuleBroken, match="Errors in the file: 1"):
        service.start_import(extract, by=officer)


# Twice, and half-way


def test_the_same_file_twice_adds_nothing_and_says_so(imported: Upload, upload: Upload) -> None:
    imported(SAMPLE.read_bytes())
    with pytest.raises(RuleBroken, match="already here as “2016 to 2025”"):
        upload(SAMPLE.read_bytes())
    assert (count(GatewayExtract), count(GatewayFigure)) == (1, 119)


def test_the_same_figures_in_another_order_add_nothing(imported: Upload, checked: Upload, officer: Viewer) -> None:
    other = row(agency_code="001999", ORGANIZATION="UNICEF")
    imported(table(GOOD, other))
    again = checked(table(other, GOOD))
    with pytest.raises(RuleBroken):
        service.start_import(again, by=officer)
    assert count(GatewayFigure) == 2


def test_two_checked_extracts_of_the_same_figures_publish_once(checked: Upload, officer: Viewer) -> None:
    other = row(agency_code="001999", ORGANIZATION="UNICEF")
    first, second = checked(table(GOOD, other)), checked(table(other, GOOD))
    first = anew(first)
    with unit_of_work():
        service.start_import(first, by=officer)
        service.start_import(second, by=officer)
    work_off()
    first, second = anew(first), anew(second)
    assert (first.status, second.status) == (ExtractStatus.IMPORTED, ExtractStatus.CHECKED)
    assert count(GatewayFigure) == 2
    assert second.task is not None
    assert (second.task.state, "already imported" in str(second.task.note)) == (TaskState.FAILED, True)


def test_an_import_killed_half_way_leaves_nothing_and_can_be_done_again(
    checked: Upload, officer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract = checked(SAMPLE.read_bytes())
    with unit_of_work():
        service.start_import(extract, by=officer)

    class Killed(BaseException):
        """The process ends here."""

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(queries, "count_figures", die)  # the figures are inserted, nothing is committed
        with pytest.raises(Killed):
            work_off()
    db.session.remove()
    assert (count(GatewayFigure), count(GatewayStagedFigure)) == (0, 119)
    with unit_of_work():
        tasks.give_back(db.session.scalars(select(Task).where(Task.state == TaskState.RUNNING)).one())
    assert work_off() == 1
    assert (count(GatewayFigure), count(GatewayStagedFigure)) == (119, 0)


def test_a_check_killed_half_way_begins_anew(upload: Upload, fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    extract = upload(SAMPLE.read_bytes())

    class Killed(BaseException):
        """The process ends here."""

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(service, "finish_check", die)
        with pytest.raises(Killed):
            work_off()
    assert count(GatewayStagedFigure) == 119
    with unit_of_work():
        tasks.give_back(db.session.scalars(select(Task).where(Task.state == TaskState.RUNNING)).one())
    work_off()
    assert count(GatewayStagedFigure) == 119
    assert queries.get_extract(fund, extract.public_id).status is ExtractStatus.CHECKED


def test_a_check_that_was_overtaken_stages_nothing_beside_the_one_that_counts(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(SAMPLE.read_bytes())
    staged, stage = list[int](), service.stage

    def overtaken_after_the_first_batch(rows: Sequence[service.Staged]) -> None:
        stage(rows)
        staged.append(len(rows))
        db.session.execute(update(Task).values(attempts=Task.attempts + 1))

    monkeypatch.setattr(service, "stage", overtaken_after_the_first_batch)
    monkeypatch.setattr(work, "BATCH", 50)
    work_off()
    assert staged == [50]
    assert count(GatewayStagedFigure) == 50
    assert count(GatewayProblem) == 0


def test_an_import_is_one_audit_event_whatever_its_size(imported: Upload) -> None:
    extract = imported(SAMPLE.read_bytes())
    events = db.session.scalars(
        select(AuditEvent).where(AuditEvent.subject_id == extract.public_id).order_by(AuditEvent.seq)
    ).all()
    assert [event.action for event in events] == [
        "gateway_extract.uploaded",
        "gateway_extract.checked",
        "gateway_extract.import_asked",
        "gateway_extract.imported",
    ]
    assert all(event.actor_id == extract.by_id for event in events)


def test_a_long_table_is_staged_in_batches_and_published_whole(imported: Upload) -> None:
    rows = [row(agency_code=f"{number:06}") for number in range(2 * work.BATCH + 1)]
    extract = imported(table(*rows))
    assert count(GatewayFigure) == extract.figure_count == 2001
    assert count(GatewayStagedFigure) == 0


def test_a_table_longer_than_any_extract_is_refused(checked: Upload) -> None:
    """Every page of an extract adds all of its rows up."""
    extract = checked(table(*(row(agency_code=f"{number:06}") for number in range(5_001))))
    assert told(extract) == [": The table has more than 5,000 rows. Split it and upload the parts."]


# Afterwards


@pytest.mark.both_engines
@pytest.mark.parametrize("statement", ["UPDATE gateway_figure SET budget_minor = 1", "DELETE FROM gateway_figure"])
def test_the_database_lets_nobody_change_a_published_figure(imported: Upload, statement: str) -> None:
    imported(table(GOOD))
    with pytest.raises(DBAPIError, match="never"):
        db.session.execute(text(statement))
    db.session.rollback()


def test_withdrawn_figures_stay_and_may_be_imported_again(imported: Upload, officer: Viewer, fund: Fund) -> None:
    first = imported(table(GOOD))
    with unit_of_work():
        service.withdraw(first, because="wrong cut-off day", by=officer)
    assert queries.imported(fund) == []
    again = imported(table(GOOD), title="with its cut-off day")
    assert again.status is ExtractStatus.IMPORTED
    assert count(GatewayFigure) == 2


def test_figures_are_not_withdrawn_without_a_reason(imported: Upload, officer: Viewer) -> None:
    extract = imported(table(GOOD))
    with pytest.raises(RuleBroken, match="Say why the figures are withdrawn"):
        service.withdraw(extract, because="  ", by=officer)
    assert extract.status is ExtractStatus.IMPORTED


def test_a_discarded_extract_keeps_no_rows(checked: Upload, upload: Upload, officer: Viewer) -> None:
    extract = checked(table(row(BUDGET="x")))
    with unit_of_work():
        service.discard(extract, by=officer)
    assert (count(GatewayStagedFigure), count(GatewayProblem)) == (0, 0)
    assert upload(table(row(BUDGET="x"))).status is ExtractStatus.UPLOADED


def test_an_extract_is_not_discarded_while_it_is_being_checked(upload: Upload, officer: Viewer) -> None:
    with pytest.raises(RuleBroken, match="still running"):
        service.discard(upload(table(GOOD)), by=officer)


def test_a_right_that_ended_stops_the_import(checked: Upload, officer: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    extract = checked(table(GOOD))
    with unit_of_work():
        service.start_import(extract, by=officer)
        db.session.execute(text("UPDATE role_grant SET until_on = '2020-01-01'"))
    work_off()
    assert count(GatewayFigure) == 0
    assert anew(extract).status is ExtractStatus.CHECKED


def test_an_auditor_may_not_upload(store: Store, fund: Fund, make: Make) -> None:
    auditor = make.viewer(Role.AUDITOR, fund)
    blob = store.keep(io.BytesIO(table(GOOD).encode()), limit=1000)
    stored = files.add(blob, name="a.csv", media_type="text/csv", by=auditor, fund_id=fund.id)
    with pytest.raises(DomainError):
        service.upload(
            fund, stored, title="t", source="s", cut_off_on=None, certification=Certification.INTERIM, by=auditor
        )


@pytest.mark.parametrize(
    "asked,first",
    [
        (Asked(), "UNDP"),
        (Asked(sort="net_funded", order="ascending"), "Gvt of MLI"),
        (Asked(sort="rate"), "ACTED"),
        (Asked(sort="organisation", order="ascending"), "ACCORD"),
        (Asked(words="unicef children"), "UNICEF"),
        (Asked(sort="nonsense"), "UNDP"),
    ],
)
def test_figures_are_searched_and_sorted(imported: Upload, asked: Asked, first: str) -> None:
    page = queries.figures(imported(SAMPLE.read_bytes()), asked)
    assert page.items[0].organisation == first
