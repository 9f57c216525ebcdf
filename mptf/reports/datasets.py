"""Figures as data frames: the only module that works with pandas, which is loaded when a report is made."""

from typing import TYPE_CHECKING, Any

from mptf.gateway import queries as gateway
from mptf.gateway.models import GatewayExtract

if TYPE_CHECKING:
    from pandas import DataFrame


def delivery_by_organisation(extract: GatewayExtract) -> "DataFrame":
    """Return one row per organisation of an extract, the largest budgets first.

    Columns: agency_code, organisation, group (text); budget, net_funded, expenditure (Money); rate
    (Decimal or None), published (Decimal), difference (Decimal or None); flags (tuple of Flag);
    *_minor (int, USD cents) for sums.
    """
    import pandas as pd

    figures = gateway.every_figure(extract)
    frame = pd.DataFrame(
        {
            "agency_code": [figure.agency_code for figure in figures],
            "organisation": [figure.organisation for figure in figures],
            "group": [figure.group_name for figure in figures],
            "budget": [figure.budget for figure in figures],
            "net_funded": [figure.net_funded for figure in figures],
            "expenditure": [figure.expenditure for figure in figures],
            "rate": [figure.rate for figure in figures],
            "published": [figure.published_rate for figure in figures],
            "difference": [None if f.rate is None else f.published_rate - f.rate for f in figures],
            "flags": [figure.flags for figure in figures],
        },
        dtype="object",
    )
    for name in ("budget", "net_funded", "expenditure"):
        frame[f"{name}_minor"] = pd.array([amount.minor for amount in frame[name]], dtype="int64")
    return frame


def records(frame: "DataFrame") -> list[Any]:
    """Return the rows of a frame as named tuples."""
    return list(frame.itertuples(index=False))
