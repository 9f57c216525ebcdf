"""what one person asks of the books and another decides."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "control_request",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", big(), nullable=False),
        sa.Column("kind", one_of("requestkind", "reversal", "closing"), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("month", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", one_of("requeststatus", "requested", "approved", "declined", "withdrawn"), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prepared_by_id", big(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", big(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(kind = 'closing') = (month IS NOT NULL)", name=op.f("ck_control_request_closing")),
        sa.CheckConstraint("(kind = 'reversal') = (entry_id IS NOT NULL)", name=op.f("ck_control_request_reversal")),
        sa.CheckConstraint("(status = 'requested') = (ended_at IS NULL)", name=op.f("ck_control_request_ended")),
        sa.CheckConstraint(
            "(status IN ('approved', 'declined')) = (decided_by_id IS NOT NULL)",
            name=op.f("ck_control_request_decided"),
        ),
        sa.CheckConstraint("prepared_by_id <> decided_by_id", name=op.f("ck_control_request_two_people")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_control_request_decided_by_id")),
        sa.ForeignKeyConstraint(
            ["entry_id", "fund_id"],
            ["ledger_entry.id", "ledger_entry.fund_id"],
            name=op.f("fk_control_request_entry_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_control_request_fund_id")),
        sa.ForeignKeyConstraint(["prepared_by_id"], ["person.id"], name=op.f("fk_control_request_prepared_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_request")),
        sa.UniqueConstraint("public_id", name=op.f("uq_control_request_public_id")),
    )
    op.create_index("ix_control_request_fund", "control_request", ["fund_id", "status", "prepared_at"])
    open_ones = sa.text("status = 'requested'")
    for what, column in (("reversal", "entry_id"), ("closing", "month")):
        op.create_index(
            f"uq_control_request_open_{what}",
            "control_request",
            ["fund_id", column],
            unique=True,
            sqlite_where=open_ones,
            postgresql_where=open_ones,
        )


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def downgrade() -> None:
    op.drop_table("control_request")
