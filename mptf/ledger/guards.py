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
APPEND_ONLY = ("ledger_entry", "ledger_line", "ledger_confirmation", "ledger_closing")


def stand() -> None:
    """Let the database guard the tables of the books."""
    for table in APPEND_ONLY:
        ddl.append_only(table)
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


def _sqlite(rules: Rules, entry: str) -> str:
    checks = [f"SELECT RAISE(ABORT, '{said}') WHERE {rule.format(entry=entry)};" for rule, said in rules]
    return f"BEGIN {' '.join(checks)} END"


def _postgresql(rules: Rules, entry: str) -> str:
    checks = [f"IF {rule.format(entry=entry)} THEN RAISE EXCEPTION '{said}'; END IF;" for rule, said in rules]
    return f"BEGIN {' '.join(checks)} RETURN NEW; END"
