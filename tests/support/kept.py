"""Fixtures of tests of kept interest; a file names them by `pytest_plugins = ["tests.support.kept"]`."""

import pytest

from mptf.claims.models import InterestTerm
from mptf.commitments.models import Agreement
from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.organisations.models import Organisation
from mptf.policy import Viewer
from tests.support.interest import sign


@pytest.fixture
def agreement(fund: Fund, officer: Viewer, donor: Organisation) -> Agreement:
    """Sign an agreement that keeps interest."""
    return sign(fund, officer, donor, "SAA-1")


@pytest.fixture
def term(agreement: Agreement) -> InterestTerm:
    """Return its term on interest."""
    term = agreement.interest_term
    db.session.commit()
    assert term is not None
    return term
