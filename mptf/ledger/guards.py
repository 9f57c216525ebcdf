"""What the database itself refuses of the books, whoever asks (MON-1): triggers of both engines.

Lines are written before their entry, so that the entry can be checked the moment it appears.
"""

from mptf.core import ddl

Rules = tuple[tuple[str, str], ...]

# Each rule is what must not be, and what is said of it. {entry} is the id in question.
_LINES = "SELECT 1 FROM ledger_line WHERE entry_id = {entry}"
_UNBALANCED = f"{_LINES} GROUP BY amount_currency HAVING sum(amount_minor) <> 0"
_OTHER_TIMES = f"{_LINES} AND (value_on <> NEW.value_on OR recorded_at <> NEW.recorded_at)"
_LEFT_OVER = (
    "SELECT 1 FROM ledger_line WHERE entry_id IN ({entry}, NEW.reverses_id)"
    " GROUP BY account_id, window_id, amount_currency HAVING sum(amount_minor) <> 0"
)
_TAKES_BACK = "SELECT 1 FROM ledger_entry WHERE id = NEW.reverses_id AND reverses_id IS NOT NULL"
_POSTED = "SELECT 1 FROM ledger_entry WHERE id = NEW.entry_id"

OF_ENTRY: Rules = (
    (f"NOT EXISTS ({_LINES})", "an entry has lines"),
    (f"EXISTS ({_UNBALANCED})", "the lines of an entry add up to zero in each currency"),
    (f"EXISTS ({_OTHER_TIMES})", "lines carry the times of their entry"),
    (
        "EXISTS (SELECT 1 FROM ledger_closing WHERE fund_id = NEW.fund_id AND month >= NEW.period)",
        "a closed month takes no more entries",
    ),
    (
        f"NEW.reverses_id IS NOT NULL AND EXISTS ({_LEFT_OVER})",
        "a reversal takes back its entry account by account",
    ),
    (
        f"NEW.reverses_id IS NOT NULL AND EXISTS ({_TAKES_BACK})",
        "a reversal is not reversed",
    ),
)
BEFORE_LINE: Rules = ((f"EXISTS ({_POSTED})", "a posted entry takes no more lines"),)
AT_COMMIT = OF_ENTRY[1:2]
CONFIRMED: Rules = (
    ("EXISTS (SELECT 1 FROM ledger_confirmation WHERE entry_id = NEW.entry_id)", "a confirmed entry waits for nobody"),
)
NOT_CONFIRMED: Rules = (
    (
        "NOT EXISTS (SELECT 1 FROM ledger_confirmation WHERE entry_id = OLD.entry_id)",
        "an entry waits until it is confirmed",
    ),
)
# A month adds up lines in the order of their ids: whoever would change it by hand finds no line that was not counted.
_COUNTED = (
    "SELECT 1 FROM ledger_line WHERE id = NEW.last_line_id AND fund_id = NEW.fund_id AND account_id = NEW.account_id"
    " AND amount_currency = NEW.amount_currency AND {value_month} = NEW.value_month"
    " AND {recorded_month} = NEW.recorded_month AND amount_minor = NEW.amount_minor"
)
_ADDS_UP = "a month adds up its lines, each once"
MONTH: tuple[tuple[str, Rules], ...] = (
    ("INSERT", ((f"NOT EXISTS ({_COUNTED})", _ADDS_UP),)),
    (
        "UPDATE",
        ((f"NEW.last_line_id <= OLD.last_line_id OR NOT EXISTS ({_COUNTED} - OLD.amount_minor)", _ADDS_UP),),
    ),
    ("DELETE", (("true", "ledger_month rows are never deleted"),)),
)
# What an account is: its lines mean that. Its name may be put into better words.
OF_ACCOUNT = ("fund_id", "code", "kind", "organisation_id", "reference")
APPEND_ONLY = ("ledger_entry", "ledger_line", "ledger_confirmation", "ledger_closing")


def stand() -> None:
    """Let the database guard the tables of the books."""
    for table in APPEND_ONLY:
        ddl.append_only(table)
    ddl.never_changed("ledger_unconfirmed")
    ddl.never_changed("ledger_account", fixed=OF_ACCOUNT, changed="an account keeps whose and what it is")
    ddl.register(
        ddl.Trigger(
            "ledger_entry_balanced",
            "ledger_entry",
            sqlite=f"AFTER INSERT ON ledger_entry {_sqlite(OF_ENTRY, 'NEW.id')}",
            postgresql=_postgresql(OF_ENTRY, "NEW.id"),
            fires="AFTER INSERT ON ledger_entry FOR EACH ROW",
        ),
        ddl.Trigger(
            "ledger_line_before_entry",
            "ledger_line",
            sqlite=f"BEFORE INSERT ON ledger_line {_sqlite(BEFORE_LINE, 'NEW.entry_id')}",
            postgresql=_postgresql(BEFORE_LINE, "NEW.entry_id"),
            fires="BEFORE INSERT ON ledger_line FOR EACH ROW",
        ),
        # Two transactions do not see each other's rows: PostgreSQL looks again when each one commits.
        ddl.Trigger(
            "ledger_line_balanced_at_commit",
            "ledger_line",
            sqlite=None,
            postgresql=_postgresql(AT_COMMIT, "NEW.entry_id"),
            fires="AFTER INSERT ON ledger_line DEFERRABLE INITIALLY DEFERRED FOR EACH ROW",
            constraint=True,
        ),
    )
    _keep_unconfirmed()
    _keep_months()


