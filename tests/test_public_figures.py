"""Figures of the public page: bars in percent of the longest in their own currency, and each figure once."""

from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from mptf.core.db import db, transactions, unit_of_work
from mptf.core.money import Money
from mptf.policy import Role
from mptf.public import service
from mptf.public.figures import lengths
from mptf.public.models import Printed, PublishedFigure, Source, Topic
from tests.factories import Make
from tests.support.at_once import at_once


@pytest.mark.parametrize(
    "amounts, expected",
    [
        ([], []),
        ([None], ["0"]),
        ([Money(0, "USD")], ["0"]),
        ([Money(50, "USD"), None, Money(200, "USD")], ["25", "0", "100"]),
        ([Money(1_000_000, "RSD"), Money(50, "USD"), Money(200, "USD")], ["100", "25", "100"]),
    ],
)
def test_amounts_in_different_currencies_are_not_compared(amounts: list[Money | None], expected: list[str]) -> None:
    assert lengths(amounts) == [Decimal(length) for length in expected]


FIGURE = Printed(
    topic=Topic.PORTFOLIO, label="Projects", printed="16", as_of="end of 2022", as_of_on=date(2022, 12, 31),
    source=Source("Annual report", "https://example.org/report"),
)  # fmt: skip


def test_a_figure_published_from_four_tabs_stands_once_until_it_is_withdrawn(app: Flask, make: Make) -> None:
    fund = make.fund()
    head = make.viewer(Role.SECRETARIAT_HEAD, fund)
    met = at_once(app, 4, lambda: service.publish_figure(fund, FIGURE, by=head))
    assert sorted(met) == ["This figure stands on the public page already."] * 3 + ["done"]
    with app.app_context(), transactions("write"), unit_of_work():
        shown = db.session.scalars(select(PublishedFigure).filter_by(fund_id=fund.id)).one()
        service.withdraw_figure(shown, by=head)
        db.session.flush()
        service.publish_figure(fund, FIGURE, by=head)
