"""The fund this request is about."""

from flask import g

from mptf.fund.models import Fund


def the_fund() -> Fund:
    """Return the fund of this address, loaded once for the request."""
    fund: Fund = g.fund
    return fund


def find_current() -> Fund | None:
    """Return the fund of this address, or None in the installation."""
    fund: Fund | None = g.get("fund")
    return fund
