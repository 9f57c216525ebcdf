"""tables people import from elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "table_import",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", big(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("file_id", big(), nullable=False),
        sa.Column("by_id", big(), nullable=False),
        sa.Column("task_id", big(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("added >= 0 AND known >= 0", name=op.f("ck_table_import_counts")),
        sa.CheckConstraint("imported_at IS NULL OR discarded_at IS NULL", name=op.f("ck_table_import_one_end")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_table_import_by_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_table_import_file_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_table_import_fund_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_table_import_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_table_import")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_table_import_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_table_import_public_id")),
    )
    op.create_index("ix_table_import_fund", "table_import", ["fund_id", "kind", "id"])


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    op.drop_table("table_import")
