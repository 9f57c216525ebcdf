"""The shell around every page: navigation by role, Home, the way back from an error, days and zones, questions."""

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from structlog.testing import capture_logs
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.test import TestResponse

from config import BadConfiguration, Config, Environment, from_environment
from mptf.agreements import due
from mptf.calls import queries as calls
from mptf.cash import queries as cash
from mptf.controls import queries as controls
from mptf.core import clock
from mptf.core.clock import Installation
from mptf.core.db import db, unit_of_work
from mptf.deposits import flags
from mptf.deposits import queries as deposits
from mptf.desk.navigation import IN_A_FUND, OUTSIDE
from mptf.desk.queries import AWAITED, WAITING
from mptf.desk.quiet import words_for
from mptf.fund.models import Fund
from mptf.gateway import queries as gateway
from mptf.policy import Role
from mptf.proposals import queries as proposals
from mptf.questions import queries as questions
from mptf.reconciliation import queries as reconciliation
from mptf.screening import queries as screening
from mptf.web import pages
from tests import worlds
from tests.conftest import Once
from tests.factories import Make
from tests.support.signing import sign_in

ROOT = Path(__file__).parents[1]
ENTRY = re.compile(r'<li><a href="([^"]+)"[^>]*><svg.*?</svg><span>([^<]+)</span>', re.DOTALL)
SIDE = re.compile(r'<nav class="side".*?</nav>', re.DOTALL)

ALL_MONEY = [
    "Contributions", "Statements", "Cash documents", "Available to allocate", "Funding status", "Reported figures",
    "Ledger", "Reconciliation", "Gateway figures", "Reports",
]  # fmt: skip
SERVED = "Framework and KPIs"
ALLOCATION = ["Calls"]
SECRETARIAT = [
    "Home",
    *ALLOCATION,
    "Proposals",
    SERVED,
    *ALL_MONEY,
    "Public page",
    "People",
    "Organisations",
    "Exchange rates",
    "Settings",
]
COMMITTEE = ["Home", *ALLOCATION, SERVED, "Reports", "Public page"]
IN_THE_FUND = {
    Role.SECRETARIAT_OFFICER: SECRETARIAT,
    Role.SECRETARIAT_HEAD: SECRETARIAT,
    Role.COMMITTEE_MEMBER: COMMITTEE,
    Role.COMMITTEE_CHAIR: COMMITTEE,
    Role.ADMINISTRATIVE_AGENT: ["Home", *ALLOCATION, SERVED, *ALL_MONEY, "Public page", "Exchange rates", "Settings"],
    Role.AUDITOR: ["Home", *ALLOCATION, SERVED, *ALL_MONEY, "Public page", "Exchange rates", "Settings", "Audit log"],
    Role.DONOR_VIEWER: [
        "Home", *ALLOCATION, SERVED, "Your contributions", "Agreements", "Deposits", "Statements",
        "Certified statements and reports", "Public page",
    ],
    Role.TECHNICAL_REVIEWER: ["Home", *ALLOCATION, SERVED],
    Role.PUNO_OFFICER: ["Home", *ALLOCATION, "My proposals", SERVED],
    Role.PUNO_CERTIFIER: ["Home", *ALLOCATION, SERVED],
    Role.ADMINISTRATOR: [
        "Home", "People", "Organisations", "Exchange rates", "Settings", "Audit log", "The installation",
    ],
}  # fmt: skip

# Pages whose heading is another text than their entry, and why.
NAMED_OTHERWISE = {
    "desk.home": "Home answers the question what needs this person today, or what a contributor gave",
    "public.fund": "the page is for the world, which knows it by the name of the fund",
}
TITLED_OTHERWISE = {"public.fund": "the same"}


def build(make: Make) -> worlds.World:
    """Make the small world, its first fund with a public page."""
    made = worlds.build(make)
    _publish(make.app, "SLW00")
    return made


@pytest.fixture
def world(app: Flask, once: Once) -> worlds.World:
    """Return the small world."""
    return once(build)


@pytest.fixture
def kept_zone() -> Iterator[None]:
    """Put the zone of the installation back."""
    zone = Installation.zone
    yield
    Installation.zone = zone


def _publish(app: Flask, code: str) -> None:
    with app.app_context(), unit_of_work():
        db.session.query(Fund).filter_by(code=code).one().published = True


def _entries(page: str) -> dict[str, str]:
    side = SIDE.search(page)
    assert side
    return {unescape(label): unescape(url) for url, label in ENTRY.findall(side[0])}


