"""What a room says of a list people may keep views of; everything else about a view is the same for all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from mptf.policy import Permission, Realm, Role, Viewer, can


class Filters(Protocol):
    """The form of a list's filters, read from an address; `web.Filter` is one."""

    errors: Any

    def validate(self) -> bool:
        """Check the shape of what was asked for."""

    def address(self) -> dict[str, str]:
        """What was asked for, as the address of the list says it."""

    def told(self) -> list[tuple[str, str]]:
        """What was asked for in words."""

    def in_words(self) -> dict[str, str]:
        """What each field that was filled in says, by its name."""

    def drop_gone(self) -> list[str]:
        """Empty what names a choice nobody can make any more; return what those fields are called."""


FilterForm = TypeVar("FilterForm", bound=Filters)


@dataclass(frozen=True)
class Listed(Generic[FilterForm]):
    """A list: its name in addresses, what people call it, its page, who reads it there, and the form of its filters.

    `form` reads what an address asks for, with all of its choices; an address has every value once.
    """

    key: str
    label: str
    endpoint: str
    permission: Permission
    form: Callable[[Any], FilterForm]
    roles: frozenset[Role] = frozenset(Role)

    def open_to(self, viewer: Viewer, fund: Realm) -> bool:
        """Tell whether somebody reads this list of a fund."""
        held = viewer.role_in(getattr(fund, "fund_id", None))
        return held is not None and held.role in self.roles and can(viewer, self.permission, fund)


TABLE: dict[str, Listed[Any]] = {}


def offer(listed: Listed[FilterForm]) -> Listed[FilterForm]:
    """Let people keep views of a list of a room."""
    if listed.key in TABLE:
        raise ValueError(f"offered twice: {listed.key}")
    TABLE[listed.key] = listed
    return listed
