"""entries nobody has confirmed so far, kept by the database."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BEFORE = ["fund_id", "account_id", "value_on", "recorded_at", "amount_minor", "amount_currency"]
BALANCE = ["fund_id", "account_id", "amount_currency", "value_on", "recorded_at", "amount_minor", "window_id"]


def upgrade() -> None:
    op.create_table(
        "ledger_unconfirmed",
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id", "fund_id"],
            ["ledger_entry.id", "ledger_entry.fund_id"],
            name=op.f("fk_ledger_unconfirmed_entry_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger_unconfirmed")),
    )
    op.create_index("ix_ledger_unconfirmed_fund", "ledger_unconfirmed", ["fund_id", "entry_id"])
    op.execute(
        "INSERT INTO ledger_unconfirmed (entry_id, fund_id) SELECT id, fund_id FROM ledger_entry"
        " WHERE NOT EXISTS (SELECT 1 FROM ledger_confirmation WHERE entry_id = ledger_entry.id)"
    )
    op.create_index("ix_ledger_entry_recorded", "ledger_entry", ["fund_id", "recorded_at"])
    index("ix_ledger_line_balance", "ledger_line", BALANCE)
    op.create_index("ix_ledger_line_account", "ledger_line", ["fund_id", "account_id", "value_on"])
    index("ix_ledger_line_entry", "ledger_line", ["entry_id", "fund_id"])
    index("ix_ledger_confirmation_fund", "ledger_confirmation", ["fund_id", "confirmed_at", "entry_id"])


def downgrade() -> None:
    op.drop_index("ix_ledger_entry_recorded", table_name="ledger_entry")
    index("ix_ledger_confirmation_fund", "ledger_confirmation", ["fund_id", "confirmed_at"])
    index("ix_ledger_line_entry", "ledger_line", ["entry_id"])
    op.drop_index("ix_ledger_line_account", table_name="ledger_line")
    index("ix_ledger_line_balance", "ledger_line", BEFORE)
    op.execute("DELETE FROM ledger_unconfirmed")
    op.drop_table("ledger_unconfirmed")


def index(name: str, table: str, columns: list[str]) -> None:
    """Make an index over other columns than before."""
    op.drop_index(name, table_name=table)
    op.create_index(name, table, columns)
