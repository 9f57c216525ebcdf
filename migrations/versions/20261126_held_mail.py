"""mail a restore holds back."""

import sqlalchemy as sa
from alembic import op

from mptf.core.schema import Damage

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CHECK = "ck_outbox_message_mailstate"


def upgrade() -> None:
    _allow("queued", "held", "sent", "dropped", "failed")


def downgrade() -> None:
    held = op.get_bind().scalar(sa.text("SELECT count(*) FROM outbox_message WHERE state = 'held'"))
    if held and not op.get_context().opts["may_lose"]:
        raise Damage(
            f"Mail that is held ({held}) would never be sent; nothing was changed. "
            "Release them with `flask mail release`, or say `-x lose=rows`."
        )
    # What was held was never meant to leave without somebody's word.
    op.execute("UPDATE outbox_message SET state = 'dropped' WHERE state = 'held'")
    _allow("queued", "sent", "dropped", "failed")


def _allow(*states: str) -> None:
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(CHECK), type_="check")
        batch_op.create_check_constraint(op.f(CHECK), f"state IN ({', '.join(map(repr, states))})")
