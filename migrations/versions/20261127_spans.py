"""a term keeps interest in spans, and is withdrawn with its agreement, so that its reference is free again."""

import sqlalchemy as sa
from alembic import op

from mptf.core import ids
from mptf.core.schema import Damage

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

NAMED = ["fund_id", "organisation_id", "reference"]
STANDS, OPEN = sa.text("withdrawn_at IS NULL"), sa.text("kept_until IS NULL")
DAYS = "kept_until >= kept_from"
TERM = sa.table("interest_term", *map(sa.column, ("id", "fund_id", "kept_from", "kept_until")))
SPAN = sa.table("interest_span", *map(sa.column, ("public_id", "term_id", "fund_id", "kept_from", "kept_until")))


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "interest_span",
        sa.Column("id", big, nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("kept_from", sa.Date(), nullable=False),
        sa.Column("kept_until", sa.Date(), nullable=True),
        sa.CheckConstraint(DAYS, name=op.f("ck_interest_span_days")),
        sa.ForeignKeyConstraint(
            ["term_id", "fund_id"], ["interest_term.id", "interest_term.fund_id"],
            name=op.f("fk_interest_span_term_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest_span")),
        sa.UniqueConstraint("public_id", name=op.f("uq_interest_span_public_id")),
    )  # fmt: skip
    terms = op.get_bind().execute(sa.select(TERM).order_by(TERM.c.id)).all()
    if terms:
        spans = [dict(public_id=ids.new(), term_id=row.id, **_days(row)) for row in terms]
        op.get_bind().execute(sa.insert(SPAN), spans)
    op.create_index("ix_interest_span_fund", "interest_span", ["fund_id", "term_id"])
    op.create_index(
        "uq_interest_span_open", "interest_span", ["term_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    with op.batch_alter_table("interest_term") as table:
        table.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        table.drop_constraint(op.f("uq_interest_term_fund_id_organisation_id_reference"), type_="unique")
        table.drop_constraint(op.f("ck_interest_term_days"), type_="check")
        table.drop_column("kept_from")
        table.drop_column("kept_until")
    op.execute(
        "UPDATE interest_term SET withdrawn_at = (SELECT agreement.withdrawn_at FROM agreement"
        " WHERE agreement.interest_term_id = interest_term.id)"
    )
    op.create_index(
        "uq_interest_term_reference", "interest_term", NAMED, unique=True,
        sqlite_where=STANDS, postgresql_where=STANDS,
    )  # fmt: skip


def downgrade() -> None:
    """Refuse where terms were withdrawn or have several spans: the days between would be days that kept interest.

    If that is meant, each has one span from its first day on, and what was withdrawn keeps none under a reference
    apart.
    """
    lost = op.get_bind().scalar(
        sa.text(
            "SELECT count(*) FROM interest_term WHERE withdrawn_at IS NOT NULL"
            " OR (SELECT count(*) FROM interest_span WHERE term_id = interest_term.id) > 1"
        )
    )
    if lost and not op.get_context().opts["may_lose"]:
        raise Damage(
            f"Terms on interest ({lost}) were withdrawn or keep it in several spans, which would be one; nothing was "
            "changed. Restore a backup instead, or say `-x lose=rows`."
        )
    spans = op.get_bind().execute(
        sa.text(
            "SELECT term_id, min(kept_from) AS kept_from,"
            " CASE WHEN count(kept_until) < count(*) THEN NULL ELSE max(kept_until) END AS kept_until"
            " FROM interest_span GROUP BY term_id"
        ).columns(term_id=sa.BigInteger(), kept_from=sa.Date(), kept_until=sa.Date())
    )
    found = [row._asdict() for row in spans]
    op.drop_index("uq_interest_term_reference", table_name="interest_term")
    with op.batch_alter_table("interest_term") as table:
        table.add_column(sa.Column("kept_from", sa.Date(), nullable=True))
        table.add_column(sa.Column("kept_until", sa.Date(), nullable=True))
    if found:
        whole = "UPDATE interest_term SET kept_from = :kept_from, kept_until = :kept_until WHERE id = :term_id"
        typed = (sa.bindparam("kept_from", type_=sa.Date()), sa.bindparam("kept_until", type_=sa.Date()))
        op.get_bind().execute(sa.text(whole).bindparams(*typed), found)
    op.execute(
        "UPDATE interest_term SET kept_until = kept_from, reference = substr(reference, 1, 10) || ' (' || id || ')'"
        " WHERE withdrawn_at IS NOT NULL"
    )
    with op.batch_alter_table("interest_term") as table:
        table.alter_column("kept_from", existing_type=sa.Date(), nullable=False)
        table.drop_column("withdrawn_at")
        table.create_check_constraint(op.f("ck_interest_term_days"), DAYS)
        table.create_unique_constraint(op.f("uq_interest_term_fund_id_organisation_id_reference"), NAMED)
    op.drop_table("interest_span")


def _days(row: sa.Row[tuple[object, ...]]) -> dict[str, object]:
    return {name: getattr(row, name) for name in ("fund_id", "kept_from", "kept_until")}
