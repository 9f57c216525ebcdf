"""documents attached to records; lists of the Administrative Agent beside the books."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _documents()
    _lists()
    _findings()


def _documents() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", big(), nullable=False),
        sa.Column("subject_kind", sa.String(length=60), nullable=False),
        sa.Column("subject_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("file_id", big(), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", big(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_attachment_by_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_attachment_file_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_attachment_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_attachment_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_attachment_public_id")),
    )
    op.create_index("ix_attachment_subject", "attachment", ["fund_id", "subject_kind", "subject_id", "id"])
    op.create_table(
        "attachment_withdrawal",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("attachment_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", big(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id", "fund_id"],
            ["attachment.id", "attachment.fund_id"],
            name=op.f("fk_attachment_withdrawal_attachment_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_attachment_withdrawal_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment_withdrawal")),
        sa.UniqueConstraint("attachment_id", name=op.f("uq_attachment_withdrawal_attachment_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_attachment_withdrawal_public_id")),
    )


def _lists() -> None:
    op.create_table(
        "agent_list",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", big(), nullable=False),
        sa.Column("table_id", sa.BigInteger(), nullable=False),
        sa.Column("complete_from", sa.Date(), nullable=True),
        sa.Column("complete_until", sa.Date(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint("complete_from <= complete_until", name=op.f("ck_agent_list_days")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_agent_list_fund_id")),
        sa.ForeignKeyConstraint(
            ["table_id", "fund_id"],
            ["table_import.id", "table_import.fund_id"],
            name=op.f("fk_agent_list_table_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_list")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_agent_list_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_agent_list_public_id")),
        sa.UniqueConstraint("table_id", name=op.f("uq_agent_list_table_id")),
    )
    op.create_index("ix_agent_list_fund", "agent_list", ["fund_id", "id"])
    op.create_table(
        "agent_list_row",
        sa.Column("id", big(), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("contributor", sa.String(length=300), nullable=False),
        sa.Column("organisation_id", big(), nullable=True),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("received_minor", sa.BigInteger(), nullable=False),
        sa.Column("received_currency", sa.String(length=3), nullable=False),
        sa.Column("original_minor", sa.BigInteger(), nullable=True),
        sa.Column("original_currency", sa.String(length=3), nullable=True),
        sa.Column("fee_minor", sa.BigInteger(), nullable=True),
        sa.Column("fee_currency", sa.String(length=3), nullable=True),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.CheckConstraint("received_minor > 0", name=op.f("ck_agent_list_row_received")),
        sa.ForeignKeyConstraint(
            ["list_id", "fund_id"],
            ["agent_list.id", "agent_list.fund_id"],
            name=op.f("fk_agent_list_row_list_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_agent_list_row_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_list_row")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_agent_list_row_id_fund_id")),
        sa.UniqueConstraint("list_id", "line", name=op.f("uq_agent_list_row_list_id_line")),
    )


def _findings() -> None:
    kinds = ("differs", "only_list", "only_books", "matched")
    kind = sa.Enum(*kinds, name="findingkind", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "reconciliation_finding",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", kind, nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=True),
        sa.Column("deposit_id", big(), nullable=True),
        sa.CheckConstraint("(kind = 'only_books') = (row_id IS NULL)", name=op.f("ck_reconciliation_finding_row")),
        sa.CheckConstraint(
            "(kind = 'only_list') = (deposit_id IS NULL)", name=op.f("ck_reconciliation_finding_deposit")
        ),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposit.id"], name=op.f("fk_reconciliation_finding_deposit_id")),
        sa.ForeignKeyConstraint(
            ["list_id", "fund_id"],
            ["agent_list.id", "agent_list.fund_id"],
            name=op.f("fk_reconciliation_finding_list_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(
            ["row_id", "fund_id"],
            ["agent_list_row.id", "agent_list_row.fund_id"],
            name=op.f("fk_reconciliation_finding_row_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_finding")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_reconciliation_finding_id_fund_id")),
        sa.UniqueConstraint("list_id", "deposit_id", name=op.f("uq_reconciliation_finding_list_id_deposit_id")),
        sa.UniqueConstraint("list_id", "row_id", name=op.f("uq_reconciliation_finding_list_id_row_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_reconciliation_finding_public_id")),
    )
    op.create_index("ix_reconciliation_finding_deposit", "reconciliation_finding", ["deposit_id"])
    op.create_index("ix_reconciliation_finding_fund", "reconciliation_finding", ["fund_id", "kind", "id"])
    op.create_table(
        "reconciliation_settlement",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("finding_id", sa.BigInteger(), nullable=False),
        sa.Column("how", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=True),
        sa.Column("deposit_id", big(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", big(), nullable=False),
        sa.CheckConstraint(
            "(how = 'recorded') = (deposit_id IS NOT NULL)", name=op.f("ck_reconciliation_settlement_recorded")
        ),
        sa.CheckConstraint("how <> 'explained' OR reason <> ''", name=op.f("ck_reconciliation_settlement_reason")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_reconciliation_settlement_by_id")),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposit.id"], name=op.f("fk_reconciliation_settlement_deposit_id")),
        sa.ForeignKeyConstraint(
            ["finding_id", "fund_id"],
            ["reconciliation_finding.id", "reconciliation_finding.fund_id"],
            name=op.f("fk_reconciliation_settlement_finding_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(
            ["list_id", "fund_id"],
            ["agent_list.id", "agent_list.fund_id"],
            name=op.f("fk_reconciliation_settlement_list_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_settlement")),
        sa.UniqueConstraint("finding_id", name=op.f("uq_reconciliation_settlement_finding_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_reconciliation_settlement_public_id")),
    )


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    for table in ("reconciliation_settlement", "reconciliation_finding", "agent_list_row", "agent_list"):
        op.drop_table(table)
    for table in ("attachment_withdrawal", "attachment"):
        op.drop_table(table)
