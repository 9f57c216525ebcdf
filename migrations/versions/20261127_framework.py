"""frameworks of a fund, the goals and indicators they number, and the official texts of these."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "framework",
        *_first(),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("first_year", sa.BigInteger(), nullable=False),
        sa.Column("last_year", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        *_recorded(),
        sa.CheckConstraint("first_year BETWEEN 2000 AND last_year", name=op.f("ck_framework_first_year")),
        sa.CheckConstraint("last_year <= 2199", name=op.f("ck_framework_last_year")),
        *_links("framework", "fund", by="person"),
        sa.UniqueConstraint("fund_id", "title", name=op.f("uq_framework_fund_id_title")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_framework_id_fund_id")),
    )
    op.create_table(
        "framework_item",
        *_first(),
        sa.Column("framework_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("goal", "kpi", name="itemkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND 99", name=op.f("ck_framework_item_number")),
        *_links("framework_item", "fund"),
        _of_fund("framework_item", "framework_id", "framework"),
        sa.UniqueConstraint("framework_id", "kind", "number", name=op.f("uq_framework_item_framework_id_kind_number")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_framework_item_id_fund_id")),
    )
    op.create_table(
        "framework_text",
        *_first(),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("goal_number", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(length=300), nullable=False),
        *_recorded(),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("version >= 1", name=op.f("ck_framework_text_version")),
        sa.CheckConstraint("text <> '' AND source <> ''", name=op.f("ck_framework_text_said")),
        sa.CheckConstraint("goal_number BETWEEN 1 AND 99", name=op.f("ck_framework_text_goal_number")),
        *_links("framework_text", "fund", by="person"),
        _of_fund("framework_text", "item_id", "framework_item"),
        _of_fund("framework_text", "import_id", "table_import"),
        sa.UniqueConstraint("item_id", "version", name=op.f("uq_framework_text_item_id_version")),
    )
    op.create_index("ix_framework_text_fund", "framework_text", ["fund_id", "item_id"])


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _first() -> list[sa.Column[object]]:
    return [
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
    ]


def _recorded() -> list[sa.Column[object]]:
    return [
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
    ]


def _links(table: str, fund: str, **others: str) -> list[sa.Constraint]:
    return [
        *(
            sa.ForeignKeyConstraint([f"{name}_id"], [f"{to}.id"], name=op.f(f"fk_{table}_{name}_id"))
            for name, to in {"fund": fund, **others}.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{table}_public_id")),
    ]


def _of_fund(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column, "fund_id"], [f"{to}.id", f"{to}.fund_id"], name=op.f(f"fk_{table}_{column}_fund_id")
    )


def downgrade() -> None:
    for table in ("framework_text", "framework_item", "framework"):
        op.drop_table(table)
