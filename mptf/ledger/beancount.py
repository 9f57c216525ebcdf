"""The books of a fund as plain text for Beancount: every entry, every account, and what each account holds at the end.

Whoever doubts our sums lets another program add them up: `bean-check` refuses an entry that does not balance, and a
balance that is not the one stated.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from mptf.fund.models import Fund
from mptf.ledger import balances, queries
from mptf.ledger.balances import Balance
from mptf.ledger.chart import AccountKind
from mptf.ledger.models import Account, Entry, Standing

ROOTS = {AccountKind.ASSET: "Assets", AccountKind.SOURCE: "Income", AccountKind.USE: "Expenses"}
NO_REFERENCE = "No-reference"
NO_LETTER = re.compile(r"[^A-Za-z0-9]+")


def export(fund: Fund) -> str:
    """Write the whole books of a fund as they are known now."""
    entries, held = queries.every_entry(fund), balances.of_accounts(fund)
    names = named(queries.accounts(fund))
    first = min((entry.value_on for entry in entries), default=date(1970, 1, 1))
    last = max((entry.value_on for entry in entries), default=first)
    parts = (
        _head(fund),
        _accounts(names, first),
        (line for entry in entries for line in _entry(entry, names)),
        _balances(held, names, last + timedelta(days=1)),
    )
    return "".join(f"{line}\n" for part in parts for line in part)


def named(accounts: Iterable[Account]) -> dict[Account, str]:
    """Return the name Beancount knows each account by, from its code, party and reference; no two have the same.

    Beancount adds up what stands under a name: a party's account without a reference has its own place beside those
    with one.
    """
    plain = {account: _plain_name(account) for account in accounts}
    above = {name.rpartition(":")[0] for name in plain.values()}
    found: dict[Account, str] = {}
    for account, name in plain.items():
        own = f"{name}:{NO_REFERENCE}" if name in above else name
        found[account] = f"{own}-{account.public_id}" if own in found.values() else own
    return found


def _plain_name(account: Account) -> str:
    words = (account.party.short_name if account.party else "", account.reference)
    return ":".join((ROOTS[account.kind], account.code, *(_component(word) for word in words if word)))


def _component(word: str) -> str:
    """Return a part of a name: letters and digits of ASCII, the first one a capital or a digit."""
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
    joined = NO_LETTER.sub("-", plain).strip("-") or "X"
    return joined[0].upper() + joined[1:]


def _head(fund: Fund) -> Iterator[str]:
    yield f"option {_text('title')} {_text(f'{fund.code} {fund.name}')}"
    yield f"option {_text('operating_currency')} {_text(fund.currency)}"
    yield ""


def _accounts(names: Mapping[Account, str], first: date) -> Iterator[str]:
    for account, name in names.items():
        yield f"{first} open {name}"
        yield f"  title: {_text(account.title)}"
    yield ""


def _entry(entry: Entry, names: Mapping[Account, str]) -> Iterator[str]:
    flag = "!" if entry.standing is Standing.ADVISED else "*"
    yield f"{entry.value_on} {flag} {_text(entry.kind.label)} {_text(entry.memo)}"
    yield f"  entry: {_text(str(entry.number))}"
    yield f"  period: {entry.period}"
    yield f"  recorded: {_text(entry.recorded_at.isoformat())}"
    yield f"  document: {_text(f'{entry.source_kind} {entry.source_id}')}"
    if entry.reverses:
        yield f"  reverses: {_text(str(entry.reverses.number))}"
    for line in entry.lines:
        yield f"  {names[line.account]}  {line.amount.decimal} {line.amount.currency}"
        if line.window:
            yield f"    window: {_text(line.window.code)}"
    yield ""


def _balances(held: Sequence[Balance], names: Mapping[Account, str], day: date) -> Iterator[str]:
    """State what each account holds, to the last minor unit: Beancount would let a cent pass by itself."""
    for row in held:
        yield f"{day} balance {names[row.account]}  {row.amount.decimal} ~ 0 {row.amount.currency}"


def _text(words: str) -> str:
    plain = " ".join(words.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
