"""checklists of calls, what was found of what was submitted, and letters of ineligibility."""

import sqlalchemy as sa
from alembic import op

from mptf.core.schema import Damage

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "screening_item",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("question", sa.String(length=300), nullable=False),
        sa.Column("guidance", sa.Text(), nullable=False),
        sa.Column(
            "ground",
            sa.Enum(
                "late",
                "office",
                "unsigned",
                "document",
                "amount",
                "duration",
                "place",
                "scope",
                "duplicate",
                "other",
                name="ground",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "fact",
            sa.Enum(
                "in_time",
                "office",
                "complete",
                "documents",
                "amount",
                "duration",
                "place",
                name="fact",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.CheckConstraint("question <> ''", name=op.f("ck_screening_item_question")),
        sa.ForeignKeyConstraint(
            ["call_id", "fund_id"], ["call.id", "call.fund_id"], name=op.f("fk_screening_item_call_id_fund_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_screening_item_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screening_item")),
        sa.UniqueConstraint("call_id", "position", name=op.f("uq_screening_item_call_id_position")),
        sa.UniqueConstraint("id", "call_id", name=op.f("uq_screening_item_id_call_id")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_screening_item_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_screening_item_public_id")),
    )
    op.create_table(
        "ineligibility_letter",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_ineligibility_letter_sha256")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_ineligibility_letter_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_ineligibility_letter_fund_id")),
        sa.ForeignKeyConstraint(
            ["proposal_id", "fund_id"],
            ["proposal.id", "proposal.fund_id"],
            name=op.f("fk_ineligibility_letter_proposal_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id", "fund_id"],
            ["submission.id", "submission.fund_id"],
            name=op.f("fk_ineligibility_letter_submission_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ineligibility_letter")),
        sa.UniqueConstraint("fund_id", "number", name=op.f("uq_ineligibility_letter_fund_id_number")),
        sa.UniqueConstraint("fund_id", "year", "sequence", name=op.f("uq_ineligibility_letter_fund_id_year_sequence")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_ineligibility_letter_id_fund_id")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_ineligibility_letter_proposal_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_ineligibility_letter_public_id")),
    )
    op.create_table(
        "screening_answer",
        sa.Column("id", _big(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum("yes", "no", "not_applicable", name="answer", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.CheckConstraint("answer <> 'no' OR note <> ''", name=op.f("ck_screening_answer_note")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_screening_answer_version")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_screening_answer_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_screening_answer_fund_id")),
        sa.ForeignKeyConstraint(
            ["item_id", "call_id"],
            ["screening_item.id", "screening_item.call_id"],
            name=op.f("fk_screening_answer_item_id_call_id"),
        ),
        sa.ForeignKeyConstraint(
            ["item_id", "fund_id"],
            ["screening_item.id", "screening_item.fund_id"],
            name=op.f("fk_screening_answer_item_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id", "fund_id"],
            ["submission.id", "submission.fund_id"],
            name=op.f("fk_screening_answer_submission_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screening_answer")),
        sa.UniqueConstraint(
            "item_id", "submission_id", "version", name=op.f("uq_screening_answer_item_id_submission_id_version")
        ),
    )
    op.create_index("ix_screening_answer_call", "screening_answer", ["call_id"])
    op.create_index("ix_screening_answer_submission", "screening_answer", ["submission_id", "item_id"])
    op.create_table(
        "screening_taken_up",
        sa.Column("id", _big(), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_screening_taken_up_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_screening_taken_up_fund_id")),
        sa.ForeignKeyConstraint(
            ["submission_id", "fund_id"],
            ["submission.id", "submission.fund_id"],
            name=op.f("fk_screening_taken_up_submission_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screening_taken_up")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_screening_taken_up_submission_id")),
    )
    op.create_table(
        "ineligibility_ground",
        sa.Column("id", _big(), nullable=False),
        sa.Column("letter_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column(
            "ground",
            sa.Enum(
                "late",
                "office",
                "unsigned",
                "document",
                "amount",
                "duration",
                "place",
                "scope",
                "duplicate",
                "other",
                name="ground",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_ineligibility_ground_fund_id")),
        sa.ForeignKeyConstraint(
            ["letter_id", "fund_id"],
            ["ineligibility_letter.id", "ineligibility_letter.fund_id"],
            name=op.f("fk_ineligibility_ground_letter_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ineligibility_ground")),
        sa.UniqueConstraint("letter_id", "ground", name=op.f("uq_ineligibility_ground_letter_id_ground")),
    )


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    """Refuse where something was screened: what was found and what was written to applicants would be lost."""
    for table, what in (("ineligibility_letter", "letters"), ("screening_answer", "answers")):
        there = op.get_bind().scalar(sa.text(f"SELECT count(*) FROM {table}"))  # noqa: S608 - names of our own
        if there and not op.get_context().opts["may_lose"]:
            raise Damage(
                f"{there} {what} would be lost; nothing was changed. Restore a backup instead, or say `-x lose=rows`."
            )
    for lost in (
        "ineligibility_ground",
        "ineligibility_letter",
        "screening_taken_up",
        "screening_answer",
        "screening_item",
    ):
        op.drop_table(lost)
