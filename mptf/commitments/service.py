"""What is done with every record of a contributor: its columns, its words in the search, the agreement it names."""

from typing import Any

from mptf.claims.service import refuse_withdrawn
from mptf.commitments.models import Agreement
from mptf.core import search
from mptf.core.db import db
from mptf.core.money import Money
from mptf.documents.queries import FundSubject
from mptf.organisations.models import Organisation


def columns(what: object) -> dict[str, Any]:
    """Return the facts as the columns of a record: parties by their keys; the term on interest is a row of its own."""
    facts = dict(vars(what))
    facts.pop("interest", None)
    facts["organisation_id"] = facts.pop("donor").id
    for party in ("agreement", "window"):
        if party in facts:
            named = facts.pop(party)
            facts[f"{party}_id"] = named.id if named else None
    return facts


def index(record: FundSubject, donor: Organisation, reference: str, *facts: object) -> None:
    """Let a record be found by what everybody who may see it reads of it; an amount also without its commas."""
    plain = [fact.decimal for fact in facts if isinstance(fact, Money)]
    names = [donor.official_name, *facts, *plain]
    title = f"{donor.short_name}, {reference}" if reference else donor.short_name
    words = " ".join(str(name) for name in names if name)
    search.index(record.__tablename__, record.public_id, fund_id=record.fund_id, words=f"{title}\n{words}")


def check_stands(agreement: Agreement | None) -> None:
    """Refuse an agreement that was withdrawn, also a moment ago; the fund is locked.

    It is read anew with its window: what is posted under it is kept apart as it says now, whoever amended it meanwhile.
    """
    if agreement is None:
        return
    db.session.refresh(agreement)
    db.session.expire(agreement, ["window"])
    if agreement.window is not None:
        db.session.refresh(agreement.window)
    refuse_withdrawn(agreement.reference, agreement.withdrawn_at, field="agreement")
