"""What the engines are taught: reading transactions read, a form is done once, search finds words."""

import threading

import pytest
from flask import Flask
from sqlalchemy import String, func, literal, select, text
from sqlalchemy.exc import DBAPIError

from mptf.core import once, search
from mptf.core.db import aside, db, transactions, unit_of_work
from mptf.core.search import SearchRow
from mptf.fund.models import Fund
from mptf.policy import Role
from tests.factories import Make

pytestmark = pytest.mark.both_engines


@pytest.mark.parametrize(
    "asked, found", [("ÖSTER", True), ("öster", True), ("ŠKODA", True), ("%", False), ("OSTER", False)]
)
def test_both_engines_look_for_words_in_any_case_beyond_ascii(ctx: Flask, asked: str, found: bool) -> None:
    written = literal("Österreich, Škoda")
    assert db.session.scalar(select(written.icontains(asked, autoescape=True))) == found
    assert db.session.scalar(select(func.lower(written))) == "österreich, škoda"
    assert db.session.scalar(select(func.lower(literal(None, String)))) is None


def test_a_reading_transaction_cannot_write(ctx: Flask) -> None:
    with transactions("read"), pytest.raises(DBAPIError, match="readonly|read-only"):
        db.session.execute(text("DELETE FROM holiday"))
    db.session.rollback()
    db.session.execute(text("DELETE FROM holiday"))


def test_beside_a_reading_transaction_a_fact_can_be_kept(ctx: Flask, make: Make) -> None:
    fund = make.fund()
    with transactions("read"):
        db.session.scalars(select(Fund)).all()
        with aside() as connection:
            connection.execute(text("UPDATE fund SET purpose = 'kept' WHERE id = :id"), {"id": fund.id})
    db.session.rollback()
    assert db.session.scalar(select(Fund.purpose)) == "kept"


def test_a_failed_unit_of_work_leaves_nothing(ctx: Flask) -> None:
    def begin_and_fail() -> None:
        with unit_of_work():
            db.session.add(Fund(code="X", name="X", short_name="X"))
            db.session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        begin_and_fail()
    assert db.session.scalar(select(func.count()).select_from(Fund)) == 0


def test_the_same_form_fifty_times_at_once_is_done_once(app: Flask, make: Make) -> None:
    officer = make.viewer(Role.SECRETARIAT_OFFICER, make.fund())
    outcomes: list[str] = []

    def post(number: int) -> None:
        with app.app_context():
            try:
                row = once.claim("the-token", by=officer)
                db.session.add(Fund(code=f"F{number}", name="F", short_name="F"))
                row.location = f"/f/F{number}/"
                db.session.commit()
                outcomes.append("done")
            except once.AlreadyDone as done:
                outcomes.append(done.location)

    threads = [threading.Thread(target=post, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        made = db.session.scalars(select(Fund.code).where(Fund.code.startswith("F"))).all()
    assert len(made) == 1
    assert sorted(outcomes) == sorted(["done"] + [f"/f/{made[0]}/"] * 49)


def test_a_token_of_somebody_else_tells_nothing(ctx: Flask, make: Make) -> None:
    fund = make.fund()
    mine, theirs = make.viewer(Role.SECRETARIAT_OFFICER, fund), make.viewer(Role.AUDITOR, fund)
    once.claim("t", by=mine).location = "/secret"
    db.session.commit()
    with pytest.raises(once.AlreadyDone) as done:
        once.claim("t", by=theirs)
    assert done.value.location == ""


@pytest.mark.parametrize(
    "asked, found",
    [("sarajevo", ["a"]), ("SARA", ["a"]), ("forensic tirana", ["b"]), ("forensic", ["a", "b"]), ("", []),
     ('"); DROP', []), ("* & | !", []), ("nowhere", [])],
)  # fmt: skip
def test_search_finds_every_word_and_survives_any_input(ctx: Flask, make: Make, asked: str, found: list[str]) -> None:
    fund = make.fund()
    search.index("project", "a", fund_id=fund.id, words="old words")
    search.index("project", "a", fund_id=fund.id, words="Forensic laboratory in Sarajevo")
    search.index("project", "b", fund_id=fund.id, words="Forensic network, Tirana")
    db.session.commit()
    ids = db.session.scalars(select(SearchRow.subject_id).where(search.matches(asked)).order_by(SearchRow.id)).all()
    assert ids == found
