"""The audit chain detects every way of tampering with it (AUD-1)."""

import pytest
from flask import Flask
from sqlalchemy import bindparam, text
from sqlalchemy.exc import DBAPIError

from mptf.core import audit, clock
from mptf.core.db import UtcDateTime, db
from mptf.policy import Role
from tests.factories import Make
from tests.support.triggers import without_triggers

pytestmark = pytest.mark.both_engines


@pytest.mark.one_engine
def test_sqlite_cannot_replace_an_event(ctx: Flask, make: Make) -> None:
    three_changes(make)
    columns = ", ".join(column.name for column in audit.AuditEvent.__table__.columns if column.name != "action")
    forged = (
        f"INSERT OR REPLACE INTO audit_event (action, {columns}) SELECT 'x', {columns} FROM audit_event WHERE seq = 1"
    )
    with db.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA recursive_triggers=OFF")  # as a tool of somebody else connects
        with pytest.raises(DBAPIError, match="never changed"):
            connection.exec_driver_sql(forged)


@pytest.mark.postgres
def test_postgresql_cannot_empty_the_log(ctx: Flask, make: Make) -> None:
    three_changes(make)
    with pytest.raises(DBAPIError, match="never deleted"), db.engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE audit_event CASCADE")


def three_changes(make: Make) -> None:
    fund = make.fund()
    officer = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    for number in range(3):
        audit.record("fund.changed", fund, by=officer, fund_id=fund.id, number=number)
        db.session.commit()


def test_untouched_chain_holds(ctx: Flask, make: Make) -> None:
    three_changes(make)
    assert audit.verify(db.session()) == (3, None)
    assert audit.head(db.session())[0] == 3


def test_events_of_a_rolled_back_change_are_forgotten(ctx: Flask, make: Make) -> None:
    fund = make.fund()
    audit.record("fund.changed", fund, by=None)
    db.session.rollback()
    db.session.commit()
    assert audit.verify(db.session()) == (0, None)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event", "DELETE FROM audit_detail",
     "UPDATE audit_detail SET body = '{}'", "UPDATE audit_detail SET body = NULL"],
)  # fmt: skip
def test_database_refuses_to_rewrite_events(ctx: Flask, make: Make, statement: str) -> None:
    three_changes(make)
    with pytest.raises(DBAPIError, match=r"audit_\w+ rows are (never|only)"), db.engine.begin() as connection:
        connection.execute(text(statement))


COLUMNS = "recorded_at, actor_id, fund_id, action, subject_kind, subject_id, detail_digest"
LAST = "FROM audit_event WHERE seq = 3"
TAMPERING: dict[str, tuple[list[str], int, str]] = {
    "edit": (["UPDATE audit_event SET action = 'x' WHERE seq = 2"], 2, "the event was changed"),
    "delete": (["DELETE FROM audit_detail WHERE event_seq = 2", "DELETE FROM audit_event WHERE seq = 2"], 2,
               "an event is missing"),
    "swap": ([
        "UPDATE audit_detail SET event_seq = 9 WHERE event_seq = 1",
        "UPDATE audit_event SET seq = 9 WHERE seq = 1",
        "UPDATE audit_event SET seq = 1 WHERE seq = 2",
        "UPDATE audit_event SET seq = 2 WHERE seq = 9",
        "UPDATE audit_detail SET event_seq = 1 WHERE event_seq = 2",
        "UPDATE audit_detail SET event_seq = 2 WHERE event_seq = 9",
    ], 1, "the event was changed"),
    "insert": ([
        f"INSERT INTO audit_event ({COLUMNS}, seq, previous_hash, hash) SELECT {COLUMNS}, 4, hash, 'x' {LAST}",
        "INSERT INTO audit_detail (event_seq, salt, body) SELECT 4, salt, body FROM audit_detail WHERE event_seq = 3",
    ], 4, "the event was changed"),
    "cut with its head": ([
        f"INSERT INTO audit_anchor (printed_on, seq, hash) VALUES ('2026-11-23', 3, (SELECT hash {LAST}))",
        "DELETE FROM audit_detail WHERE event_seq = 3", "DELETE FROM audit_event WHERE seq = 3",
        "UPDATE audit_head SET seq = 2, hash = (SELECT hash FROM audit_event WHERE seq = 2)",
    ], 3, "the chain was cut: an anchor was printed after event 3"),
    "written anew": (
        ["INSERT INTO audit_anchor (printed_on, seq, hash) VALUES ('2026-11-23', 2, 'another')"],
        2, "the anchor printed after it names another",
    ),
    "cut": (["DELETE FROM audit_detail WHERE event_seq = 3", "DELETE FROM audit_event WHERE seq = 3"], 3,
            "the recorded head is not the last event"),
    "detail": (["UPDATE audit_detail SET body = '{}' WHERE event_seq = 2"], 2, "the detail was changed"),
    "emptied": (["UPDATE audit_detail SET body = NULL WHERE event_seq = 2"], 2, "the detail is missing"),
    "removed": (["DELETE FROM audit_detail WHERE event_seq = 2"], 2, "the detail is missing"),
}  # fmt: skip


@pytest.mark.parametrize("way", TAMPERING)
def test_tampering_without_the_triggers_is_found(ctx: Flask, make: Make, way: str) -> None:
    three_changes(make)
    statements, seq, reason = TAMPERING[way]
    with db.engine.begin() as connection:
        without_triggers(connection)
        if connection.dialect.name == "sqlite":
            connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        for statement in statements:
            connection.execute(text(statement))
    db.session.expire_all()
    assert audit.verify(db.session())[1] == audit.Broken(seq, reason)


def test_erased_detail_leaves_the_chain_valid(ctx: Flask, make: Make) -> None:
    three_changes(make)
    with db.engine.begin() as connection:
        erased = text("UPDATE audit_detail SET body = NULL, erased_at = :now WHERE event_seq = 2")
        connection.execute(erased.bindparams(bindparam("now", type_=UtcDateTime())), {"now": clock.now()})
    db.session.expire_all()
    assert audit.verify(db.session()) == (3, None)
