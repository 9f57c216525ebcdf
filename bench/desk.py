"""Start and memory: how fast the desk opens, how much memory it takes, also when everybody signs in at once."""

import os
import re
import statistics
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

import psutil

from bench import office
from bench.measure import Measurement, desk, folder, sign_ins, workers
from bench.office import OFFICER, Browser
from tests.support.desk import ROOT
from tests.support.visitor import hidden_fields

MEGABYTE = 1 << 20
AT_ONCE = 20
RUSHES = 5
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
    with folder() as data:
        people = sign_ins(data)
        with desk(data, make=False, settings={"WEB_WORKERS": "1"}) as (url, _seconds, pid):
            return _watched(pid, lambda: _work(url, people))


def _watched(pid: int, work: Callable[[], object]) -> float:
    """Return the most memory a web worker ever takes until some work is done."""
    with ThreadPoolExecutor(1) as one:
        doing, most = one.submit(work), 0.0
        while not doing.done():
            most = max(most, *map(_most, workers(pid)), 0.0)
            time.sleep(EVERY)
    doing.result()
    return most


def _work(url: str, people: Mapping[str, tuple[str, str]]) -> None:
    """Open every public page many times, every page of the office twice, and bring tables to each room.

    Before, in between and at the end everybody signs in at once: a worker hashes however large it has grown.
    """
    officer = Browser(url)
    for _ in range(40):
        for page in PAGES:
            officer.open(page)
    officer.sign_in(*people[OFFICER])
    for _ in range(2):
        _rush(url, people)
        assert len(list(officer.everything("/home"))) > FEWEST_PAGES, "the office was not let in"
    _rush(url, people)
    rates = [(2_000, 2001), (5_000, 2003), (20_000, 2031)]
    for rows, year in rates:
        _bring(officer, "rates", f"{rows}.csv", office.rates(rows, year), source="unore")
    _bring(officer, "rates", "rates.xlsx", office.rates_workbook(2_000, 2051), source="unore")
    _bring(officer, "cash", "cash.csv", office.cash(500))
    _bring(officer, "reported", "reported.csv", office.reported(3_000))
    _rush(url, people)


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
    """The most memory a web worker takes while 20 people sign in at once with their passwords, in megabytes."""
    with folder() as data:
        people = sign_ins(data)
        with desk(data, make=False) as (url, _seconds, pid):
            return _watched(pid, lambda: [_rush(url, people) for _ in range(RUSHES)])


def sign_in_wait() -> float:
    """The longest anybody waits for an answer to the password while 20 sign in at once, in seconds; median of 5."""
    with folder() as data:
        people = sign_ins(data)
        with desk(data, make=False) as (url, _seconds, _pid):
            return statistics.median(_rush(url, people) for _ in range(RUSHES))


def _rush(url: str, people: Mapping[str, tuple[str, str]]) -> float:
    """Let twenty take the password step at once, each with a browser of its own; return the longest wait in seconds."""
    start = threading.Barrier(AT_ONCE)

    def sign_in(browser: Browser, typed: tuple[str, str]) -> float:
        hidden = hidden_fields(browser.open("/sign-in")[1].decode())
        form = urllib.parse.urlencode({**hidden, **dict(zip(("email", "password"), typed, strict=True))}).encode()
        start.wait()
        began = time.monotonic()
        where, _page = browser.open("/sign-in", form)
        assert where != f"{url}/sign-in", f"{typed[0]} was not let in"
        return time.monotonic() - began

    with ThreadPoolExecutor(AT_ONCE) as browsers:
        return max(browsers.map(sign_in, [Browser(url) for _ in range(AT_ONCE)], cycle(people.values())))


MEASUREMENTS = {
    "PERF-5-warm": Measurement(warm_start, 3.0, "s"),
    "PERF-5-cold": Measurement(cold_start, 60.0, "s"),
    "PERF-5-bare": Measurement(bare_start, 60.0, "s"),
    "PERF-5-worker": Measurement(worker_memory, 120.0, "MB"),
    "AUTH-memory": Measurement(sign_in_memory, 120.0, "MB"),
    "AUTH-wait": Measurement(sign_in_wait, 5.0, "s"),
}
