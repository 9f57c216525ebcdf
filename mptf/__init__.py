"""Trust Fund Desk: the secretariat system of a Multi-Partner Trust Fund."""

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from config import Config


def create_app(config: "Config | None" = None) -> "Flask":
    """Make the application; a bad configuration raises BadConfiguration."""
    gc.disable()  # nothing of what is loaded is garbage: looking for it takes an eighth of the start
    try:
        from mptf.application import assembled  # here, so that a process that only reads a table loads no page

        return assembled(config)
    finally:
        gc.enable()
