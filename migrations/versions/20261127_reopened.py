"""a difference is open again when the reversal that settled it is declined or withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

ASKED = (
    "SELECT max(asked.id) FROM control_request asked JOIN deposit ON deposit.entry_id = asked.entry_id"
    " JOIN reconciliation_finding found ON found.deposit_id = deposit.id"
    " WHERE found.id = reconciliation_settlement.finding_id"
    " AND asked.prepared_at <= reconciliation_settlement.settled_at"
)


def upgrade() -> None:
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


def downgrade() -> None:
    last = "SELECT max(id) FROM reconciliation_settlement GROUP BY finding_id"
    op.execute(f"DELETE FROM reconciliation_settlement WHERE id NOT IN ({last})")  # noqa: S608 - our own words
    with op.batch_alter_table("reconciliation_settlement") as table:
        table.drop_index("ix_reconciliation_settlement_finding")
        table.drop_constraint(op.f("ck_reconciliation_settlement_reversal"), type_="check")
        table.drop_constraint(op.f("fk_reconciliation_settlement_request_id"), type_="foreignkey")
        table.drop_column("request_id")
        table.create_unique_constraint(op.f("uq_reconciliation_settlement_finding_id"), ["finding_id"])
