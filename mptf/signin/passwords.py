"""Passwords: what makes one good enough, and the one place that hashes (AUTH-1).

Hashing costs memory and time on purpose, and a thread keeps the memory of its last hash. So a process of
its own (`hashing`) does it, which ends with each: 30 ms more, and a web worker grows by nothing. One at a
time for each worker, so that a rush of sign-ins waits instead of filling the machine; nobody holds a
transaction while waiting.
"""

import json
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from mptf.core import logs
from mptf.core.errors import N_, RuleBroken
from mptf.signin import hashing
from mptf.signin.hashing import Asked

LEAST_ALONE = 15
LEAST_WITH_FACTOR = 8
MOST = 128
PATIENCE = 30.0
SHORTEST_WORD = 4
BUSY = N_("Many people are signing in. Wait a moment and try again.")
BROKEN_OFF = N_("This system could not look at the password just now. Wait a moment and try again.")
OUR_WORDS = ("trustfunddesk", "trust fund desk", "mptf", "multi-partner")

log = logs.get(__name__)

_ROOT = Path(__file__).resolve().parents[2]
_HASHING = (sys.executable, "-E", "-s", "-m", hashing.__name__)


class Passwords:
    """Hashes with argon2id: 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet).

    Without `apart` in this very process, for costs that are none.
    """

    def __init__(self, *, memory_kib: int = 19_456, passes: int = 2, apart: bool = True) -> None:
        self._memory_kib, self._passes, self._apart = memory_kib, passes, apart
        self._turn = threading.Lock()
        # Of no password, and compared with at the costs of any other.
        self._nobody = f"$argon2id$v=19$m={memory_kib},t={passes},p=1${'A' * 22}${'A' * 43}"

    def hash(self, password: str) -> str:
        """Return the hash to keep; call it outside any transaction."""
        return str(self._answer(password, None))

    def verify(self, kept: str | None, password: str) -> bool:
        """Tell whether a password is the kept one; without one the same work is done in vain."""
        fits = self._answer(password, kept or self._nobody)
        return fits is True and kept is not None

    def outdated(self, kept: str) -> bool:
        """Tell whether a hash was made with other costs than today's."""
        return hashing.hasher(self._memory_kib, self._passes).check_needs_rehash(kept)

    def _answer(self, password: str, kept: str | None) -> str | bool:
        """Hash or compare when it is our turn."""
        asked = Asked(normal(password), kept, self._memory_kib, self._passes)
        if not self._turn.acquire(timeout=PATIENCE):
            raise RuleBroken(BUSY)
        try:
            return _answer_apart(asked) if self._apart else hashing.answer(asked)
        finally:
            self._turn.release()


def _answer_apart(asked: Asked) -> str | bool:
    """Let a process of its own answer; it gets no environment.

    One that cannot begin, or ends without an answer because the machine lacks memory, says nothing of the password.
    """
    try:
        done = subprocess.run(
            _HASHING, input=asked.written(), cwd=_ROOT, env={}, capture_output=True, text=True, check=False,
            timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired as late:
        raise RuleBroken(BUSY) from late
    except OSError as error:
        log.exception("password not hashed")
        raise RuleBroken(BROKEN_OFF) from error
    if done.returncode:
        log.error("password not hashed", code=done.returncode, reason=done.stderr.strip().rpartition("\n")[2])
        raise RuleBroken(BROKEN_OFF)
    answer: str | bool = json.loads(done.stdout)
    return answer


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
