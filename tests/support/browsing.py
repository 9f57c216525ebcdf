"""Fixtures of tests in a real browser; a file names them by `pytest_plugins = ["tests.support.browsing"]`."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.support.browser import browser
from tests.support.visits import DESK, PHONE, Visits, visiting


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start the browser once for each worker: two tests share no context of it."""
    with browser() as running:
        yield running


@pytest.fixture
def width(request: pytest.FixtureRequest) -> int:
    """Return how wide a journey is walked in this run: at a desk in one turn, on a phone in the other."""
    turn: int = request.config.getoption("turn")
    return (DESK, PHONE)[turn % 2]


@pytest.fixture
def visits(app: Flask, chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visits]:
    """Serve the application over empty tables, with the check of forms as it is outside tests."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    with visiting(app, chromium) as found:
        yield found
