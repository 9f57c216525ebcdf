"""A real Chromium for tests: one browser, the accessibility checker, pictures of pages."""

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "build" / "pictures"
# The first draws the same pages without a window, and takes a quarter less of the processor.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# The rules each theme of a page is held against: another theme differs in its colours alone.
THEMES: dict[str, tuple[str, ...]] = {"light": (), "dark": ("color-contrast",)}
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def program() -> str:
    """Return the path of Chromium: `MPTF_CHROMIUM`, or the one on the PATH."""
    found = os.environ.get("MPTF_CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if not found:
        raise RuntimeError(
            "Chromium is missing: apt-get install chromium-headless-shell, or set MPTF_CHROMIUM to its path."
        )
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    """Run Chromium inside the block."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program(), args=FLAGS)
        try:
            yield running
        finally:
            running.close()


def axe(page: Page, *rules: str, beside: Collection[str] = ()) -> list[str]:
    """Return the accessibility violations of a page (WCAG 2.0 to 2.2 A and AA, best practice), in words.

    With `rules`, only these are looked at.
    What stands in `beside` (selectors) was looked at on another page.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    wanted = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    run = "([beside, wanted]) => axe.run({exclude: beside}, wanted).then(r => r.violations)"
    found = page.evaluate(run, [[[selector] for selector in beside], wanted])
    violations = cast(list[dict[str, Any]], found)
    return [
        f"{violation['id']}: {violation['help']} at {node['target']}"
        for violation in violations
        for node in violation["nodes"]
    ]


def shot(page: Page, name: str) -> Path | None:
    """Keep a picture of the whole page under `build/pictures/`, where somebody asked for pictures (`make pictures`)."""
    if not os.environ.get("MPTF_PICTURES"):
        return None
    picture = PICTURES / f"{name}.png"
    page.screenshot(path=picture, full_page=True)
    return picture
