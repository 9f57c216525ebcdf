"""mail a restore holds back."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CHECK = "ck_outbox_message_mailstate"


def upgrade() -> None:
    _allow("queued", "held", "sent", "dropped", "failed")


def downgrade() -> None:
    # What was held was never meant to leave without somebody's word.
    op.execute("UPDATE outbox_message SET state = 'dropped' WHERE state = 'held'")
    _allow("queued", "sent", "dropped", "failed")


def _allow(*states: str) -> None:
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(CHECK), type_="check")
        batch_op.create_check_constraint(op.f(CHECK), f"state IN ({', '.join(map(repr, states))})")
