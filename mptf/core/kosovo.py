"""The rule of DOMAIN 1: the name is `Kosovo*`, and its asterisk never disappears."""

import re

from mptf.core.errors import N_, RuleBroken

_BARE = re.compile(r"Kosovo(?!\*)", re.IGNORECASE)
_WORD = re.compile(r"\S+")
# An address names a page or a mailbox elsewhere, which has no asterisk to keep.
_OF_ADDRESSES = ("://", "@")


def keep_asterisk(text: str, field: str | None = None) -> None:
    """Refuse Kosovo without its asterisk, except inside the address of a page or a mailbox."""
    if with_asterisk(text) != text:
        raise RuleBroken(N_("Write Kosovo* with its asterisk; the pages print the footnote."), field=field)


def with_asterisk(text: str) -> str:
    """Return a text in which Kosovo has its asterisk, for what others wrote; addresses stay as they are."""
    return _WORD.sub(lambda word: word[0] if _is_address(word[0]) else _BARE.sub(r"\g<0>*", word[0]), text)


def _is_address(word: str) -> bool:
    return any(sign in word for sign in _OF_ADDRESSES)
