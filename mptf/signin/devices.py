"""Browsers an account signed in from before: a signed cookie gives their attempts an allowance of their own.

The cookie proves nothing but that; it opens no session. It names up to five accounts, for people who
share a browser, by digests that mean nothing elsewhere.
"""

from datetime import timedelta

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from mptf.core import ids
from mptf.signin.keys import Keys
from mptf.web import config

LASTS = timedelta(days=180)
MOST_ACCOUNTS = 5


def known_device(account: str) -> str | None:
    """Return the name of this browser if the account signed in from it before."""
    device, accounts = _read()
    return device if account in accounts else None


def remember_device(response: Response, account: str) -> None:
    """Let this browser be known for an account from now on."""
    device, accounts = _read()
    accounts = [account, *(other for other in accounts if other != account)][:MOST_ACCOUNTS]
    response.set_cookie(
        _name(),
        _signer().dumps([device or ids.new(), accounts]),
        max_age=LASTS,
        secure=config().secure,
        httponly=True,
        samesite="Lax",
    )


def _read() -> tuple[str | None, list[str]]:
    try:
        device, accounts = _signer().loads(request.cookies.get(_name(), ""), max_age=int(LASTS.total_seconds()))
    except BadSignature:
        return None, []
    return str(device), list(accounts)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(Keys(str(current_app.secret_key)).derive("device"))


def _name() -> str:
    return "__Host-device" if config().secure else "device"
