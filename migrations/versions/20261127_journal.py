"""indexes for a journal and a list of cash that are read a page at a time; reversals in indexes of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

REVERSAL = sa.text("reverses_id IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_ledger_entry_reverses_id"), type_="unique")
    of_reversals("uq_ledger_entry_reverses_id", ["reverses_id"], unique=True)
    of_reversals("ix_ledger_entry_reversals", ["fund_id", "value_on", "number"], unique=False)
    op.create_index("ix_ledger_entry_kind", "ledger_entry", ["fund_id", "kind", "value_on", "number"])
    op.create_index("ix_ledger_entry_period", "ledger_entry", ["fund_id", "period", "value_on", "number", "kind"])
    index("ix_cash_document_reference", "cash_document", ["fund_id", "bank_reference", "value_on"])
    index("ix_ledger_entry_recorded", "ledger_entry", ["fund_id", "recorded_at", "id"])


def downgrade() -> None:
    index("ix_cash_document_reference", "cash_document", ["fund_id", "bank_reference"])
    index("ix_ledger_entry_recorded", "ledger_entry", ["fund_id", "recorded_at"])
    for name in (
        "ix_ledger_entry_period", "ix_ledger_entry_kind", "ix_ledger_entry_reversals", "uq_ledger_entry_reverses_id",
    ):  # fmt: skip
        op.drop_index(name, table_name="ledger_entry")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_unique_constraint(batch_op.f("uq_ledger_entry_reverses_id"), ["reverses_id"])


def of_reversals(name: str, columns: list[str], *, unique: bool) -> None:
    """Make an index of the entries that take back others, and of no more."""
    op.create_index(name, "ledger_entry", columns, unique=unique, sqlite_where=REVERSAL, postgresql_where=REVERSAL)


def index(name: str, table: str, columns: list[str]) -> None:
    """Make an index over other columns than before."""
    op.drop_index(name, table_name=table)
    op.create_index(name, table, columns)
