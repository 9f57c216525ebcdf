"""The house: how fast it opens, how much memory it takes, also when everybody signs in at once."""

import http.cookiejar
import re
import shutil
import statistics
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request

from bench.measure import desk, folder, workers
from tests.support.desk import ROOT

MEGABYTE = 1 << 20
AT_ONCE = 20
PAGES = ("/", "/sign-in", "/funds/SLW00")


def warm_start() -> tuple[float, float, str]:
    """PERF-5: seconds from `make run` to the first answer, everything installed and the fund loaded; median of 3."""
    with folder() as data:
        with desk(data):
            pass
        times = []
        for _ in range(3):
            with desk(data) as (_url, seconds, _pid):
                times.append(seconds)
    return statistics.median(times), 3.0, "s"


def cold_start() -> tuple[float, float, str]:
    """Seconds from `make run` in a fresh clone to the first answer: packages, assets, database and fund included."""
    with folder() as data:
        clone = data / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        with desk(data / "data", root=clone) as (_url, seconds, _pid):
            pass
        shutil.rmtree(clone)
    return seconds, 60.0, "s"


def worker_memory() -> tuple[float, float, str]:
    """PERF-5: the largest web worker after it has shown every public page many times, in megabytes."""
    with folder() as data, desk(data, make=False) as (url, _seconds, pid):
        for _ in range(40):
            for page in PAGES:
                urllib.request.urlopen(url + page).read()  # noqa: S310 - our own desk
        return max(worker.memory_info().rss for worker in workers(pid)) / MEGABYTE, 120.0, "MB"


def sign_in_memory() -> tuple[float, float, str]:
    """The largest web worker while 20 people sign in at once, in megabytes: hashing is let in two at a time."""
    with folder() as data, desk(data, make=False) as (url, _seconds, pid):
        peaks = [0]
        threads = [threading.Thread(target=_try_password, args=(url, number)) for number in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            peaks.append(max(worker.memory_info().rss for worker in workers(pid)))
        return max(peaks) / MEGABYTE, 160.0, "MB"


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
    "PERF-5-warm": warm_start,
    "PERF-5-cold": cold_start,
    "PERF-5-worker": worker_memory,
    "AUTH-memory": sign_in_memory,
}
