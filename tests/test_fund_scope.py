"""No query of the application reads the rows of every fund unless it says so (decision 007)."""

import pytest
from flask import Flask
from sqlalchemy import Executable, func, select, true

from mptf.core import search
from mptf.core.db import db
from mptf.core.search import SearchRow
from mptf.deposits.models import Deposit
from mptf.fund.models import Fund, Holiday
from mptf.ledger.models import Entry
from mptf.people.models import RoleGrant
from mptf.pledges.models import Pledge
from tests.support.scope import MARK, tables_without_a_fund

pytestmark = pytest.mark.both_engines

UNSCOPED: dict[str, Executable] = {
    "every row": select(Holiday),
    "one public id": select(Pledge).where(Pledge.public_id == "a"),
    "a sum": select(func.count(Deposit.id)),
    "a join by another key": select(Deposit.id).join(Entry, Entry.id > Deposit.entry_id),
    "a join with the funds": select(Holiday.id, Fund.code).join(Fund, Fund.id == Holiday.fund_id),
    "a subquery": select(select(Holiday.id).subquery()),
    "two funds side by side": select(Holiday).join(Pledge, Holiday.fund_id + 0 == Pledge.fund_id),
    "a condition that is none": select(Holiday).where(true()),
}
SCOPED: dict[str, Executable] = {
    "one fund": select(Holiday).where(Holiday.fund_id == 1),
    "one fund by its key": select(Holiday).join(Fund).where(Fund.id == 1),
    "one fund, kept from its index": select(Holiday).where(Holiday.fund_id + 0 == 1),
    "some funds": select(Holiday).where(Holiday.fund_id.in_([1, 2])),
    "one row": select(Holiday).where(Holiday.id == 1),
    "no row of a fund": select(Fund),
    "rows that may belong to the installation": select(RoleGrant),
}


@pytest.mark.parametrize("name", UNSCOPED)
def test_a_select_on_every_fund_is_seen(name: str) -> None:
    assert tables_without_a_fund(UNSCOPED[name])


@pytest.mark.parametrize("name", SCOPED)
def test_a_select_on_one_fund_is_let_through(name: str) -> None:
    assert tables_without_a_fund(SCOPED[name]) == []


def test_the_hook_stands_before_every_select_of_the_application(ctx: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    loose = select(SearchRow)
    monkeypatch.setattr(search, "select", lambda _entity: _Loose(loose))
    with pytest.raises(AssertionError, match="no fund is named in a SELECT on search_row"):
        search.index("deposit", "a", fund_id=1, words="word")
    marked = db.session.scalars(loose, execution_options={MARK: True})
    assert marked.all() == []


class _Loose:
    """A selection that forgets what it is narrowed to."""

    def __init__(self, statement: object) -> None:
        self.statement = statement

    def filter_by(self, **_wanted: object) -> object:
        return self.statement
