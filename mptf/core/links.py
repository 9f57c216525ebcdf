"""Addresses on the web that people type as the source of a figure."""

from urllib.parse import urlsplit

from mptf.core.errors import N_, RuleBroken


def check(address: str, *, field: str) -> None:
    """Refuse what is no address of a page; an empty one says there is none."""
    if address and not (address.startswith(("https://", "http://")) and site(address) and address.isprintable()):
        raise RuleBroken(N_("Give the address of the page, beginning with https://."), field=field)


def site(address: str) -> str:
    """Return the name of the site an address leads to, `mptf.undp.org`; nothing for what is no address."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.").rstrip(".")
