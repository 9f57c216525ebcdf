"""What the database itself refuses: triggers, kept beside the models they guard.

A model registers its triggers when it is imported. `install` puts all of them in place; migrations
call it after every run, because altering a table on SQLite drops its triggers silently.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, inspect

_REGISTERED: dict[str, "Trigger"] = {}
_VIRTUAL: dict[str, tuple[str, str]] = {}


@dataclass(frozen=True)
class Trigger:
    """A trigger on one table, written for both engines.

    Either may be absent where the other engine does it by itself. `sqlite` is the text after
    `CREATE TRIGGER name`; `postgresql` the body of a plpgsql function and `fires` the clause after
    `CREATE [CONSTRAINT] TRIGGER name`.
    """

    name: str
    table: str
    sqlite: str | None
    postgresql: str | None = None
    fires: str = ""
    constraint: bool = False

    def create(self, connection: Connection) -> None:
        """Put the trigger in place, replacing an older one of the same name."""
        self.drop(connection)
        if connection.dialect.name == "sqlite":
            if self.sqlite:
                connection.exec_driver_sql(f"CREATE TRIGGER {self.name} {self.sqlite}")
        elif self.postgresql:
            self._create_postgresql(connection)

    def _create_postgresql(self, connection: Connection) -> None:
        connection.exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$ {self.postgresql} $$"
        )
        kind = "CONSTRAINT TRIGGER" if self.constraint else "TRIGGER"
        connection.exec_driver_sql(f"CREATE {kind} {self.name} {self.fires} EXECUTE FUNCTION {self.name}()")

    def drop(self, connection: Connection) -> None:
        """Remove the trigger if it is there."""
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {self.name}")
        else:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {self.name} ON {self.table}")
            connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {self.name}()")


def register(*triggers: Trigger) -> None:
    """Remember triggers for `install`."""
    for trigger in triggers:
        _REGISTERED[trigger.name] = trigger


def append_only(table: str, *, key: str = "id", unless: str | None = None, changed: str = "") -> None:
    """Let the database refuse to change, delete or replace the rows of a table, and to empty it.

    `unless` is the one change that is allowed, as a condition on OLD and NEW; `changed` what every other is told.

    SQLite's `INSERT OR REPLACE` deletes without asking the delete trigger, so a row that would replace
    another by its key is refused; PostgreSQL's TRUNCATE asks no row trigger, so it gets one of its own.
    """
    never, deleted = f"{table} rows are never changed", f"{table} rows are never deleted"
    register(_refusal(table, "update", changed or never, unless), _refusal(table, "delete", deleted))
    replaced = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"  # noqa: S608 - names of our own
    register(
        Trigger(
            name=f"{table}_no_replace",
            table=table,
            sqlite=f"BEFORE INSERT ON {table} {replaced} BEGIN SELECT RAISE(ABORT, '{never}'); END",
        ),
        Trigger(
            name=f"{table}_no_truncate",
            table=table,
            sqlite=None,
            postgresql=f"BEGIN RAISE EXCEPTION '{deleted}'; END",
            fires=f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT",
        ),
    )


def never_changed(table: str, *, fixed: tuple[str, ...] = (), changed: str = "") -> None:
    """Let the database refuse to change the rows of a table; with `fixed`, these columns alone."""
    same = " AND ".join(f"(NEW.{name} = OLD.{name} OR (NEW.{name} IS NULL AND OLD.{name} IS NULL))" for name in fixed)
    # An unknown comparison is no equality: NULL becomes something else, or the other way round.
    unless = f"coalesce({same}, false)" if fixed else None
    register(_refusal(table, "update", changed or f"{table} rows are never changed", unless))


def frozen_once(table: str, held: str, *, told: str) -> None:
    """Let the database refuse to add, change or delete rows of a table once something holds.

    `held` is that condition in SQL, with {row} where the name of the row stands; both rows are asked of a change.
    """
    for verb, rows in (("insert", ("NEW",)), ("update", ("NEW", "OLD")), ("delete", ("OLD",))):
        frozen, fires = " OR ".join(held.format(row=row) for row in rows), f"BEFORE {verb.upper()} ON {table}"
        back = rows[0]
        register(
            Trigger(
                name=f"{table}_frozen_{verb}",
                table=table,
                sqlite=f"{fires} WHEN {frozen} BEGIN SELECT RAISE(ABORT, '{told}'); END",
                postgresql=f"BEGIN IF {frozen} THEN RAISE EXCEPTION '{told}'; END IF; RETURN {back}; END",
                fires=f"{fires} FOR EACH ROW",
            )
        )


def erasable_only(table: str, *, key: str, body: str, erased: str, kept: tuple[str, ...]) -> None:
    """Let the rows of a table change in one way alone: the body is emptied, and when that was done is noted."""
    same = " AND ".join(f"NEW.{column} = OLD.{column}" for column in kept)
    emptied = f"NEW.{body} IS NULL AND NEW.{erased} IS NOT NULL AND OLD.{erased} IS NULL AND {same}"
    append_only(table, key=key, unless=emptied, changed=f"{table} rows are only ever erased")


def _refusal(table: str, verb: str, sentence: str, unless: str | None = None) -> Trigger:
    """Return the trigger that refuses a change of a row with a sentence, but for the one that is allowed."""
    fires = f"BEFORE {verb.upper()} ON {table}"
    raised = f"RAISE EXCEPTION '{sentence}';"
    checked = f"IF NOT ({unless}) THEN {raised} END IF; RETURN NEW;" if unless else raised
    return Trigger(
        name=f"{table}_no_{verb}",
        table=table,
        sqlite=f"{fires} {f'WHEN NOT ({unless}) ' if unless else ''}BEGIN SELECT RAISE(ABORT, '{sentence}'); END",
        postgresql=f"BEGIN {checked} END",
        fires=f"{fires} FOR EACH ROW",
    )


def virtual_table(name: str, *, content: str, definition: str) -> None:
    """Keep a virtual table of SQLite beside the table that holds its content."""
    _VIRTUAL[name] = (content, definition)


def install(connection: Connection) -> None:
    """Put every registered trigger and virtual table in place whose table exists."""
    tables = set(inspect(connection).get_table_names())
    if connection.dialect.name == "sqlite":
        for name, (content, definition) in _VIRTUAL.items():
            if content in tables:
                connection.exec_driver_sql(f"CREATE VIRTUAL TABLE IF NOT EXISTS {name} USING {definition}")
            else:
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
    for trigger in _REGISTERED.values():
        if trigger.table in tables:
            trigger.create(connection)
