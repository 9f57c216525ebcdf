"""Roles × objects × actions × relation: every cell of `matrix.csv`, and no address without its row (ACL-1)."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests import matrix
from tests.matrix import ACTORS, Row, Stage

pytestmark = pytest.mark.one_engine


def test_every_address_has_its_rows_and_every_row_its_cells(app: Flask) -> None:
    listed = {(row.endpoint, row.method, row.relation) for row in matrix.rows()}
    wanted = set(matrix.expected_rows(app))
    assert wanted - listed == set(), "write a row in tests/matrix.csv for each of these"
    assert listed - wanted == set(), "these rows name no address any more"
    for row in matrix.rows():
        assert set(row.cells) == set(ACTORS), row.name
        assert set(row.cells.values()) <= {matrix.OPENS, matrix.ABSENT, matrix.SIGN_IN}, row.name


@pytest.mark.parametrize("row", matrix.rows(), ids=lambda row: row.name)
def test_cells(app: Flask, staged: Callable[[], Stage], row: Row) -> None:
    answers = matrix.answers(row, staged)
    assert {actor: answer.outcome for actor, answer in answers.items()} == row.cells
    if row.method == "POST" and row.relation == "own":
        assert any(answer.wrote for answer in answers.values()), "nobody's form was taken: see tests/filled.py"
