"""words to search are folded alike for both engines; what an object is called stands beside them as it is written."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from mptf.core.folding import folded

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ROW = sa.table("search_row", sa.column("id"), sa.column("called"), sa.column("words"))
BATCH = 1_000


def upgrade() -> None:
    with op.batch_alter_table("search_row") as table:
        table.add_column(sa.Column("called", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("search_row") as table:
        table.alter_column("called", server_default=None)
    rewrite(lambda _called, words: (words.partition("\n")[0], folded(words)))


def downgrade() -> None:
    """Put what an object is called before its words again, where earlier code looks for it."""
    rewrite(lambda called, words: (called, f"{called}\n{words}"))
    with op.batch_alter_table("search_row") as table:
        table.drop_column("called")


def rewrite(act: Callable[[str, str], tuple[str, str]]) -> None:
    """Write every row anew, some at a time: together they may be long."""
    change = (
        sa.update(ROW)
        .where(ROW.c.id == sa.bindparam("row"))
        .values(called=sa.bindparam("called_now"), words=sa.bindparam("words_now"))
    )
    last = 0
    while rows := op.get_bind().execute(sa.select(ROW).where(ROW.c.id > last).order_by(ROW.c.id).limit(BATCH)).all():
        last = rows[-1].id
        values = [(row.id, *act(row.called, row.words)) for row in rows]
        op.get_bind().execute(
            change, [{"row": key, "called_now": called, "words_now": words} for key, called, words in values]
        )
