"""Applicants at their browsers in the last minutes before a deadline: they attach files, begin and submit."""

import http.cookiejar
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from bench.office import Browser
from tests.support.visitor import hidden_fields

FILES = 5
LONGEST = 120.0  # seconds somebody waits for an answer
RECEIPT = "Submitted. Your receipt: SHA-256 "
TOO_LATE = "The call closed "
WRONG = 500  # and above: what a server answers that knows no words


@dataclass(frozen=True)
class Applicant:
    """Somebody who is signed in and has a draft that lacks its files; when to attach, begin and send.

    The moments are seconds from the closing; who has to wait for an answer does it later.
    """

    number: int
    public_id: str
    cookie: Mapping[str, str]
    documents: tuple[str, ...]
    attaches: float
    begins: float
    sends: float


@dataclass
class Told:
    """When an applicant asked to begin and to send, what was attached by SHA-256, and what the last answer said."""

    attached: set[str] = field(default_factory=set)
    begun_at: float = 0.0
    sent_at: float = 0.0
    receipt: str = ""
    refusal: str = ""
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Tab(Browser):
    """A browser that notes how long each answer took, and those no server should give."""

    def __init__(self, url: str, cookie: Mapping[str, str], told: Told) -> None:
        super().__init__(url)
        self._told = told
        self.jar.set_cookie(_cookie(**cookie))

    def open(self, path: str, form: bytes | None = None, kind: str = "") -> tuple[str, bytes]:
        """Open an address, or post a form to it, as every browser does."""
        headers = {"Content-Type": kind} if kind else {}
        request = urllib.request.Request(urllib.parse.urljoin(self.url, path), form, headers)  # noqa: S310 - our desk
        began = time.monotonic()
        try:
            with self._opener.open(request, timeout=LONGEST) as answer:
                found = answer.url, answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                found = refused.url, refused.read()
            if refused.code >= WRONG:
                self._told.wrong.append(f"{path} answers {refused.code}")
        self._told.seconds.append(time.monotonic() - began)
        return found


def file_of(applicant: Applicant, number: int) -> bytes:
    """Return a small file no other applicant has."""
    return b"%%PDF-1.7\n%% %d of %d\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%%%EOF\n" % (number, applicant.number)


def come(url: str, applicant: Applicant, closes: float) -> Told:
    """Let an applicant attach the files, begin and send, not before the moments chosen; return how it went."""
    told = Told()
    here = f"/f/SLW00/proposals/{applicant.public_id}"
    tab = Tab(url, applicant.cookie, told)
    try:
        _wait(closes + applicant.attaches)
        for number, document in enumerate(applicant.documents):
            content = file_of(applicant, number)
            where, _page = tab.upload(f"{here}/attachments/add", f"file-{number}.pdf", content, document=document)
            if "/parts/attachments" in where:
                told.attached.add(sha256(content).hexdigest())
        hidden = hidden_fields(tab.open(here)[1].decode())
        _wait(closes + applicant.begins)
        told.begun_at = time.time()
        where, page = tab.open(f"{here}/begin", urllib.parse.urlencode(hidden).encode())
        if where.endswith("/submit"):
            _wait(closes + applicant.sends)
            told.sent_at = time.time()
            form = {**hidden_fields(page.decode()), "sure": "y"}
            _where, page = tab.open(f"{here}/submit", urllib.parse.urlencode(form).encode())
        _read(page.decode(), told)
    except OSError as error:
        told.wrong.append(f"{here}: {error}")
    return told


def _read(page: str, told: Told) -> None:
    if RECEIPT in page:
        told.receipt = page.partition(RECEIPT)[2][:64]
    elif TOO_LATE in page:
        told.refusal = page[page.index(TOO_LATE) :].partition("<")[0]


def _wait(until: float) -> None:
    time.sleep(max(0.0, until - time.time()))


def _cookie(name: str, value: str) -> http.cookiejar.Cookie:
    return http.cookiejar.Cookie(
        version=0, name=name, value=value, port=None, port_specified=False, domain="127.0.0.1", domain_specified=False,
        domain_initial_dot=False, path="/", path_specified=True, secure=False, expires=None, discard=True,
        comment=None, comment_url=None, rest={},
    )  # fmt: skip
