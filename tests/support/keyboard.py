"""Somebody without a mouse: goes from one thing to the next by Tab, and sees at each step where they are."""

from typing import Any, cast

from playwright.sync_api import Page

MOST_STEPS = 80

# What has the focus: its name as people read it, and whether they can see that it has it.
_HERE = """() => new Promise(resolve => requestAnimationFrame(() => setTimeout(() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const label = at.labels && at.labels.length ? at.labels[0] : null;
  const drawn = at.querySelector("[aria-label]"), own = at.getAttribute("aria-label") || at.innerText.trim();
  const name = label ? label.innerText : own || (drawn ? drawn.getAttribute("aria-label") : "");
  const x = box.x + Math.min(box.width, innerWidth) / 2, y = box.y + Math.min(box.height, 24) / 2;
  const top = document.elementFromPoint(x, y);
  resolve({
    tag: at.tagName.toLowerCase(),
    type: at.type || "",
    name: name.trim().replace(/\\s+/g, " ").slice(0, 120),
    ringed: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    shown: Boolean(top) && (at.contains(top) || top.contains(at) || Boolean(label && label.contains(top))),
  });
})))"""


class Keyboard:
    """The keys of a page; every stop of the focus must be seen: with a ring, and not under something else."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def here(self) -> dict[str, Any]:
        """Return what has the focus, once it has scrolled into view."""
        found = cast(dict[str, Any], self.page.evaluate(_HERE))
        if found["tag"] not in ("body", "main"):
            assert found["name"], f"the focus is on something without a name: {found}"
            assert found["ringed"], f"nothing shows that the focus is on {found}"
            assert found["shown"], f"the focus is on {found}, which lies under something else or out of sight"
        return found

    def to(self, name: str, kind: str = "") -> None:
        """Press Tab until the thing called `name` (its beginning) has the focus, of a tag or type if one is given."""
        passed = []
        for _ in range(MOST_STEPS):
            self.page.keyboard.press("Tab")
            found = self.here()
            if found["name"].startswith(name) and kind in ("", found["tag"], found["type"]):
                return
            passed.append(found["name"])
        raise AssertionError(f"no Tab leads to {name}; passed {passed}")

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def follow(self, name: str, kind: str = "") -> None:
        """Go to a link or a button, press Enter, and wait for the next page."""
        self.to(name, kind)
        self.send()

    def send(self) -> None:
        """Press Enter where the focus is, and wait for the next page."""
        with self.page.expect_navigation():
            self.press("Enter")

    def fill(self, name: str, text: str) -> None:
        """Go to a field and type; in a list the beginning of a choice."""
        self.to(name)
        self.page.keyboard.type(text)
