"""Watch what an upload does while it holds a transaction of the database."""

from collections.abc import Callable
from typing import Any

import pytest

from mptf.core.db import db
from mptf.core.files import Store
from mptf.paper import shape
from mptf.paper.apart import open_apart
from mptf.paper.filekind import sniff
from mptf.web import uploads

Seen = list[tuple[str, bool]]


def watch_transactions(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Note for each slow step of an upload whether a transaction was open."""
    seen: Seen = []

    def watched(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def note(*args: Any, **kwargs: Any) -> Any:
            seen.append((name, db.session().in_transaction()))
            return step(*args, **kwargs)

        return note

    monkeypatch.setattr(Store, "keep", watched("keep", Store.keep))
    monkeypatch.setattr(uploads, "sniff", watched("sniff", sniff))
    monkeypatch.setattr(shape, "open_apart", watched("read", open_apart))
    return seen
