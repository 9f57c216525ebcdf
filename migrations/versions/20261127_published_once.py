"""a published figure stands once."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SAME = ["fund_id", "topic", "label", "printed", "as_of", "source", "address"]


def upgrade() -> None:
    # Of the same figure twice the later one leaves the page.
    op.execute(
        "UPDATE published_figure SET withdrawn_at = published_at WHERE withdrawn_at IS NULL AND id NOT IN"
        " (SELECT min(id) FROM published_figure WHERE withdrawn_at IS NULL"
        " GROUP BY fund_id, topic, label, printed, as_of, source, address)"
    )
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
