"""figures participating organisations reported."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reported_figure",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", big(), nullable=False),
        sa.Column("organisation_id", big(), nullable=False),
        sa.Column("project_number", sa.String(length=8), nullable=False),
        sa.Column("category", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column(
            "basis",
            sa.Enum("interim", "certified", name="basis", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", sa.String(length=3), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", big(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("category BETWEEN 1 AND 8", name=op.f("ck_reported_figure_category")),
        sa.CheckConstraint("year BETWEEN 2000 AND 2199", name=op.f("ck_reported_figure_year")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_reported_figure_version")),
        sa.CheckConstraint("length(project_number) IN (0, 8)", name=op.f("ck_reported_figure_project_number")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_reported_figure_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_reported_figure_fund_id")),
        sa.ForeignKeyConstraint(
            ["import_id", "fund_id"],
            ["table_import.id", "table_import.fund_id"],
            name=op.f("fk_reported_figure_import_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_reported_figure_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reported_figure")),
        sa.UniqueConstraint("public_id", name=op.f("uq_reported_figure_public_id")),
        sa.UniqueConstraint(
            "fund_id",
            "organisation_id",
            "year",
            "project_number",
            "category",
            "basis",
            "version",
            name="uq_reported_figure_version",
        ),
    )


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    op.drop_table("reported_figure")
