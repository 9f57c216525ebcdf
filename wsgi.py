"""What the web server loads; `flask` finds the same application here for its commands."""

import click

from mptf import create_app
from mptf.core import logs
from mptf.web import health

app = create_app()
health.guard(app)

if click.get_current_context(silent=True) is None:  # the web server, not a command
    logs.configure()
    health.require_current(app)
