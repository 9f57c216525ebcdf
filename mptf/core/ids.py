"""Public ids: 128 random bits, the only ids that leave the database."""

import base64
import secrets

LENGTH = 26


def new() -> str:
    """Return a new public id: 26 lower-case letters and digits."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()
