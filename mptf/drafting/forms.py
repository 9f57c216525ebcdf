"""What the form of a part brings: shape only; whatever was typed is taken."""

from collections.abc import Iterable
from dataclasses import replace

from mptf.drafting.content import Typing, moved_row, with_row, without_row
from mptf.drafting.shape import Shape
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

    `mine <number>` puts a text kept aside into its field, which `fields` names; `theirs <number>` leaves what stands.
    """
    what, *named = step.split()
    match what, named:
        case "add", [name, *parent] if name in shape.orders:
            return replace(typed, content=with_row(typed.content, name, *parent[:1]))
        case "remove", [name, key] if name in shape.orders:
            return replace(typed, content=without_row(shape, typed.content, name, key))
        case "up" | "down", [name, key] if name in shape.orders:
            return replace(typed, content=moved_row(shape, typed.content, name, key, -1 if what == "up" else 1))
        case "mine" | "theirs", [number] if (aside := _number(number)) in fields:
            mine = {fields[aside]: typed.asides[aside]} if what == "mine" and aside in typed.asides else {}
            return replace(typed, content={**typed.content, **mine}, settled={*typed.settled, aside})
    return typed


def _number(text: str) -> int:
    plain = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if plain else 0
