"""What a database proves about itself: balanced books and a whole audit chain."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from mptf.cli import books
from mptf.cli.books import ACROSS_FUNDS
from mptf.cli.words import Refusal
from mptf.core import audit
from mptf.fund.models import Fund
from mptf.ledger.models import Line


class Unproven(Refusal):
    """Something does not hold; the sentence says what."""


@dataclass(frozen=True)
class Proof:
    """The end of the audit chain, and the debits of each fund and currency in minor units."""

    audit_seq: int
    audit_hash: str
    debits: Mapping[str, int]


def prove(session: Session) -> Proof:
    """Walk the audit chain and add up the ledger; raise Unproven where something does not hold."""
    count, broken = audit.verify(session)
    if broken:
        raise Unproven(f"The audit chain does not hold at event {broken.seq}: {broken.reason}.")
    if fault := next(books.faults(session), None):
        raise Unproven(fault)
    seq, digest = audit.head(session)
    assert seq == count  # noqa: S101 - `verify` compared them
    return Proof(seq, digest, _debits(session))


def _debits(session: Session) -> dict[str, int]:
    debit = func.sum(case((Line.amount_minor > 0, Line.amount_minor), else_=0))
    rows = session.execute(
        select(Fund.code, Line.amount_currency, debit)
        .join(Fund, Fund.id == Line.fund_id)
        .group_by(Fund.code, Line.amount_currency),
        execution_options=ACROSS_FUNDS,
    )
    return {f"{code} {currency}": int(total) for code, currency, total in rows}