def _keep_unconfirmed() -> None:
    """Let every entry stand among the unconfirmed from its posting to its confirmation, and nothing else."""
    waits = "INSERT INTO ledger_unconfirmed (entry_id, fund_id) VALUES (NEW.id, NEW.fund_id);"
    ends = "DELETE FROM ledger_unconfirmed WHERE entry_id = NEW.entry_id;"
    for name, table, act in (
        ("ledger_entry_unconfirmed", "ledger_entry", waits),
        ("ledger_confirmation_given", "ledger_confirmation", ends),
    ):
        fires = f"AFTER INSERT ON {table}"
        ddl.register(
            ddl.Trigger(
                name, table, sqlite=f"{fires} BEGIN {act} END", postgresql=f"BEGIN {act} RETURN NEW; END",
                fires=f"{fires} FOR EACH ROW",
            )
        )  # fmt: skip
    for name, verb, rules, row in (
        ("ledger_unconfirmed_true", "INSERT", CONFIRMED, "NEW"),
        ("ledger_unconfirmed_stays", "DELETE", NOT_CONFIRMED, "OLD"),
    ):
        fires = f"BEFORE {verb} ON ledger_unconfirmed"
        ddl.register(
            ddl.Trigger(
                name, "ledger_unconfirmed", sqlite=f"{fires} {_sqlite(rules)}", postgresql=_postgresql(rules, row=row),
                fires=f"{fires} FOR EACH ROW",
            )
        )  # fmt: skip


def _keep_months() -> None:
    """Let every line be added to what its account moved in the months of its value date and of its recording."""
    add = (
        "INSERT INTO ledger_month (fund_id, account_id, amount_currency, value_month, recorded_month, amount_minor,"
        " last_line_id) VALUES (NEW.fund_id, NEW.account_id, NEW.amount_currency, {value_month}, {recorded_month},"
        " NEW.amount_minor, NEW.id)"
        " ON CONFLICT (fund_id, account_id, amount_currency, value_month, recorded_month) DO UPDATE"
        " SET amount_minor = ledger_month.amount_minor + excluded.amount_minor, last_line_id = excluded.last_line_id;"
    )
    fires = "AFTER INSERT ON ledger_line"
    ddl.register(
        ddl.Trigger(
            "ledger_line_added_up", "ledger_line", fires=f"{fires} FOR EACH ROW",
            sqlite=f"{fires} BEGIN {add.format(**_months(_SQLITE_MONTHS, 'NEW.'))} END",
            postgresql=f"BEGIN {add.format(**_months(_POSTGRESQL_MONTHS, 'NEW.'))} RETURN NEW; END",
        )
    )  # fmt: skip
    for verb, rules in MONTH:
        name, fires = f"ledger_month_{verb.lower()}", f"BEFORE {verb} ON ledger_month"
        of_sqlite, of_postgresql = (
            tuple((rule.format(**_months(written)), said) for rule, said in rules)
            for written in (_SQLITE_MONTHS, _POSTGRESQL_MONTHS)
        )
        row = "OLD" if verb == "DELETE" else "NEW"
        ddl.register(
            ddl.Trigger(
                name, "ledger_month", sqlite=f"{fires} {_sqlite(of_sqlite)}",
                postgresql=_postgresql(of_postgresql, row=row), fires=f"{fires} FOR EACH ROW",
            )
        )  # fmt: skip


_SQLITE_MONTHS = {
    "value_month": "date({row}value_on, 'start of month')",
    "recorded_month": "date({row}recorded_at, 'start of month')",
}
_POSTGRESQL_MONTHS = {
    "value_month": "date_trunc('month', {row}value_on)::date",
    "recorded_month": "date_trunc('month', {row}recorded_at AT TIME ZONE 'UTC')::date",
}


def _months(written: dict[str, str], row: str = "") -> dict[str, str]:
    """Return how an engine writes the months of a line: those of a new one, or of one that is looked for."""
    return {name: month.format(row=row) for name, month in written.items()}


def _sqlite(rules: Rules, entry: str = "") -> str:
    checks = [f"SELECT RAISE(ABORT, '{said}') WHERE {rule.format(entry=entry)};" for rule, said in rules]
    return f"BEGIN {' '.join(checks)} END"


def _postgresql(rules: Rules, entry: str = "", row: str = "NEW") -> str:
    checks = [f"IF {rule.format(entry=entry)} THEN RAISE EXCEPTION '{said}'; END IF;" for rule, said in rules]
    return f"BEGIN {' '.join(checks)} RETURN {row}; END"
