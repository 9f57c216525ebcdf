"""concept notes: a stage of a call, what a proposal is in it, and what was begun and sent in it."""

import sqlalchemy as sa
from alembic import op

from mptf.core.schema import Damage

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

CONCEPT_UNTIL = (
    "concept_until IS NULL OR kind = 'open' AND opens_at IS NOT NULL AND closes_at IS NOT NULL "
    "AND concept_until > opens_at AND concept_until < closes_at"
)
OF_A_CONCEPT = "stage = 'full' OR status IN ('draft', 'submitted', 'screening', 'returned', 'ineligible', 'withdrawn')"
FULL_AT = "full_at IS NULL OR stage = 'full' AND full_at >= submitted_at"
INVITED = "status <> 'invited' OR submitted_at IS NOT NULL AND full_at IS NULL"
STAGED = ("proposal", "begun_submission", "submission")


def upgrade() -> None:
    """Let every proposal that stands, and all that was begun and sent, be full."""
    stages = sa.Enum("concept", "full", name="stage", native_enum=False, length=40)
    with op.batch_alter_table("call") as table:
        table.add_column(sa.Column("concept_until", sa.DateTime(timezone=True), nullable=True))
        table.create_check_constraint(op.f("ck_call_concept_until"), CONCEPT_UNTIL)
    for name in STAGED:
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("stage", stages, nullable=False, server_default="full"))
    for name in STAGED:
        with op.batch_alter_table(name) as table:
            table.alter_column("stage", server_default=None)
    with op.batch_alter_table("proposal") as table:
        table.add_column(sa.Column("full_at", sa.DateTime(timezone=True), nullable=True))
        table.create_check_constraint(op.f("ck_proposal_concept"), OF_A_CONCEPT)
        table.create_check_constraint(op.f("ck_proposal_full_at"), FULL_AT)
        table.create_check_constraint(op.f("ck_proposal_invited"), INVITED)
    with op.batch_alter_table("begun_submission") as table:
        table.drop_constraint(op.f("uq_begun_submission_proposal_id"), type_="unique")
        table.create_unique_constraint(op.f("uq_begun_submission_proposal_id_stage"), ["proposal_id", "stage"])


def downgrade() -> None:
    """Refuse while a call has concept notes: what was written and sent as one would be read as a full proposal."""
    calls = op.get_bind().scalar(sa.text("SELECT count(*) FROM call WHERE concept_until IS NOT NULL"))
    if calls:
        raise Damage(
            f"Calls with concept notes ({calls}) cannot be kept; nothing was changed. Restore a backup instead."
        )
    with op.batch_alter_table("begun_submission") as table:
        table.drop_constraint(op.f("uq_begun_submission_proposal_id_stage"), type_="unique")
        table.create_unique_constraint(op.f("uq_begun_submission_proposal_id"), ["proposal_id"])
    with op.batch_alter_table("proposal") as table:
        for check in ("invited", "full_at", "concept"):
            table.drop_constraint(op.f(f"ck_proposal_{check}"), type_="check")
        table.drop_column("full_at")
    for name in STAGED:
        with op.batch_alter_table(name) as table:
            table.drop_column("stage")
    with op.batch_alter_table("call") as table:
        table.drop_constraint(op.f("ck_call_concept_until"), type_="check")
        table.drop_column("concept_until")
