"""Everything that is derived from the installation's secret, and digests of what is random enough."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

TOKEN_BYTES = 32
_MAC_LENGTH = 43


def new_token() -> str:
    """Return a random token of 256 bits for a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> str:
    """Return the SHA-256 of a random token; tokens of 256 bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class Keys:
    """Derives separate secrets for separate purposes from SECRET_KEY."""

    secret_key: str = field(repr=False)

    def derive(self, purpose: str, *parts: str) -> bytes:
        """Return 32 bytes that only this installation can make for these parts."""
        message = "\0".join((purpose, *parts))
        return hmac.new(self.secret_key.encode(), message.encode(), hashlib.sha256).digest()

    def name(self, purpose: str, *parts: str) -> str:
        """Return a digest that names something without telling what it is: 64 hexadecimal digits."""
        return self.derive(purpose, *parts).hex()

    def link_token(self, purpose: str, public_id: str, nonce: str) -> str:
        """Return what stands in a mailed link: the public id and its proof."""
        return f"{public_id}{self._proof(purpose, public_id, nonce)}"

    def proves(self, token: str, purpose: str, public_id: str, nonce: str) -> bool:
        """Tell whether a token was made by `link_token` for the same things."""
        return hmac.compare_digest(token.encode(), self.link_token(purpose, public_id, nonce).encode())

    def totp_secret(self, seed: str) -> str:
        """Return the secret of a second factor in the letters authenticators read: 160 bits in base 32."""
        return base64.b32encode(self.derive("totp", seed)[:20]).decode()

    def _proof(self, purpose: str, public_id: str, nonce: str) -> str:
        raw = self.derive("link", purpose, public_id, nonce)
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")[:_MAC_LENGTH]
