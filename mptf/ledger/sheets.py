"""The journal as a workbook: its entries, the lines of each, and what was asked for."""

from collections.abc import Mapping, Sequence
from datetime import date

from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.fund.models import Fund
from mptf.ledger.models import DocumentKind, Entry, Line
from mptf.lists.taken import Taken
from mptf.paper.values import Column, Kind, Value, written
from mptf.paper.workbook import NotesSheet, TableSheet

TITLE = N_("Journal")
MOST_ENTRIES = 5_000  # a worker holds them all while it writes

WHAT = N_(
    "Every entry that was asked for, with all of its lines. The lines of an entry add up to zero; no entry is ever "
    "changed. Management record; the Administrative Agent’s record is the book of record."
)
EVERY_DAY = N_("Every value date")
CORRECTIONS = N_("A correction is an entry of its own: the entry it takes back and that which does so name each other.")
ADVISED = N_(
    "Advised: typed by the Secretariat. Confirmed: the Administrative Agent has it in its books. "
    "Nothing to confirm: it takes back what was only advised."
)

ENTRIES = (
    Column(N_("Entry"), Kind.INTEGER), Column(N_("Value date"), Kind.DAY), Column(N_("Posted in"), width=10),
    Column(N_("Kind"), width=30), Column(N_("About"), width=40), Column(N_("Document"), width=20),
    Column(N_("Standing"), width=12), Column(N_("Reverses entry"), Kind.INTEGER),
    Column(N_("Reversed by entry"), Kind.INTEGER), Column(N_("Confirmed"), Kind.MOMENT),
    Column(N_("Confirmed by"), width=26), Column(N_("Recorded"), Kind.MOMENT), Column(N_("Recorded by"), width=26),
)  # fmt: skip
LINES = (
    Column(N_("Entry"), Kind.INTEGER), Column(N_("Value date"), Kind.DAY), Column(N_("Posted in"), width=10),
    Column(N_("Kind"), width=30), Column(N_("Account"), width=9), Column(N_("Name"), width=40),
    Column(N_("Organisation"), width=20), Column(N_("Reference"), width=14), Column(N_("Window"), width=20),
    Column(N_("Debit"), Kind.MONEY), Column(N_("Credit"), Kind.MONEY), Column(N_("Currency"), width=9),
)  # fmt: skip


def sheets(
    taken: Taken[Entry], until: date | None, documents: Mapping[str, DocumentKind]
) -> list[TableSheet | NotesSheet]:  # fmt: skip
    """Return the journal as the sheets of a workbook, by value date and number.

    `until` is the last value date that was asked for, if one was.
    """
    as_at = written(N_("Value dates up to {day}"), day=until) if until else EVERY_DAY
    return [
        TableSheet(N_("Entries"), ENTRIES, [_entry(entry, documents) for entry in taken.rows]),
        TableSheet(
            N_("Lines"), LINES, [_line(entry, line) for entry in taken.rows for line in entry.lines],
            total=_total(taken.fund, taken.rows),
        ),
        taken.notes(
            WHAT, N_("Entries"), about=[(N_("As at"), as_at)],
            remarks=[(N_("Corrections"), CORRECTIONS), (N_("Standing"), ADVISED)],
        ),
    ]  # fmt: skip


def _entry(entry: Entry, documents: Mapping[str, DocumentKind]) -> tuple[Value, ...]:
    document, confirmation = documents.get(entry.source_kind), entry.confirmation
    return (
        entry.number,
        entry.value_on,
        f"{entry.period:%Y-%m}",
        entry.kind.label,
        entry.memo,
        document.label if document else "",
        entry.standing.label,
        entry.reverses.number if entry.reverses else None,
        entry.reversal.number if entry.reversal else None,
        confirmation.confirmed_at if confirmation else None,
        f"{confirmation.by.name}, {confirmation.how.label}" if confirmation else "",
        entry.recorded_at,
        entry.by.name,
    )


def _line(entry: Entry, line: Line) -> tuple[Value, ...]:
    account, debit = line.account, line.amount.minor > 0
    return (
        entry.number,
        entry.value_on,
        f"{entry.period:%Y-%m}",
        entry.kind.label,
        account.code,
        account.name,
        account.party.short_name if account.party else "",
        account.reference,
        line.window.name if line.window else "",
        line.amount if debit else None,
        None if debit else -line.amount,
        line.amount.currency,
    )


def _total(fund: Fund, entries: Sequence[Entry]) -> tuple[Value, ...] | None:
    """Return the row of both sums, where every line is in the currency of the fund."""
    amounts = [line.amount for entry in entries for line in entry.lines]
    if any(amount.currency != fund.currency for amount in amounts):
        return None
    debit = Money(sum(amount.minor for amount in amounts if amount.minor > 0), fund.currency)
    credit = Money(-sum(amount.minor for amount in amounts if amount.minor < 0), fund.currency)
    return (None, None, N_("Total"), "", "", "", "", "", "", debit, credit, fund.currency)