def _heading(page: str) -> str:
    return _text(r"<h1[^>]*>(.*?)</h1>", page)


def _title(page: str) -> str:
    return _text(r"<title>(.*?)</title>", page)


def _text(pattern: str, page: str) -> str:
    found = re.search(pattern, page, re.DOTALL)
    assert found
    return unescape(re.sub(r"<[^>]*>", "", found[1])).strip()


@pytest.mark.parametrize("role", Role)
def test_the_navigation_of_each_role(app: Flask, world: worlds.World, role: Role) -> None:
    page = sign_in(app.test_client(), world.people[role]).get("/f/SLW00/").text
    assert list(_entries(page)) == IN_THE_FUND[role]


def test_the_navigation_of_the_installation(app: Flask, world: worlds.World) -> None:
    page = sign_in(app.test_client(), world.people[Role.ADMINISTRATOR]).get("/admin/").text
    assert list(_entries(page)) == [
        "The installation",
        "People",
        "Organisations",
        "Jurisdictions",
        "Funds",
        "Audit log",
    ]


def test_no_entry_leads_to_a_public_page_that_is_not_there(app: Flask, make: Make) -> None:
    world = worlds.build(make)
    for role in (Role.COMMITTEE_MEMBER, Role.DONOR_VIEWER):
        assert "Public page" not in _entries(sign_in(app.test_client(), world.people[role]).get("/f/SLW00/").text)
    assert "Public page" in _entries(
        sign_in(app.test_client(), world.people[Role.SECRETARIAT_HEAD]).get("/f/SLW00/").text
    )


@pytest.mark.parametrize("role", Role)
def test_every_entry_is_the_name_of_its_page(app: Flask, world: worlds.World, role: Role) -> None:
    client = sign_in(app.test_client(), world.people[role])
    starts = ["/f/SLW00/", *(["/admin/"] if role is Role.ADMINISTRATOR else [])]
    for label, url in [pair for start in starts for pair in _entries(client.get(start).text).items()]:
        response = client.get(url, follow_redirects=True)
        assert response.status_code == 200, url
        endpoint = _endpoint(app, url)
        if endpoint not in NAMED_OTHERWISE:
            assert _heading(response.text) == label, url
        if endpoint not in TITLED_OTHERWISE:
            assert _title(response.text).split(" · ")[0] == label, url


def _endpoint(app: Flask, url: str) -> str:
    return str(app.url_map.bind("localhost").match(url)[0])


def test_the_pages_of_an_account_name_the_fund_worked_in(app: Flask, make: Make) -> None:
    person = make.person()
    for code in ("ONE", "TWO"):
        make.grant(person, Role.AUDITOR, make.fund(code))
    client = make.client_of(person)
    page = client.get("/account/security").text
    code = str(re.findall(r'<nav class="side".*?href="/f/(\w+)/"', page, re.DOTALL)[0])
    picker = page.partition('<summary class="fundpick">')[2].partition("</summary>")[0]
    assert f"<b>{code}</b>" in picker
    assert f'action="/f/{code}/search"' in page
    assert "Choose a fund" in make.client(Role.ADMINISTRATOR).get("/admin/").text


def test_every_exception_is_an_entry() -> None:
    named = {entry.endpoint for table in (IN_A_FUND, OUTSIDE) for _, entries in table for entry in entries}
    assert set(NAMED_OTHERWISE) | set(TITLED_OTHERWISE) <= named


def test_only_the_page_itself_is_marked_as_home(app: Flask, world: worlds.World) -> None:
    client = sign_in(app.test_client(), world.people[Role.DONOR_VIEWER])
    assert re.findall(r'aria-current="page">.*?<span>([^<]+)', _side(client.get("/f/SLW00/")), re.DOTALL) == ["Home"]
    assert "aria-current" not in _side(client.get("/f/SLW00/search?q=bank"))
    deposits = _side(client.get("/f/SLW00/contributions/deposits"))
    assert re.findall(r'aria-current="page">.*?<span>([^<]+)', deposits, re.DOTALL) == ["Deposits"]


def _side(response: TestResponse) -> str:
    side = SIDE.search(response.text)
    assert side
    return side[0]


@pytest.mark.parametrize("role", Role)
def test_home_says_what_is_true_for_each_role(app: Flask, world: worlds.World, role: Role) -> None:
    page = sign_in(app.test_client(), world.people[role]).get("/f/SLW00/").text
    words = words_for(role)
    assert words.title in page
    assert unescape(words.text) in unescape(page)
    secretariat = role in (Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD)
    assert ("Imports" in page) is secretariat
    assert ("Your background work" in page) is ("Reports" in IN_THE_FUND[role])


