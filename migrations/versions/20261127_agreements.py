"""instalments and amendments of agreements, windows they prefer, and what became of pledges."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

VERSIONED = ("fund_window", "pledge", "agreement")


def upgrade() -> None:
    with op.batch_alter_table("fund_window", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ended_on", sa.Date(), nullable=True))
        batch_op.add_column(version())
    with op.batch_alter_table("agreement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("window_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("preferred_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("preferred_currency", sa.String(length=3), nullable=True))
        batch_op.add_column(version())
        batch_op.create_foreign_key(
            batch_op.f("fk_agreement_window_id_fund_id"), "fund_window", ["window_id", "fund_id"], ["id", "fund_id"]
        )
        for name, rule in (
            ("preferred", "preferred_minor BETWEEN 1 AND amount_minor"),
            ("preferred_currency", "preferred_currency = amount_currency"),
            ("preferred_whole", "(preferred_minor IS NULL) = (preferred_currency IS NULL)"),
            ("preferred_window", "preferred_minor IS NULL OR window_id IS NOT NULL"),
        ):
            batch_op.create_check_constraint(batch_op.f(f"ck_agreement_{name}"), rule)
    with op.batch_alter_table("pledge", schema=None) as batch_op:
        batch_op.add_column(sa.Column("agreement_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_reason", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(version())
        batch_op.create_foreign_key(
            batch_op.f("fk_pledge_agreement_id_fund_id"), "agreement", ["agreement_id", "fund_id"], ["id", "fund_id"]
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_pledge_withdrawn"), "(withdrawn_at IS NULL) = (withdrawn_reason = '')"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_pledge_one_end"), "withdrawn_at IS NULL OR agreement_id IS NULL"
        )
    op.create_index("ix_pledge_agreement", "pledge", ["agreement_id"])
    for table in VERSIONED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column("version", existing_type=sa.BigInteger(), server_default=None)
            if table == "pledge":
                batch_op.alter_column("withdrawn_reason", existing_type=sa.Text(), server_default=None)
    create_tables()


def version() -> sa.Column[int]:
    return sa.Column("version", sa.BigInteger(), nullable=False, server_default="1")


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def create_tables() -> None:
    op.create_table(
        "amendment",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("agreement_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("amount_before_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_before_currency", sa.String(length=3), nullable=False),
        sa.Column("amount_after_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_after_currency", sa.String(length=3), nullable=False),
        sa.Column("window_before_id", sa.BigInteger(), nullable=True),
        sa.Column("window_after_id", sa.BigInteger(), nullable=True),
        sa.Column("preferred_before_minor", sa.BigInteger(), nullable=True),
        sa.Column("preferred_before_currency", sa.String(length=3), nullable=True),
        sa.Column("preferred_after_minor", sa.BigInteger(), nullable=True),
        sa.Column("preferred_after_currency", sa.String(length=3), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", big(), nullable=False),
        sa.CheckConstraint("amount_before_currency = amount_after_currency", name=op.f("ck_amendment_currency")),
        sa.CheckConstraint("amount_before_minor > 0 AND amount_after_minor > 0", name=op.f("ck_amendment_amount")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_amendment_reason")),
        sa.ForeignKeyConstraint(
            ["agreement_id", "fund_id"],
            ["agreement.id", "agreement.fund_id"],
            name=op.f("fk_amendment_agreement_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_amendment_by_id")),
        *(
            sa.ForeignKeyConstraint(
                [f"window_{end}_id", "fund_id"],
                ["fund_window.id", "fund_window.fund_id"],
                name=op.f(f"fk_amendment_window_{end}_id_fund_id"),
            )
            for end in ("after", "before")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendment")),
        sa.UniqueConstraint("agreement_id", "number", name=op.f("uq_amendment_agreement_id_number")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_amendment_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_amendment_public_id")),
    )
    op.create_table(
        "instalment",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("agreement_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("amendment_id", sa.BigInteger(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", sa.String(length=3), nullable=False),
        sa.Column("condition", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", big(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_instalment_amount")),
        sa.ForeignKeyConstraint(
            ["agreement_id", "fund_id"],
            ["agreement.id", "agreement.fund_id"],
            name=op.f("fk_instalment_agreement_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(
            ["amendment_id", "fund_id"],
            ["amendment.id", "amendment.fund_id"],
            name=op.f("fk_instalment_amendment_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_instalment_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instalment")),
        sa.UniqueConstraint("public_id", name=op.f("uq_instalment_public_id")),
    )
    op.create_index("ix_instalment_agreement", "instalment", ["fund_id", "agreement_id", "due_on"])


def downgrade() -> None:
    op.drop_table("instalment")
    op.drop_table("amendment")
    op.drop_index("ix_pledge_agreement", table_name="pledge")
    with op.batch_alter_table("pledge", schema=None) as batch_op:
        for name in ("withdrawn", "one_end"):
            batch_op.drop_constraint(batch_op.f(f"ck_pledge_{name}"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_pledge_agreement_id_fund_id"), type_="foreignkey")
        for column in ("version", "withdrawn_reason", "withdrawn_at", "agreement_id"):
            batch_op.drop_column(column)
    with op.batch_alter_table("agreement", schema=None) as batch_op:
        for name in ("preferred_window", "preferred_whole", "preferred_currency", "preferred"):
            batch_op.drop_constraint(batch_op.f(f"ck_agreement_{name}"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_agreement_window_id_fund_id"), type_="foreignkey")
        for column in ("version", "preferred_currency", "preferred_minor", "window_id"):
            batch_op.drop_column(column)
    with op.batch_alter_table("fund_window", schema=None) as batch_op:
        for column in ("version", "ended_on"):
            batch_op.drop_column(column)
