"""Change funds, settings, organisations, offices, jurisdictions and holidays; every change is audited."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from mptf.core import audit, clock, ids
from mptf.core.changes import add, change, differences
from mptf.core.db import db
from mptf.core.errors import N_, DomainError, RuleBroken, Stale
from mptf.core.files import StoredFile
from mptf.core.kosovo import keep_asterisk
from mptf.fund import queries
from mptf.fund.facts import FundFacts, JurisdictionFacts, OrganisationFacts, check_new_fund, named
from mptf.fund.models import (
    ExchangeRate,
    Fund,
    FundSettings,
    Holiday,
    Jurisdiction,
    Office,
    Organisation,
    RateSource,
    RateUpload,
)
from mptf.fund.rates import check_currency, rate_text
from mptf.fund.reference import JURISDICTIONS
from mptf.fund.rules import Rules
from mptf.policy import Permission, Viewer, require

if TYPE_CHECKING:
    from mptf.fund.rate_table import RateImport

audit.tell(
    {
        "fund.created": N_("added the fund {code}"),
        "fund.changed": N_("changed what is said about the fund"),
        "settings.planned": N_("planned settings from {valid_from}"),
        "settings.replaced": N_("changed planned settings"),
        "settings.withdrawn": N_("withdrew the settings planned from {valid_from}"),
        "organisation.added": N_("added the organisation {short_name}"),
        "organisation.changed": N_("changed an organisation"),
        "office.added": N_("added the office {name} of {organisation}"),
        "office.changed": N_("changed an office"),
        "jurisdiction.added": N_("added the jurisdiction {name}"),
        "jurisdiction.changed": N_("changed a jurisdiction"),
        "holiday.added": N_("added the holiday {name} on {falls_on}"),
        "holiday.removed": N_("removed the holiday {name} on {falls_on}"),
        "rate.recorded": N_("recorded a rate of {currency} from {valid_from}"),
        "rate.corrected": N_("corrected a rate"),
        "rate_table.uploaded": N_("uploaded the table of rates {name}"),
        "rate_table.imported": N_("imported a table of rates with {added} new ones"),
    }
)


# ---- funds and their settings


def lock(fund_id: int) -> None:
    """Let one writer at a time at what a fund keeps in order: its settings, its books, its extracts.

    The others wait until this unit of work ends; rows that only refer to the fund may be written
    meanwhile (`key_share`). Lock order: fund, rows by id, head of the audit chain.
    """
    db.session.execute(select(Fund.id).where(Fund.id == fund_id).with_for_update(key_share=True))


def create_fund(
    code: str,
    facts: FundFacts,
    *,
    currency: str,
    rules: Rules,
    valid_from: date,
    by: Viewer,
    basis: str = "",
    is_demo: bool = False,
) -> Fund:
    """Add a fund with its first row of settings."""
    require(by, Permission.FUND_CREATE)
    check_new_fund(code, currency)
    facts.check()
    rules.check()
    fund = Fund(code=code, currency=currency, is_demo=is_demo, **facts.values())
    fund.settings = [FundSettings(valid_from=valid_from, basis=basis, **rules.values())]
    add(fund, RuleBroken(N_("There is a fund {code} already."), code=code, field="code"))
    audit.record(
        "fund.created", fund, by=by, fund_id=fund.id, code=code, currency=currency, valid_from=valid_from,
        **facts.values(), rules=rules.values(),
    )  # fmt: skip
    return fund


def change_fund(fund: Fund, facts: FundFacts, *, by: Viewer) -> bool:
    """Change what is said about a fund; return whether anything changed."""
    require(by, Permission.FUND_CREATE)
    facts.check()
    return change("fund.changed", fund, facts.values(), by=by, fund_id=fund.id)


def change_settings(
    fund: Fund, rules: Rules, *, valid_from: date, basis: str, opened_on: str, by: Viewer
) -> FundSettings:
    """Let rules hold from a day on; `opened_on` is the version of the timeline the person looked at.

    The past is never rewritten: the day is today or later, and a row whose day has come stays as it is.
    A planned row of the same day is replaced.
    """
    require(by, Permission.SETTINGS_EDIT, fund)
    rules.check()
    keep_asterisk(basis, "basis")
    lock(fund.id)
    timeline = queries.timeline(fund)
    if timeline.version != opened_on:
        raise Stale
    today = clock.today(fund)
    if valid_from < today:
        raise RuleBroken(N_("The past is not rewritten. Choose today or a later day."), field="valid_from")
    row = next((row for row in timeline.rows if row.valid_from == valid_from), None)
    if row is None:
        return _plan(fund, timeline, rules, valid_from=valid_from, basis=basis, by=by)
    if row.valid_from <= today:
        raise RuleBroken(
            N_("The settings of {day} are in force already. Choose a later day."),
            day=valid_from.isoformat(), field="valid_from",
        )  # fmt: skip
    change("settings.replaced", row, {**rules.values(), "basis": basis}, by=by, fund_id=fund.id)
    return row


def withdraw_settings(row: FundSettings, *, by: Viewer) -> None:
    """Take back a planned row before its day comes."""
    fund = row.fund
    require(by, Permission.SETTINGS_EDIT, fund)
    lock(fund.id)
    if row.valid_from <= clock.today(fund):
        raise RuleBroken(N_("These settings are in force; a later change takes their place."))
    audit.record(
        "settings.withdrawn", row, by=by, fund_id=fund.id, valid_from=row.valid_from, basis=row.basis,
        rules=row.rules.values(),
    )  # fmt: skip
    db.session.delete(row)
    db.session.flush()


def _plan(
    fund: Fund, timeline: queries.Timeline, rules: Rules, *, valid_from: date, basis: str, by: Viewer
) -> FundSettings:
    before = timeline.on(valid_from).rules
    if before == rules:
        raise RuleBroken(N_("Nothing differs from the settings that hold on this day."), field="valid_from")
    row = FundSettings(fund_id=fund.id, valid_from=valid_from, basis=basis, **rules.values())
    add(row, RuleBroken(N_("There are settings from this day already."), field="valid_from"))
    audit.record(
        "settings.planned", row, by=by, fund_id=fund.id, valid_from=valid_from, basis=basis,
        **differences(before.values(), rules.values()),
    )  # fmt: skip
    return row


# ---- organisations, offices, jurisdictions


def add_organisation(facts: OrganisationFacts, *, by: Viewer) -> Organisation:
    """Add an organisation to the installation."""
    require(by, Permission.ORGANISATIONS_EDIT)
    facts.check()
    organisation = Organisation(**facts.values())
    _check_short_name(organisation, facts.short_name)
    add(organisation, _taken(facts.short_name))
    audit.record("organisation.added", organisation, by=by, **facts.values())
    return organisation


def change_organisation(organisation: Organisation, facts: OrganisationFacts, *, by: Viewer) -> bool:
    """Change what is kept about an organisation; return whether anything changed."""
    require(by, Permission.ORGANISATIONS_EDIT)
    facts.check()
    _check_short_name(organisation, facts.short_name)
    return change("organisation.changed", organisation, facts.values(), by=by, taken=_taken(facts.short_name))


def _check_short_name(organisation: Organisation, short_name: str) -> None:
    """Refuse a short name that differs from another only in its case."""
    with db.session.no_autoflush:
        other = queries.find_organisation(short_name)
    if other is not None and other is not organisation:
        raise _taken(other.short_name)


def _taken(short_name: str) -> RuleBroken:
    return RuleBroken(N_("There is an organisation {short_name} already."), short_name=short_name, field="short_name")


def add_office(organisation: Organisation, *, name: str, jurisdiction: Jurisdiction, by: Viewer) -> Office:
    """Add an office through which an organisation acts in a jurisdiction."""
    require(by, Permission.ORGANISATIONS_EDIT)
    named(name, "name")
    office = Office(organisation_id=organisation.id, jurisdiction_id=jurisdiction.id, name=name)
    add(office, _office_taken(organisation, name))
    audit.record("office.added", office, by=by, organisation=organisation.short_name, name=name,
                 jurisdiction=jurisdiction.name)  # fmt: skip
    return office


def change_office(office: Office, *, name: str, jurisdiction: Jurisdiction, by: Viewer) -> bool:
    """Change the name or jurisdiction of an office; return whether anything changed."""
    require(by, Permission.ORGANISATIONS_EDIT)
    named(name, "name")
    values = {"name": name, "jurisdiction_id": jurisdiction.id}
    return change("office.changed", office, values, by=by, taken=_office_taken(office.organisation, name))


def _office_taken(organisation: Organisation, name: str) -> RuleBroken:
    return RuleBroken(
        N_("{organisation} has an office {name} already."), organisation=organisation.short_name, name=name,
        field="name",
    )  # fmt: skip


def add_jurisdiction(facts: JurisdictionFacts, *, by: Viewer) -> Jurisdiction:
    """Add a jurisdiction to the installation."""
    require(by, Permission.ORGANISATIONS_EDIT)
    facts.check()
    jurisdiction = Jurisdiction(**facts.values())
    add(jurisdiction, _jurisdiction_taken(facts.name))
    audit.record("jurisdiction.added", jurisdiction, by=by, **facts.values())
    return jurisdiction


def change_jurisdiction(jurisdiction: Jurisdiction, facts: JurisdictionFacts, *, by: Viewer) -> bool:
    """Change a jurisdiction; return whether anything changed."""
    require(by, Permission.ORGANISATIONS_EDIT)
    facts.check()
    return change("jurisdiction.changed", jurisdiction, facts.values(), by=by, taken=_jurisdiction_taken(facts.name))


def add_reference_data(*, by: Viewer | None) -> int:
    """Add the jurisdictions of the region that are missing; return how many. `by=None` is the installation."""
    standing = {jurisdiction.iati_code for jurisdiction in queries.jurisdictions()}
    missing = [place for place in JURISDICTIONS if place.iati_code not in standing]
    for place in missing:
        jurisdiction = Jurisdiction(name=place.name, iati_code=place.iati_code, regional=place.regional)
        add(jurisdiction, _jurisdiction_taken(place.name))
        audit.record(
            "jurisdiction.added", jurisdiction, by=by, name=place.name, iati_code=place.iati_code,
            regional=place.regional,
        )  # fmt: skip
    return len(missing)


def _jurisdiction_taken(name: str) -> RuleBroken:
    return RuleBroken(N_("There is a jurisdiction {name} already."), name=name, field="name")


# ---- the working calendar


def add_holiday(fund: Fund, *, falls_on: date, name: str, by: Viewer) -> Holiday:
    """Add a day on which the Secretariat does not work; clocks that run already keep their calendar."""
    require(by, Permission.CALENDAR_EDIT, fund)
    named(name, "name")
    if falls_on < clock.today(fund):
        raise RuleBroken(N_("A day that is past stays what it was. Choose today or a later day."), field="falls_on")
    holiday = Holiday(fund_id=fund.id, falls_on=falls_on, name=name)
    add(holiday, RuleBroken(N_("This day is a holiday already."), field="falls_on"))
    audit.record("holiday.added", holiday, by=by, fund_id=fund.id, falls_on=falls_on, name=name)
    return holiday


def remove_holiday(fund: Fund, holiday: Holiday, *, by: Viewer) -> None:
    """Take a holiday out again before it comes."""
    require(by, Permission.CALENDAR_EDIT, fund)
    if holiday.falls_on <= clock.today(fund):
        raise RuleBroken(N_("This holiday has begun or is past; it stays in the calendar."))
    audit.record("holiday.removed", holiday, by=by, fund_id=fund.id, falls_on=holiday.falls_on, name=holiday.name)
    db.session.delete(holiday)
    db.session.flush()


# ---- exchange rates


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
            raise _at("currency", refusal) from None
        keep_asterisk(self.note, "note")
        if self.source is RateSource.OTHER and not self.note.strip():
            raise RuleBroken(N_("Say in the note where the rate comes from."), field="note")


def record_rate(rate: NewRate, *, fund: Fund, by: Viewer) -> tuple[ExchangeRate, bool]:
    """Record a rate; return it and whether it is new. An identical one is returned as it stands."""
    require(by, Permission.RATES_EDIT, fund)
    rate.check()
    stands = queries.find_rate(rate.currency, rate.valid_from, rate.source)
    if stands is not None and stands.millionths == rate.millionths:
        return stands, False
    taken = RuleBroken(
        N_("{code} has {rate} from {day} ({source}). Correct that rate if it is wrong."),
        code=rate.currency, rate=rate_text(stands.millionths) if stands else "", day=rate.valid_from.isoformat(),
        source=rate.source.label, field="rate",
    )  # fmt: skip
    if stands is not None:
        raise taken
    row = ExchangeRate(**vars(rate))
    add(row, taken)
    audit.record("rate.recorded", row, by=by, fund_id=fund.id, **vars(rate))
    return row, True


def correct_rate(rate: ExchangeRate, *, millionths: int, note: str, fund: Fund, by: Viewer) -> bool:
    """Correct a rate that was typed wrongly, saying why; return whether anything changed."""
    require(by, Permission.RATES_EDIT, fund)
    keep_asterisk(note, "note")
    if not note.strip():
        raise RuleBroken(N_("Say in the note why the rate is corrected."), field="note")
    return change("rate.corrected", rate, {"millionths": millionths, "note": note}, by=by, fund_id=fund.id)


def read_import(path: Path, source: RateSource) -> "RateImport":
    """Read a table of rates and say what importing it would do, without doing it."""
    from mptf.fund.rate_table import compare, read_rates

    table = read_rates(path)
    return compare(table, queries.rates_of(table.currencies, source))


def upload_rates(fund: Fund, stored: StoredFile, *, source: RateSource, by: Viewer) -> RateUpload:
    """Keep a table of rates to be looked at before anything is imported."""
    require(by, Permission.RATES_EDIT, fund)
    upload = RateUpload(fund_id=fund.id, file_id=stored.id, source=source, file=stored)
    db.session.add(upload)
    db.session.flush()
    audit.record("rate_table.uploaded", upload, by=by, fund_id=fund.id, name=stored.name, sha256=stored.sha256)
    return upload


def import_rates(upload: RateUpload, path: Path, *, fund: Fund, by: Viewer) -> "RateImport":
    """Import the rates of a stored table, all of them or none; what is known already is not added again."""
    require(by, Permission.RATES_EDIT, fund)
    found = read_import(path, upload.source)
    if found.refused:
        raise RuleBroken(N_("The table has errors. Correct them and upload it again; nothing was imported."))
    note = upload.file.name if upload.source is RateSource.OTHER else ""
    rows = [
        {"public_id": ids.new(), "currency": row.currency, "valid_from": row.valid_from, "source": upload.source,
         "millionths": row.millionths, "note": row.note or note, "upload_id": upload.id}
        for row in found.new
    ]  # fmt: skip
    if rows:
        try:
            db.session.execute(insert(ExchangeRate), rows)
        except IntegrityError:
            raise Stale from None
        upload.imported_at = clock.now()
        audit.record("rate_table.imported", upload, by=by, fund_id=fund.id, added=len(rows), known=found.known)
    return found


def _at(field: str, refusal: DomainError) -> RuleBroken:
    """Put a refusal at a field of the form."""
    return RuleBroken(refusal.template, field=field, **refusal.values)
