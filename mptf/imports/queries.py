"""Read the tables uploaded in a fund, each kind for itself."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from mptf.core.db import db, one_of
from mptf.core.errors import N_
from mptf.core.files import StoredFile
from mptf.core.paging import PAGE_SIZE
from mptf.core.waiting import Waiting
from mptf.fund.models import Fund
from mptf.imports.kinds import Row, TableKind
from mptf.imports.models import ImportState, TableImport
from mptf.policy import Viewer, can

LATEST = 10


def get_import(fund: Fund, kind: TableKind[Row], public_id: str) -> TableImport:
    """Return an upload of a fund, or raise NotFound."""
    return one_of(_whole(fund, kind).where(TableImport.public_id == public_id))


def latest(fund: Fund, kind: TableKind[Row]) -> Sequence[TableImport]:
    """Return the latest uploads of a kind, the newest first."""
    return db.session.scalars(_whole(fund, kind).order_by(TableImport.id.desc()).limit(LATEST)).all()


def find_open(fund: Fund, kind: TableKind[Row], sha256: str) -> TableImport | None:
    """Return an upload of the same bytes that was neither imported nor discarded."""
    same = _whole(fund, kind).join(TableImport.file).where(StoredFile.sha256 == sha256, *_OPEN)
    return db.session.scalars(same.order_by(TableImport.id)).first()


def waiting_for(viewer: Viewer, fund: Fund, kinds: Iterable[TableKind[Any]]) -> list[Waiting]:
    """Return the tables that wait for a person to import or discard them, the oldest first."""
    own = {kind.key: kind for kind in kinds if can(viewer, kind.permission, fund)}
    if not own:
        return []
    waiting = _of_fund(fund).where(TableImport.kind.in_(own), *_OPEN).order_by(TableImport.id).limit(PAGE_SIZE)
    return [
        Waiting(
            title=N_("Decide on “{name}”"),
            context=N_("{kind}: import it, or discard it where it has errors"),
            endpoint=own[one.kind].endpoint,
            values={"public_id": one.public_id},
            facts={"name": one.file.name, "kind": own[one.kind].label},
        )
        for one in db.session.scalars(waiting)
        if one.state is not ImportState.IMPORTING
    ]


_OPEN = (TableImport.imported_at.is_(None), TableImport.discarded_at.is_(None))


def _whole(fund: Fund, kind: TableKind[Row]) -> Select[TableImport]:
    return _of_fund(fund).where(TableImport.kind == kind.key)


def _of_fund(fund: Fund) -> Select[TableImport]:
    mine = select(TableImport).where(TableImport.fund_id == fund.id)
    return mine.options(joinedload(TableImport.file), joinedload(TableImport.by), joinedload(TableImport.task))
