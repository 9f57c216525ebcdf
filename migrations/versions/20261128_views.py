"""views of lists somebody keeps; the list of submitted proposals is read in its order."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("person_id", _big(), nullable=False),
        sa.Column("list_key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_saved_view_name")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_saved_view_fund_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_view_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint(
            "person_id", "fund_id", "list_key", "name", name=op.f("uq_saved_view_person_id_fund_id_list_key_name")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_saved_view_public_id")),
    )
    op.create_index("ix_proposal_submitted", "proposal", ["fund_id", "submitted_at", "id"])


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    op.drop_index("ix_proposal_submitted", table_name="proposal")
    op.drop_table("saved_view")
