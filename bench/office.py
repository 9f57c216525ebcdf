"""Somebody of the office at a browser: signs in, opens every page and file there is, and brings tables to import."""

import http.cookiejar
import re
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter, deque
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape
from io import BytesIO

from mptf.core.money import EXPONENTS
from mptf.paper.values import Column, Kind
from mptf.paper.workbook import TableSheet, write_workbook
from mptf.rates.figures import MEASURE
from tests.crawl import LINK
from tests.support.visitor import hidden_fields

OFFICER = "Secretariat officer"
CODE = re.compile(r"<code>(\d{6})</code>")  # what the telephone of an invented person shows
STEP = 30  # seconds until it shows another
MOST_QUERIES = 3  # of one path: filters and sort orders show the same rows in other orders
LONGEST = 60


class Browser:
    """A browser that keeps its cookies."""

    def __init__(self, url: str) -> None:
        self.url, self.jar = url, http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def open(self, path: str, form: bytes | None = None, kind: str = "") -> tuple[str, bytes]:
        """Open an address, or post a form to it; return where that led and what stands there, also when it refused."""
        headers = {"Content-Type": kind} if kind else {}
        request = urllib.request.Request(urllib.parse.urljoin(self.url, path), form, headers)  # noqa: S310 - our desk
        try:
            with self._opener.open(request, timeout=LONGEST) as answer:
                return answer.url, answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.url, refused.read()

    def post(self, path: str, **typed: str) -> tuple[str, bytes]:
        """Post a form with the hidden fields of its page."""
        hidden = hidden_fields(self.open(path)[1].decode())
        return self.open(path, urllib.parse.urlencode({**hidden, **typed}).encode())

    def upload(self, path: str, name: str, content: bytes, **typed: str) -> tuple[str, bytes]:
        """Post a form with a file, as browsers do."""
        mark, hidden = secrets.token_hex(16), hidden_fields(self.open(path)[1].decode())
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in {**hidden, **typed}.items()
        ]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        form = b"".join([*parts, head, content, f"\r\n--{mark}--\r\n".encode()])
        return self.open(path, form, f"multipart/form-data; boundary={mark}")

    def sign_in(self, email: str, password: str) -> None:
        """Sign in as anybody does: with the password, then with the code of the second factor where it is asked for."""
        where, page = self.post("/sign-in", email=email, password=password)
        while code := CODE.search(page.decode()):
            where, page = self.post("/sign-in/second-factor", code=code[1])
            if b"used already" in page:  # by whoever set the factor up a moment ago
                time.sleep(STEP - time.time() % STEP)
        assert "/sign-in" not in where, f"{email} was not let in"

    def everything(self, start: str) -> Iterator[str]:
        """Open every address that can be reached by links, workbooks and papers too, and yield each."""
        seen: set[str] = set()
        asked: Counter[str] = Counter()
        waiting = deque([start])
        while waiting:
            address = waiting.popleft()
            path = address.partition("?")[0]
            if address in seen or asked[path] > MOST_QUERIES:
                continue
            seen.add(address)
            asked[path] += 1
            yield address
            where, content = self.open(address)
            links = LINK.findall(content.decode(errors="replace")) if b"<html" in content[:200] else []
            inside = [urllib.parse.urlsplit(urllib.parse.urljoin(where, unescape(link))) for link in links]
            waiting.extend(
                part._replace(scheme="", netloc="", fragment="").geturl()
                for part in inside
                if part.geturl().startswith(self.url) and not part.path.startswith("/static/")
            )


def rates(rows: int, year: int) -> bytes:
    """Return a table of rates as CSV, a day of every currency after the other, from a year on."""
    head = "Currency,Valid from,Units per US dollar,Note\n"
    return (head + "".join(f"{code},{day},{rate},of the bank\n" for code, day, rate in _rates(rows, year))).encode()


def rates_workbook(rows: int, year: int) -> bytes:
    """Return the same as a workbook."""
    columns = [Column(head, Kind.TEXT) for head in ("Currency", "Valid from", "Units per US dollar")]
    out = BytesIO()
    sheet = TableSheet("Rates", columns, list(_rates(rows, year)))
    write_workbook(out, [sheet], title="Rates", source="", made_at=datetime(year, 1, 1, tzinfo=UTC))
    return out.getvalue()


def cash(rows: int) -> bytes:
    """Return a list of cash documents as CSV."""
    head = "Value date,Kind,Organisation,Project number,Amount,Bank reference\n"
    row = "{day},transfer,UNDP,{number:08},{amount}.50,AA-{number}\n"
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(rows)]
    return (head + "".join(row.format(day=day, number=n, amount=n + 1) for n, day in enumerate(days))).encode()


def reported(rows: int) -> bytes:
    """Return a table of what an organisation reported as CSV, one project after the other."""
    head = "Organisation,Project number,Year,Category,Basis,Amount USD\n"
    row = "UNDP,{project:08},2024,{category},interim,{amount}.25\n"
    figures = (row.format(project=n // 8, category=n % 8 + 1, amount=n) for n in range(rows))
    return (head + "".join(figures)).encode()


def _rates(rows: int, year: int) -> Iterator[tuple[str, str, str]]:
    codes = sorted(set(EXPONENTS) - {MEASURE})
    for number in range(rows):
        day = date(year, 1, 1) + timedelta(days=number // len(codes))
        yield codes[number % len(codes)], day.isoformat(), f"{1 + number % 977 / 1000:.3f}"
