"""documents attached to records, and what is withdrawn of them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _documents()


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


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    for table in ("attachment_withdrawal", "attachment"):
        op.drop_table(table)
