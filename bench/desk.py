"""Start and memory: how fast the desk opens, how much memory it takes, also when everybody signs in at once."""

import http.cookiejar
import os
import re
import statistics
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from bench.measure import Measurement, desk, folder, workers
from tests.support.desk import ROOT

MEGABYTE = 1 << 20
AT_ONCE = 20
ABSENT = ("uv", "uvx", "npm", "npx", "node")
CACHES = ("XDG_CACHE_HOME", "PIP_CACHE_DIR", "UV_CACHE_DIR", "npm_config_cache")
PAGES = ("/", "/sign-in", "/funds/SLW00")


def warm_start() -> float:
    """PERF-5: seconds from `make run` to the first answer, everything installed and the fund loaded; median of 3."""
    with folder() as data:
        with desk(data):
            pass
        times = []
        for _ in range(3):
            with desk(data) as (_url, seconds, _pid):
                times.append(seconds)
    return statistics.median(times)


def cold_start() -> float:
    """Seconds from `make run` in a fresh clone to the first answer: packages, assets, database and fund included."""
    with folder() as empty:
        return _first_run(empty, {})


def bare_start() -> float:
    """The same on a machine that has neither uv nor npm, only Python with its pip."""
    with folder() as empty:
        programs = empty / "bin"
        programs.mkdir()
        for place in map(Path, os.environ["PATH"].split(os.pathsep)):
            for program in place.iterdir() if place.is_dir() else ():
                if program.name not in ABSENT and not (programs / program.name).is_symlink():
                    (programs / program.name).symlink_to(program)
        return _first_run(empty, {"PATH": str(programs)})


def _first_run(empty: Path, settings: dict[str, str]) -> float:
    """Measure what a newcomer waits for, who has no package of ours in any cache."""
    clone, cache = empty / "clone", empty / "cache"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    caches = {name: str(cache / name) for name in CACHES}
    with desk(empty / "data", root=clone, settings={**settings, **caches}) as (_url, seconds, _pid):
        return seconds


def worker_memory() -> float:
    """PERF-5: the largest web worker after it has shown every public page many times, in megabytes."""
    with folder() as data, desk(data, make=False) as (url, _seconds, pid):
        for _ in range(40):
            for page in PAGES:
                urllib.request.urlopen(url + page).read()  # noqa: S310 - our own desk
        return max(worker.memory_info().rss for worker in workers(pid)) / MEGABYTE


def sign_in_memory() -> float:
    """The largest web worker while 20 people sign in at once, in megabytes: hashing is let in two at a time."""
    with folder() as data, desk(data, make=False) as (url, _seconds, pid):
        peaks = [0]
        threads = [threading.Thread(target=_try_password, args=(url, number)) for number in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            peaks.append(max(worker.memory_info().rss for worker in workers(pid)))
        return max(peaks) / MEGABYTE


def _try_password(url: str, number: int) -> None:
    """Send one sign-in as a browser would: the form, then the password."""
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(jar)
    page = browser.open(f"{url}/sign-in").read().decode()
    hidden = dict(re.findall(r'name="(csrf_token|token)" type="hidden" value="([^"]*)"', page))
    form = {**hidden, "email": f"person{number}@example.org", "password": "not the password of anybody"}
    try:
        browser.open(f"{url}/sign-in", urllib.parse.urlencode(form).encode()).read()
    except urllib.error.HTTPError as refused:
        refused.close()


MEASUREMENTS = {
    "PERF-5-warm": Measurement(warm_start, 3.0, "s"),
    "PERF-5-cold": Measurement(cold_start, 60.0, "s"),
    "PERF-5-bare": Measurement(bare_start, 60.0, "s"),
    "PERF-5-worker": Measurement(worker_memory, 120.0, "MB"),
    "AUTH-memory": Measurement(sign_in_memory, 160.0, "MB"),
}
