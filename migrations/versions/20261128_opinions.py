"""what SALW Commissions say of what was submitted."""

import sqlalchemy as sa
from alembic import op

from mptf.core.schema import Damage

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "opinion",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("jurisdiction_id", _big(), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "says",
            sa.Enum(
                "supports",
                "supports_with_remarks",
                "does_not_support",
                "taken_back",
                name="says",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("file_id", _big(), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.CheckConstraint(
            "replaces_id IS NOT NULL OR (reason = '' AND says <> 'taken_back')", name=op.f("ck_opinion_first")
        ),
        sa.CheckConstraint("text <> '' OR says IN ('supports', 'taken_back')", name=op.f("ck_opinion_text")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_opinion_by_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_opinion_file_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_opinion_fund_id")),
        sa.ForeignKeyConstraint(["jurisdiction_id"], ["jurisdiction.id"], name=op.f("fk_opinion_jurisdiction_id")),
        sa.ForeignKeyConstraint(
            ["proposal_id", "fund_id"],
            ["proposal.id", "proposal.fund_id"],
            name=op.f("fk_opinion_proposal_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id", "proposal_id", "jurisdiction_id"],
            ["opinion.id", "opinion.proposal_id", "opinion.jurisdiction_id"],
            name=op.f("fk_opinion_replaces_id_proposal_id_jurisdiction_id"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id", "fund_id"],
            ["submission.id", "submission.fund_id"],
            name=op.f("fk_opinion_submission_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion")),
        sa.UniqueConstraint(
            "id", "proposal_id", "jurisdiction_id", name=op.f("uq_opinion_id_proposal_id_jurisdiction_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_opinion_public_id")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_opinion_replaces_id")),
    )
    op.create_index(op.f("ix_opinion_file_id"), "opinion", ["file_id"])
    op.create_index("ix_opinion_proposal", "opinion", ["fund_id", "proposal_id"])
    op.create_index(
        "uq_opinion_first",
        "opinion",
        ["proposal_id", "jurisdiction_id"],
        unique=True,
        sqlite_where=sa.text("replaces_id IS NULL"),
        postgresql_where=sa.text("replaces_id IS NULL"),
    )


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    """Refuse where opinions were recorded: what the Commissions said would be lost."""
    said = op.get_bind().scalar(sa.text("SELECT count(*) FROM opinion"))
    if said and not op.get_context().opts["may_lose"]:
        raise Damage(
            f"{said} opinions would be lost; nothing was changed. Restore a backup instead, or say `-x lose=rows`."
        )
    op.drop_table("opinion")
