"""What the web server loads; `flask` finds the same application here for its commands."""

import click

from config import BadConfiguration
from mptf import create_app
from mptf.core import logs
from mptf.web import health

try:
    app = create_app()
except BadConfiguration as wrong:
    raise SystemExit(f"Configuration: {wrong}") from wrong
health.guard(app)

if click.get_current_context(silent=True) is None:  # the web server, not a command
    logs.configure()
    health.require_current(app)
