"""Databases at the newest revision: one of each engine is made for a whole run, the rest are copies."""

import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import make_url

from tests.support import postgres

Build = Callable[[str], None]


def sqlite(build: Build, template: str = postgres.TEMPLATE) -> Path:
    """Return the file that `build(url)` filled once in this run; it must leave no connection open."""
    file = postgres.run_folder() / f"{template}.db"
    with postgres.alone(template):
        if not file.exists():
            growing = file.with_suffix(".growing")
            growing.unlink(missing_ok=True)
            build(f"sqlite:///{growing}")
            growing.rename(file)
    return file


def fill(url: str, build: Build, template: str = postgres.TEMPLATE) -> None:
    """Let an empty database be a copy of what `build(url)` makes."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        shutil.copyfile(sqlite(build, template), str(address.database))
        return
    server = postgres.start()
    postgres.create_template(server, build, template)
    postgres.clone(server, str(address.database).removeprefix(server.prefix), template)
