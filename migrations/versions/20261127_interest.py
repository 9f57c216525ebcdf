"""interest that agreements keep for their contributors, and the entries that brought it or paid it back."""

import sqlalchemy as sa
from alembic import op

from mptf.core.schema import Damage

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ENDS = ("interest_before", "interest_after")


def upgrade() -> None:
    op.create_table(
        "interest_term",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", big(), nullable=False),
        sa.Column("organisation_id", big(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("kept_from", sa.Date(), nullable=False),
        sa.Column("kept_until", sa.Date(), nullable=True),
        sa.CheckConstraint("kept_until >= kept_from", name=op.f("ck_interest_term_days")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_interest_term_fund_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_interest_term_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest_term")),
        sa.UniqueConstraint(
            "fund_id", "organisation_id", "reference", name=op.f("uq_interest_term_fund_id_organisation_id_reference")
        ),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_interest_term_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_interest_term_public_id")),
    )
    op.create_table(
        "kept_interest",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id", "fund_id"], [f"{table}.id", f"{table}.fund_id"],
                name=op.f(f"fk_kept_interest_{name}_id_fund_id"),
            )
            for name, table in (("term", "interest_term"), ("entry", "ledger_entry"))
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_interest")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_kept_interest_entry_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_kept_interest_public_id")),
    )  # fmt: skip
    op.create_index("ix_kept_interest_fund", "kept_interest", ["fund_id", "term_id"])
    with op.batch_alter_table("agreement") as table:
        table.add_column(sa.Column("interest_term_id", sa.BigInteger(), nullable=True))
        table.create_foreign_key(
            op.f("fk_agreement_interest_term_id_fund_id"), "interest_term",
            ["interest_term_id", "fund_id"], ["id", "fund_id"],
        )  # fmt: skip
    with op.batch_alter_table("amendment") as table:
        for name in ENDS:
            table.add_column(sa.Column(name, sa.String(length=40), nullable=False, server_default="available"))
    with op.batch_alter_table("amendment") as table:
        for name in ENDS:
            table.alter_column(name, existing_type=sa.String(length=40), server_default=None)


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    """Refuse where interest is kept: without the word of its agreement all of it would be available."""
    kept = op.get_bind().scalar(sa.text("SELECT count(*) FROM interest_term"))
    if kept and not op.get_context().opts["may_lose"]:
        raise Damage(
            f"Agreements ({kept}) keep interest for their contributors, and it would be available; nothing was "
            "changed. Restore a backup instead, or say `-x lose=rows`."
        )
    with op.batch_alter_table("amendment") as table:
        for name in ENDS:
            table.drop_column(name)
    with op.batch_alter_table("agreement") as table:
        table.drop_constraint(op.f("fk_agreement_interest_term_id_fund_id"), type_="foreignkey")
        table.drop_column("interest_term_id")
    op.drop_table("kept_interest")
    op.drop_table("interest_term")
