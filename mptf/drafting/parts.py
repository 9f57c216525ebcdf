"""The parts of a proposal, in the order in which they are written.

A room above puts its part in the table when it is loaded (`put`); those of this room stand in it from the beginning.
"""

from typing import Any

from mptf.drafting.reading import Part

PARTS: dict[str, Part[Any]] = {}


def put(part: Part[Any]) -> None:
    """Let a part be written."""
    if part.kind in PARTS:
        raise ValueError(f"put twice: {part.kind}")
    PARTS[part.kind] = part
