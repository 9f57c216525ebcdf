"""what moved on each account by month, kept by the database."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MONTHS = {
    "sqlite": "date(value_on, 'start of month'), date(recorded_at, 'start of month')",
    "postgresql": "date_trunc('month', value_on)::date, date_trunc('month', recorded_at AT TIME ZONE 'UTC')::date",
}


def upgrade() -> None:
    op.create_table(
        "ledger_month",
        sa.Column("fund_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount_currency", sa.String(length=3), nullable=False),
        sa.Column("value_month", sa.Date(), nullable=False),
        sa.Column("recorded_month", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("last_line_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "fund_id"],
            ["ledger_account.id", "ledger_account.fund_id"],
            name=op.f("fk_ledger_month_account_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint(
            "fund_id", "account_id", "amount_currency", "value_month", "recorded_month",
            name=op.f("pk_ledger_month"),
        ),
        sqlite_with_rowid=False,
    )  # fmt: skip
    months = MONTHS[op.get_bind().dialect.name]
    op.execute(
        "INSERT INTO ledger_month (fund_id, account_id, amount_currency, value_month, recorded_month, amount_minor,"  # noqa: S608 - names of our own
        f" last_line_id) SELECT fund_id, account_id, amount_currency, {months}, sum(amount_minor), max(id)"
        " FROM ledger_line GROUP BY 1, 2, 3, 4, 5"
    )


def downgrade() -> None:
    op.execute("DELETE FROM ledger_month")
    op.drop_table("ledger_month")
