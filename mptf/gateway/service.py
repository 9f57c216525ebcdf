"""Take in an extract: keep the file, stage what the check read, publish the figures in one step."""

from collections.abc import Sequence
from datetime import date
from typing import cast

from sqlalchemy import Table, delete, insert, select

from mptf.core import audit, clock, search, tasks
from mptf.core.db import db
from mptf.core.errors import N_, DomainError, KnownAlready, RuleBroken
from mptf.core.facts import needed
from mptf.core.files import StoredFile
from mptf.core.tasks import Work
from mptf.fund.models import Fund
from mptf.fund.service import lock
from mptf.gateway import queries
from mptf.gateway.models import (
    EXTRACT_FLOW,
    GatewayExtract,
    GatewayFigure,
    GatewayProblem,
    GatewayStagedFigure,
)
from mptf.ledger.delivery import Certification
from mptf.paper.problems import Problem, Problems, error
from mptf.policy import Permission, Viewer, require

CHECK = Work("gateway.check", N_("Checking a Gateway extract"), "mptf.gateway.work:check")
IMPORT = Work("gateway.import", N_("Importing a Gateway extract"), "mptf.gateway.work:import_figures")

Staged = dict[str, object]

_STAGED = cast(Table, GatewayStagedFigure.__table__)
_FIGURES = cast(Table, GatewayFigure.__table__)


audit.tell(
    {
        "gateway_extract.uploaded": N_("uploaded the Gateway extract {title}"),
        "gateway_extract.checked": N_(
            "had the Gateway extract checked; figures: {figures}, errors: {errors}, warnings: {warnings}"
        ),
        "gateway_extract.import_asked": N_("asked for the import of a Gateway extract"),
        "gateway_extract.imported": N_("imported {figures} figures of a Gateway extract"),
        "gateway_extract.import_stopped": N_("could not import a Gateway extract"),
        "gateway_extract.discarded": N_("discarded a Gateway extract"),
        "gateway_extract.withdrawn": N_("withdrew the figures of a Gateway extract: {because}"),
    },
    names={"gateway_extract": N_("Gateway extract")},
)


