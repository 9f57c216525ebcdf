"""a published figure stands once, and a role may be held for an office."""

import sqlalchemy as sa
from alembic import op

from mptf.core.schema import Damage

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OFFICE = "office_id IS NULL OR organisation_id IS NOT NULL"
SAME = ["fund_id", "topic", "label", "printed", "as_of", "source", "address"]


def upgrade() -> None:
    twice = op.get_bind().execute(
        sa.text(
            "SELECT label FROM published_figure WHERE withdrawn_at IS NULL"
            " GROUP BY fund_id, topic, label, printed, as_of, source, address HAVING count(*) > 1"
        )
    )
    if labels := [label for (label,) in twice]:
        raise Damage(f"These figures stand twice on a public page; withdraw one of each first: {', '.join(labels)}.")
    with op.batch_alter_table("office", schema=None) as batch_op:
        batch_op.create_unique_constraint(batch_op.f("uq_office_id_organisation_id"), ["id", "organisation_id"])
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("office_id", sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_role_grant_office_id_organisation_id"),
            "office",
            ["office_id", "organisation_id"],
            ["id", "organisation_id"],
        )
        batch_op.create_check_constraint(batch_op.f("ck_role_grant_office"), OFFICE)
    shown = sa.text("withdrawn_at IS NULL")
    op.create_index(
        "uq_published_figure_shown",
        "published_figure",
        SAME,
        unique=True,
        sqlite_where=shown,
        postgresql_where=shown,
    )


def downgrade() -> None:
    op.drop_index("uq_published_figure_shown", table_name="published_figure")
    held = op.get_bind().scalar(sa.text("SELECT count(*) FROM role_grant WHERE office_id IS NOT NULL"))
    if held and not op.get_context().opts["may_lose"]:
        raise Damage(
            f"Roles held for an office ({held}) would no longer say for which; nothing was changed. "
            "Restore a backup instead, or say `-x lose=rows`."
        )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_role_grant_office"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_role_grant_office_id_organisation_id"), type_="foreignkey")
        batch_op.drop_column("office_id")
    with op.batch_alter_table("office", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_office_id_organisation_id"), type_="unique")
