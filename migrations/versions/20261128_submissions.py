"""what was submitted, exactly as it was sent, and what was returned of it."""

import sqlalchemy as sa
from alembic import op

from mptf.core.schema import Damage

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("proposal") as table:
        table.add_column(sa.Column("requested_minor", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("requested_currency", sa.String(length=3), nullable=True))
        table.add_column(sa.Column("reopened", sa.JSON(), nullable=False, server_default="[]"))
        table.add_column(sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True))
        table.create_check_constraint(
            op.f("ck_proposal_requested"), "(requested_minor IS NULL) = (submitted_at IS NULL)"
        )
        table.create_check_constraint(op.f("ck_proposal_answer_by"), "(status = 'returned') = (answer_by IS NOT NULL)")
    with op.batch_alter_table("proposal") as table:
        table.alter_column("reopened", server_default=None)
    op.create_table(
        "begun_submission",
        sa.Column("id", _big(), nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_begun_submission_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_begun_submission_fund_id")),
        sa.ForeignKeyConstraint(
            ["proposal_id", "fund_id"],
            ["proposal.id", "proposal.fund_id"],
            name=op.f("fk_begun_submission_proposal_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_begun_submission")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_begun_submission_proposal_id")),
    )
    op.create_table(
        "proposal_withdrawal",
        sa.Column("id", _big(), nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_proposal_withdrawal_reason")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_proposal_withdrawal_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_proposal_withdrawal_fund_id")),
        sa.ForeignKeyConstraint(
            ["proposal_id", "fund_id"],
            ["proposal.id", "proposal.fund_id"],
            name=op.f("fk_proposal_withdrawal_proposal_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_withdrawal")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_proposal_withdrawal_proposal_id")),
    )
    op.create_table(
        "submission",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("requested_minor", sa.BigInteger(), nullable=False),
        sa.Column("requested_currency", sa.String(length=3), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_submission_sha256")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_submission_number")),
        sa.CheckConstraint("requested_minor >= 0", name=op.f("ck_submission_requested")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_submission_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_submission_fund_id")),
        sa.ForeignKeyConstraint(
            ["proposal_id", "fund_id"],
            ["proposal.id", "proposal.fund_id"],
            name=op.f("fk_submission_proposal_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_submission_id_fund_id")),
        sa.UniqueConstraint("proposal_id", "number", name=op.f("uq_submission_proposal_id_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_submission_public_id")),
    )
    op.create_table(
        "submission_return",
        sa.Column("id", _big(), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_submission_return_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_submission_return_fund_id")),
        sa.ForeignKeyConstraint(
            ["submission_id", "fund_id"],
            ["submission.id", "submission.fund_id"],
            name=op.f("fk_submission_return_submission_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_return")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_submission_return_id_fund_id")),
    )
    op.create_index("ix_submission_return_submission", "submission_return", ["fund_id", "submission_id"])
    op.create_table(
        "returned_part",
        sa.Column("id", _big(), nullable=False),
        sa.Column("return_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column(
            "part",
            sa.Enum(
                "general",
                "narrative",
                "results",
                "workplan",
                "budget",
                "risks",
                "attachments",
                "team",
                name="partkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_returned_part_reason")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_returned_part_fund_id")),
        sa.ForeignKeyConstraint(
            ["return_id", "fund_id"],
            ["submission_return.id", "submission_return.fund_id"],
            name=op.f("fk_returned_part_return_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned_part")),
        sa.UniqueConstraint("return_id", "part", name=op.f("uq_returned_part_return_id_part")),
    )


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    """Refuse where proposals were submitted: what was sent would be lost."""
    sent = op.get_bind().scalar(sa.text("SELECT count(*) FROM submission"))
    if sent and not op.get_context().opts["may_lose"]:
        raise Damage(
            f"{sent} submissions would be lost; nothing was changed. Restore a backup instead, or say `-x lose=rows`."
        )
    for lost in (
        "returned_part",
        "submission_return",
        "submission",
        "proposal_withdrawal",
        "begun_submission",
    ):
        op.drop_table(lost)
    with op.batch_alter_table("proposal") as table:
        table.drop_constraint(op.f("ck_proposal_answer_by"), type_="check")
        table.drop_constraint(op.f("ck_proposal_requested"), type_="check")
        for column in ("answer_by", "reopened", "requested_currency", "requested_minor"):
            table.drop_column(column)