def locked(fund_id: int, public_id: str) -> GatewayExtract:
    """Return an extract after locking the fund and it, so that two cannot publish at once."""
    lock(fund_id)
    return db.session.scalars(
        select(GatewayExtract)
        .where(GatewayExtract.fund_id == fund_id, GatewayExtract.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def upload(
    fund: Fund,
    stored: StoredFile,
    *,
    title: str,
    source: str,
    cut_off_on: date | None,
    certification: Certification,
    by: Viewer,
) -> GatewayExtract:
    """Take in a file as an extract and ask for its check; the same file twice adds nothing."""
    require(by, Permission.GATEWAY_IMPORT, fund)
    needed(title, "title", N_("Give the extract a title."))
    needed(source, "source", N_("Say where the file comes from."))
    lock(fund.id)
    if same := queries.find_same_file(fund, stored.sha256):
        raise KnownAlready(
            N_("This file is already here as “{title}”, uploaded by {person}. Nothing was added."),
            page=("gateway.extract", same.public_id),
            field="file",
            title=same.title,
            person=same.by.name,
        )
    extract = GatewayExtract(
        fund_id=fund.id,
        file_id=stored.id,
        by_id=by.id,
        title=title,
        source=source,
        cut_off_on=cut_off_on,
        certification=certification,
    )
    db.session.add(extract)
    db.session.flush()
    _ask(CHECK, extract, by=by)
    search.index(queries.SEARCH_KIND, extract.public_id, fund_id=fund.id, words=f"{title}\n{source}")
    audit.record("gateway_extract.uploaded", extract, by=by, fund_id=fund.id, title=title, sha256=stored.sha256)
    return extract


def start_import(extract: GatewayExtract, *, by: Viewer) -> None:
    """Ask for the import of a checked extract."""
    EXTRACT_FLOW.fire(extract, "import", by=by)
    _ask(IMPORT, extract, by=by)


def discard(extract: GatewayExtract, *, by: Viewer) -> None:
    """Give up an extract that was not imported; its file and its record stay."""
    EXTRACT_FLOW.fire(extract, "discard", by=by)
    clear(extract)


def withdraw(extract: GatewayExtract, *, because: str, by: Viewer) -> None:
    """Take imported figures out of use, saying why; nothing is deleted."""
    needed(because, "because", N_("Say why the figures are withdrawn."))
    extract.withdrawn_because = because
    EXTRACT_FLOW.fire(extract, "withdraw", by=by, because=because)


def _ask(work: Work, extract: GatewayExtract, *, by: Viewer) -> None:
    extract.task = tasks.ask(
        work.kind, by=by, fund_id=extract.fund_id, about=extract.file.name, extract=extract.public_id
    )


@EXTRACT_FLOW.guard("import")
def _can_be_imported(extract: GatewayExtract, by: Viewer | None) -> None:
    _at_rest(extract, by)
    if extract.error_count:
        raise RuleBroken(
            N_("Errors in the file: {count}. Correct them in the file and upload it again."), count=extract.error_count
        )
    if not extract.figure_count:
        raise RuleBroken(N_("The file holds no row that could be imported."))


@EXTRACT_FLOW.guard("discard")
def _at_rest(extract: GatewayExtract, _by: Viewer | None) -> None:
    if extract.task is not None and not extract.task.state.final:
        raise RuleBroken(N_("Work on this file is still running. Wait until it has ended."))


def clear(extract: GatewayExtract) -> None:
    """Forget what an earlier, interrupted check staged."""
    for kind in (GatewayStagedFigure, GatewayProblem):
        db.session.execute(
            delete(kind).where(kind.fund_id == extract.fund_id, kind.extract_id == extract.id),
            execution_options={"synchronize_session": False},
        )


def stage(rows: Sequence[Staged]) -> None:
    """Add checked rows to those that wait for the import."""
    if rows:
        db.session.execute(insert(_STAGED), rows)


def finish_check(extract: GatewayExtract, problems: Problems, *, figures: int, content_hash: str, by: Viewer) -> None:
    """Note what the check found; figures that were imported before are an error here."""
    extract.content_hash, extract.figure_count = content_hash, figures
    if same := _imported_before(extract):
        problems.first(same)
    if not figures and not problems.errors:
        problems.first(error(N_("The table has no row below its head.")))
    errors, warnings = problems.errors, problems.warnings
    extract.error_count, extract.warning_count = errors, warnings
    db.session.add_all(GatewayProblem.of(extract, problem) for problem in problems.kept)
    EXTRACT_FLOW.fire(extract, "check", by=by, figures=figures, errors=errors, warnings=warnings)


def _imported_before(extract: GatewayExtract) -> Problem | None:
    same = queries.find_same_figures(extract) if extract.figure_count else None
    if same is None:
        return None
    template = N_("Exactly these figures were already imported as “{title}”. Importing them again would add nothing.")
    return error(template, title=same.title)


def publish(extract: GatewayExtract, *, by: Viewer) -> int:
    """Publish the staged rows in one step and return how many; refuse figures that are there already."""
    same = _imported_before(extract)
    if same is not None:
        raise RuleBroken(same.template, **same.values)
    names = [column.name for column in _STAGED.columns if column.name != "id"]
    staged = _STAGED.c
    rows = (
        select(*(staged[name] for name in names))
        .where(staged.fund_id == extract.fund_id, staged.extract_id == extract.id)
        .order_by(staged.line)
    )
    db.session.execute(insert(_FIGURES).from_select(names, rows))
    published = queries.count_figures(extract)
    if published != extract.figure_count:
        raise RuleBroken(
            N_("The check read {staged} rows, but {published} are ready. Discard the file and upload it again."),
            staged=extract.figure_count,
            published=published,
        )
    db.session.execute(
        delete(GatewayStagedFigure).where(
            GatewayStagedFigure.fund_id == extract.fund_id, GatewayStagedFigure.extract_id == extract.id
        ),
        execution_options={"synchronize_session": False},
    )
    extract.imported_at = clock.now()
    EXTRACT_FLOW.fire(extract, "publish", by=by, figures=published, content_hash=extract.content_hash)
    return published


def stop(extract: GatewayExtract, *, reason: DomainError, by: Viewer) -> None:
    """Note that the import was refused; nothing of it was kept."""
    EXTRACT_FLOW.fire(extract, "stop", by=by, reason=str(reason))
