"""contribution statements, documents for contributors, and guesses at the code of a statement."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

CHECK = "ck_signin_attempt_attemptkind"


def upgrade() -> None:
    op.create_table(
        "contribution_statement",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", big(), nullable=False),
        sa.Column("organisation_id", big(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("contributed_minor", sa.BigInteger(), nullable=False),
        sa.Column("contributed_currency", sa.String(length=3), nullable=False),
        sa.Column("layout", sa.BigInteger(), nullable=False),
        sa.Column("frozen", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("supersedes_id", sa.BigInteger(), nullable=True),
        sa.Column("by_id", big(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint("since_on IS NULL OR since_on <= until_on", name=op.f("ck_contribution_statement_period")),
        sa.CheckConstraint("supersedes_id <> id", name=op.f("ck_contribution_statement_supersedes_another")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_contribution_statement_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_contribution_statement_fund_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_contribution_statement_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id", "fund_id"],
            ["contribution_statement.id", "contribution_statement.fund_id"],
            name=op.f("fk_contribution_statement_supersedes_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution_statement")),
        sa.UniqueConstraint("code", name=op.f("uq_contribution_statement_code")),
        sa.UniqueConstraint(
            "fund_id", "year", "sequence", name=op.f("uq_contribution_statement_fund_id_year_sequence")
        ),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_contribution_statement_id_fund_id")),
        sa.UniqueConstraint("number", name=op.f("uq_contribution_statement_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_contribution_statement_public_id")),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_contribution_statement_supersedes_id")),
    )
    op.create_index(
        "ix_contribution_statement_donor", "contribution_statement", ["fund_id", "organisation_id", "until_on"]
    )
    op.create_table(
        "contributor_document",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", big(), nullable=False),
        sa.Column("organisation_id", big(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "certified_statement", "annual_report", name="documentkind", native_enum=False, create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("file_id", big(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", big(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", big(), nullable=True),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'certified_statement') = (organisation_id IS NOT NULL)",
            name=op.f("ck_contributor_document_of_one"),
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (because = '')", name=op.f("ck_contributor_document_withdrawn_because")
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)", name=op.f("ck_contributor_document_withdrawn")
        ),
        sa.CheckConstraint("year BETWEEN 1990 AND 2200", name=op.f("ck_contributor_document_year")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_contributor_document_by_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_contributor_document_file_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_contributor_document_fund_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_contributor_document_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["person.id"], name=op.f("fk_contributor_document_withdrawn_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contributor_document")),
        sa.UniqueConstraint("public_id", name=op.f("uq_contributor_document_public_id")),
    )  # fmt: skip
    op.create_index("ix_contributor_document_fund", "contributor_document", ["fund_id", "organisation_id", "year"])
    _allow("password", "code", "reset", "statement")


def downgrade() -> None:
    # Attempts count for minutes; those the older table does not know are of no use to it.
    op.execute("DELETE FROM signin_attempt WHERE kind = 'statement'")
    _allow("password", "code", "reset")
    op.drop_table("contributor_document")
    op.drop_table("contribution_statement")


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _allow(*kinds: str) -> None:
    with op.batch_alter_table("signin_attempt", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(CHECK), type_="check")
        batch_op.create_check_constraint(op.f(CHECK), f"kind IN ({', '.join(map(repr, kinds))})")
