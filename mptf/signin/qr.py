"""The picture an authenticator app reads, with the same secret in letters beside it."""

from dataclasses import dataclass

import segno

from mptf.signin import factors
from mptf.signin.keys import Keys

ISSUER = "Trust Fund Desk"


@dataclass(frozen=True)
class Picture:
    """A QR code as a data address, the secret in groups of four for typing, and the address the code holds."""

    source: str
    secret: str
    uri: str


def picture(keys: Keys, seed: str, *, account: str) -> Picture:
    """Draw the QR code of a second factor."""
    uri = factors.provisioning_uri(keys, seed, account=account, issuer=ISSUER)
    secret = keys.totp_secret(seed)
    groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return Picture(segno.make(uri, error="m").png_data_uri(scale=5, border=3), groups, uri)
