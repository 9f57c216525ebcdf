"""where a submission says its project works, told apart from the whole of it."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

SUBMISSION = sa.table("submission", sa.column("id"), sa.column("fund_id"), sa.column("content"))
PLACE = sa.table("jurisdiction", sa.column("id"), sa.column("public_id"))
BATCH = 200


def upgrade() -> None:
    named = op.create_table(
        "submission_place",
        sa.Column("id", _big(), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("jurisdiction_id", _big(), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_submission_place_fund_id")),
        sa.ForeignKeyConstraint(
            ["jurisdiction_id"], ["jurisdiction.id"], name=op.f("fk_submission_place_jurisdiction_id")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id", "fund_id"],
            ["submission.id", "submission.fund_id"],
            name=op.f("fk_submission_place_submission_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_place")),
        sa.UniqueConstraint(
            "submission_id", "jurisdiction_id", name=op.f("uq_submission_place_submission_id_jurisdiction_id")
        ),
    )
    bind = op.get_bind()
    known = {row.public_id: row.id for row in bind.execute(sa.select(PLACE))}
    last = 0
    some = sa.select(SUBMISSION).order_by(SUBMISSION.c.id).limit(BATCH)
    while rows := bind.execute(some.where(SUBMISSION.c.id > last)).all():
        last = rows[-1].id
        if told := [place for row in rows for place in _places(row, known)]:
            bind.execute(named.insert(), told)


def _places(row: Any, known: dict[str, int]) -> Iterator[dict[str, int]]:
    """Yield what a submission chose of the jurisdictions it was offered."""
    said = json.loads(row.content)
    chosen = said["parts"].get("concept") or said["parts"].get("general") or {}
    for public_id in said["frame"]["jurisdictions"]:
        if chosen.get(f"jurisdictions.{public_id}") == "y" and public_id in known:
            yield {"submission_id": row.id, "fund_id": row.fund_id, "jurisdiction_id": known[public_id]}


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    op.drop_table("submission_place")
