"""How much two proposals resemble each other: shares of common words, each with the sentence that says why.

Pure and small: words of titles and summaries, the office, its place and the amount. A match is no judgement; a person
looks at both.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mptf.core.errors import N_
from mptf.core.folding import folded

ALIKE = 60  # percent of common words in titles, or in summaries, from which two are told to be alike
NEAR = 35  # percent of common words in titles that count together with two signs around them
CLOSE = 20  # percent two amounts may differ by
SHORTEST = 3
MOST_ASKED = 4
_WORD = re.compile(r"\w+")
# Words every second title has; they tell nothing.
_COMMON = frozenset(
    {
        "and",
        "the",
        "for",
        "with",
        "from",
        "into",
        "its",
        "their",
        "this",
        "that",
        "are",
        "project",
        "programme",
        "phase",
    }
)


@dataclass(frozen=True)
class Told:
    """What is compared of a proposal; `summary` is empty where it is not at hand."""

    title: str
    office_id: int
    place_id: int | None
    minor: int
    summary: str = ""


@dataclass(frozen=True)
class Match:
    """How alike two proposals are in percent, and why, as templates with their values."""

    percent: int
    signs: Sequence[tuple[str, dict[str, object]]]


def words(text: str) -> frozenset[str]:
    """Return the words of a text that tell something, folded."""
    return frozenset(one for one in _WORD.findall(folded(text)) if len(one) >= SHORTEST) - _COMMON


def telling(title: str) -> list[str]:
    """Return the words of a title to look for others by: whoever shares enough of all its words has one of these.

    Two titles of which `NEAR` percent are common share at least that part of half the words of the shorter; the longest
    words are the rarest.
    """
    return sorted(words(title), key=lambda one: (-len(one), one))[:MOST_ASKED]


def shared(one: Iterable[str], other: Iterable[str]) -> int:
    """Return how much two sets of words have in common, in percent of both (Dice)."""
    left, right = frozenset(one), frozenset(other)
    return 200 * len(left & right) // (len(left) + len(right)) if left and right else 0


def compare(mine: Told, other: Told) -> Match | None:
    """Return why two proposals are likely the same, or None where they are not."""
    titles, summaries = shared(words(mine.title), words(other.title)), shared(words(mine.summary), words(other.summary))
    around = list(_around(mine, other))
    if max(titles, summaries) < ALIKE and not (titles >= NEAR and len(around) > 1):
        return None
    signs: list[tuple[str, dict[str, object]]] = []
    if titles >= NEAR:
        common = ", ".join(sorted(words(mine.title) & words(other.title)))
        signs.append((N_("Titles have {percent} % of their words in common: {common}"),
                      {"percent": titles, "common": common}))  # fmt: skip
    if summaries >= NEAR:
        signs.append((N_("Summaries have {percent} % of their words in common"), {"percent": summaries}))
    return Match(max(titles, summaries), [*signs, *((told, {}) for told in around)])


def _around(mine: Told, other: Told) -> Iterable[str]:
    if mine.office_id == other.office_id:
        yield N_("Of the same office")
    elif mine.place_id is not None and mine.place_id == other.place_id:
        yield N_("Of an office in the same jurisdiction")
    if abs(mine.minor - other.minor) * 100 <= CLOSE * max(mine.minor, other.minor):
        yield N_("Budgets differ by a fifth at most")
