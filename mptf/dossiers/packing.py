"""Make the dossier: a PDF file with the pages of what is attached, and a zip with everything as it was sent.

Whoever calls it waits for other processes, seconds where much is attached: it is work of the background. The files
of a zip are stored as they are, at the moment of the submission, so that the same submission gives the same bytes.
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from mptf.attachments.part import Attached
from mptf.core.errors import N_, RuleBroken
from mptf.core.files import CHUNK, Store
from mptf.dossiers import papers
from mptf.dossiers.papers import FOLLOWS, NOT_PAPER, SNAPSHOT, TOO_MUCH, UNFIT, Dossier, Leaf
from mptf.paper.binding import Behind, Unfit, bind, pages_of
from mptf.proposals.models import Stage

# What is attached is put into the document up to so many bytes; a zip takes all of it.
MOST_BOUND = 60_000_000
LONGEST_NAME = 100
_HEAD = b"%PDF-"
# Signs a file of a zip cannot be called by everywhere.
_NEVER = dict.fromkeys(map(ord, '<>:"/\\|?'), "_") | {ord("*"): None}

Told = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Made:
    """The two files of a dossier."""

    pdf: Path
    zip: Path


def make(dossier: Dossier, store: Store, folder: Path, told: Told) -> Made:
    """Make both files in a folder; `told` hears how far it is."""
    files = dossier.snapshot.attached
    steps = len(files) + 3
    leaves: list[Leaf] = []
    for done, attached in enumerate(files):
        told(done, steps, N_("Looking at the attached files"))
        leaves.append(_leaf(attached, store, leaves))
    whole = replace(dossier, leaves=leaves)
    told(steps - 3, steps, N_("Drawing the document"))
    drawn = _write(folder / "drawn.pdf", papers.pdf(whole))
    told(steps - 2, steps, N_("Putting the attached files behind it"))
    bound = _bound(whole, drawn, store, folder / "bound.pdf")
    told(steps - 1, steps, N_("Packing everything"))
    return Made(bound, _packed(whole, bound, store, folder))


def _leaf(attached: Attached, store: Store, before: Sequence[Leaf]) -> Leaf:
    """Say of a file whether its pages are put in, after those before it."""
    path = _path(attached, store)
    with path.open("rb") as stream:
        if stream.read(len(_HEAD)) != _HEAD:
            return Leaf(attached, NOT_PAPER)
    size = sum(_size(leaf.attached) for leaf in before if leaf.follows) + _size(attached)
    if size > MOST_BOUND:
        return Leaf(attached, TOO_MUCH)
    found = pages_of(path)
    return Leaf(attached, UNFIT[found] if isinstance(found, Unfit) else FOLLOWS)


def _bound(dossier: Dossier, drawn: Path, store: Store, out: Path) -> Path:
    """Put the pages of the files behind their leaves, which are the last pages of the document."""
    following = [(place, leaf) for place, leaf in enumerate(dossier.leaves, 1) if leaf.follows]
    if not following:
        return drawn
    count = pages_of(drawn)
    assert isinstance(count, int)  # noqa: S101 - we drew it
    first = count - len(dossier.leaves)
    bind(drawn, [Behind(_path(leaf.attached, store), first + place) for place, leaf in following], out)
    return out


def _packed(dossier: Dossier, bound: Path, store: Store, folder: Path) -> Path:
    """Write the zip: the document, what was sent, its receipt, its budget, its files, and the hash of each."""
    made = {
        SNAPSHOT: dossier.content.encode(),
        "receipt.txt": papers.receipt(dossier).encode(),
    }
    if dossier.snapshot.stage is Stage.FULL:
        made["budget.xlsx"] = papers.workbook(dossier)
    inside = {f"{dossier.stem}.pdf": bound}
    inside |= {name: _write(folder / name, content) for name, content in made.items()}
    inside |= dict(_attachments(dossier, store))
    out, at = folder / "dossier.zip", dossier.snapshot.submitted_at
    sums = []
    with zipfile.ZipFile(out, "w") as packed:
        for name, path in inside.items():
            sums.append(f"{_put(packed, f'{dossier.stem}/{name}', path, at)}  {name}\n")
        packed.writestr(_named(f"{dossier.stem}/SHA256SUMS", at), "".join(sums))
    _as_sent(dossier, sums)
    return out


def _as_sent(dossier: Dossier, sums: Sequence[str]) -> None:
    """Refuse a dossier whose files are not those that were sent."""
    there = {line.split(" ", 1)[0] for line in sums}
    for leaf in dossier.leaves:
        if leaf.attached.known and leaf.attached.known.sha256 not in there:
            raise RuleBroken(
                N_("The file {name} is not what was sent any more. Tell the administrator."),
                name=leaf.attached.known.name,
            )


def _attachments(dossier: Dossier, store: Store) -> Iterator[tuple[str, Path]]:
    for place, leaf in enumerate(dossier.leaves, 1):
        if leaf.attached.known:
            yield f"attachments/{place:02} {safe_name(leaf.attached.known.name)}", _path(leaf.attached, store)


def safe_name(name: str) -> str:
    """Return what a file can be called on every machine; a number before it makes it the only one."""
    plain = name.translate(_NEVER).strip(" .") or "file"
    stem, dot, ending = plain.rpartition(".")
    if len(plain) <= LONGEST_NAME or not dot or len(ending) > 5:
        return plain[:LONGEST_NAME].rstrip(" .")
    return f"{stem[: LONGEST_NAME - len(ending) - 1].rstrip(' .')}.{ending}"


def _put(packed: zipfile.ZipFile, name: str, path: Path, at: datetime) -> str:
    """Put a file into a zip; return its hash."""
    digest = hashlib.sha256()
    with path.open("rb") as stream, packed.open(_named(name, at), "w") as out:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


def _named(name: str, at: datetime) -> zipfile.ZipInfo:
    """Return the head of a file in a zip: made at a moment, readable by everybody, on no system in particular."""
    moment = at.astimezone(UTC)
    info = zipfile.ZipInfo(name, (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second))
    info.create_system, info.external_attr = 3, 0o644 << 16
    return info


def _path(attached: Attached, store: Store) -> Path:
    """Return where the bytes of a file stand."""
    assert attached.known  # noqa: S101 - a file that is not on record was not sent
    return store.found(attached.known.sha256)


def _size(attached: Attached) -> int:
    return attached.known.size if attached.known else 0


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
