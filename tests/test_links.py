"""Addresses on the web that people type as the source of a figure."""

import pytest

from mptf.core import links
from mptf.core.errors import RuleBroken

ODD_ADDRESSES = (
    "https://[x",
    "https://",
    "https://a\N{ACCOUNT OF}b/",
    "javascript:alert(1)",
    "mptf.undp.org",
    "https://a\nb",
)


@pytest.mark.parametrize("address", ODD_ADDRESSES)
def test_an_odd_address_is_refused_and_never_breaks_a_page(address: str) -> None:
    assert isinstance(links.site(address), str)
    with pytest.raises(RuleBroken, match="Give the address of the page"):
        links.check(address, field="source")
