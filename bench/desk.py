"""Start and memory: how fast the desk opens, how much memory it takes, also when everybody signs in at once."""

import http.cookiejar
import os
import re
import statistics
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from bench import office
from bench.measure import Measurement, desk, folder, workers
from bench.office import OFFICER, Browser
from tests.support.desk import ROOT

MEGABYTE = 1 << 20
AT_ONCE = 20
ABSENT = ("uv", "uvx", "npm", "npx", "node")
CACHES = ("XDG_CACHE_HOME", "PIP_CACHE_DIR", "UV_CACHE_DIR", "npm_config_cache")
PAGES = ("/", "/sign-in", "/funds/SLW00")
FEWEST_PAGES = 100
EVERY = 0.02  # seconds between two looks at a worker, which ends when it has grown


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
    """PERF-5: the most memory a web worker ever takes that does all the work of an office alone, in megabytes."""
    with folder() as data, desk(data, make=False, settings={"WEB_WORKERS": "1"}) as (url, _seconds, pid):
        with ThreadPoolExecutor(1) as one:
            work = one.submit(_work, Browser(url))
            most = 0.0
            while not work.done():
                most = max(most, *map(_most, workers(pid)), 0.0)
                time.sleep(EVERY)
        work.result()
        return most


def _work(officer: Browser) -> None:
    """Open every public page many times, every page of the office twice, and bring tables to each room."""
    for _ in range(40):
        for page in PAGES:
            officer.open(page)
    officer.sign_in_as(OFFICER)
    for _ in range(2):
        assert len(list(officer.everything("/home"))) > FEWEST_PAGES, "the office was not let in"
    rates = [(2_000, 2001), (5_000, 2003), (20_000, 2031)]
    for rows, year in rates:
        _bring(officer, "rates", f"{rows}.csv", office.rates(rows, year), source="unore")
    _bring(officer, "rates", "rates.xlsx", office.rates_workbook(2_000, 2051), source="unore")
    _bring(officer, "cash", "cash.csv", office.cash(500))
    _bring(officer, "reported", "reported.csv", office.reported(3_000))


def _bring(officer: Browser, room: str, name: str, content: bytes, **typed: str) -> None:
    """Upload a table, look at it twice, and import it if it is one of rates."""
    upload = f"/f/SLW00/{room}/import"
    where, page = officer.upload(upload, name, content, **typed)
    if b"more than 5,000 rows" in page:
        return
    assert where.removeprefix(officer.url) != upload, f"{name} was not taken"
    officer.open(where)
    if room == "rates":
        officer.post(where)


def _most(worker: psutil.Process) -> float:
    """Return the most memory a process has taken up to now, in megabytes; 0 where it has ended."""
    try:
        status = Path(f"/proc/{worker.pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 / MEGABYTE if found else 0.0


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