def test_an_empty_home_names_everything_that_may_wait() -> None:
    officer, head, agent = Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD, Role.ADMINISTRATIVE_AGENT
    named: dict[Callable[..., object], dict[Role, str]] = {
        controls.waiting_for: {head: "approve a reversal or a closing", agent: "approve a reversal or a closing"},
        deposits.waiting_for: {agent: "No deposit, cash document or reversal waits for you to confirm it"},
        flags.waiting_for: dict.fromkeys((officer, head), "no deposit or cash document is flagged"),
        cash.waiting_for: {
            officer: "cash document is flagged",
            head: "cash document is flagged",
            agent: "cash document",
        },
        due.waiting_for: dict.fromkeys((officer, head), "No instalment is overdue"),
        reconciliation.waiting_for: dict.fromkeys((officer, head), "no difference with the Administrative Agent"),
        gateway.waiting_for: dict.fromkeys((officer, head), "no upload waits to be imported or discarded"),
        calls.awaited: {head: "no draft of a call waits to be published"},
        questions.awaited: dict.fromkeys((officer, head), "no question on a call waits for an answer"),
        screening.awaited: dict.fromkeys((officer, head), "no submitted proposal waits to be screened"),
        screening.waiting_for: {Role.PUNO_OFFICER: "nothing that was returned to you waits for an answer"},
        proposals.waiting_for: {Role.PUNO_OFFICER: "No call closes within a week for which you write a draft"},
    }
    assert named.keys() == {*WAITING, *AWAITED}, "say in `desk.quiet` what a room lets wait, and name it here"
    for words in named.values():
        assert [role for role, word in words.items() if word not in words_for(role).text] == []


@pytest.mark.parametrize("address", ["/f/SLW00/audit", "/f/SLW00/nowhere", "/f/NOFUND/", "/nowhere"])
def test_an_error_has_a_way_back(app: Flask, world: worlds.World, address: str) -> None:
    client = sign_in(app.test_client(), world.people[Role.DONOR_VIEWER])
    answer = client.get(address)
    assert answer.status_code == 404
    assert '<a class="btn btn-primary" href="/home">Home</a>' in answer.text
    assert '<a class="btn" href="/account/security">Your account</a>' in answer.text
    assert client.get("/home", follow_redirects=True).request.path == "/f/SLW00/"


def test_absent_and_forbidden_have_the_same_way_back(app: Flask, world: worlds.World) -> None:
    client = sign_in(app.test_client(), world.people[Role.DONOR_VIEWER])
    answers = [client.get(path) for path in ("/f/SLW00/audit", "/f/SLW00/nowhere", "/f/OTHER/", "/f/NOFUND/", "/x")]
    assert len({(answer.status, answer.data, str(answer.headers)) for answer in answers}) == 1


def test_a_visitor_is_led_to_the_start_page_or_to_sign_in(app: Flask, world: worlds.World) -> None:
    for path in ("/nowhere", "/funds/NOFUND"):
        answer = app.test_client().get(path)
        assert answer.status_code == 404
        assert 'href="/">Start page</a>' in answer.text
        assert 'href="/sign-in">Sign in</a>' in answer.text
        assert "Your account" not in answer.text


def test_an_error_of_a_public_page_asks_nothing_of_the_session(app: Flask, world: worlds.World) -> None:
    answer = sign_in(app.test_client(), world.people[Role.DONOR_VIEWER]).get("/funds/NOFUND")
    assert answer.data == app.test_client().get("/funds/NOFUND").data
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_all_funds_is_a_link_only_where_there_are_several(app: Flask, world: worlds.World) -> None:
    client = app.test_client()
    assert "All funds" not in client.get("/funds/SLW00").text
    _publish(app, "OTHER")
    assert '<a href="/">All funds</a>' in client.get("/funds/SLW00").text
    assert "All funds" in client.get("/").text


