"""What pages leave to others: the transaction to the web layer, the once-token to the forms."""

import ast
import re
from pathlib import Path

import pytest
from flask import Flask

from mptf.core.errors import RuleBroken
from mptf.core.kosovo import keep_asterisk
from mptf.core.signs import keep_line, keep_lines, seen
from mptf.policy import Role
from tests.factories import Make
from tests.support.visitor import letters

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path
    for room in (ROOT / "mptf").iterdir()
    for path in (room / "views.py", room / "forms.py", *(room / "views").glob("*.py"))
    if path.exists() and room.name != "web"
)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT / "mptf").as_posix())
def test_pages_and_forms_never_touch_the_session(path: Path) -> None:
    imports = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    taken = [f"{node.module}.{name.name}" for node in imports for name in node.names]
    assert [name for name in taken if name.startswith("mptf.core.db.") or name.endswith(".db")] == []


def test_a_button_pressed_twice_does_its_work_once(app: Flask, make: Make) -> None:
    fund = make.fund()
    admin = make.client(Role.ADMINISTRATOR)
    role = {"role": "auditor", "fund": fund.code, "organisation": "", "office": "", "from_on": "1 Jan 2020"}
    who = {"name": "Demo Auditor 7", "email": "auditor7@example.org"}
    page = admin.post("/admin/people/invite", data={**who, **role}).location
    send = f"{page}/invitation/send"
    answers = [admin.post(send, data={"token": "the-token-of-one-button"}) for _ in range(2)]
    assert [(answer.status_code, answer.location) for answer in answers] == [(303, f"{page}/access")] * 2
    assert len(letters(app, "invitation")) == 2, "one with the role, one more for the button"


def test_every_button_of_a_page_has_a_token_of_its_own(app: Flask, make: Make) -> None:
    make.fund()
    page = make.client(Role.ADMINISTRATOR).get("/account/security").text
    tokens = re.findall(r'name="token" value="([^"]+)"', page)
    assert len(tokens) == len(set(tokens)) >= 2


@pytest.mark.parametrize("text", ["see Kosovo", "KOSOVO, 2026", "Kosovo* and kosovo"])
def test_the_name_without_its_asterisk_is_refused(text: str) -> None:
    with pytest.raises(RuleBroken, match="with its asterisk"):
        keep_asterisk(text)


@pytest.mark.parametrize("text", ["Kosovo*", "https://example.org/kosovo", "desk@kosovo.example.org", "", "x" * 10**6])
def test_the_name_is_kept_and_addresses_are_left_alone(text: str) -> None:
    keep_asterisk(text)


@pytest.mark.parametrize("text", ["a\0", "a\x1b[0m", "a\x7f", "a\x85b", "\ud800", "a\u202eb"])
def test_what_cannot_be_shown_is_refused_in_every_text(text: str) -> None:
    for keep in (keep_line, keep_lines):
        with pytest.raises(RuleBroken, match="a character that cannot be shown"):
            keep(text)


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "a\tb", "a\u2028b"])
def test_lines_end_only_where_there_are_several(text: str) -> None:
    keep_lines(text)
    with pytest.raises(RuleBroken, match="a character that cannot be shown"):
        keep_line(text)


@pytest.mark.parametrize(
    "text, something", [("-", True), ("名", True), ("⚖", True), ("\u200b", False), ("\u3164\ufe0f \u0301", False)]
)
def test_a_text_that_shows_nothing_is_none(text: str, something: bool) -> None:
    keep_line(text)
    assert seen(text) is something


def test_every_text_typed_keeps_the_asterisk(app: Flask, make: Make) -> None:
    client = make.client(Role.ADMINISTRATOR)
    answer = client.post(
        "/admin/organisations/new", data={"short_name": "X", "official_name": "Kosovo Office", "kind": "puno"}
    )
    assert answer.status_code == 422
    assert answer.text.count("Write Kosovo* with its asterisk") == 2, "at the field and in the summary"
