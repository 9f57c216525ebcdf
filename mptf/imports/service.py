"""Keep an uploaded table, and import it in one step: all of its rows, or none.

A table that was imported may be brought again: rows that are known are not added a second time.
"""

from typing import Any

from sqlalchemy import select

from mptf.core import audit, clock, tasks
from mptf.core.db import db
from mptf.core.errors import N_, KnownAlready, RuleBroken
from mptf.core.files import StoredFile
from mptf.fund.models import Fund
from mptf.fund.service import lock
from mptf.imports import queries
from mptf.imports.kinds import Row, TableKind
from mptf.imports.models import ImportState, TableImport
from mptf.paper.shape import ReadTable
from mptf.policy import Viewer, require

audit.tell(
    {
        "table_import.uploaded": N_("uploaded the table {name} to be imported"),
        "table_import.import_asked": N_("asked for the import of a table"),
        "table_import.imported": N_("imported a table: {added} rows added, {known} known already"),
        "table_import.discarded": N_("discarded a table"),
    },
    names={"table_import": N_("imported table")},
)


def upload(fund: Fund, kind: TableKind[Row], stored: StoredFile, *, by: Viewer) -> TableImport:
    """Keep a table to be looked at before anything is imported."""
    require(by, kind.permission, fund)
    lock(fund.id)
    if same := queries.find_open(fund, kind, stored.sha256):
        raise KnownAlready(
            N_("This file waits already as “{name}”, uploaded by {person}. Import or discard that one."),
            name=same.file.name, person=same.by.name, page=(kind.endpoint, same.public_id), field="file",
        )  # fmt: skip
    table = TableImport(fund_id=fund.id, kind=kind.key, file_id=stored.id, file=stored, by_id=by.id)
    db.session.add(table)
    db.session.flush()
    audit.record("table_import.uploaded", table, by=by, fund_id=fund.id, name=stored.name, sha256=stored.sha256)
    return table


def start(table: TableImport, kind: TableKind[Row], *, by: Viewer) -> None:
    """Ask for the import of a table that was looked at."""
    require(by, kind.permission, table)
    _at_rest(table)
    table.task = tasks.ask(kind.work.kind, by=by, fund_id=table.fund_id, about=table.file.name, table=table.public_id)
    db.session.flush()
    audit.record("table_import.import_asked", table, by=by, fund_id=table.fund_id)


def discard(table: TableImport, kind: TableKind[Row], *, by: Viewer) -> None:
    """Give up a table that was not imported; its file and its record stay."""
    require(by, kind.permission, table)
    _at_rest(table)
    table.discarded_at = clock.now()
    db.session.flush()
    audit.record("table_import.discarded", table, by=by, fund_id=table.fund_id)


def bring_in(table: TableImport, kind: TableKind[Row], content: ReadTable[Row], *, by: Viewer) -> dict[str, Any]:
    """Import the rows of a table that was read, and say what came of it; what is known already is not added again."""
    require(by, kind.permission, table)
    fund = db.session.get_one(Fund, table.fund_id)
    found = kind.compare(fund, content, by)
    if found.problems.errors:
        raise RuleBroken(N_("The table has errors. Correct them and upload it again; nothing was imported."))
    told = dict(kind.bring(table, found, by))
    table.imported_at, table.added, table.known = clock.now(), len(found.new), found.known
    db.session.flush()
    audit.record(
        "table_import.imported", table, by=by, fund_id=table.fund_id, added=table.added, known=table.known, **told
    )
    return {"added": table.added, "known": table.known, **told}


def locked(fund_id: int, public_id: str) -> TableImport:
    """Return an upload after locking the fund and it, so that it is imported once."""
    lock(fund_id)
    return db.session.scalars(
        select(TableImport)
        .where(TableImport.fund_id == fund_id, TableImport.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _at_rest(table: TableImport) -> None:
    """Lock the fund, and refuse a table that is being imported, or has come to its end."""
    lock(table.fund_id)
    db.session.refresh(table, ["task", "imported_at", "discarded_at"])
    if table.state is ImportState.IMPORTING:
        raise RuleBroken(N_("Work on this file is still running. Wait until it has ended."))
    if table.imported_at:
        raise RuleBroken(N_("This table is imported already."))
    if table.discarded_at:
        raise RuleBroken(N_("This table was discarded. Upload it again."))