def test_a_published_figure_stands_beside_its_source(app: Flask, world: worlds.World) -> None:
    head = sign_in(app.test_client(), world.people[Role.SECRETARIAT_HEAD])
    for topic, label in (("contributions", "Total"), ("portfolio", "First call"), ("donor_totals", "Donorland")):
        figure = {
            "topic": topic, "label": label, "printed": f"printed {label}", "as_of": "15 Mar 2023",
            "as_of_on": "15 Mar 2023", "amount": "10", "currency": "USD", "headline": "y",
            "source": f"Source of {label}", "address": "https://example.org/report",
        }  # fmt: skip
        assert head.post("/f/SLW00/public-page/new", data=figure).status_code == 303
    page = app.test_client().get("/funds/SLW00").text
    parts = re.findall(r"<tr>.*?</tr>|<dl>.*?</dl>", page, re.DOTALL)
    for label in ("Total", "First call", "Donorland"):
        shown = [part for part in parts if f"printed {label}" in part or f">{label}<" in part]
        assert shown
        assert all(f'<a href="https://example.org/report" rel="noreferrer">Source of {label}</a>' in p for p in shown)
        assert all("15 Mar 2023" in part for part in shown)
    asked = re.findall(r'data-confirm="([^"]+)"', head.get("/f/SLW00/public-page").text)
    assert "“First call”, printed First call, leaves the public page at once. It stays on record." in asked


def test_an_error_summary_follows_the_fields_of_the_page(app: Flask, make: Make) -> None:
    make.fund()
    empty = {"role": "", "fund": "", "organisation": "", "office": ""}
    page = make.client(Role.ADMINISTRATOR).post("/admin/people/invite", data=empty).text
    summary = re.search(r"data-errors.*?</ul>", page, re.DOTALL)
    assert summary
    links = re.findall(r'href="#(\w+)"', summary[0])
    assert links == ["name", "email", "role", "from_on"]
    assert links == sorted(links, key=lambda field: page.index(f'id="{field}"'))
    for field in links:
        assert re.search(rf'for="{field}">[^<]+ <span class="req">required</span>', page), field


def test_every_question_names_its_act() -> None:
    asking = [
        (path.name, call)
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for call in re.findall(r"\{\{[^{}]*?\bconfirm=(?!confirm)[^{}]*\}\}", path.read_text("utf-8"))
    ]
    assert len(asking) > 5
    assert [name for name, call in asking if " act='" not in call] == []
    assert [name for name, call in asking if re.search(r"act=['\"](Yes|[A-Z])", call)] == [], (
        "the button says Yes itself"
    )


def test_days_are_written_in_one_way() -> None:
    written = re.compile(r"%d[ .]%[bBm]")
    readers = {ROOT / "mptf" / "core" / "days.py"}  # how people may type a day, which is another matter
    pages = [path for path in (ROOT / "mptf").rglob("*.py") if path not in readers and "cli" not in path.parts]
    found = [path.name for path in [*pages, *(ROOT / "templates").rglob("*")] if _holds(path, written)]
    assert found == []


def _holds(path: Path, pattern: re.Pattern[str]) -> bool:
    return path.is_file() and bool(pattern.search(path.read_text("utf-8")))


@pytest.mark.parametrize("zone", ["Europe/Belgrade", "UTC"])
@pytest.mark.usefixtures("kept_zone")
def test_pages_outside_a_fund_name_the_zone_of_the_installation(app: Flask, make: Make, zone: str) -> None:
    make.fund()
    client = make.client(Role.ADMINISTRATOR)
    Installation.zone = zone
    page = client.get("/account/security").text
    moments = re.findall(r'<time [^>]*datetime=[^>]*?(?:title="([^"]+)")?>([^<]+)</time>', page)
    assert moments
    assert all((whole or shown).endswith(zone) for whole, shown in moments if ":" in shown)
    assert f"Times in {zone}." in page
    assert "Times in Europe/Belgrade." in client.get("/f/SLW00/").text
    assert clock.Installation().zone == zone


def test_a_zone_that_is_none_stops_the_start(app: Flask) -> None:
    config: Config = app.extensions["config"]
    assert config.zone == "Europe/Belgrade"
    with pytest.raises(BadConfiguration, match="MPTF_ZONE"):
        dataclasses.replace(config, zone="Europe/Nowhere").check()


GOOD_SECRET = "4f1d0a9c7be8325647189acdbe0f35214c6d7e8f9a0b1c2d3e4f5061728394a5"
PRODUCTION = {
    "SECRET_KEY": GOOD_SECRET, "BASE_URL": "https://desk.example.org", "SMTP_HOST": "mail.example.org",
}  # fmt: skip


def test_a_production_installation_with_everything_set_starts() -> None:
    assert from_environment(PRODUCTION).environment is Environment.PRODUCTION
    more = {"SMTP_USER": "desk", "SMTP_STARTTLS": "1", "DATABASE_URL": "postgres://desk@/desk", "TRUSTED_PROXIES": "1"}
    assert from_environment({**PRODUCTION, **more}).trusted_proxies == 1


