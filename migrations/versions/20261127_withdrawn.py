"""agreements recorded by mistake are withdrawn, and their references are free again."""

import sqlalchemy as sa
from alembic import op

from mptf.core.schema import Damage

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NAMED = ["fund_id", "organisation_id", "reference"]


def upgrade() -> None:
    with op.batch_alter_table("agreement") as table:
        table.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("withdrawn_reason", sa.Text(), nullable=False, server_default=""))
        table.add_column(
            sa.Column("withdrawn_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        table.create_foreign_key(op.f("fk_agreement_withdrawn_by_id"), "person", ["withdrawn_by_id"], ["id"])
        table.create_check_constraint(
            op.f("ck_agreement_withdrawn"), "(withdrawn_at IS NULL) = (withdrawn_reason = '')"
        )
        table.create_check_constraint(
            op.f("ck_agreement_withdrawn_by"), "(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)"
        )
        table.drop_constraint(op.f("uq_agreement_fund_id_organisation_id_reference"), type_="unique")
    with op.batch_alter_table("agreement") as table:
        table.alter_column("withdrawn_reason", server_default=None)
    stands = sa.text("withdrawn_at IS NULL")
    op.create_index(
        "uq_agreement_reference", "agreement", NAMED, unique=True, sqlite_where=stands, postgresql_where=stands
    )


def downgrade() -> None:
    """Refuse where agreements are withdrawn: they would count again; if that is meant, each gets a reference apart."""
    withdrawn = op.get_bind().scalar(sa.text("SELECT count(*) FROM agreement WHERE withdrawn_at IS NOT NULL"))
    if withdrawn and not op.get_context().opts["may_lose"]:
        raise Damage(
            f"{withdrawn} agreements are withdrawn and would count again; nothing was changed. "
            "Restore a backup instead, or say `-x lose=rows`."
        )
    op.execute(
        "UPDATE agreement SET reference = substr(reference, 1, 10) || ' (' || id || ')' WHERE withdrawn_at IS NOT NULL"
    )
    op.drop_index("uq_agreement_reference", table_name="agreement")
    with op.batch_alter_table("agreement") as table:
        table.drop_constraint(op.f("ck_agreement_withdrawn"), type_="check")
        table.drop_constraint(op.f("ck_agreement_withdrawn_by"), type_="check")
        table.drop_constraint(op.f("fk_agreement_withdrawn_by_id"), type_="foreignkey")
        for column in ("withdrawn_by_id", "withdrawn_reason", "withdrawn_at"):
            table.drop_column(column)
        table.create_unique_constraint(op.f("uq_agreement_fund_id_organisation_id_reference"), NAMED)
