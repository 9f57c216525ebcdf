"""Passwords: what makes one good enough, and the one place that hashes (AUTH-1).

Hashing costs memory and time on purpose. Two threads of a process hash, so that a rush of sign-ins
waits instead of filling the machine; nobody holds a transaction while waiting. A gate before the
requests' own threads would not do: each thread keeps the memory of its last hash (measured: 20 at
once grew a process by 283 MiB behind a gate for two, by less than 40 MiB with two threads).
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mptf.core.errors import N_, RuleBroken

LEAST_ALONE = 15
LEAST_WITH_FACTOR = 8
MOST = 128
AT_ONCE = 2
PATIENCE = 30.0
SHORTEST_WORD = 4
Result = TypeVar("Result")
OUR_WORDS = ("trustfunddesk", "trust fund desk", "mptf", "multi-partner")


class Passwords:
    """Hashes with argon2id: 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet)."""

    def __init__(self, *, memory_kib: int = 19_456, passes: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
        self._nobody = self._hasher.hash("nobody's password")

    def hash(self, password: str) -> str:
        """Return the hash to keep; call it outside any transaction."""
        return self._wait_for(lambda: self._hasher.hash(normal(password)))

    def verify(self, kept: str | None, password: str) -> bool:
        """Tell whether a password is the kept one; without one the same work is done in vain."""
        fits = self._wait_for(lambda: self._fits(kept or self._nobody, normal(password)))
        return fits and kept is not None

    def outdated(self, kept: str) -> bool:
        """Tell whether a hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(kept)

    def _fits(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    def _wait_for(self, work: Callable[[], Result]) -> Result:
        waiting = self._threads.submit(work)
        try:
            return waiting.result(timeout=PATIENCE)
        except TooLong:
            waiting.cancel()
            raise RuleBroken(N_("Many people are signing in. Wait a moment and try again.")) from None


def normal(password: str) -> str:
    """Return a password as it is hashed: the same characters, however the keyboard composed them (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def least(*, second_factor: bool) -> int:
    """Return how many characters a password has at least, beside a second factor or alone."""
    return LEAST_WITH_FACTOR if second_factor else LEAST_ALONE


def is_short(password: str) -> bool:
    """Tell whether a password may only be used together with a second factor."""
    return len(normal(password)) < LEAST_ALONE


def check(password: str, *, shortest: int, about: Iterable[str]) -> None:
    """Refuse a password that is too short, too long, about its owner, or common; `about` are names and addresses."""
    typed = normal(password)
    if len(typed) < shortest:
        raise RuleBroken(
            N_("Use at least {least} characters; a sentence of several words is easiest to keep."),
            field="password",
            least=shortest,
        )
    if len(typed) > MOST:
        raise RuleBroken(N_("Use at most {most} characters."), field="password", most=MOST)
    words = sorted(set(_words(about)), key=len, reverse=True)
    if word := next((word for word in words if word in typed.casefold()), None):
        raise RuleBroken(
            N_("Leave out “{word}”: names, addresses and the fund are tried first."), field="password", word=word
        )
    _refuse_common(typed, words)


def _words(about: Iterable[str]) -> Iterator[str]:
    for text in (*OUR_WORDS, *about):
        for separator in "@.,-_/":
            text = text.replace(separator, " ")  # noqa: PLW2901 - the text is taken apart step by step
        yield from (word for word in text.casefold().split() if len(word) >= SHORTEST_WORD and word not in _PLAIN)


_PLAIN = frozenset({"example", "mail", "with", "from", "this", "that", "and"})


def _refuse_common(typed: str, words: list[str]) -> None:
    from zxcvbn import zxcvbn

    verdict = zxcvbn(typed[:72], user_inputs=words)
    if verdict["score"] < 2 or (verdict["score"] == 2 and verdict["feedback"]["warning"]):
        raise RuleBroken(
            N_("This password is among the first to be tried. Use several words that do not belong together."),
            field="password",
        )
