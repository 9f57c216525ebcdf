"""What a room says of the tables it imports; everything else about an import is the same for all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mptf.core.tasks import Work
from mptf.fund.models import Fund
from mptf.imports.models import TableImport
from mptf.paper.shape import Comparison, ReadTable
from mptf.policy import Permission, Viewer

if TYPE_CHECKING:
    from pydantic import BaseModel

Row = TypeVar("Row", bound="BaseModel")


@dataclass(frozen=True)
class TableKind(Generic[Row]):
    """A kind of table: what people call it, who imports it, its page, and the things only the room knows.

    `check` refuses a file that cannot be read, `read` reads it, both without a database; `compare` says what importing
    it would do; `bring` does it, row by row in the running unit of work, and returns what else the audit log tells of
    it. `work` names the room's function that hands this kind to `imports.work.bring_in`, `listed` the page of the list
    its rows then stand in.
    """

    key: str
    label: str
    permission: Permission
    endpoint: str
    work: Work
    check: Callable[[Path], None]
    read: Callable[[Path], ReadTable[Row]]
    compare: Callable[[Fund, ReadTable[Row], Viewer], Comparison[Row]]
    bring: Callable[[TableImport, Comparison[Row], Viewer], Mapping[str, Any]]
    listed: str = ""
