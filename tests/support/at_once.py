"""The same thing done by several people in the same moment."""

import threading
from collections.abc import Callable

from flask import Flask

from mptf.core.db import unit_of_work
from mptf.core.errors import RuleBroken


def at_once(app: Flask, count: int, act: Callable[[], object]) -> list[str]:
    """Do something in several threads, each in its own unit of work; return what each met."""
    met: list[str] = []

    def run() -> None:
        with app.app_context():
            try:
                with unit_of_work():
                    act()
                met.append("done")
            except RuleBroken as refusal:
                met.append(str(refusal))

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return met
