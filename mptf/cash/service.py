"""Record what the bank did beside deposits, post it, and confirm it; `by` is the Viewer who does it.

A fact of the bank: only a repeat and what is malformed is refused; what looks wrong is stored and flagged (`remarks`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mptf.cash import queries
from mptf.cash.facts import Movement
from mptf.cash.models import OF_DIRECT_COST, CashDocument, InterestOfFund
from mptf.cash.rows import SHAPE, CashComparison, CashRow, compare
from mptf.claims import service as claims
from mptf.claims.queries import number_of
from mptf.core import audit, ids, search
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import needed
from mptf.core.tasks import Work
from mptf.fund.models import Fund
from mptf.fund.service import lock
from mptf.imports.kinds import TableKind
from mptf.imports.models import TableImport
from mptf.ledger import service as ledger
from mptf.ledger.chart import EntryKind
from mptf.ledger.models import ConfirmedBy, Entry
from mptf.ledger.queries import place_of
from mptf.ledger.service import Document
from mptf.paper.shape import Comparison
from mptf.policy import Permission, Viewer, can, require

audit.tell(
    {
        "cash_document.recorded": N_("recorded a cash document of {amount}: {kind}"),
        "cash_document.confirmed": N_("confirmed a cash document of {amount}: {kind}"),
        "cash_document.assigned": N_("said that interest of {amount} is the fund’s as a whole: {reason}"),
    },
    names={"cash_document": N_("cash document")},
)


def record(fund: Fund, what: Movement, *, by: Viewer) -> CashDocument:
    """Record cash that moved, advised until it is confirmed, and post it."""
    require(by, Permission.CASH_RECORD, fund)
    what = _completed(what)
    what.check(fund)
    lock(fund.id)
    claims.check_stands(what.kept_for)
    _not_a_repeat(fund, what)
    return _record(fund, what, by)


def confirm(document: CashDocument, *, by: Viewer, note: str = "") -> None:
    """Record that the Administrative Agent has a document in its books."""
    require(by, Permission.DEPOSITS_CONFIRM, document)
    ledger.confirm(document.entry, by=by, note=note)
    _confirmed(document, by)


def say_of_fund(fund: Fund, document: CashDocument, *, reason: str, by: Viewer) -> None:
    """Say that interest which names no agreement is the fund's as a whole, and why: it is flagged for that no more.

    What is said is never changed. If an agreement keeps it after all, it is taken back and recorded again.
    """
    require(by, Permission.CASH_RECORD, document)
    needed(reason, "reason", N_("Say why no agreement keeps it."))
    lock(fund.id)
    line = queries.get_document(fund, document.public_id)
    if document.entry.reversal or not line.around.kept_for_nobody:
        raise RuleBroken(N_("It is said already whose this interest is, or nobody needs to say it."))
    _say_of_fund(document, reason, by)
    audit.record(
        "cash_document.assigned", document, by=by, fund_id=fund.id, amount=document.amount, reason=reason
    )  # fmt: skip


def bring(table: TableImport, found: Comparison[CashRow], by: Viewer) -> Mapping[str, Any]:
    """Record every new movement of a list; what the Administrative Agent itself brings is confirmed by it.

    The fund is locked, and `compare` has just said of each that it is whole and new.
    """
    assert isinstance(found, CashComparison)  # noqa: S101 - what `compare` returned
    fund = db.session.get_one(Fund, table.fund_id)
    how = ConfirmedBy.GATEWAY_IMPORT if can(by, Permission.DEPOSITS_CONFIRM, fund) else None
    for what in found.movements:
        _record(fund, _completed(what), by, table=table, confirmed=how)
    for document in found.to_confirm:
        ledger.confirm(document.entry, by=by, how=ConfirmedBy.GATEWAY_IMPORT, note=table.file.name)
        _confirmed(document, by)
    return {"confirmed": len(found.to_confirm) + (len(found.movements) if how else 0)}


LIST = TableKind(
    "cash_list",
    N_("Cash documents"),
    Permission.CASH_IMPORT,
    "cash.table",
    Work("cash.import", N_("Importing a list of cash documents"), "mptf.cash.work:import_list"),
    check=SHAPE.check,
    read=SHAPE.read,
    compare=compare,
    bring=bring,
    listed="cash.documents",
)


def _record(
    fund: Fund, what: Movement, by: Viewer, *, table: TableImport | None = None, confirmed: ConfirmedBy | None = None
) -> CashDocument:
    document = CashDocument(
        public_id=ids.new(), fund_id=fund.id, by_id=by.id, import_id=table.id if table else None, **_columns(what)
    )
    document.entry_id = _post(fund, document, what, by, confirmed).id
    db.session.add(document)
    db.session.flush()
    named = {}
    if what.kept_for:
        claims.keep(what.kept_for, document.entry_id)
        named = {"agreement": what.kept_for.name}
    if what.of_fund:
        _say_of_fund(document, "", by)
        named = {"whose": fund.code}
    audit.record(
        "cash_document.recorded", document, by=by, fund_id=fund.id, amount=document.amount, kind=document.kind.value,
        **named,
    )  # fmt: skip
    _index(document, what)
    return document


def _say_of_fund(document: CashDocument, reason: str, by: Viewer) -> None:
    db.session.add(InterestOfFund(document_id=document.id, fund_id=document.fund_id, reason=reason, by_id=by.id))
    db.session.flush()
    db.session.expire(document, ["of_fund"])


def _completed(what: Movement) -> Movement:
    """Give a direct cost the number and the window of the claim it is paid from, and kept interest no window."""
    if what.kept_for is not None:
        what = replace(what, window=None)
    if what.claim is None or what.kind not in OF_DIRECT_COST:
        return replace(what, claim=None)
    return replace(what, reference=number_of(what.claim), window=what.claim.window)


def _post(fund: Fund, document: CashDocument, what: Movement, by: Viewer, confirmed: ConfirmedBy | None) -> Entry:
    if what.claim and what.party and what.kind is EntryKind.DIRECT_COST:
        claims.pay_by(fund, what.claim, what.party, what.reference, by=by)
    memo = ", ".join(
        part for part in (what.party.short_name if what.party else what.other_fund, what.reference) if part
    )
    posted = Document(
        what.kind, what.amount, what.value_on, document, what.key, party=what.party, reference=what.reference,
        window=what.window, memo=memo or what.bank_reference or what.kind.label,
    )  # fmt: skip
    return ledger.post(fund, posted, by=by, confirmed=confirmed)


def _columns(what: Movement) -> dict[str, Any]:
    """Return the facts as the columns of a document: what it names by its keys."""
    facts = dict(vars(what))
    del facts["kept_for"], facts["of_fund"]
    for name, column in (("party", "organisation_id"), ("claim", "claim_id"), ("window", "window_id")):
        named = facts.pop(name)
        facts[column] = named.id if named else None
    return facts


def _not_a_repeat(fund: Fund, what: Movement) -> None:
    """Refuse the same movement a second time: by what the bank said of it, or where one side does not say."""
    _, same = place_of(fund, what.key)
    like = queries.find_like(fund, what.identity, unnamed=bool(what.bank_reference))
    if same is None and like is None:
        return
    once_more = N_(
        "{kind} of {amount} with this value date and bank reference is recorded already. "
        "If the bank did move it twice, give the bank reference of each movement."
    )
    unnamed = N_(
        "{kind} of {amount} with this value date is recorded already, without a bank reference. If this is another "
        "movement, ask for the reversal of that one and record both with their references."
    )
    told = once_more if same or not what.bank_reference else unnamed
    raise RuleBroken(told, kind=what.kind.label, amount=what.amount, field="bank_reference")


def _confirmed(document: CashDocument, by: Viewer) -> None:
    audit.record(
        "cash_document.confirmed", document, by=by, fund_id=document.fund_id, amount=document.amount,
        kind=document.kind.value,
    )  # fmt: skip


def _index(document: CashDocument, what: Movement) -> None:
    """Let a document be found by what everybody who may see it reads of it; its amount also without commas."""
    names = (
        what.party.short_name if what.party else "", what.party.official_name if what.party else "", what.reference,
        what.other_fund, what.bank_reference, what.kind.label, str(what.amount), str(what.amount.decimal),
    )  # fmt: skip
    words = "\n".join(name for name in names if name)
    search.index(document.__tablename__, document.public_id, fund_id=document.fund_id, words=words)
