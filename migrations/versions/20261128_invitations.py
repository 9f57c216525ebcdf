"""invitations: calls of a kind of their own, with the reason why they are outside a call."""

import sqlalchemy as sa
from alembic import op

from mptf.core.schema import Damage

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ONLY_OF_INVITATIONS = "kind = 'invitation' OR why_outside = ''"
ASKED = "call_id IN (SELECT id FROM call WHERE kind = 'invitation')"
SAID = "published_at IS NULL OR kind <> 'invitation' OR why_outside <> ''"


def upgrade() -> None:
    """Let every call that stands be one for proposals."""
    kinds = sa.Enum("open", "invitation", name="callkind", native_enum=False, length=40)
    with op.batch_alter_table("call") as table:
        table.add_column(sa.Column("kind", kinds, nullable=False, server_default="open"))
        table.add_column(sa.Column("why_outside", sa.Text(), nullable=False, server_default=""))
        table.create_check_constraint(op.f("ck_call_outside"), ONLY_OF_INVITATIONS)
        table.create_check_constraint(op.f("ck_call_why_outside"), SAID)
    with op.batch_alter_table("call") as table:
        for column in ("kind", "why_outside"):
            table.alter_column(column, server_default=None)


def downgrade() -> None:
    """Refuse while there is an invitation, for every role of the fund would read it as a call.

    If that is meant, each is a draft of a call, which the Secretariat alone reads, and its questions go.
    """
    invitations = op.get_bind().scalar(sa.text("SELECT count(*) FROM call WHERE kind = 'invitation'"))
    if invitations and not op.get_context().opts["may_lose"]:
        raise Damage(
            f"Invitations ({invitations}) would be calls that every role of the fund reads; nothing was changed. "
            "Restore a backup instead, or say `-x lose=rows`."
        )
    for question in ("call_answer", "call_question_refusal"):
        op.execute(f"DELETE FROM {question} WHERE question_id IN (SELECT id FROM call_question WHERE {ASKED})")  # noqa: S608 - our own words
    op.execute(f"DELETE FROM call_question WHERE {ASKED}")  # noqa: S608 - our own words
    op.execute(
        "UPDATE call SET status = 'draft', reference = NULL, published_at = NULL, closed_at = NULL,"
        " cancelled_at = NULL, cancelled_reason = NULL WHERE kind = 'invitation'"
    )
    with op.batch_alter_table("call") as table:
        table.drop_constraint(op.f("ck_call_outside"), type_="check")
        table.drop_constraint(op.f("ck_call_why_outside"), type_="check")
        table.drop_column("why_outside")
        table.drop_column("kind")
