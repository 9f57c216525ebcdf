"""What the form of a part brings: shape only; whatever was typed is taken."""

from collections.abc import Iterable
from dataclasses import replace

from mptf.drafting.content import Typing, moved_row, rows_below, with_row, without_row
from mptf.drafting.shape import Content, Shape, keys_of
from mptf.web import Form

OVER, ASIDE, SETTLED = "over.", "aside.", "settled"
LONGEST_NUMBER = 9


class PartForm(Form):
    """The tokens of the form; its fields are those of the part."""


def typed_in(fields: Iterable[tuple[str, str]]) -> Typing:
    """Return what a form brought of a part; of a field that comes twice, the first."""
    content: dict[str, str] = {}
    over: dict[str, str] = {}
    asides: dict[int, str] = {}
    version, settled = 0, set()
    for name, text in fields:
        if name == "version":
            version = _number(text)
        elif name == SETTLED:
            settled.add(_number(text))
        elif name.startswith(OVER):
            over.setdefault(name.removeprefix(OVER), text)
        elif name.startswith(ASIDE):
            asides.setdefault(_number(name.removeprefix(ASIDE)), text)
        else:
            content.setdefault(name, text)
    return Typing(content, version, over, asides, frozenset(settled))


def stepped(shape: Shape, typed: Typing, step: str, fields: dict[int, str]) -> Typing:
    """Return what was typed after a step its buttons ask for without script: `add risks`, `remove risks <key>`.

    `remove <list> <key> surely` also removes a row others stand below (`question` tells before). `mine <number>` puts a
    text kept aside into its field, which `fields` names; `theirs <number>` leaves what stands.
    """
    what, *named = step.split() or [""]
    match what, named:
        case "add", [name, *parent] if name in shape.orders:
            return replace(typed, content=with_row(typed.content, name, *parent[:1]))
        case "remove", [name, key, *_] if name in shape.orders:
            return replace(typed, content=without_row(shape, typed.content, name, key))
        case "up" | "down", [name, key] if name in shape.orders:
            return replace(typed, content=moved_row(shape, typed.content, name, key, -1 if what == "up" else 1))
        case "mine" | "theirs", [number] if (aside := _number(number)) in fields:
            mine = {fields[aside]: typed.asides[aside]} if what == "mine" and aside in typed.asides else {}
            return replace(typed, content={**typed.content, **mine}, settled={*typed.settled, aside})
    return typed


def question(shape: Shape, content: Content, step: str) -> tuple[str, int] | None:
    """Return the row a step would remove and how many rows below it, where somebody should be asked before."""
    match step.split():
        case ["remove", name, key] if name in shape.orders and (below := rows_below(shape, content, name, key)):
            return f"{name}.{key}", below
    return None


def place(shape: Shape, content: Content, step: str) -> str:
    """Return where on the page a step leads: to the row that was added or moved, or what one that is gone stood in.

    `content` is what stood after the step of a row that was added, and before it otherwise.
    """
    what, name, key, *_ = (*step.split(), "", "", "")
    if name not in shape.orders:
        return ""
    if what == "add":
        key = next(reversed(keys_of(content, name)), "")
    above = content.get(f"{name}.{key}.of", "") if what == "remove" else ""
    row = f"{shape.above(name)}.{above}" if above else name if what == "remove" else f"{name}.{key}"
    return (
        f"#{row}"
        if what in ("add", "remove", "up", "down") and row.replace(".", "").isalnum() and row.isascii()
        else ""
    )


def _number(text: str) -> int:
    plain = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if plain else 0
