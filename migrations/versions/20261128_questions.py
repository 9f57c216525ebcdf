"""questions and answers of calls, notices people choose, reminders of a closing."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_preference",
        sa.Column("person_id", _big(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_preference_person_id")),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_notice_preference")),
    )
    op.create_index("ix_notice_preference_kind", "notice_preference", ["kind", "by_mail"])
    op.create_table(
        "call_question",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.Column("organisation_id", _big(), nullable=True),
        sa.Column("office_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("text <> ''", name=op.f("ck_call_question_text")),
        sa.CheckConstraint("office_id IS NULL OR organisation_id IS NOT NULL", name=op.f("ck_call_question_office")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_call_question_by_id")),
        sa.ForeignKeyConstraint(
            ["call_id", "fund_id"], ["call.id", "call.fund_id"], name=op.f("fk_call_question_call_id_fund_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_call_question_fund_id")),
        sa.ForeignKeyConstraint(
            ["office_id", "organisation_id"],
            ["office.id", "office.organisation_id"],
            name=op.f("fk_call_question_office_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_call_question_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_question")),
        sa.UniqueConstraint("id", "call_id", name=op.f("uq_call_question_id_call_id")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_call_question_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_call_question_public_id")),
    )
    op.create_index(op.f("ix_call_question_by_id"), "call_question", ["by_id"])
    op.create_index("ix_call_question_call", "call_question", ["fund_id", "call_id"])
    op.create_table(
        "closing_reminder",
        sa.Column("id", _big(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("person_id", _big(), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("days > 0", name=op.f("ck_closing_reminder_days")),
        sa.ForeignKeyConstraint(
            ["call_id", "fund_id"], ["call.id", "call.fund_id"], name=op.f("fk_closing_reminder_call_id_fund_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_closing_reminder_fund_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_closing_reminder_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closing_reminder")),
        sa.UniqueConstraint(
            "call_id",
            "person_id",
            "days",
            "closes_at",
            name=op.f("uq_closing_reminder_call_id_person_id_days_closes_at"),
        ),
    )
    op.create_index(op.f("ix_closing_reminder_person_id"), "closing_reminder", ["person_id"])
    op.create_table(
        "call_answer",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("question_id", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.CheckConstraint("question <> '' AND answer <> ''", name=op.f("ck_call_answer_said")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_call_answer_number")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_call_answer_version")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_call_answer_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_call_answer_fund_id")),
        sa.ForeignKeyConstraint(
            ["question_id", "call_id"],
            ["call_question.id", "call_question.call_id"],
            name=op.f("fk_call_answer_question_id_call_id"),
        ),
        sa.ForeignKeyConstraint(
            ["question_id", "fund_id"],
            ["call_question.id", "call_question.fund_id"],
            name=op.f("fk_call_answer_question_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_answer")),
        sa.UniqueConstraint("call_id", "number", "version", name=op.f("uq_call_answer_call_id_number_version")),
        sa.UniqueConstraint("public_id", name=op.f("uq_call_answer_public_id")),
        sa.UniqueConstraint("question_id", "version", name=op.f("uq_call_answer_question_id_version")),
    )
    op.create_index("ix_call_answer_call", "call_answer", ["fund_id", "call_id"])
    op.create_table(
        "call_question_refusal",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("question_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_call_question_refusal_reason")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_call_question_refusal_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_call_question_refusal_fund_id")),
        sa.ForeignKeyConstraint(
            ["question_id", "fund_id"],
            ["call_question.id", "call_question.fund_id"],
            name=op.f("fk_call_question_refusal_question_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_question_refusal")),
        sa.UniqueConstraint("public_id", name=op.f("uq_call_question_refusal_public_id")),
        sa.UniqueConstraint("question_id", name=op.f("uq_call_question_refusal_question_id")),
    )


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    for table in (
        "call_question_refusal",
        "call_answer",
        "closing_reminder",
        "call_question",
        "notice_preference",
    ):
        op.drop_table(table)
