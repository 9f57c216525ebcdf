"""How long a paper takes: from the figures of a statement to its file, with the process that draws it."""

import statistics
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from bench.measure import Measurement
from mptf.core.money import Money
from mptf.statements.figures import (
    LAYOUT,
    AgreementFigures,
    DepositFigures,
    Drawn,
    Named,
    Paper,
    Period,
    Pool,
    Received,
    added_up,
    uses,
)
from mptf.statements.papers import pdf

TIMES = 7
DEPOSITS = 40  # ten years of a contributor that pays by the quarter


def statement_pdf() -> float:
    """Milliseconds from the figures of a statement to its PDF file, the start of the drawing process included."""
    paper, times = _paper(), []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        pdf(paper, check_at="https://fund.example.org/check")
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[1:])


def _paper() -> Paper:
    """Return an issued statement of a contributor of many deposits under one agreement."""
    amount, zero = Money(25_000_000, "USD"), Money.zero("USD")
    deposit = DepositFigures(date(2016, 1, 15), "DE-1", None, None, amount, Money(250_000, "USD"), False, "certain", "")
    deposits = tuple(
        replace(deposit, value_on=date(2016 + number // 4, 1 + 3 * (number % 4), 15)) for number in range(DEPOSITS)
    )
    in_all = added_up(deposits, "USD")
    agreement = AgreementFigures("DE-1", "Standard administrative arrangement", date(2015, 12, 1), in_all.received,
                                 in_all.received, (), (), zero)  # fmt: skip
    pool = Pool(in_all.received, in_all.received, zero)
    weights = {f"Donor {number:02}": in_all.received.minor for number in range(12)}
    drawn = Drawn(
        layout=LAYOUT, fund=Named("f", "SLW00", "Fund"), donor=Named("d", "Donor 00", "Ministry of Foreign Affairs"),
        period=Period(None, date(2025, 12, 31)), known_at=datetime(2026, 1, 31, 12, tzinfo=UTC),
        drawn_on=date(2026, 1, 31), currency="USD", agreements=(agreement,), before=Received(0, zero, zero, 0),
        deposits=deposits, in_all=in_all, refunds=zero, contributed=in_all.received, advised=zero,
        everybody=in_all.received, share=Decimal("8.33"), uses=uses(pool, weights, "Donor 00"), delivery=None,
        certification="", contributors=tuple((code, code) for code in weights), is_demo=False,
    )  # fmt: skip
    return Paper(drawn, "Europe/Belgrade", "SLW00/2026/1", "ABCDEFGHJKMN", "0" * 64, "", "Demo Head")


MEASUREMENTS = {"PERF-statement-pdf": Measurement(statement_pdf, 300.0, "ms")}
