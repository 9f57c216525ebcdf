"""calls for proposals, and proposals with the versions of their parts."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("draft", "published", "closed", "cancelled", name="callstatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("reference", sa.String(length=40), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("decision", sa.String(length=300), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("envelope_minor", sa.BigInteger(), nullable=True),
        sa.Column("envelope_currency", sa.String(length=3), nullable=True),
        sa.Column("smallest_minor", sa.BigInteger(), nullable=True),
        sa.Column("smallest_currency", sa.String(length=3), nullable=True),
        sa.Column("largest_minor", sa.BigInteger(), nullable=True),
        sa.Column("largest_currency", sa.String(length=3), nullable=True),
        sa.Column("shortest_months", sa.BigInteger(), nullable=True),
        sa.Column("longest_months", sa.BigInteger(), nullable=True),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("questions_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("grace_minutes", sa.BigInteger(), nullable=False),
        sa.Column("reviews_required", sa.BigInteger(), nullable=False),
        sa.Column("external_required", sa.Boolean(), nullable=False),
        sa.Column("justification_required", sa.Boolean(), nullable=False),
        sa.Column(
            "ranking_basis",
            sa.Enum("technical", "committee", "weighted", name="rankingbasis", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("technical_weight", sa.BigInteger(), nullable=False),
        sa.Column(
            "reviews_shown",
            sa.Enum("after_all", "never", name="reviewsshown", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "scores_shown",
            sa.Enum("own_only", "after_own", "after_all", "no_names", name="scoresshown", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name=op.f("ck_call_cancelled")),
        sa.CheckConstraint("(status = 'draft') = (published_at IS NULL)", name=op.f("ck_call_published")),
        sa.CheckConstraint("(published_at IS NULL) = (reference IS NULL)", name=op.f("ck_call_reference")),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_call_open_for")),
        sa.CheckConstraint(
            "envelope_minor > 0 AND smallest_minor > 0 AND largest_minor > 0", name=op.f("ck_call_amounts")
        ),
        sa.CheckConstraint("grace_minutes BETWEEN 0 AND 1440", name=op.f("ck_call_grace")),
        sa.CheckConstraint(
            "published_at IS NULL OR (envelope_minor IS NOT NULL AND opens_at IS NOT NULL AND closes_at IS NOT NULL)",
            name=op.f("ck_call_whole"),
        ),
        sa.CheckConstraint("reviews_required BETWEEN 1 AND 9", name=op.f("ck_call_reviews")),
        sa.CheckConstraint(
            "shortest_months BETWEEN 1 AND 120 AND longest_months BETWEEN 1 AND 120 "
            "AND shortest_months <= longest_months",
            name=op.f("ck_call_months"),
        ),
        sa.CheckConstraint(
            "smallest_minor <= largest_minor AND largest_minor <= envelope_minor", name=op.f("ck_call_grants")
        ),
        sa.CheckConstraint("technical_weight BETWEEN 0 AND 100", name=op.f("ck_call_technical_weight")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_call_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_call_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
        sa.UniqueConstraint("fund_id", "reference", name=op.f("uq_call_fund_id_reference")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_call_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_call_public_id")),
    )
    op.create_index("ix_call_closing", "call", ["status", "closes_at"])
    op.create_index("ix_call_fund", "call", ["fund_id", "status"])
    op.create_table(
        "call_amendment",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("amended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_call_amendment_reason")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_call_amendment_by_id")),
        sa.ForeignKeyConstraint(
            ["call_id", "fund_id"], ["call.id", "call.fund_id"], name=op.f("fk_call_amendment_call_id_fund_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_call_amendment_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_amendment")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_call_amendment_call_id_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_call_amendment_public_id")),
    )
    op.create_table(
        "call_ceiling",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("window_id", sa.BigInteger(), nullable=True),
        sa.Column("jurisdiction_id", _big(), nullable=True),
        sa.Column("organisation_id", _big(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", sa.String(length=3), nullable=False),
        sa.CheckConstraint(
            "(window_id IS NOT NULL) <> (jurisdiction_id IS NOT NULL) AND organisation_id IS NULL "
            "OR window_id IS NULL AND jurisdiction_id IS NULL AND organisation_id IS NOT NULL",
            name=op.f("ck_call_ceiling_one"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_call_ceiling_amount")),
        sa.ForeignKeyConstraint(
            ["call_id", "fund_id"], ["call.id", "call.fund_id"], name=op.f("fk_call_ceiling_call_id_fund_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_call_ceiling_fund_id")),
        sa.ForeignKeyConstraint(["jurisdiction_id"], ["jurisdiction.id"], name=op.f("fk_call_ceiling_jurisdiction_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_call_ceiling_organisation_id")),
        sa.ForeignKeyConstraint(
            ["window_id", "fund_id"],
            ["fund_window.id", "fund_window.fund_id"],
            name=op.f("fk_call_ceiling_window_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_ceiling")),
        sa.UniqueConstraint("call_id", "jurisdiction_id", name=op.f("uq_call_ceiling_call_id_jurisdiction_id")),
        sa.UniqueConstraint("call_id", "organisation_id", name=op.f("uq_call_ceiling_call_id_organisation_id")),
        sa.UniqueConstraint("call_id", "window_id", name=op.f("uq_call_ceiling_call_id_window_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_call_ceiling_public_id")),
    )
    op.create_table(
        "call_criterion",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("guidance", sa.Text(), nullable=False),
        sa.Column("most_points", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("most_points BETWEEN 1 AND 20", name=op.f("ck_call_criterion_points")),
        sa.CheckConstraint("weight BETWEEN 1 AND 100", name=op.f("ck_call_criterion_weight")),
        sa.ForeignKeyConstraint(
            ["call_id", "fund_id"], ["call.id", "call.fund_id"], name=op.f("fk_call_criterion_call_id_fund_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_call_criterion_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_criterion")),
        sa.UniqueConstraint("call_id", "position", name=op.f("uq_call_criterion_call_id_position")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_call_criterion_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_call_criterion_public_id")),
    )
    op.create_table(
        "call_document",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("guidance", sa.Text(), nullable=False),
        sa.Column("needed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id", "fund_id"], ["call.id", "call.fund_id"], name=op.f("fk_call_document_call_id_fund_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_call_document_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_document")),
        sa.UniqueConstraint("call_id", "name", name=op.f("uq_call_document_call_id_name")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_call_document_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_call_document_public_id")),
    )
    op.create_table(
        "call_follower",
        sa.Column("id", _big(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("person_id", _big(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["call_id", "fund_id"], ["call.id", "call.fund_id"], name=op.f("fk_call_follower_call_id_fund_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_call_follower_fund_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_call_follower_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_follower")),
    )
    op.create_index(op.f("ix_call_follower_person_id"), "call_follower", ["person_id"])
    op.create_index(
        "uq_call_follower_now",
        "call_follower",
        ["call_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("until_at IS NULL"),
        postgresql_where=sa.text("until_at IS NULL"),
    )
    op.create_table(
        "call_jurisdiction",
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("jurisdiction_id", _big(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id", "fund_id"], ["call.id", "call.fund_id"], name=op.f("fk_call_jurisdiction_call_id_fund_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_call_jurisdiction_fund_id")),
        sa.ForeignKeyConstraint(
            ["jurisdiction_id"], ["jurisdiction.id"], name=op.f("fk_call_jurisdiction_jurisdiction_id")
        ),
        sa.PrimaryKeyConstraint("call_id", "jurisdiction_id", name=op.f("pk_call_jurisdiction")),
    )
    op.create_table(
        "call_office",
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("office_id", _big(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id", "fund_id"], ["call.id", "call.fund_id"], name=op.f("fk_call_office_call_id_fund_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_call_office_fund_id")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_call_office_office_id")),
        sa.PrimaryKeyConstraint("call_id", "office_id", name=op.f("pk_call_office")),
    )
    op.create_table(
        "proposal",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", _big(), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Enum("draft", name="proposalstatus", native_enum=False, length=40), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(status = 'draft') = (submitted_at IS NULL)", name=op.f("ck_proposal_submitted")),
        sa.CheckConstraint("(number IS NULL) = (submitted_at IS NULL)", name=op.f("ck_proposal_number")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_proposal_by_id")),
        sa.ForeignKeyConstraint(
            ["call_id", "fund_id"], ["call.id", "call.fund_id"], name=op.f("fk_proposal_call_id_fund_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_proposal_fund_id")),
        sa.ForeignKeyConstraint(
            ["office_id", "organisation_id"],
            ["office.id", "office.organisation_id"],
            name=op.f("fk_proposal_office_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_proposal_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_proposal_call_id_number")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_proposal_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_proposal_public_id")),
    )
    op.create_index("ix_proposal_call", "proposal", ["fund_id", "call_id", "status"])
    op.create_index("ix_proposal_office", "proposal", ["fund_id", "office_id"])
    op.create_table(
        "call_anchor",
        sa.Column("id", _big(), nullable=False),
        sa.Column("criterion_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("points BETWEEN 0 AND 20", name=op.f("ck_call_anchor_points")),
        sa.ForeignKeyConstraint(
            ["criterion_id", "fund_id"],
            ["call_criterion.id", "call_criterion.fund_id"],
            name=op.f("fk_call_anchor_criterion_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_call_anchor_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_anchor")),
        sa.UniqueConstraint("criterion_id", "points", name=op.f("uq_call_anchor_criterion_id_points")),
    )
    op.create_table(
        "call_item",
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id", "fund_id"], ["call.id", "call.fund_id"], name=op.f("fk_call_item_call_id_fund_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_call_item_fund_id")),
        sa.ForeignKeyConstraint(
            ["item_id", "fund_id"],
            ["framework_item.id", "framework_item.fund_id"],
            name=op.f("fk_call_item_item_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("call_id", "item_id", name=op.f("pk_call_item")),
    )
    op.create_table(
        "part_version",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column(
            "part",
            sa.Enum(
                "general",
                "narrative",
                "results",
                "workplan",
                "budget",
                "risks",
                "attachments",
                "team",
                name="partkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _big(), nullable=False),
        sa.Column("explicit", sa.Boolean(), nullable=False),
        sa.Column("aside", sa.Boolean(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_part_version_number")),
        sa.CheckConstraint("settled_at IS NULL OR aside", name=op.f("ck_part_version_settled")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_part_version_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_part_version_fund_id")),
        sa.ForeignKeyConstraint(
            ["proposal_id", "fund_id"],
            ["proposal.id", "proposal.fund_id"],
            name=op.f("fk_part_version_proposal_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_version")),
        sa.UniqueConstraint("proposal_id", "part", "number", name=op.f("uq_part_version_proposal_id_part_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_part_version_public_id")),
    )
    op.create_table(
        "proposal_person",
        sa.Column("id", _big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", _big(), nullable=False),
        sa.Column("person_id", _big(), nullable=False),
        sa.Column(
            "may",
            sa.Enum("write", "finance", "read", name="may", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_id", _big(), nullable=False),
        sa.CheckConstraint("until_at IS NULL OR until_at >= from_at", name=op.f("ck_proposal_person_period")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_proposal_person_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_proposal_person_fund_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_proposal_person_person_id")),
        sa.ForeignKeyConstraint(
            ["proposal_id", "fund_id"],
            ["proposal.id", "proposal.fund_id"],
            name=op.f("fk_proposal_person_proposal_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_person")),
        sa.UniqueConstraint("public_id", name=op.f("uq_proposal_person_public_id")),
    )
    op.create_index(op.f("ix_proposal_person_person_id"), "proposal_person", ["person_id"])
    op.create_index(
        "uq_proposal_person_now",
        "proposal_person",
        ["proposal_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("until_at IS NULL"),
        postgresql_where=sa.text("until_at IS NULL"),
    )


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    for table in (
        "proposal_person",
        "part_version",
        "call_item",
        "call_anchor",
        "proposal",
        "call_office",
        "call_jurisdiction",
        "call_follower",
        "call_document",
        "call_criterion",
        "call_ceiling",
        "call_amendment",
        "call",
    ):
        op.drop_table(table)
