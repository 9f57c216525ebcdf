"""What the web server loads."""

from mptf import create_app

app = create_app()
