"""The database: base class, column types, and the rules of the two engines.

A request that only reads gets a read-only transaction; everything else takes the write lock at
its beginning on SQLite (`BEGIN IMMEDIATE`), so that a rule read and a row written cannot be parted.
"""

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, TypeVar

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Connection,
    Date,
    DateTime,
    Dialect,
    Enum,
    Integer,
    MetaData,
    Select,
    String,
    Text,
    TypeDecorator,
    event,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Composite, DeclarativeBase, Mapped, composite, mapped_column, registry

from mptf.core import ids
from mptf.core.errors import NotFound
from mptf.core.folding import folded
from mptf.core.money import Money

Transaction = Literal["read", "write"]
Row = TypeVar("Row")

STATEMENTS_KEPT = 50  # compiled ones for each process; one of ours takes 150 kB
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC; SQLite, which has no zones, keeps the naive UTC value."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment in the database is aware")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None else value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


BigKey = BigInteger().with_variant(Integer, "sqlite")
Key = Annotated[int, mapped_column(BigKey, primary_key=True)]
PublicId = Annotated[str, mapped_column(String(ids.LENGTH), unique=True, default=ids.new)]
Code = Annotated[str, mapped_column(String(40))]
Name = Annotated[str, mapped_column(String(300))]
Currency = Annotated[str, mapped_column(String(3))]


def _values(kind: type[enum.Enum]) -> list[str]:
    return [str(member.value) for member in kind]


class Base(DeclarativeBase):
    """What every model inherits; `public_id` names a row outside the database."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={
            int: BigInteger(),
            str: Text(),
            date: Date(),
            datetime: UtcDateTime(),
            enum.Enum: Enum(
                enum.Enum,
                native_enum=False,
                create_constraint=True,
                length=40,
                values_callable=_values,
            ),
        },
    )


def growing(kind: type[enum.Enum]) -> Enum:
    """Return a column type for an enum whose kinds will grow in number.

    The database does not list them, so that a new one needs no change of a table nobody may change;
    what is read must still be one of them.
    """
    return Enum(kind, native_enum=False, create_constraint=False, length=40, values_callable=_values)


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})

_kind: ContextVar[Transaction] = ContextVar("transaction", default="write")


def money(name: str, *, nullable: bool = False) -> Composite[Money]:
    """Map an amount to the columns `<name>_minor` and `<name>_currency`."""
    return composite(
        Money,
        mapped_column(f"{name}_minor", BigInteger, nullable=nullable),
        mapped_column(f"{name}_currency", String(3), nullable=nullable),
        return_none_on=lambda minor, currency: minor is None and currency is None,
    )


@contextmanager
def transactions(kind: Transaction) -> Iterator[None]:
    """Begin the transactions inside the block as reading or writing ones."""
    token = _kind.set(kind)
    try:
        yield
    finally:
        _kind.reset(token)


def only_reads() -> bool:
    """Tell whether what begins now is a reading transaction."""
    return _kind.get() == "read"


@contextmanager
def aside() -> Iterator[Connection]:
    """Open a short writing transaction beside the session's own, committed at the end of the block.

    For facts that must be kept although the request only reads: who saw a file, when a session was
    last used, a failed sign-in.
    """
    with transactions("write"), db.engine.begin() as connection:
        yield connection


@contextmanager
def unit_of_work() -> Iterator[None]:
    """Commit the session at the end of the block, or roll everything back; for jobs and commands."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def one_of(wanted: Select[Row]) -> Row:
    """Return the first row of a selection, or raise NotFound."""
    row = db.session.scalars(wanted).first()
    if row is None:
        raise NotFound
    return row


def init_app(app: Flask) -> None:
    """Bind the engines to the application and teach them their rules."""
    db.init_app(app)
    with app.app_context():
        engine = db.engine
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            event.listen(engine, "begin", _begin_postgresql)


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # the driver's own transactions lose the first statement
    cursor = connection.cursor()
    for pragma in (
        "busy_timeout=15000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    # Its own `lower` folds ASCII alone: searches would not find Österreich by ÖSTER, as they do on PostgreSQL.
    connection.create_function("lower", 1, _lower, deterministic=True)
    connection.create_function("folded", 1, _folded, deterministic=True)


def _lower(value: Any) -> str | None:
    return None if value is None else str(value).lower()


def _folded(value: Any) -> str | None:
    return None if value is None else folded(str(value))


def _begin_sqlite(connection: Connection) -> None:
    reading = only_reads()
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    """Let the driver say it with its BEGIN: a statement of its own would be one more way to the server and back."""
    from psycopg import IsolationLevel  # here, as a desk on SQLite never loads it

    driver: Any = connection.connection.driver_connection
    if driver.closed:
        return  # the first statement says so, and the pool hears it
    driver.read_only = only_reads()
    # A request that only reads sees one moment, as it does on SQLite.
    driver.isolation_level = IsolationLevel.REPEATABLE_READ if only_reads() else None


def engine_options(url: str) -> dict[str, Any]:
    """Return what SQLAlchemy needs to open `url`; SQLite through the driver with the repaired WAL."""
    options = {"query_cache_size": STATEMENTS_KEPT}
    if not url.startswith("sqlite"):
        return {**options, "pool_pre_ping": True}
    import pysqlite3  # type: ignore[import-untyped]

    return {**options, "module": pysqlite3}


__all__ = [
    "Base",
    "BigKey",
    "Code",
    "Currency",
    "Key",
    "Mapped",
    "Name",
    "PublicId",
    "Transaction",
    "UtcDateTime",
    "aside",
    "db",
    "engine_options",
    "growing",
    "init_app",
    "money",
    "one_of",
    "only_reads",
    "transactions",
    "unit_of_work",
]  # fmt: skip
