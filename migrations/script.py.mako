"""${message}."""
<%!
    def clean(operations):
        return "\n".join(line for line in operations.splitlines() if "# ###" not in line).strip()
%>
import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${clean(upgrades) if upgrades else "pass"}


def downgrade() -> None:
    ${clean(downgrades) if downgrades else "pass"}
