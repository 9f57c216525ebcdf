"""Read funds, their settings, organisations, rates and holidays."""

from sqlalchemy import select

from mptf.core.db import db
from mptf.fund.models import Fund


def find_fund(code: str) -> Fund | None:
    """Return the fund with this code, if there is one."""
    return db.session.scalars(select(Fund).filter_by(code=code)).first()
