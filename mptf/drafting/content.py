"""The content of a part as it is kept: one text, the same for the same content, and nothing that cannot be kept."""

import json
import secrets
import string
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from mptf.core.errors import N_, RuleBroken
from mptf.drafting.shape import CHOSEN, Content, Field, Holds, Shape, keys_of

LONGEST_CONTENT = 400_000
MOST_FIELDS = 5_000
FAR_OVER = 4  # a text so many times as long as people are told is refused; what is only too long is kept
KEY_SIGNS = string.ascii_lowercase + string.digits
KEY_LENGTH = 6
MOST_ROWS = 300

_LOST = "\N{REPLACEMENT CHARACTER}"
_NEVER_KEPT = {0: None, **dict.fromkeys(range(0xD800, 0xE000), _LOST)}


@dataclass(frozen=True)
class Typing:
    """What a form brought of a part: the text of each field, and the number of the version it was typed over.

    `over` holds the fields that were typed over another text than that version has, with that text. `asides` are the
    texts kept aside as they stand in the form now, by their numbers; `settled` are the numbers of those their writer is
    done with.
    """

    content: Content
    version: int = 0
    over: Content = field(default_factory=dict)
    asides: Mapping[int, str] = field(default_factory=dict)
    settled: Collection[int] = ()


def packed(content: Content) -> str:
    """Write a content as one text: names in order, nothing that is empty."""
    full = {name: text for name, text in content.items() if text}
    return json.dumps(full, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def unpacked(text: str) -> dict[str, str]:
    """Read a content that was packed."""
    found: dict[str, str] = json.loads(text)
    return found


def new_key() -> str:
    """Return the key of a new row, which it keeps."""
    return "".join(secrets.choice(KEY_SIGNS) for _ in range(KEY_LENGTH))


def cleaned(shape: Shape, typed: Iterable[tuple[str, str]], *, rows: bool = True) -> dict[str, str]:
    """Return what can be kept of the fields a form brought, as it was typed; refuse what is far too long.

    Names the part does not have, rows whose key stands in no order, and signs no database keeps are left out; with
    `rows=False` the fields are some of many, and the orders of their rows stand elsewhere.
    """
    content: dict[str, str] = {}
    for name, text in typed:
        field = shape.find(name)
        if field is None:
            continue
        if kept := _kept(field, text):
            content[name] = kept
    keys = {name: keys_of(content, name) for name in shape.orders}
    if not rows:
        return content
    found = {
        name: text for name, text in content.items() if (row := shape.row_of(name)) is None or row[1] in keys[row[0]]
    }
    if len(found) > MOST_FIELDS or sum(map(len, found.values())) > LONGEST_CONTENT:
        raise RuleBroken(N_("This part is larger than the system keeps. Shorten it, or attach a document instead."))
    return found


def with_row(content: Content, name: str, parent: str = "") -> dict[str, str]:
    """Return a content with a new row at the end of a list; `parent` is the key of the row it stands below."""
    key = new_key()
    added = {**content, name: " ".join([*keys_of(content, name), key])}
    return {**added, f"{name}.{key}.of": parent} if parent else added


def without_row(shape: Shape, content: Content, name: str, key: str) -> dict[str, str]:
    """Return a content without a row of a list, and without the rows that stand below it."""
    keys = list(keys_of(content, name))
    if key not in keys:
        return dict(content)
    keys.remove(key)
    rest = {field: text for field, text in content.items() if not field.startswith(f"{name}.{key}.")}
    rest[name] = " ".join(keys)
    for other in shape.orders:
        for below in keys_of(rest, other):
            if shape.above(other) == name and rest.get(f"{other}.{below}.of") == key:
                rest = without_row(shape, rest, other, below)
    return {field: text for field, text in rest.items() if text}


def rows_below(shape: Shape, content: Content, name: str, key: str) -> int:
    """Return how many rows stand below a row of a list, and go with it."""
    rest = without_row(shape, content, name, key)
    gone = sum(len(keys_of(content, other)) - len(keys_of(rest, other)) for other in shape.orders)
    return max(0, gone - 1)


def moved_row(shape: Shape, content: Content, name: str, key: str, by: int) -> dict[str, str]:
    """Return a content in which a row stands one place earlier (-1) or later (1) among those below the same row.

    From the end of these it goes below the row before or after.
    """
    keys = list(keys_of(content, name))
    if key not in keys:
        return dict(content)
    parent = content.get(f"{name}.{key}.of", "")
    beside = [other for other in keys if content.get(f"{name}.{other}.of", "") == parent]
    place = beside.index(key) + by
    if 0 <= place < len(beside):
        here, there = keys.index(key), keys.index(beside[place])
        keys[here], keys[there] = keys[there], keys[here]
        return {**content, name: " ".join(keys)}
    above = shape.page_order(content, shape.above(name)) if shape.above(name) in shape.orders else []
    place = above.index(parent) + by if parent in above else -1
    if not 0 <= place < len(above):
        return dict(content)
    keys.remove(key)
    keys.insert(len(keys) if by < 0 else 0, key)
    return {**content, name: " ".join(keys), f"{name}.{key}.of": above[place]}


def _kept(field: Field, text: str) -> str:
    if field.holds is Holds.MARK:
        return CHOSEN if text == CHOSEN else ""
    if field.holds is Holds.ORDER:
        keys = dict.fromkeys(key for key in text.split() if _is_key(key))
        if len(keys) > MOST_ROWS:
            raise RuleBroken(N_("{label}: at most {most} rows can be kept."), label=field.label, most=MOST_ROWS)
        return " ".join(keys)
    kept = text.replace("\r\n", "\n").replace("\r", "\n").translate(_NEVER_KEPT)
    if len(kept) > FAR_OVER * field.most:
        raise RuleBroken(
            N_("{label}: this text is far too long to be kept. It has {length:,} characters and may have {most:,}."),
            label=field.label, length=len(kept), most=field.most, field=field.name,
        )  # fmt: skip
    return kept if kept.strip() else ""


def _is_key(text: str) -> bool:
    return len(text) == KEY_LENGTH and all(sign in KEY_SIGNS for sign in text)
