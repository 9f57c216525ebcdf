"""Templates compile, each belongs to a view, and none breaks the content policy."""

import re
from pathlib import Path

import pytest
from flask import Flask

pytestmark = pytest.mark.one_engine

ROOT = Path(__file__).parents[1]
TEMPLATES = sorted(path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates").rglob("*.html"))
FORBIDDEN = {
    "a style attribute": re.compile(r"<[^>]*\sstyle="),
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+="),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "a style element": re.compile(r"<style", re.IGNORECASE),
    "another host": re.compile(r"""(?:src|href)=["'](?:https?:)?//"""),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_compiles(app: Flask, name: str) -> None:
    app.jinja_env.get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_keeps_the_content_policy(name: str) -> None:
    text = (ROOT / "templates" / name).read_text()
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


def test_every_template_is_used() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "mptf").rglob("*.py"))
    code += "\n".join((ROOT / "templates" / name).read_text() for name in TEMPLATES)
    assert [name for name in TEMPLATES if f'"{name}"' not in code and f"'{name}'" not in code] == []
