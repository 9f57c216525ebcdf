"""a reported figure names the certified year it corrects."""

import sqlalchemy as sa
from alembic import op

from mptf.core.schema import Damage

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLE = "reported_figure"
VERSION = ["fund_id", "organisation_id", "year", "project_number", "category", "basis", "version"]
EARLIER = "corrects_year BETWEEN 2000 AND year - 1"
NONE, NAMED = sa.text("corrects_year IS NULL"), sa.text("corrects_year IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        table.add_column(sa.Column("corrects_year", sa.BigInteger(), nullable=True))
        table.drop_constraint("uq_reported_figure_version", type_="unique")
        table.create_check_constraint(op.f("ck_reported_figure_corrects_year"), EARLIER)
    for name, columns, which in (
        ("uq_reported_figure_version", VERSION, NONE),
        ("uq_reported_figure_correction", [*VERSION, "corrects_year"], NAMED),
    ):
        op.create_index(name, TABLE, columns, unique=True, sqlite_where=which, postgresql_where=which)
    op.create_index("ix_reported_figure_recorded", TABLE, ["fund_id", "recorded_at"])


def downgrade() -> None:
    named = op.get_bind().scalar(sa.text("SELECT count(*) FROM reported_figure WHERE corrects_year IS NOT NULL"))
    if named and not op.get_context().opts["may_lose"]:
        raise Damage(
            f"Corrections ({named}) would no longer name the year they correct; nothing was changed. "
            "Restore a backup instead, or say `-x lose=rows`."
        )
    op.execute("DELETE FROM reported_figure WHERE corrects_year IS NOT NULL")
    for index in ("ix_reported_figure_recorded", "uq_reported_figure_correction", "uq_reported_figure_version"):
        op.drop_index(index, table_name=TABLE)
    with op.batch_alter_table(TABLE) as table:
        table.drop_constraint(op.f("ck_reported_figure_corrects_year"), type_="check")
        table.drop_column("corrects_year")
        table.create_unique_constraint("uq_reported_figure_version", VERSION)
