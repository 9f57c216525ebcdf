"""tables people import from elsewhere, and the cash documents that are no deposit."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
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

    op.create_table(
        "cash_document",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", big(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", big(), nullable=True),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("other_fund", sa.String(length=100), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=True),
        sa.Column("window_id", sa.BigInteger(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", sa.String(length=3), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("bank_reference", sa.String(length=100), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", big(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_cash_document_amount")),
        sa.CheckConstraint(
            "(organisation_id IS NOT NULL) = (kind IN ('transfer', 'puno_refund', 'puno_interest',"
            " 'contributor_refund', 'direct_cost', 'direct_cost_refund'))",
            name=op.f("ck_cash_document_party"),
        ),
        sa.CheckConstraint(
            "CASE WHEN kind IN ('transfer', 'puno_refund') THEN length(reference) = 8"
            " ELSE reference = '' OR kind IN ('direct_cost', 'direct_cost_refund') END",
            name=op.f("ck_cash_document_reference"),
        ),
        sa.CheckConstraint(
            "(other_fund <> '') = (kind IN ('fund_transfer'))", name=op.f("ck_cash_document_other_fund")
        ),
        sa.CheckConstraint(
            "claim_id IS NULL OR (kind IN ('direct_cost', 'direct_cost_refund') AND reference <> '')",
            name=op.f("ck_cash_document_claim"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_cash_document_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_cash_document_fund_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_cash_document_organisation_id")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column, "fund_id"],
                [f"{table}.id", f"{table}.fund_id"],
                name=op.f(f"fk_cash_document_{column}_fund_id"),
            )
            for column, table in (
                ("claim_id", "claim"),
                ("window_id", "fund_window"),
                ("import_id", "table_import"),
                ("entry_id", "ledger_entry"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_document")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_cash_document_entry_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_cash_document_public_id")),
    )
    op.create_index("ix_cash_document_fund", "cash_document", ["fund_id", "value_on", "id"])
    op.create_index("ix_cash_document_reference", "cash_document", ["fund_id", "bank_reference"])
    for column in ("organisation", "claim", "import"):
        op.create_index(f"ix_cash_document_{column}", "cash_document", [f"{column}_id"])


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    op.drop_table("cash_document")
    op.drop_table("table_import")
