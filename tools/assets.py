"""Bring the served front-end files from `node_modules/` into the git-ignored `static/vendor/`.

Called by make after `npm ci`. Everything in `static/vendor/` is made here, and only what is named
here is served.
"""

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
ICON_NAMES = Path(__file__).with_name("icons.txt")
INTER = "@fontsource-variable/inter"
NOTO = "@expo-google-fonts/noto-sans"
OUTLINE = "@tabler/icons/icons/outline"

# From a package to static/vendor/. A licence travels with what it allows; Tabler's stands in its sheet.
COPIES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler/tabler.min.css",
    f"{INTER}/files/inter-latin-wght-normal.woff2": "inter/inter-latin-wght-normal.woff2",
    f"{INTER}/files/inter-latin-ext-wght-normal.woff2": "inter/inter-latin-ext-wght-normal.woff2",
    f"{INTER}/LICENSE": "inter/LICENSE.txt",
    f"{NOTO}/400Regular/NotoSans_400Regular.ttf": "noto-sans/NotoSans-Regular.ttf",
    f"{NOTO}/600SemiBold/NotoSans_600SemiBold.ttf": "noto-sans/NotoSans-SemiBold.ttf",
    f"{NOTO}/LICENSE_FONT": "noto-sans/LICENSE.txt",
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "htmx.org/LICENSE": "htmx/LICENSE.txt",
    "@tabler/icons/LICENSE": "icons.LICENSE.txt",
}

SVG = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)
GROUND = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')
SOURCE_MAP = re.compile(rb"\n?/\*# sourceMappingURL=[^*]*\*/\s*\Z")


class AssetError(Exception):
    """Something named here is not in the installed packages."""


def icon_names(text: str) -> list[str]:
    """Return the names in a list of icons: one a line, `#` begins a comment."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return sorted({line for line in lines if line})


def sprite(names: list[str], folder: Path) -> str:
    """Return one SVG document with a `<symbol>` for each named icon.

    Size and ink are the style sheet's: the outer attributes are left behind.
    """
    missing = [name for name in names if not (folder / f"{name}.svg").is_file()]
    if missing:
        raise AssetError(f"{ICON_NAMES.name}: there is no Tabler outline icon named {', '.join(missing)}.")
    symbols = "\n".join(_symbol(name, (folder / f"{name}.svg").read_text("utf-8")) for name in names)
    return (
        "<!-- Tabler Icons, MIT; the licence is in icons.LICENSE.txt -->\n"
        f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'
    )


def build(packages: Path = PACKAGES, vendor: Path = VENDOR) -> None:
    """Make `vendor` anew from the installed packages; nothing of an older run stays."""
    missing = [source for source in COPIES if not (packages / source).is_file()]
    if missing:
        raise AssetError(f"Not in {packages.name}: {', '.join(missing)}. Run make environment.")
    icons = sprite(icon_names(ICON_NAMES.read_text("utf-8")), packages / OUTLINE)
    shutil.rmtree(vendor, ignore_errors=True)
    for source, target in COPIES.items():
        content = (packages / source).read_bytes()
        path = vendor / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(SOURCE_MAP.sub(b"\n", content) if path.suffix == ".css" else content)
    (vendor / "icons.svg").write_text(icons, "utf-8")


def _symbol(name: str, source: str) -> str:
    found = SVG.search(source)
    if not found:
        raise AssetError(f"The icon {name} is not an SVG document.")
    drawing = " ".join(GROUND.sub("", found[1]).split())
    return f'<symbol id="{name}" viewBox="0 0 24 24">{drawing}</symbol>'


if __name__ == "__main__":
    try:
        build()
    except AssetError as error:
        sys.exit(str(error))
