"""What a thief with the password of the database could do."""

from sqlalchemy import Connection, text


def without_triggers(connection: Connection) -> None:
    """Take away what guards the audit log, in this transaction."""
    if connection.dialect.name == "sqlite":
        for table in ("audit_event", "audit_detail"):
            for verb in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
    else:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
