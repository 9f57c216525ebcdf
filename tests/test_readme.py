"""What the README files tell people to type exists."""

import re
from pathlib import Path

import pytest
from flask import Flask

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "deploy/README.md")
MAKEFILE = (ROOT / "Makefile").read_text()


def typed(program: str, page: str) -> list[str]:
    """Return what follows a program's name in the fenced lines and the code spans of a page."""
    text = (ROOT / page).read_text()
    code = [*re.findall(r"```sh\n(.*?)```", text, re.DOTALL), *re.findall(r"`([^`]+)`", text)]
    lines = [line.partition("#")[0] for part in code for line in part.splitlines()]
    return [found[1] for line in lines for found in re.finditer(rf"\b{program} (?:--app wsgi )?([a-z].*)", line)]


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_is_there_with_its_variables(page: str) -> None:
    for words in typed("make", page):
        target, *settings = words.split()
        assert re.search(rf"^{re.escape(target)}:|^ASSETS := {re.escape(target)}$", MAKEFILE, re.MULTILINE), words
        for setting in settings:
            name = setting.partition("=")[0]
            assert f"$({name})" in MAKEFILE or name == "MPTF_DATA", words


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_flask_is_there(app: Flask, page: str) -> None:
    for words in typed("flask", page):
        found, path = app.cli.commands, words.split()
        while path and path[0] in found:
            command = found[path.pop(0)]
            found = getattr(command, "commands", {})
        assert not found, words
        assert path == [] or path[0].startswith("--") or path[0].isupper(), words


def test_the_readme_tells_the_two_commands_and_both_ways_of_a_backup() -> None:
    targets = {words.split()[0] for words in typed("make", "README.md")}
    assert {"run", "test", "backup", "restore"} <= targets


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_every_module_a_page_names_is_there(page: Path) -> None:
    """Modules of the package and templates are named without their first folder."""
    named = re.findall(r"`([a-z_/]+/[a-z_0-9]+\.(?:py|html|csv))`", page.read_text())
    absent = [name for name in named if not any((ROOT / base / name).exists() for base in ("", "mptf", "templates"))]
    assert absent == []


def test_every_test_that_shows_something_is_there() -> None:
    shown = re.findall(r"`(test_\w+\.py)`:((?:\s*`\w+`,?)+)", (ROOT / "docs" / "shown.md").read_text())
    named = {(file, name) for file, names in shown for name in re.findall(r"\w+", names)}
    files = {file: (ROOT / "tests" / file).read_text() for file, _ in named}
    assert {(file, name) for file, name in named if f"def test_{name}(" not in files[file]} == set()
    assert len(named) > 100
