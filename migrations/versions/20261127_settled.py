"""settlements name the request they rest on; documents keep the bank's reference as it is compared."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ASKED = (
    "SELECT max(asked.id) FROM control_request asked JOIN deposit ON deposit.entry_id = asked.entry_id"
    " JOIN reconciliation_finding found ON found.deposit_id = deposit.id"
    " WHERE found.id = reconciliation_settlement.finding_id"
    " AND asked.prepared_at <= reconciliation_settlement.settled_at"
)

CARRIERS = ("deposit", "cash_document")


def upgrade() -> None:
    for carrier in CARRIERS:
        _compare_by(carrier, "plain_reference")
    with op.batch_alter_table("reconciliation_settlement") as table:
        table.add_column(sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        table.drop_constraint(op.f("uq_reconciliation_settlement_finding_id"), type_="unique")
        table.create_foreign_key(
            op.f("fk_reconciliation_settlement_request_id"), "control_request", ["request_id"], ["id"]
        )
        table.create_check_constraint(
            op.f("ck_reconciliation_settlement_reversal"), "request_id IS NULL OR how = 'reversal'"
        )
        table.create_index("ix_reconciliation_settlement_finding", ["finding_id"])
    op.execute(f"UPDATE reconciliation_settlement SET request_id = ({ASKED}) WHERE how = 'reversal'")  # noqa: S608


def _compare_by(table: str, column: str) -> None:
    """Keep the reference without spaces and case beside it, and find documents by it; or by the reference itself."""
    index = f"ix_{table}_reference"
    op.drop_index(index, table_name=table)
    if column == "plain_reference":
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column(column, sa.Text(), nullable=False, server_default=""))
        _fold(table)
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, server_default=None)
    else:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("plain_reference")
    op.create_index(index, table, ["fund_id", column, *(["value_on"] if table == "cash_document" else [])])


def _fold(table: str) -> None:
    """Fill in what is compared; the engines fold letters beyond ASCII differently, so neither does it."""
    kept = sa.table(table, sa.column("id"), sa.column("bank_reference"), sa.column("plain_reference"))
    connection = op.get_bind()
    named = connection.execute(sa.select(kept.c.id, kept.c.bank_reference).where(kept.c.bank_reference != "")).all()
    if named:
        fill = sa.update(kept).where(kept.c.id == sa.bindparam("row")).values(plain_reference=sa.bindparam("plain"))
        connection.execute(fill, [{"row": key, "plain": "".join(said.split()).casefold()} for key, said in named])


def downgrade() -> None:
    for carrier in CARRIERS:
        _compare_by(carrier, "bank_reference")
    last = "SELECT max(id) FROM reconciliation_settlement GROUP BY finding_id"
    op.execute(f"DELETE FROM reconciliation_settlement WHERE id NOT IN ({last})")  # noqa: S608 - our own words
    with op.batch_alter_table("reconciliation_settlement") as table:
        table.drop_index("ix_reconciliation_settlement_finding")
        table.drop_constraint(op.f("ck_reconciliation_settlement_reversal"), type_="check")
        table.drop_constraint(op.f("fk_reconciliation_settlement_request_id"), type_="foreignkey")
        table.drop_column("request_id")
        table.create_unique_constraint(op.f("uq_reconciliation_settlement_finding_id"), ["finding_id"])
