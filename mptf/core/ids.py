"""Public ids: 128 random bits, the only ids that leave the database."""

import base64
import random
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LENGTH = 26
PATTERN = re.compile(r"[a-z2-7]{26}")

_source: ContextVar[random.Random | None] = ContextVar("ids", default=None)


def new() -> str:
    """Return a new public id: 26 lower-case letters and digits."""
    source = _source.get()
    raw = source.randbytes(16) if source else secrets.token_bytes(16)
    return base64.b32encode(raw).decode().rstrip("=").lower()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Make ids predictable inside the block; for tests and the demonstration only."""
    token = _source.set(random.Random(seed))  # noqa: S311 - predictable on purpose
    try:
        yield
    finally:
        _source.reset(token)
