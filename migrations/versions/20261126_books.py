"""accounts of parties, months that close, reversals, and windows of the fund."""

import base64
import secrets

import sqlalchemy as sa
from alembic import op

from mptf.core.schema import Damage

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CONTRIBUTIONS = "4000"


def upgrade() -> None:
    create_tables()
    with op.batch_alter_table("ledger_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("organisation_id", big(), nullable=True))
        batch_op.add_column(sa.Column("reference", sa.String(length=100), nullable=False, server_default=""))
        batch_op.drop_constraint(batch_op.f("uq_ledger_account_fund_id_code"), type_="unique")
        batch_op.create_foreign_key(
            batch_op.f("fk_ledger_account_organisation_id"), "organisation", ["organisation_id"], ["id"]
        )
    with op.batch_alter_table("ledger_account", schema=None) as batch_op:
        batch_op.alter_column("reference", existing_type=sa.String(length=100), server_default=None)
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("period", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("reverses_id", sa.BigInteger(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_ledger_entry_reverses_id"), ["reverses_id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_ledger_entry_reverses_id_fund_id"),
            "ledger_entry",
            ["reverses_id", "fund_id"],
            ["id", "fund_id"],
        )
    with op.batch_alter_table("ledger_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("window_id", sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_ledger_line_window_id_fund_id"),
            "fund_window",
            ["window_id", "fund_id"],
            ["id", "fund_id"],
        )
    post_in_own_month()
    give_contributors_accounts()
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.alter_column("period", existing_type=sa.Date(), nullable=False)
    create_indexes()


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def create_tables() -> None:
    op.create_table(
        "fund_window",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", big(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_fund_window_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_window")),
        sa.UniqueConstraint("fund_id", "code", name=op.f("uq_fund_window_fund_id_code")),
        sa.UniqueConstraint("id", "fund_id", name=op.f("uq_fund_window_id_fund_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_fund_window_public_id")),
    )
    op.create_table(
        "ledger_closing",
        sa.Column("id", big(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("fund_id", big(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prepared_by_id", big(), nullable=False),
        sa.Column("approved_by_id", big(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("prepared_by_id <> approved_by_id", name=op.f("ck_ledger_closing_two_people")),
        sa.ForeignKeyConstraint(["approved_by_id"], ["person.id"], name=op.f("fk_ledger_closing_approved_by_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_ledger_closing_fund_id")),
        sa.ForeignKeyConstraint(["prepared_by_id"], ["person.id"], name=op.f("fk_ledger_closing_prepared_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_closing")),
        sa.UniqueConstraint("fund_id", "month", name=op.f("uq_ledger_closing_fund_id_month")),
        sa.UniqueConstraint("public_id", name=op.f("uq_ledger_closing_public_id")),
    )


def create_indexes() -> None:
    """Keep one account for each party and reference, and one for each reference without a party."""
    for name, columns, which in (
        ("uq_ledger_account_of_fund", ["fund_id", "code", "reference"], "organisation_id IS NULL"),
        (
            "uq_ledger_account_of_party",
            ["fund_id", "code", "organisation_id", "reference"],
            "organisation_id IS NOT NULL",
        ),
    ):
        op.create_index(
            name, "ledger_account", columns, unique=True, sqlite_where=sa.text(which), postgresql_where=sa.text(which)
        )


def post_in_own_month() -> None:
    """Let every entry so far post in the month of its value date: none was closed."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    first = "date(value_on, 'start of month')" if sqlite else "date_trunc('month', value_on)::date"
    op.execute(f"UPDATE ledger_entry SET period = {first}")  # noqa: S608 - one of the two above


def give_contributors_accounts() -> None:
    """Move what contributors paid from the fund's one account to an account of each; no sum changes."""
    bind = op.get_bind()
    donors = bind.execute(
        sa.text("SELECT DISTINCT fund_id, organisation_id FROM deposit ORDER BY fund_id, organisation_id")
    ).all()
    for fund, donor in donors:
        of_fund = {"fund": fund, "donor": donor, "code": CONTRIBUTIONS}
        shared = bind.execute(
            sa.text("SELECT id FROM ledger_account WHERE fund_id = :fund AND code = :code AND organisation_id IS NULL"),
            of_fund,
        ).scalar()
        last = donor == max(other for place, other in donors if place == fund)
        if last:  # the account of all becomes the account of the last
            bind.execute(
                sa.text("UPDATE ledger_account SET organisation_id = :donor WHERE id = :id"), {**of_fund, "id": shared}
            )
            continue
        raw = base64.b32encode(secrets.token_bytes(16)).decode().lower().rstrip("=")
        own = bind.execute(
            sa.text(
                "INSERT INTO ledger_account (public_id, fund_id, code, name, kind, organisation_id, reference)"
                " SELECT :public, fund_id, code, name, kind, :donor, '' FROM ledger_account WHERE id = :shared"
                " RETURNING id"
            ),
            {**of_fund, "public": raw, "shared": shared},
        ).scalar()
        bind.execute(
            sa.text(
                "UPDATE ledger_line SET account_id = :own WHERE account_id = :shared AND entry_id IN"
                " (SELECT entry_id FROM deposit WHERE fund_id = :fund AND organisation_id = :donor)"
            ),
            {**of_fund, "own": own, "shared": shared},
        )


def downgrade() -> None:
    keep_reversals()
    for name in ("uq_ledger_account_of_party", "uq_ledger_account_of_fund"):
        op.drop_index(name, table_name="ledger_account")
    merge_accounts()
    with op.batch_alter_table("ledger_line", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_ledger_line_window_id_fund_id"), type_="foreignkey")
        batch_op.drop_column("window_id")

    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_ledger_entry_reverses_id_fund_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_ledger_entry_reverses_id"), type_="unique")
        batch_op.drop_column("reverses_id")
        batch_op.drop_column("period")

    with op.batch_alter_table("ledger_account", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_ledger_account_organisation_id"), type_="foreignkey")
        batch_op.create_unique_constraint(batch_op.f("uq_ledger_account_fund_id_code"), ["fund_id", "code"])
        batch_op.drop_column("reference")
        batch_op.drop_column("organisation_id")

    op.drop_table("ledger_closing")
    op.drop_table("fund_window")


def keep_reversals() -> None:
    """Refuse to forget which entries take back others: without it both would stand as documents of their own."""
    taken_back = op.get_bind().scalar(sa.text("SELECT count(*) FROM ledger_entry WHERE reverses_id IS NOT NULL"))
    if taken_back and not op.get_context().opts["may_lose"]:
        raise Damage(
            f"Entries that take back others ({taken_back}) would no longer say which; nothing was changed. "
            "Restore a backup instead, or say `-x lose=rows`."
        )


def merge_accounts() -> None:
    """Put what stands on several accounts of one code back onto the first of them."""
    firsts = "SELECT min(id) FROM ledger_account GROUP BY fund_id, code"
    op.execute(
        "UPDATE ledger_line SET account_id = (SELECT min(one.id) FROM ledger_account one JOIN ledger_account mine"
        " ON one.fund_id = mine.fund_id AND one.code = mine.code WHERE mine.id = ledger_line.account_id)"
    )
    op.execute(f"DELETE FROM ledger_account WHERE id NOT IN ({firsts})")  # noqa: S608 - our own words
