"""Exchange rates are exact, typed or imported, never doubled and never changed silently."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from mptf.core import audit, files
from mptf.core.db import db
from mptf.core.errors import NotAllowed, RuleBroken
from mptf.core.files import Store
from mptf.fund.models import Fund
from mptf.policy import Role, Viewer
from mptf.rates import queries, service
from mptf.rates.figures import parse_rate, rate_text
from mptf.rates.models import ExchangeRate, RateSource, RateUpload
from mptf.rates.service import NewRate
from mptf.rates.table import read_rates
from mptf.trail import queries as trail
from tests.factories import Make

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
HEAD = "Currency,Valid from,Units per US dollar,Note\n"


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.mark.parametrize(
    "text, millionths",
    [("0.921", 921000), ("10.416667", 10416667), (" 1 ", 1000000), ("1234.5", 1234500000), (".000001", 1)],
)
def test_a_rate_is_read_exactly(text: str, millionths: int) -> None:
    assert parse_rate(text) == millionths


@pytest.mark.parametrize(
    "text, why",
    [("0", "more than 0"), ("-1", "more than 0"), ("10000001", "at most 10,000,000"), ("0.9210001", "six digits"),
     ("0,921", "is not a rate"), ("10,416", "is not a rate"), ("NaN", "is not a rate"),
     ("1e2", "is not a rate"), ("", "is not a rate")],
)  # fmt: skip
def test_anything_else_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(RuleBroken, match=why):
        parse_rate(text)


@given(st.integers(1, 10**13))
def test_a_rate_written_is_the_rate_read(millionths: int) -> None:
    assert parse_rate(rate_text(millionths)) == millionths


def rate_on(currency: str, day: date) -> ExchangeRate | None:
    return db.session.scalars(queries.in_force(currency, day)).first()


def test_the_rate_of_a_day_is_the_latest_that_began(ctx: Flask, fund: Fund, officer: Viewer) -> None:
    for day, millionths in ((JANUARY, 920000), (MARCH, 930000)):
        service.record_rate(NewRate("EUR", day, millionths), fund=fund, by=officer)
    service.record_rate(NewRate("EUR", FEBRUARY, 1, RateSource.OTHER, "Bank advice"), fund=fund, by=officer)
    db.session.commit()
    assert rate_on("EUR", date(2025, 12, 31)) is None
    assert rate_on("GBP", MARCH) is None
    found = [rate_on("EUR", day) for day in (JANUARY, date(2026, 2, 28), MARCH, date(2030, 1, 1))]
    assert [rate.per_dollar for rate in found if rate] == [
        Decimal("0.92"), Decimal("0.92"), Decimal("0.93"), Decimal("0.93"),
    ]  # fmt: skip


def test_the_same_rate_twice_is_one(ctx: Flask, fund: Fund, officer: Viewer) -> None:
    first, new = service.record_rate(NewRate("EUR", JANUARY, 920000), fund=fund, by=officer)
    again, new_again = service.record_rate(NewRate("EUR", JANUARY, 920000), fund=fund, by=officer)
    db.session.commit()
    assert (new, new_again) == (True, False)
    assert again is first
    events = db.session.query(audit.AuditEvent).order_by(audit.AuditEvent.seq)
    assert [event.action for event in events] == ["rate.recorded"]


def test_another_rate_for_the_day_is_refused_naming_the_one_that_stands(
    ctx: Flask, fund: Fund, officer: Viewer
) -> None:
    service.record_rate(NewRate("EUR", JANUARY, 920000), fund=fund, by=officer)
    with pytest.raises(RuleBroken) as refused:
        service.record_rate(NewRate("EUR", JANUARY, 930000), fund=fund, by=officer)
    assert str(refused.value) == (
        "EUR has 0.920000 from 1 Jan 2026 (UN Operational Rate of Exchange). Correct that rate if it is wrong."
    )


def test_a_correction_says_why_and_keeps_both_in_the_log(ctx: Flask, fund: Fund, officer: Viewer) -> None:
    rate, _ = service.record_rate(NewRate("EUR", JANUARY, 290000), fund=fund, by=officer)
    with pytest.raises(RuleBroken, match="why"):
        service.correct_rate(rate, millionths=920000, note=" ", fund=fund, by=officer)
    service.correct_rate(rate, millionths=920000, note="Digits were swapped", fund=fund, by=officer)
    db.session.commit()
    event = db.session.query(audit.AuditEvent).filter_by(action="rate.corrected").one()
    assert event.detail.body is not None
    assert "[290000, 920000]" in event.detail.body


@pytest.mark.parametrize(
    "rate, why",
    [
        (NewRate("USD", JANUARY, 1), "USD itself has none"),
        (NewRate("XXX", JANUARY, 1), "not a currency"),
        (NewRate("EUR", JANUARY, 1, RateSource.OTHER), "where the rate comes from"),
    ],
)  # fmt: skip
def test_a_rate_nobody_can_use_is_refused(ctx: Flask, fund: Fund, officer: Viewer, rate: NewRate, why: str) -> None:
    with pytest.raises(RuleBroken, match=why):
        service.record_rate(rate, fund=fund, by=officer)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR, Role.ADMINISTRATIVE_AGENT, Role.DONOR_VIEWER])
def test_only_the_secretariat_keeps_rates(ctx: Flask, make: Make, fund: Fund, role: Role) -> None:
    with pytest.raises(NotAllowed):
        service.record_rate(NewRate("EUR", JANUARY, 920000), fund=fund, by=make.viewer(role, fund))


Upload = Callable[[str | bytes], tuple[Path, RateUpload]]


@pytest.fixture
def upload(ctx: Flask, store: Store, fund: Fund, officer: Viewer) -> Upload:
    def keep(content: str | bytes) -> tuple[Path, RateUpload]:
        blob = store.keep(BytesIO(content.encode() if isinstance(content, str) else content), limit=1 << 20)
        stored = files.add(blob, name="rates.csv", media_type="text/csv", by=officer, fund_id=fund.id)
        upload = service.upload_table(fund, stored, source=RateSource.UNORE, by=officer)
        db.session.commit()
        return store.path(blob.sha256), upload

    return keep


def problems(path: Path) -> list[str]:
    found = service.look_at(read_rates(path), RateSource.UNORE).problems.in_order()
    return [f"{p.place.column or ''}{p.place.row or ''}: {p}" for p in found]


def test_an_import_adds_what_is_new_and_the_same_import_nothing(upload: Upload, fund: Fund, officer: Viewer) -> None:
    path, table = upload(HEAD + "EUR,1 Jan 2026,0.92,\nSEK,2026-01-01,10.416667,monthly\nAFN,2026-01-01,66.1,\n")
    first = service.import_table(table, read_rates(path), fund=fund, by=officer)
    db.session.commit()
    again = service.import_table(table, read_rates(path), fund=fund, by=officer)
    db.session.commit()
    assert (len(first.new), first.known, len(again.new), again.known) == (2, 0, 0, 2)
    krona = rate_on("SEK", JANUARY)
    assert krona is not None
    assert (krona.per_dollar, krona.note) == (Decimal("10.416667"), "monthly")
    assert problems(path) == ["A4: AFN is no currency rates are kept for; the row was not read."]
    assert [event.action for event in db.session.query(audit.AuditEvent).order_by(audit.AuditEvent.seq)] == [
        "rate_table.uploaded",
        "rate_table.imported",
    ]


def test_the_log_of_every_fund_tells_of_a_rate_and_an_upload_stays_in_its_own(
    upload: Upload, make: Make, fund: Fund, officer: Viewer
) -> None:
    other = make.fund("FWR00")
    rate, _ = service.record_rate(NewRate("GBP", JANUARY, 790000), fund=fund, by=officer)
    service.correct_rate(rate, millionths=780000, note="Digits were swapped", fund=fund, by=officer)
    path, table = upload(HEAD + "EUR,1 Jan 2026,0.92,\n")
    service.import_table(table, read_rates(path), fund=fund, by=officer)
    db.session.commit()

    def told_in(place: Fund) -> list[str]:
        return [event.action for event in trail.page_of(trail.CHANGES, trail.Wanted(), fund=place).items]

    shared = ["rate_table.imported", "rate.corrected", "rate.recorded"]
    assert told_in(fund) == [shared[0], "rate_table.uploaded", *shared[1:]]
    assert told_in(other) == shared


def test_a_workbook_is_read_like_a_table(upload: Upload, fund: Fund, officer: Viewer) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["Currency", "Valid from", "Units per US dollar"], ["EUR", JANUARY, 0.92], ["SEK", JANUARY, 10.416667]):
        book.active.append(row)
    out = BytesIO()
    book.save(out)
    path, table = upload(out.getvalue())
    assert len(service.import_table(table, read_rates(path), fund=fund, by=officer).new) == 2


def test_problems_are_named_by_row_and_column_and_nothing_is_imported(
    upload: Upload, fund: Fund, officer: Viewer
) -> None:
    service.record_rate(NewRate("EUR", MARCH, 930000), fund=fund, by=officer)
    path, table = upload(
        HEAD + "EUR,1 Jan 2026,\"1.000,00\",\nEUR,31 Feb 2026,0.9,\neuro,2026-01-01,0.9,\n"
        "SEK,2026-01-01,9.5,\nSEK,2026-01-01,9.6,\nEUR,1 Mar 2026,0.94,\n"
    )  # fmt: skip
    assert problems(path) == [
        "C2: “1.000,00” is not a rate. Write units for one US dollar with a point, such as 0.921.",
        "B3: There is no day “31 Feb 2026” in the calendar.",
        "A4: “euro” is not a currency code. Write three capital letters, such as EUR.",
        "B6: SEK has a rate for the same day in row 5. Keep one of them.",
        "C7: EUR already has 0.930000 from this day. Correct that rate, or take the row out.",
    ]
    with pytest.raises(RuleBroken, match="nothing was imported"):
        service.import_table(table, read_rates(path), fund=fund, by=officer)
    assert db.session.query(ExchangeRate).count() == 1


def test_a_wrong_head_is_said_and_nothing_read(upload: Upload) -> None:
    path, _ = upload("Currency,Valid from,Rate\nEUR,2026-01-01,0.92\n")
    found = service.look_at(read_rates(path), RateSource.UNORE)
    assert found.problems.errors == 1
    assert found.new == []


def test_rates_are_listed_by_currency_newest_first(ctx: Flask, fund: Fund, officer: Viewer) -> None:
    for currency, day in (("SEK", JANUARY), ("EUR", JANUARY), ("EUR", MARCH), ("EUR", FEBRUARY)):
        service.record_rate(NewRate(currency, day, 920000), fund=fund, by=officer)
    db.session.commit()
    assert [(r.currency, r.valid_from) for r in queries.rates().items] == [
        ("EUR", MARCH), ("EUR", FEBRUARY), ("EUR", JANUARY), ("SEK", JANUARY),
    ]  # fmt: skip
    assert [r.valid_from for r in queries.rates(currency="EUR", page=2, size=2).items] == [JANUARY]
    in_force = queries.rates_in_force(date(2026, 2, 15))
    assert [(r.currency, r.valid_from) for r in in_force] == [("EUR", FEBRUARY), ("SEK", JANUARY)]
