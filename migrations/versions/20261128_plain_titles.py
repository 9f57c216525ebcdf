"""titles of proposals as they are looked for: in small letters without accents, the same on both engines."""

import sqlalchemy as sa
from alembic import op

from mptf.core.folding import folded

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

ROW = sa.table("proposal", sa.column("id"), sa.column("title"), sa.column("plain_title"))
BATCH = 1_000


def upgrade() -> None:
    with op.batch_alter_table("proposal") as table:
        table.add_column(sa.Column("plain_title", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("proposal") as table:
        table.alter_column("plain_title", server_default=None)
    change = sa.update(ROW).where(ROW.c.id == sa.bindparam("row")).values(plain_title=sa.bindparam("plain"))
    last = 0
    while rows := op.get_bind().execute(sa.select(ROW).where(ROW.c.id > last).order_by(ROW.c.id).limit(BATCH)).all():
        last = rows[-1].id
        op.get_bind().execute(change, [{"row": row.id, "plain": folded(row.title)} for row in rows])


def downgrade() -> None:
    with op.batch_alter_table("proposal") as table:
        table.drop_column("plain_title")
