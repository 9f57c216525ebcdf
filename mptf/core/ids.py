"""Public ids: 128 random bits, the only ids that leave the database."""

import base64
import re
import secrets

LENGTH = 26
_ONE = re.compile(rf"[a-z2-7]{{{LENGTH}}}")


def new() -> str:
    """Return a new public id: 26 lower-case letters and digits."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def is_one(text: str) -> bool:
    """Tell whether a text is written as a public id."""
    return _ONE.fullmatch(text) is not None
