"""one second factor in force for each person."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Of two that were set up at the same moment the later one stays.
    op.execute(
        "UPDATE totp_secret SET ended_at = confirmed_at WHERE ended_at IS NULL AND id NOT IN"
        " (SELECT max(id) FROM totp_secret WHERE ended_at IS NULL GROUP BY person_id)"
    )
    in_force = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_totp_secret_in_force",
        "totp_secret",
        ["person_id"],
        unique=True,
        sqlite_where=in_force,
        postgresql_where=in_force,
    )


def downgrade() -> None:
    op.drop_index("uq_totp_secret_in_force", table_name="totp_secret")
