"""The rule of DOMAIN 1: the name is `Kosovo*`, and its asterisk never disappears."""

import re

from mptf.core.errors import N_, RuleBroken

_BARE = re.compile(r"Kosovo(?!\*)", re.IGNORECASE)
# An address names a page or a mailbox elsewhere, which has no asterisk to keep.
_OF_ADDRESSES = ("://", "@")


def keep_asterisk(text: str, field: str | None = None) -> None:
    """Refuse Kosovo without its asterisk, except inside the address of a page or a mailbox."""
    words = (word for word in text.split() if not any(sign in word for sign in _OF_ADDRESSES))
    if any(_BARE.search(word) for word in words):
        raise RuleBroken(N_("Write Kosovo* with its asterisk; the pages print the footnote."), field=field)
