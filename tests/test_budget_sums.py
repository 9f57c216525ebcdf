"""The totals a browser shows while somebody types are those the server computes, to the last cent."""

import random
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from mptf.budgets import grid as grids
from mptf.budgets.amounts import amount_of
from mptf.budgets.grid import DIRECT, Budget, Grid, Office, Place, Sums
from mptf.core.errors import RuleBroken
from mptf.core.money import LARGEST_MINOR, Money, amount_text
from mptf.core.shares import apportion

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser]

SCRIPT = Path("static/js/budget-sums.js")
GRIDS = 400
DIGITS = {"USD": 2, "JPY": 0, "KWD": 3}

# What is typed, pasted and mistyped into cells.
TYPED = (
    "", " ", "0", "-0", "-5", "\N{MINUS SIGN}5", "12k", "12,000", "12,00", "1,2,3", "01,000", "5.", ".5", "-.5", "5..",
    ".", "-", "1.", "1.005", "1.00", "1e3", "NaN", "Infinity", "0x10", "1_000", "\N{FULLWIDTH DIGIT ONE}2",
    "\N{ARABIC-INDIC DIGIT THREE}", " 7 ", "\xa08\xa0", "\ufeff9", "\x1c10\x1f", "\x8511", "\u200b12", "\u202813\u2029",
    "\u300014", "1,234,567.89", "1\n2", "15\n", "0000000000000012", "9" * 13, "9" * 16, "9" * 59, "9" * 61, "0" * 60,
    "0" * 61, "10000000000000.00", "10000000000000.01", "1 000", "(100)", "--5", "5-", "+5", "USD 5", "\U0001f4b0",
    "1" + "\U0001f4b0" * 40,
)  # fmt: skip


@pytest.fixture(scope="module")
def tab(chromium: Browser) -> Page:
    """Open an empty page that knows the script."""
    page = chromium.new_context().new_page()
    page.add_script_tag(path=SCRIPT)
    return page


def test_a_cell_is_read_alike(tab: Page) -> None:
    rows = [[text, digits] for text in TYPED for digits in DIGITS.values()]
    shown = tab.evaluate("rows => rows.map(([text, digits]) => String(budgetSums.cellOf(text, digits).amount))", rows)
    read = [str(counted(text, currency)) for text in TYPED for currency in DIGITS]
    assert list(zip(rows, shown, strict=True)) == list(zip(rows, read, strict=True))


def test_random_texts_are_read_alike(tab: Page) -> None:
    dice = random.Random(21)
    texts = ["".join(dice.choices("0123456789,,..- k\u2212\xa0", k=dice.randint(1, 9))) for _ in range(5_000)]
    shown = tab.evaluate("texts => texts.map((text) => String(budgetSums.cellOf(text, 2).amount))", texts)
    assert list(zip(texts, shown, strict=True)) == [(text, str(counted(text, "USD"))) for text in texts]


def test_random_budgets_have_the_same_totals(tab: Page) -> None:
    budgets = [budget(random.Random(seed)) for seed in range(GRIDS)]
    shown = tab.evaluate(COMPUTED, [posted(one) for one in budgets])
    for number, (one, theirs) in enumerate(zip(budgets, shown, strict=True)):
        ours = [plain(sums) for sums in one.offices.values()]
        assert theirs == {"offices": ours, "all": plain(one.all)}, f"budget {number}"


@pytest.mark.parametrize(
    "weights, rate",
    [
        ([1, 1, 1], 700), ([50, 50, 50, 50], 700), ([3336, 3336, 3335], 700), ([5, 5], 1000), ([7] * 7, 500),
        ([0, 0, 0], 700), ([0, 1, 0, 1], 5000), ([10**14, 10**14, 10**14, 1], 9999), ([1, 2, 3, 4, 5], 10_000),
        ([9], 0),
    ],
)  # fmt: skip
def test_ties_go_to_the_same_years(tab: Page, weights: list[int], rate: int) -> None:
    whole = (sum(weights) * rate * 2 + 10_000) // 20_000
    ours = apportion(Money(whole, "USD"), dict(enumerate(weights)))
    parted = "([whole, weights]) => budgetSums.apportion(BigInt(whole), weights.map(BigInt)).map(String)"
    assert tab.evaluate(parted, [str(whole), [str(one) for one in weights]]) == [
        str(ours[n].minor) for n in range(len(weights))
    ]


@pytest.mark.parametrize("currency", DIGITS)
def test_amounts_are_written_alike(tab: Page, currency: str) -> None:
    minors = [0, 1, 9, 10, 99, 100, 999, 1000, 123_456, 1_000_000, 10**9 + 5, LARGEST_MINOR, 10**18 + 1, -1, -123_456]
    shown = tab.evaluate(
        "([minors, digits]) => minors.map((minor) => budgetSums.inWords(BigInt(minor), digits))",
        [[str(minor) for minor in minors], DIGITS[currency]],
    )
    assert shown == [amount_text(Money(minor, currency), cents=True) for minor in minors]


def counted(text: str, currency: str) -> int:
    try:
        return amount_of(text, currency).minor
    except RuleBroken:
        return 0


def budget(dice: random.Random) -> Budget:
    """Return a budget of small amounts, where remainders tie often, or of any."""
    rates = [dice.choice((0, 500, 650, 700, 1000, 3333, 10_000)) for _ in range(dice.randint(1, 4))]
    offices = [Office(f"o{n}", f"Office {n}", "undp", "UNDP", rate) for n, rate in enumerate(rates)]
    grid = Grid(offices, dice.randint(1, 6), "USD")
    highest = dice.choice((3, 100, 10_007, 10**9, LARGEST_MINOR))
    few = [f"{dice.randint(0, highest) / 100:.2f}" for _ in range(2)]
    texts = [*few, *few, *few, *TYPED] if dice.random() < 0.8 else few
    return grids.read({field: dice.choice(texts) for field in sorted(grid.fields)}, grid)


def posted(one: Budget) -> dict[str, Any]:
    return {
        "rates": [office.indirect_bp for office in one.grid.offices],
        "offices": [
            [
                [str(one.cells[Place(office.key, year, category)].minor) for year in one.grid.numbered]
                for category in DIRECT
            ]
            for office in one.grid.offices
        ],
    }


def plain(sums: Sums) -> dict[str, Any]:
    def minors(parts: dict[int, Money]) -> list[str]:
        return [str(parts[key].minor) for key in sorted(parts)]

    return {
        "byCategory": minors(dict(sums.by_category)),
        "byYear": minors(dict(sums.by_year)),
        "direct": str(sums.direct.minor),
        "indirect": str(sums.indirect.minor),
        "indirectByYear": minors(dict(sums.indirect_by_year)),
        "totalByYear": minors(sums.total_by_year),
        "total": str(sums.total.minor),
    }


COMPUTED = """(budgets) => budgets.map(({ rates, offices }) => {
  const parts = offices.map((rows, at) => budgetSums.sumsOf(rows.map((row) => row.map(BigInt)), rates[at]));
  const text = (_, value) => typeof value === "bigint" ? String(value) : value;
  const texts = (sums) => JSON.parse(JSON.stringify(sums, text));
  return { offices: parts.map(texts), all: texts(budgetSums.together(parts)) };
})"""