@pytest.mark.parametrize(
    "setting, said",
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"), ({"SECRET_KEY": GOOD_SECRET[:31]}, "SECRET_KEY"),
        ({"SECRET_KEY": "a" * 64}, "SECRET_KEY"), ({"SECRET_KEY": "passwordpasswordpasswordpassword"}, "SECRET_KEY"),
        ({"SECRET_KEY": "replace-this-with-32-random-characters"}, "SECRET_KEY"),
        ({"SECRET_KEY": f"sample-{GOOD_SECRET}"}, "SECRET_KEY"), ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        ({"BASE_URL": "http://desk.example.org"}, "https"), ({"SMTP_HOST": ""}, "SMTP_HOST"),
        ({"SMTP_USER": "desk"}, "SMTP_STARTTLS"), ({"SMTP_USER": "desk", "SMTP_STARTTLS": "yes"}, "SMTP_STARTTLS"),
        ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES"), ({"DATABASE_URL": "foo"}, "DATABASE_URL"),
        ({"DATABASE_URL": "mysql://desk@db/desk"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://db:port/desk"}, "DATABASE_URL"),
        ({"SMTP_PORT": "0"}, "SMTP_PORT"),
        ({"SMTP_PORT": "mail"}, "cannot be read"), ({"MPTF_ENV": "live"}, "cannot be read"),
    ],
)  # fmt: skip
def test_a_setting_that_puts_people_at_risk_stops_the_start(setting: dict[str, str], said: str) -> None:
    with pytest.raises(BadConfiguration, match=said):
        from_environment({**PRODUCTION, **setting})


def test_the_process_itself_does_not_start_without_a_secret(tmp_path: Path) -> None:
    started = subprocess.run(
        [sys.executable, "-c", "import wsgi"], cwd=Path(pages.__file__).parents[2], capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "MPTF_DATA": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert started.returncode != 0
    assert "SECRET_KEY is missing, short or a sample" in started.stderr


def test_a_bar_longer_than_its_track_shows_the_cut(app: Flask) -> None:
    with app.test_request_context():
        macros = app.jinja_env.get_template("macros/page.html").module
        whole, cut = (str(macros.bar(share, words="the rate is 280.60%")) for share in (100, 224))  # type: ignore[attr-defined]
    assert "cut short" not in whole
    assert "<path" not in whole
    assert 'width="100%"' in cut
    assert "<path" in cut
    assert "bar cut short: the rate is 280.60%" in cut


@pytest.mark.parametrize(
    "away, tone, symbol, words",
    [(-1, "late", "alert-triangle", "1 day late"), (0, "soon", "clock", "today"), (6, "soon", "clock", "in 6 days"),
     (7, "", "calendar", "in 7 days")],
)  # fmt: skip
def test_a_day_that_presses_says_so_in_words_sign_and_colour(
    app: Flask, away: int, tone: str, symbol: str, words: str
) -> None:
    with app.test_request_context():
        macros = app.jinja_env.get_template("macros/time.html").module
        shown = str(macros.due(clock.today(Installation()) + timedelta(days=away)))  # type: ignore[attr-defined]
    assert re.findall(r'class="due ?([\w-]*)"', shown) == [f"due-{tone}" if tone else ""]
    assert f"#{symbol}" in shown
    assert words in shown


def error_page(app: Flask, code: int) -> str:
    """Return the page of an error as somebody sees it whom no cookie knows."""
    with app.test_request_context("/"):
        answer = pages._page(code)
    assert isinstance(answer, tuple)
    assert answer[1] == code
    return str(answer[0])


@pytest.mark.parametrize("code", [400, 404, 405, 409, 413, 418, 429, 500, 502, 503])
def test_every_error_has_a_heading_a_sentence_and_a_way_on(app: Flask, code: int) -> None:
    page = error_page(app, code)
    assert page.count("<h1") == 1
    assert page.count("<p") >= 3
    assert "Start page" in page


def test_our_mistake_has_a_reference_that_stands_in_the_log(app: Flask) -> None:
    with app.test_request_context("/"), capture_logs() as written:
        answer = pages._broken(RuntimeError("out of paper"))
    assert isinstance(answer, tuple)
    (line,) = written
    assert f"<code>{line['reference']}</code>" in str(answer[0])
    assert isinstance(line["exc_info"], RuntimeError)


def test_refused_and_absent_look_alike(app: Flask) -> None:
    with app.test_request_context("/"):
        forbidden, absent = (app.handle_user_exception(kind()) for kind in (Forbidden, NotFound))
    assert forbidden == absent
