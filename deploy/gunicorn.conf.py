"""The web server: one copy of the application, loaded once and shared by its workers.

Used by `make run` and by an installation: gunicorn --config deploy/gunicorn.conf.py wsgi:app
"""

import os

from gunicorn.arbiter import Arbiter

worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
# Loaded before the workers part: one start instead of two, and they share its memory.
preload_app = True
control_socket_disable = True


def when_ready(server: Arbiter) -> None:
    """Close the connections of loading: no connection may be shared by two processes."""
    app = server.app.wsgi()
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
