"""files that are attached to proposals."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposal_file",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("file_id", _big(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_proposal_file_by_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_proposal_file_file_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_proposal_file_fund_id")),
        sa.ForeignKeyConstraint(
            ["proposal_id", "fund_id"],
            ["proposal.id", "proposal.fund_id"],
            name=op.f("fk_proposal_file_proposal_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_file")),
        sa.UniqueConstraint("public_id", name=op.f("uq_proposal_file_public_id")),
    )
    op.create_index(op.f("ix_proposal_file_file_id"), "proposal_file", ["file_id"])
    op.create_index("ix_proposal_file_proposal", "proposal_file", ["fund_id", "proposal_id"])


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    op.drop_table("proposal_file")
