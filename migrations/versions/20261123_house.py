"""house."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_anchor",
        sa.Column("printed_on", sa.Date(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("printed_on", name=op.f("pk_audit_anchor")),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "fund",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("short_name", sa.String(length=300), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column(
            "decision_body",
            sa.Enum(
                "committee",
                "board",
                "donor_agreement",
                name="decisionbody",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("established_on", sa.Date(), nullable=True),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund")),
        sa.UniqueConstraint("code", name=op.f("uq_fund_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_fund_public_id")),
    )
    op.create_table(
        "job_run",
        sa.Column("job", sa.String(length=60), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leader", sa.String(length=26), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("error IS NULL OR ended_at IS NOT NULL", name=op.f("ck_job_run_error_ends_it")),
        sa.PrimaryKeyConstraint("job", "slot", name=op.f("pk_job_run")),
    )
    op.create_table(
        "jurisdiction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("iati_code", sa.String(length=10), nullable=False),
        sa.Column("regional", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(iati_code = 'XK') = (name = 'Kosovo*')", name=op.f("ck_jurisdiction_kosovo")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jurisdiction")),
        sa.UniqueConstraint("name", name=op.f("uq_jurisdiction_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_jurisdiction_public_id")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "government",
                "multilateral",
                "puno",
                "secretariat",
                "administrative_agent",
                "other",
                name="organisationkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("short_name", sa.String(length=40), nullable=False),
        sa.Column("official_name", sa.String(length=300), nullable=False),
        sa.Column("iati_identifier", sa.String(length=60), nullable=True),
        sa.Column("country_code", sa.String(length=2), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_organisation_public_id")),
        sa.UniqueConstraint("short_name", name=op.f("uq_organisation_short_name")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_person_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
        sa.UniqueConstraint("public_id", name=op.f("uq_person_public_id")),
    )
    op.create_table(
        "signin_attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "password", "code", "reset", name="attemptkind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signin_attempt")),
    )
    with op.batch_alter_table("signin_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_signin_attempt_account", ["account", "tried_at"], unique=False)
        batch_op.create_index("ix_signin_attempt_address", ["address", "tried_at"], unique=False)

    op.create_table(
        "access_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=60), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_access_event_fund_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_access_event_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_event")),
    )
    with op.batch_alter_table("access_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_event_fund_id"), ["fund_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_event_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_event_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "agreement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "saa",
                "eu_contribution_agreement",
                "other",
                name="agreementkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", sa.String(length=3), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_agreement_amount")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_agreement_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_agreement_fund_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_agreement_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint(
            "fund_id", "organisation_id", "reference", name=op.f("uq_agreement_fund_id_organisation_id_reference")
        ),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_agreement_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_agreement_public_id")),
    )
    with op.batch_alter_table("agreement", schema=None) as batch_op:
        batch_op.create_index("ix_agreement_fund", ["fund_id", "signed_on", "id"], unique=False)
        batch_op.create_index("ix_agreement_organisation", ["organisation_id"], unique=False)

    op.create_table(
        "audit_event",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=60), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("detail_digest", sa.String(length=64), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_audit_event_actor_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_audit_event_fund_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_event_hash")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_fund_id"), ["fund_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "credential",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("short", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_credential_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("person_id", name=op.f("uq_credential_person_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_credential_public_id")),
    )
    op.create_table(
        "form_token",
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_form_token_person_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_form_token")),
    )
    op.create_table(
        "fund_settings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("basis", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("aa_fee_bp", sa.BigInteger(), nullable=False),
        sa.Column("indirect_cost_bp", sa.BigInteger(), nullable=False),
        sa.Column("reserve_minor", sa.BigInteger(), nullable=False),
        sa.Column("statement_layout", sa.BigInteger(), nullable=False),
        sa.Column("second_factor_required", sa.Boolean(), nullable=False),
        sa.Column("no_objection_days", sa.BigInteger(), nullable=False),
        sa.Column("next_tranche_bp", sa.BigInteger(), nullable=False),
        sa.Column("category_tolerance_bp", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("aa_fee_bp BETWEEN 0 AND 10000", name=op.f("ck_fund_settings_aa_fee")),
        sa.CheckConstraint(
            "category_tolerance_bp BETWEEN 0 AND 10000", name=op.f("ck_fund_settings_category_tolerance")
        ),
        sa.CheckConstraint("indirect_cost_bp BETWEEN 0 AND 10000", name=op.f("ck_fund_settings_indirect_cost")),
        sa.CheckConstraint("next_tranche_bp BETWEEN 0 AND 10000", name=op.f("ck_fund_settings_next_tranche")),
        sa.CheckConstraint("no_objection_days BETWEEN 1 AND 90", name=op.f("ck_fund_settings_no_objection_days")),
        sa.CheckConstraint("reserve_minor >= 0", name=op.f("ck_fund_settings_reserve")),
        sa.CheckConstraint("statement_layout IN (1, 2)", name=op.f("ck_fund_settings_statement_layout")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_fund_settings_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_settings")),
        sa.UniqueConstraint("fund_id", "valid_from", name=op.f("uq_fund_settings_fund_id_valid_from")),
        sa.UniqueConstraint("public_id", name=op.f("uq_fund_settings_public_id")),
    )
    op.create_table(
        "holiday",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("falls_on", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_holiday_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holiday")),
        sa.UniqueConstraint("fund_id", "falls_on", name=op.f("uq_holiday_fund_id_falls_on")),
        sa.UniqueConstraint("public_id", name=op.f("uq_holiday_public_id")),
    )
    op.create_table(
        "invitation",
        sa.Column("invited_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["invited_by_id"], ["person.id"], name=op.f("fk_invitation_invited_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_invitation_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invitation_public_id")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_person_id"), ["person_id"], unique=False)

    op.create_table(
        "ledger_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("asset", "source", "use", name="accountkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_ledger_account_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
        sa.UniqueConstraint("fund_id", "code", name=op.f("uq_ledger_account_fund_id_code")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_ledger_account_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_ledger_account_public_id")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Enum("deposit", "aa_fee", name="entrykind", native_enum=False, length=40), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_kind", sa.String(length=60), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("memo", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_ledger_entry_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_ledger_entry_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("fund_id", "key", name=op.f("uq_ledger_entry_fund_id_key")),
        sa.UniqueConstraint("fund_id", "number", name=op.f("uq_ledger_entry_fund_id_number")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_ledger_entry_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_ledger_entry_public_id")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entry_journal", ["fund_id", "value_on", "number"], unique=False)
        batch_op.create_index("ix_ledger_entry_source", ["fund_id", "source_kind", "source_id"], unique=False)

    op.create_table(
        "office",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["jurisdiction_id"], ["jurisdiction.id"], name=op.f("fk_office_jurisdiction_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_office_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_office_organisation_id_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_office_public_id")),
    )
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("to_person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "sent",
                "dropped",
                "failed",
                name="mailstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_outbox_message_fund_id")),
        sa.ForeignKeyConstraint(["to_person_id"], ["person.id"], name=op.f("fk_outbox_message_to_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("public_id", name=op.f("uq_outbox_message_public_id")),
    )
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_message_due", ["state", "next_try_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_message_to_person_id"), ["to_person_id"], unique=False)

    op.create_table(
        "password_reset",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_password_reset_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("public_id", name=op.f("uq_password_reset_public_id")),
    )
    with op.batch_alter_table("password_reset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_password_reset_person_id"), ["person_id"], unique=False)

    op.create_table(
        "pledge",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", sa.String(length=3), nullable=False),
        sa.Column("announced_on", sa.Date(), nullable=False),
        sa.Column(
            "precision",
            sa.Enum("day", "month", "year", name="precision", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("announced_as", sa.String(length=300), nullable=False),
        sa.Column("usd_as_published", sa.String(length=300), nullable=False),
        sa.Column(
            "certainty",
            sa.Enum("certain", "probable", name="certainty", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("certainty_note", sa.String(length=300), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=1000), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_pledge_amount")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_pledge_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_pledge_fund_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_pledge_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledge")),
        sa.UniqueConstraint(
            "fund_id",
            "organisation_id",
            "announced_on",
            "precision",
            "amount_minor",
            "amount_currency",
            name="uq_pledge_announcement",
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_pledge_public_id")),
    )
    with op.batch_alter_table("pledge", schema=None) as batch_op:
        batch_op.create_index("ix_pledge_fund", ["fund_id", "announced_on", "id"], unique=False)
        batch_op.create_index("ix_pledge_organisation", ["organisation_id"], unique=False)

    op.create_table(
        "published_figure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "topic",
            sa.Enum(
                "contributions",
                "portfolio",
                "donor_totals",
                name="topic",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("as_of", sa.String(length=300), nullable=False),
        sa.Column("label", sa.String(length=300), nullable=False),
        sa.Column("printed", sa.String(length=300), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("amount_currency", sa.String(length=3), nullable=True),
        sa.Column("exact", sa.Boolean(), nullable=False),
        sa.Column("headline", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("address", sa.String(length=1000), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_published_figure_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_figure")),
        sa.UniqueConstraint("public_id", name=op.f("uq_published_figure_public_id")),
    )
    with op.batch_alter_table("published_figure", schema=None) as batch_op:
        batch_op.create_index("ix_published_figure_fund", ["fund_id", "as_of_on"], unique=False)

    op.create_table(
        "recovery_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recovery_code_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_recovery_code_digest")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_code_person_id"), ["person_id"], unique=False)

    op.create_table(
        "role_grant",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "role",
            sa.Enum(
                "administrator",
                "secretariat_officer",
                "secretariat_head",
                "committee_member",
                "committee_chair",
                "technical_reviewer",
                "puno_officer",
                "puno_certifier",
                "donor_viewer",
                "administrative_agent",
                "auditor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(role = 'administrator') = (fund_id IS NULL)", name=op.f("ck_role_grant_place")),
        sa.CheckConstraint("until_on IS NULL OR until_on >= from_on", name=op.f("ck_role_grant_period")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_role_grant_fund_id")),
        sa.ForeignKeyConstraint(["given_by_id"], ["person.id"], name=op.f("fk_role_grant_given_by_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_role_grant_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_grant_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sa.UniqueConstraint("public_id", name=op.f("uq_role_grant_public_id")),
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_grant_fund_id"), ["fund_id"], unique=False)
        batch_op.create_index("ix_role_grant_person", ["person_id", "ended_at"], unique=False)

    op.create_table(
        "search_row",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_search_row_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_row")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_search_row_kind_subject_id")),
    )
    with op.batch_alter_table("search_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_search_row_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "stored_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_stored_file_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_stored_file_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
        sa.UniqueConstraint("public_id", name=op.f("uq_stored_file_public_id")),
    )
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stored_file_fund_id"), ["fund_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_stored_file_sha256"), ["sha256"], unique=False)

    op.create_table(
        "task",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role_id", sa.String(length=26), nullable=True),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "running",
                "done",
                "failed",
                name="taskstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.CheckConstraint("done >= 0 AND done <= total", name=op.f("ck_task_progress")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_task_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_task_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("public_id", name=op.f("uq_task_public_id")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_by_id"), ["by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_fund_id"), ["fund_id"], unique=False)
        batch_op.create_index("ix_task_waiting", ["state", "id"], unique=False)

    op.create_table(
        "totp_secret",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_totp_secret_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_totp_secret")),
        sa.UniqueConstraint("public_id", name=op.f("uq_totp_secret_public_id")),
        sa.UniqueConstraint("seed", name=op.f("uq_totp_secret_seed")),
    )
    with op.batch_alter_table("totp_secret", schema=None) as batch_op:
        batch_op.create_index("ix_totp_secret_person", ["person_id", "ended_at"], unique=False)

    op.create_table(
        "audit_detail",
        sa.Column("event_seq", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_seq"], ["audit_event.seq"], name=op.f("fk_audit_detail_event_seq")),
        sa.PrimaryKeyConstraint("event_seq", name=op.f("pk_audit_detail")),
    )
    op.create_table(
        "deposit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agreement_id", sa.BigInteger(), nullable=True),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("fee_entry_id", sa.BigInteger(), nullable=True),
        sa.Column("received_minor", sa.BigInteger(), nullable=False),
        sa.Column("received_currency", sa.String(length=3), nullable=False),
        sa.Column("original_minor", sa.BigInteger(), nullable=True),
        sa.Column("original_currency", sa.String(length=3), nullable=True),
        sa.Column("fee_minor", sa.BigInteger(), nullable=True),
        sa.Column("fee_currency", sa.String(length=3), nullable=True),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("bank_reference", sa.String(length=100), nullable=False),
        sa.Column(
            "certainty",
            sa.Enum("certain", "probable", name="certainty", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("certainty_note", sa.String(length=300), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("is_opening", sa.Boolean(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("(fee_minor IS NULL) = (fee_currency IS NULL)", name=op.f("ck_deposit_fee_whole")),
        sa.CheckConstraint(
            "(original_minor IS NULL) = (original_currency IS NULL)", name=op.f("ck_deposit_original_whole")
        ),
        sa.CheckConstraint("fee_currency = received_currency", name=op.f("ck_deposit_fee_currency")),
        sa.CheckConstraint("fee_minor BETWEEN 0 AND received_minor", name=op.f("ck_deposit_fee")),
        sa.CheckConstraint("original_minor > 0", name=op.f("ck_deposit_original")),
        sa.CheckConstraint("received_minor > 0", name=op.f("ck_deposit_received")),
        sa.ForeignKeyConstraint(
            ["agreement_id", "fund_id"],
            ["agreement.id", "agreement.fund_id"],
            name=op.f("fk_deposit_agreement_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_deposit_by_id")),
        sa.ForeignKeyConstraint(
            ["entry_id", "fund_id"],
            ["ledger_entry.id", "ledger_entry.fund_id"],
            name=op.f("fk_deposit_entry_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(
            ["fee_entry_id", "fund_id"],
            ["ledger_entry.id", "ledger_entry.fund_id"],
            name=op.f("fk_deposit_fee_entry_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_deposit_fund_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_deposit_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_deposit_entry_id")),
        sa.UniqueConstraint("fee_entry_id", name=op.f("uq_deposit_fee_entry_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_deposit_public_id")),
    )
    with op.batch_alter_table("deposit", schema=None) as batch_op:
        batch_op.create_index("ix_deposit_agreement", ["agreement_id", "value_on"], unique=False)
        batch_op.create_index("ix_deposit_fund", ["fund_id", "value_on", "id"], unique=False)
        batch_op.create_index("ix_deposit_organisation", ["organisation_id"], unique=False)
        batch_op.create_index("ix_deposit_reference", ["fund_id", "bank_reference"], unique=False)

    op.create_table(
        "gateway_extract",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("cut_off_on", sa.Date(), nullable=True),
        sa.Column(
            "certification",
            sa.Enum(
                "certified",
                "interim",
                "not_stated",
                name="certification",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "uploaded",
                "checked",
                "importing",
                "imported",
                "withdrawn",
                "discarded",
                name="extractstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("figure_count", sa.BigInteger(), nullable=False),
        sa.Column("error_count", sa.BigInteger(), nullable=False),
        sa.Column("warning_count", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(status = 'withdrawn') = (withdrawn_because IS NOT NULL)",
            name=op.f("ck_gateway_extract_withdrawn_because"),
        ),
        sa.CheckConstraint(
            "status != 'imported' OR error_count = 0", name=op.f("ck_gateway_extract_imported_without_errors")
        ),
        sa.CheckConstraint(
            "status != 'imported' OR imported_at IS NOT NULL", name=op.f("ck_gateway_extract_imported_at")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_gateway_extract_by_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_gateway_extract_file_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_gateway_extract_fund_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_gateway_extract_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_extract")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_gateway_extract_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_gateway_extract_public_id")),
    )
    with op.batch_alter_table("gateway_extract", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gateway_extract_fund_id"), ["fund_id"], unique=False)
        batch_op.create_index(
            "uq_gateway_extract_imported_once",
            ["fund_id", "content_hash"],
            unique=True,
            sqlite_where=sa.text("status = 'imported'"),
            postgresql_where=sa.text("status = 'imported'"),
        )

    op.create_table(
        "ledger_confirmation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "how",
            sa.Enum("administrative_agent", "gateway_import", name="confirmedby", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_ledger_confirmation_by_id")),
        sa.ForeignKeyConstraint(
            ["entry_id", "fund_id"],
            ["ledger_entry.id", "ledger_entry.fund_id"],
            name=op.f("fk_ledger_confirmation_entry_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_confirmation")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_ledger_confirmation_entry_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_ledger_confirmation_public_id")),
    )
    with op.batch_alter_table("ledger_confirmation", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_confirmation_fund", ["fund_id", "confirmed_at"], unique=False)

    op.create_table(
        "ledger_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", sa.String(length=3), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_ledger_line_amount")),
        sa.ForeignKeyConstraint(
            ["account_id", "fund_id"],
            ["ledger_account.id", "ledger_account.fund_id"],
            name=op.f("fk_ledger_line_account_id_fund_id"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id", "fund_id"],
            ["ledger_entry.id", "ledger_entry.fund_id"],
            name=op.f("fk_ledger_line_entry_id_fund_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_line")),
    )
    with op.batch_alter_table("ledger_line", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_line_balance",
            ["fund_id", "account_id", "value_on", "recorded_at", "amount_minor", "amount_currency"],
            unique=False,
        )
        batch_op.create_index("ix_ledger_line_entry", ["entry_id"], unique=False)

    op.create_table(
        "rate_upload",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source",
            sa.Enum("unore", "other", name="ratesource", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_rate_upload_file_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_rate_upload_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate_upload")),
        sa.UniqueConstraint("public_id", name=op.f("uq_rate_upload_public_id")),
    )
    with op.batch_alter_table("rate_upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rate_upload_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "report_export",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("report_key", sa.String(length=60), nullable=False),
        sa.Column("about", sa.String(length=300), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column(
            "format",
            sa.Enum("xlsx", "csv", name="exportformat", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(file_id IS NULL) = (rows IS NULL)", name=op.f("ck_report_export_file_and_rows")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_report_export_by_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_report_export_file_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_report_export_fund_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_report_export_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_export")),
        sa.UniqueConstraint("public_id", name=op.f("uq_report_export_public_id")),
        sa.UniqueConstraint("task_id", name=op.f("uq_report_export_task_id")),
    )
    with op.batch_alter_table("report_export", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_export_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "signin_session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("chosen_grant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_signin_session_lasts")),
        sa.ForeignKeyConstraint(["chosen_grant_id"], ["role_grant.id"], name=op.f("fk_signin_session_chosen_grant_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_signin_session_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signin_session")),
        sa.UniqueConstraint("public_id", name=op.f("uq_signin_session_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_signin_session_token_hash")),
    )
    with op.batch_alter_table("signin_session", schema=None) as batch_op:
        batch_op.create_index("ix_signin_session_person", ["person_id", "ended_at"], unique=False)

    op.create_table(
        "exchange_rate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column(
            "source",
            sa.Enum("unore", "other", name="ratesource", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("millionths", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("upload_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("millionths > 0", name=op.f("ck_exchange_rate_positive")),
        sa.ForeignKeyConstraint(["upload_id"], ["rate_upload.id"], name=op.f("fk_exchange_rate_upload_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_rate")),
        sa.UniqueConstraint(
            "currency", "source", "valid_from", name=op.f("uq_exchange_rate_currency_source_valid_from")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_exchange_rate_public_id")),
    )
    op.create_table(
        "gateway_figure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("extract_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("identity", sa.String(length=40), nullable=False),
        sa.Column("agency_code", sa.String(length=40), nullable=False),
        sa.Column("organisation", sa.String(length=300), nullable=False),
        sa.Column("group_code", sa.String(length=40), nullable=False),
        sa.Column("group_name", sa.String(length=300), nullable=False),
        sa.Column("published_hundredths", sa.BigInteger(), nullable=False),
        sa.Column("funds_count", sa.BigInteger(), nullable=False),
        sa.Column("budget_minor", sa.BigInteger(), nullable=False),
        sa.Column("budget_currency", sa.String(length=3), nullable=False),
        sa.Column("net_funded_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_funded_currency", sa.String(length=3), nullable=False),
        sa.Column("expenditure_minor", sa.BigInteger(), nullable=False),
        sa.Column("expenditure_currency", sa.String(length=3), nullable=False),
        sa.CheckConstraint("budget_currency = net_funded_currency", name=op.f("ck_gateway_figure_one_currency")),
        sa.CheckConstraint("net_funded_currency = expenditure_currency", name=op.f("ck_gateway_figure_same_currency")),
        sa.ForeignKeyConstraint(
            ["extract_id", "fund_id"],
            ["gateway_extract.id", "gateway_extract.fund_id"],
            name=op.f("fk_gateway_figure_extract_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_figure")),
        sa.UniqueConstraint("extract_id", "identity", name=op.f("uq_gateway_figure_extract_id_identity")),
    )
    with op.batch_alter_table("gateway_figure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gateway_figure_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "gateway_problem",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("extract_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "severity",
            sa.Enum("error", "warning", name="severity", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("sheet", sa.String(length=300), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=True),
        sa.Column("column", sa.String(length=5), nullable=True),
        sa.Column("head", sa.String(length=300), nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["extract_id", "fund_id"],
            ["gateway_extract.id", "gateway_extract.fund_id"],
            name=op.f("fk_gateway_problem_extract_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_problem")),
    )
    with op.batch_alter_table("gateway_problem", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gateway_problem_extract_id"), ["extract_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gateway_problem_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "gateway_staged_figure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("extract_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("identity", sa.String(length=40), nullable=False),
        sa.Column("agency_code", sa.String(length=40), nullable=False),
        sa.Column("organisation", sa.String(length=300), nullable=False),
        sa.Column("group_code", sa.String(length=40), nullable=False),
        sa.Column("group_name", sa.String(length=300), nullable=False),
        sa.Column("published_hundredths", sa.BigInteger(), nullable=False),
        sa.Column("funds_count", sa.BigInteger(), nullable=False),
        sa.Column("budget_minor", sa.BigInteger(), nullable=False),
        sa.Column("budget_currency", sa.String(length=3), nullable=False),
        sa.Column("net_funded_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_funded_currency", sa.String(length=3), nullable=False),
        sa.Column("expenditure_minor", sa.BigInteger(), nullable=False),
        sa.Column("expenditure_currency", sa.String(length=3), nullable=False),
        sa.CheckConstraint("budget_currency = net_funded_currency", name=op.f("ck_gateway_staged_figure_one_currency")),
        sa.CheckConstraint(
            "net_funded_currency = expenditure_currency", name=op.f("ck_gateway_staged_figure_same_currency")
        ),
        sa.ForeignKeyConstraint(
            ["extract_id", "fund_id"],
            ["gateway_extract.id", "gateway_extract.fund_id"],
            name=op.f("fk_gateway_staged_figure_extract_id_fund_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_staged_figure")),
        sa.UniqueConstraint("extract_id", "identity", name=op.f("uq_gateway_staged_figure_extract_id_identity")),
    )
    with op.batch_alter_table("gateway_staged_figure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gateway_staged_figure_fund_id"), ["fund_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("gateway_staged_figure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gateway_staged_figure_fund_id"))

    op.drop_table("gateway_staged_figure")
    with op.batch_alter_table("gateway_problem", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gateway_problem_fund_id"))
        batch_op.drop_index(batch_op.f("ix_gateway_problem_extract_id"))

    op.drop_table("gateway_problem")
    with op.batch_alter_table("gateway_figure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gateway_figure_fund_id"))

    op.drop_table("gateway_figure")
    op.drop_table("exchange_rate")
    with op.batch_alter_table("signin_session", schema=None) as batch_op:
        batch_op.drop_index("ix_signin_session_person")

    op.drop_table("signin_session")
    with op.batch_alter_table("report_export", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_report_export_fund_id"))

    op.drop_table("report_export")
    with op.batch_alter_table("rate_upload", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rate_upload_fund_id"))

    op.drop_table("rate_upload")
    with op.batch_alter_table("ledger_line", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_line_entry")
        batch_op.drop_index("ix_ledger_line_balance")

    op.drop_table("ledger_line")
    with op.batch_alter_table("ledger_confirmation", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_confirmation_fund")

    op.drop_table("ledger_confirmation")
    with op.batch_alter_table("gateway_extract", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_gateway_extract_imported_once",
            sqlite_where=sa.text("status = 'imported'"),
            postgresql_where=sa.text("status = 'imported'"),
        )
        batch_op.drop_index(batch_op.f("ix_gateway_extract_fund_id"))

    op.drop_table("gateway_extract")
    with op.batch_alter_table("deposit", schema=None) as batch_op:
        batch_op.drop_index("ix_deposit_reference")
        batch_op.drop_index("ix_deposit_organisation")
        batch_op.drop_index("ix_deposit_fund")
        batch_op.drop_index("ix_deposit_agreement")

    op.drop_table("deposit")
    op.drop_table("audit_detail")
    with op.batch_alter_table("totp_secret", schema=None) as batch_op:
        batch_op.drop_index("ix_totp_secret_person")

    op.drop_table("totp_secret")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index("ix_task_waiting")
        batch_op.drop_index(batch_op.f("ix_task_fund_id"))
        batch_op.drop_index(batch_op.f("ix_task_by_id"))

    op.drop_table("task")
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stored_file_sha256"))
        batch_op.drop_index(batch_op.f("ix_stored_file_fund_id"))

    op.drop_table("stored_file")
    with op.batch_alter_table("search_row", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_search_row_fund_id"))

    op.drop_table("search_row")
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_index("ix_role_grant_person")
        batch_op.drop_index(batch_op.f("ix_role_grant_fund_id"))

    op.drop_table("role_grant")
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recovery_code_person_id"))

    op.drop_table("recovery_code")
    with op.batch_alter_table("published_figure", schema=None) as batch_op:
        batch_op.drop_index("ix_published_figure_fund")

    op.drop_table("published_figure")
    with op.batch_alter_table("pledge", schema=None) as batch_op:
        batch_op.drop_index("ix_pledge_organisation")
        batch_op.drop_index("ix_pledge_fund")

    op.drop_table("pledge")
    with op.batch_alter_table("password_reset", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_password_reset_person_id"))

    op.drop_table("password_reset")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_message_to_person_id"))
        batch_op.drop_index("ix_outbox_message_due")

    op.drop_table("outbox_message")
    op.drop_table("office")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_entry_source")
        batch_op.drop_index("ix_ledger_entry_journal")

    op.drop_table("ledger_entry")
    op.drop_table("ledger_account")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitation_person_id"))

    op.drop_table("invitation")
    op.drop_table("holiday")
    op.drop_table("fund_settings")
    op.drop_table("form_token")
    op.drop_table("credential")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_event_subject_id"))
        batch_op.drop_index(batch_op.f("ix_audit_event_fund_id"))
        batch_op.drop_index(batch_op.f("ix_audit_event_actor_id"))

    op.drop_table("audit_event")
    with op.batch_alter_table("agreement", schema=None) as batch_op:
        batch_op.drop_index("ix_agreement_organisation")
        batch_op.drop_index("ix_agreement_fund")

    op.drop_table("agreement")
    with op.batch_alter_table("access_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_event_subject_id"))
        batch_op.drop_index(batch_op.f("ix_access_event_person_id"))
        batch_op.drop_index(batch_op.f("ix_access_event_fund_id"))

    op.drop_table("access_event")
    with op.batch_alter_table("signin_attempt", schema=None) as batch_op:
        batch_op.drop_index("ix_signin_attempt_address")
        batch_op.drop_index("ix_signin_attempt_account")

    op.drop_table("signin_attempt")
    op.drop_table("person")
    op.drop_table("organisation")
    op.drop_table("jurisdiction")
    op.drop_table("job_run")
    op.drop_table("fund")
    op.drop_table("audit_head")
    op.drop_table("audit_anchor")
