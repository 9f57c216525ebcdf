"""Add up what each contributor paid, and how sure that is; for people who see all, and the world."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func

from mptf.commitments.models import Certainty
from mptf.contributions.figures import Contributor, Contributors
from mptf.contributions.shares import contributed
from mptf.core.db import db
from mptf.core.money import Money
from mptf.deposits.counted import COUNTS, DEPOSIT, KEPT, told
from mptf.fund.models import Fund
from mptf.organisations.models import Organisation
from mptf.organisations.queries import organisations_by_key


def contributors(
    fund: Fund, *, confirmed: bool = False, as_at: date | None = None, known_at: datetime | None = None
) -> Contributors:
    """Return what every contributor paid, or only of what counts; for people who see all, and the world."""
    counted = contributed(fund, as_at=as_at, known_at=known_at)
    rows = contributor_rows(fund, counted.contributors, confirmed=confirmed, as_at=as_at, known_at=known_at)
    zero = Money.zero(fund.currency)
    return Contributors(
        rows,
        received=sum((row.received for row in rows), zero),
        confirmed=sum((row.confirmed for row in rows), zero),
        probable=sum((row.probable for row in rows), zero),
        fee=sum((row.fee for row in rows), zero),
        fees_not_stated=sum(row.fees_not_stated for row in rows),
        deposits=sum(row.deposits for row in rows),
        counted=counted,
    )


def contributor_rows(
    fund: Fund,
    also: Collection[int] = (),
    *,
    confirmed: bool = False,
    as_at: date | None = None,
    known_at: datetime | None = None,
) -> list[Contributor]:
    """Return what each contributor paid and how sure that is, the largest first.

    `also` names contributors of whom no deposit may stand: who was refunded, or whose reversal waits.
    """
    per_note: dict[int, list[Row[Any]]] = {}
    for row in db.session.execute(_sums(fund, COUNTS if confirmed else KEPT, as_at, known_at)):
        per_note.setdefault(row.Organisation.id, []).append(row)
    donors = [parts[0].Organisation for parts in per_note.values()]
    if others := set(also) - per_note.keys():
        donors += organisations_by_key(others)
    rows = [_contributor(donor, per_note.get(donor.id, ()), fund.currency) for donor in donors]
    return sorted(rows, key=lambda row: (-row.received.minor, row.donor.short_name))


def _sums(fund: Fund, which: ColumnElement[bool], as_at: date | None, known_at: datetime | None) -> Select[Any]:
    """Select the sums of each contributor, apart for each word on how sure they are."""
    return (
        told(
            fund,
            Organisation,
            DEPOSIT.certainty,
            DEPOSIT.certainty_note,
            func.count().label("deposits"),
            func.sum(DEPOSIT.received_minor).label("received"),
            func.sum(case((COUNTS, DEPOSIT.received_minor), else_=0)).label("confirmed"),
            func.coalesce(func.sum(DEPOSIT.fee_minor), 0).label("fee"),
            func.sum(case((DEPOSIT.fee_minor.is_(None), 1), else_=0)).label("fees_not_stated"),
            func.max(case((DEPOSIT.is_demo, 1), else_=0)).label("is_demo"),
            as_at=as_at,
            known_at=known_at,
        )
        .where(which)
        .join(Organisation, Organisation.id == DEPOSIT.organisation_id)
        .group_by(Organisation.id, DEPOSIT.certainty, DEPOSIT.certainty_note)
        .order_by(DEPOSIT.certainty, DEPOSIT.certainty_note)
    )


def _contributor(donor: Organisation, parts: Sequence[Row[Any]], currency: str) -> Contributor:
    def total(name: str, of: Certainty | None = None) -> Money:
        return Money(sum(int(getattr(part, name)) for part in parts if of in (None, part.certainty)), currency)

    return Contributor(
        donor=donor,
        received=total("received"),
        confirmed=total("confirmed"),
        probable=total("received", Certainty.PROBABLE),
        probable_confirmed=total("confirmed", Certainty.PROBABLE),
        fee=total("fee"),
        fees_not_stated=sum(part.fees_not_stated for part in parts),
        deposits=sum(part.deposits for part in parts),
        notes=tuple(dict.fromkeys(part.certainty_note for part in parts if part.certainty_note)),
        is_demo=any(part.is_demo for part in parts),
    )
