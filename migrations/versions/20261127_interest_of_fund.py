"""the word of a person that interest which names no agreement is the fund's as a whole."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLE = "interest_of_fund"
LINKS = {"document": "cash_document", "fund": "fund", "by": "person"}


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        TABLE,
        sa.Column("id", big, nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        *(sa.Column(f"{name}_id", big, nullable=False) for name in LINKS),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        *(
            sa.ForeignKeyConstraint([f"{name}_id"], [f"{table}.id"], name=op.f(f"fk_{TABLE}_{name}_id"))
            for name, table in LINKS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest_of_fund")),
        sa.UniqueConstraint("document_id", name=op.f("uq_interest_of_fund_document_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_interest_of_fund_public_id")),
    )


def downgrade() -> None:
    """Interest of which it was said is flagged again; nothing of the books depends on it."""
    op.drop_table(TABLE)
