"""Agreements that keep interest, and what is recorded under them."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import func, select

from mptf.agreements.service import Change, Signature, sign_agreement
from mptf.cash import queries, service
from mptf.cash.facts import Movement
from mptf.cash.models import CashDocument
from mptf.cash.queries import Asked
from mptf.claims.models import Interest, InterestTerm
from mptf.claims.queries import availability
from mptf.commitments.models import Agreement
from mptf.core.db import db
from mptf.core.money import Money
from mptf.fund.models import Fund
from mptf.ledger.chart import EntryKind
from mptf.organisations.models import Organisation
from mptf.policy import Viewer

JANUARY, MARCH, JUNE = date(2026, 1, 10), date(2026, 3, 15), date(2026, 6, 15)
Kind = EntryKind
HEAD = "Value date,Kind,Organisation,Project number,Amount,Bank reference,Note\n"


def usd(dollars: int) -> Money:
    return Money(dollars * 100, "USD")


def sign(fund: Fund, by: Viewer, donor: Organisation, reference: str, interest: Interest = Interest.KEPT) -> Agreement:
    what = Signature(donor, reference, JANUARY, usd(1_000), interest=interest)
    signed = sign_agreement(fund, what, by=by)
    db.session.commit()
    return signed


def change(agreement: Agreement, interest: Interest, **facts: Any) -> Change:
    said = Change(JUNE, "as agreed", agreement.amount, interest=interest)
    return replace(said, **facts)


def record(
    fund: Fund, by: Viewer, kind: EntryKind, dollars: int, *, confirm: Viewer | None = None, **facts: Any
) -> CashDocument:
    number = db.session.scalar(select(func.count()).select_from(CashDocument))
    what = Movement(kind, usd(dollars), facts.pop("value_on", MARCH), bank_reference=f"B-{number}", **facts)
    document = service.record(fund, what, by=by)
    if confirm:
        service.confirm(document, by=confirm)
    db.session.commit()
    return document


def days(term: InterestTerm) -> list[tuple[date, date | None]]:
    return [(span.kept_from, span.kept_until) for span in term.spans]


def sums(fund: Fund, **when: Any) -> tuple[int, int, int]:
    """Return the balance, the interest kept and what is available, in whole dollars."""
    total = availability(fund, **when).total
    return total.balance.minor // 100, total.interest.minor // 100, total.available.minor // 100


def flagged(fund: Fund) -> set[int]:
    """Return what the list of flagged documents shows, after comparing it with what each says of itself."""
    everything = queries.documents(fund, Asked()).page.items
    listed = {line.document.id for line in queries.documents(fund, Asked(flagged=True)).page.items}
    assert listed == {one.document.id for one in everything if any(said.tone == "warn" for said in one.remarks)}
    return listed
