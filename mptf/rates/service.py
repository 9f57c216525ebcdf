"""Record, correct and import exchange rates; every change is audited.

Rates belong to no fund: who keeps them in one fund keeps them for all, and every fund's log tells of it.
"""

from dataclasses import dataclass
from datetime import date
from itertools import islice

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from mptf.core import audit, clock, ids
from mptf.core.changes import add, change
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken, Stale
from mptf.core.facts import needed
from mptf.core.files import StoredFile
from mptf.core.kosovo import keep_asterisk
from mptf.fund.models import Fund
from mptf.paper.shape import Comparison
from mptf.policy import Permission, Viewer, require
from mptf.rates import queries
from mptf.rates.figures import check_currency, rate_text
from mptf.rates.models import ExchangeRate, RateSource, RateUpload
from mptf.rates.table import RateRow, RateTable, compare

audit.tell(
    {
        "rate.recorded": N_("recorded a rate of {currency} from {valid_from}"),
        "rate.corrected": N_("corrected a rate"),
        "rate_table.uploaded": N_("uploaded the table of rates {name}"),
        "rate_table.imported": N_("imported a table of rates with {added} new ones"),
    },
    names={"millionths": N_("units for one US dollar"), "known": N_("known before")},
    values={"rate.millionths": rate_text},
    shared=(ExchangeRate.__tablename__, RateUpload.__tablename__),
)

BATCH = 1_000  # rows that are written at once


@dataclass(frozen=True)
class NewRate:
    """Units of a currency for one US dollar from a day on, as millionths, and where they come from."""

    currency: str
    valid_from: date
    millionths: int
    source: RateSource = RateSource.UNORE
    note: str = ""

    def check(self) -> None:
        """Refuse a currency that has no rate, and a rate from elsewhere that does not say where from."""
        try:
            check_currency(self.currency)
        except RuleBroken as refusal:
            raise refusal.at("currency") from None
        if self.source is RateSource.OTHER:
            needed(self.note, "note", N_("Say in the note where the rate comes from."))
        keep_asterisk(self.note, "note")


def record_rate(rate: NewRate, *, fund: Fund, by: Viewer) -> tuple[ExchangeRate, bool]:
    """Record a rate; return it and whether it is new. An identical one is returned as it stands."""
    require(by, Permission.RATES_EDIT, fund)
    rate.check()
    stands = queries.find_rate(rate.currency, rate.valid_from, rate.source)
    if stands is not None and stands.millionths == rate.millionths:
        return stands, False
    taken = RuleBroken(
        N_("{code} has {rate} from {day} ({source}). Correct that rate if it is wrong."),
        code=rate.currency, rate=rate_text(stands.millionths) if stands else "", day=rate.valid_from,
        source=rate.source.label, field="rate",
    )  # fmt: skip
    if stands is not None:
        raise taken
    row = ExchangeRate(**vars(rate))
    add(row, taken)
    audit.record("rate.recorded", row, by=by, **vars(rate))
    return row, True


def correct_rate(rate: ExchangeRate, *, millionths: int, note: str, fund: Fund, by: Viewer) -> bool:
    """Correct a rate that was typed wrongly, saying why; return whether anything changed."""
    require(by, Permission.RATES_EDIT, fund)
    needed(note, "note", N_("Say in the note why the rate is corrected."))
    return change("rate.corrected", rate, {"millionths": millionths, "note": note}, by=by)


def look_at(table: RateTable, source: RateSource) -> Comparison[RateRow]:
    """Say what importing a table would do, without doing it."""
    return compare(table, queries.rates_of(table.currencies, source))


def upload_table(fund: Fund, stored: StoredFile, *, source: RateSource, by: Viewer) -> RateUpload:
    """Keep a table of rates to be looked at before anything is imported."""
    require(by, Permission.RATES_EDIT, fund)
    upload = RateUpload(fund_id=fund.id, file_id=stored.id, source=source, file=stored)
    db.session.add(upload)
    db.session.flush()
    audit.record("rate_table.uploaded", upload, by=by, fund_id=fund.id, name=stored.name, sha256=stored.sha256)
    return upload


def import_table(upload: RateUpload, table: RateTable, *, fund: Fund, by: Viewer) -> Comparison[RateRow]:
    """Import the rates of a table that was read, all of them or none; what is known already is not added again."""
    require(by, Permission.RATES_EDIT, fund)
    found = look_at(table, upload.source)
    if found.problems.errors:
        raise RuleBroken(N_("The table has errors. Correct them and upload it again; nothing was imported."))
    note = upload.file.name if upload.source is RateSource.OTHER else ""
    rows = (
        {"public_id": ids.new(), "currency": row.currency, "valid_from": row.valid_from, "source": upload.source,
         "millionths": row.millionths, "note": row.note or note, "upload_id": upload.id}
        for row in found.new
    )  # fmt: skip
    try:
        while batch := list(islice(rows, BATCH)):
            db.session.execute(insert(ExchangeRate), batch)
    except IntegrityError:
        raise Stale from None
    if found.new:
        upload.imported_at = clock.now()
        audit.record("rate_table.imported", upload, by=by, added=len(found.new), known=found.known)
    return found
