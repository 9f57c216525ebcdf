"""claims on the cash of a fund, their moves, and the accounts they are paid by."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kinds = ("allocation", "direct_cost", "reserve")
    op.create_table(
        "claim",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", big(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*kinds, name="claimkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("window_id", sa.BigInteger(), nullable=True),
        sa.Column("label", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_claim_fund_id")),
        sa.ForeignKeyConstraint(
            ["window_id", "fund_id"],
            ["fund_window.id", "fund_window.fund_id"],
            name=op.f("fk_claim_window_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_claim_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_claim_public_id")),
    )
    op.create_index("ix_claim_fund", "claim", ["fund_id", "kind"])
    op.create_table(
        "claim_account",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "fund_id"],
            ["ledger_account.id", "ledger_account.fund_id"],
            name=op.f("fk_claim_account_account_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(
            ["claim_id", "fund_id"], ["claim.id", "claim.fund_id"], name=op.f("fk_claim_account_claim_id_fund_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_account")),
        sa.UniqueConstraint("account_id", name=op.f("uq_claim_account_account_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_claim_account_public_id")),
    )
    op.create_index("ix_claim_account_claim", "claim_account", ["claim_id"])
    op.create_table(
        "claim_move",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", sa.String(length=3), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", big(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_claim_move_amount")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_claim_move_by_id")),
        sa.ForeignKeyConstraint(
            ["claim_id", "fund_id"], ["claim.id", "claim.fund_id"], name=op.f("fk_claim_move_claim_id_fund_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_move")),
        sa.UniqueConstraint("public_id", name=op.f("uq_claim_move_public_id")),
    )
    op.create_index("ix_claim_move_claim", "claim_move", ["fund_id", "claim_id", "value_on"])


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    for table in ("claim_move", "claim_account", "claim"):
        op.drop_table(table)
