"""The web server: one copy of the application, loaded once and shared by its workers.

Used by `make run` and by an installation: gunicorn --config deploy/gunicorn.conf.py wsgi:app
"""

import ctypes
import gc
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from gunicorn.arbiter import Arbiter
from gunicorn.http.message import Request
from gunicorn.http.wsgi import Response
from gunicorn.workers.base import Worker

from mptf.core import garbage

# Where it is installed, structlog loads it to paint log lines for a terminal: 5 MB in every worker, for nobody.
sys.modules["rich"] = None  # type: ignore[assignment]

worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
# A worker takes in what it can answer soon; the rest waits where any worker finds it. One that ends, as one does that
# has grown, answers what it took in and drops what it does not get to in `graceful_timeout`.
worker_connections = 8 * threads
# Loaded before the workers part: one start instead of two, and they share its memory.
preload_app = True
control_socket_disable = True
# Megabytes. A worker that takes more answers one request more, and a fresh one takes its place.
memory = int(os.environ.get("WEB_MEMORY", "114"))
# One place for all threads to take memory from: each would keep another, with holes in it. Python lets one at a time.
with suppress(AttributeError, OSError, TypeError):
    ctypes.CDLL(None).mallopt(-8, 1)  # M_ARENA_MAX of the GNU C library; others have none


def pre_request(worker: Worker, _request: Request) -> None:
    """Let a worker that has grown end: what it has not given back it rarely does, and a new one is made at once."""
    if taken() > memory:
        worker.max_requests = 0


def post_fork(_server: Arbiter, _worker: Worker) -> None:
    """Let no request be interrupted by a look for garbage (`garbage`)."""
    gc.disable()


def post_request(_worker: Worker, _request: Request, _environ: dict[str, Any], _answer: Response | None) -> None:
    """Look for garbage where the answer is on its way."""
    garbage.look()


def taken() -> int:
    """Return the megabytes this process takes now; where the system does not say, the most it ever took."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() >> 20
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most >> 20 if sys.platform == "darwin" else most >> 10


def when_ready(server: Arbiter) -> None:
    """Close the connections of loading, which no two processes may share, and let nobody look for garbage in it.

    A look through all that is loaded holds a request up for a tenth of a second, and takes a copy of it in each worker.
    """
    app = server.app.wsgi()
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
    gc.collect()
    gc.freeze()
