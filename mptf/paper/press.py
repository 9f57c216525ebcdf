"""Draw one document in a process of its own: 40 MB that no web worker keeps. Run by `pdf`, which writes its orders.

Reads a template, its data and the moment of the file as JSON from standard input; writes the file to standard output.
"""

import json
import sys
from pathlib import Path

import typst

ROOT = Path(__file__).resolve().parents[2]
FONTS = ROOT / "static" / "vendor" / "noto-sans"


def draw(template: str, data: str, made: int) -> bytes:
    """Return the file; `made` is in seconds of the Unix epoch."""
    return typst.compile(
        ROOT / "templates" / "paper" / template,
        root=ROOT,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"data": data},
        pdf_standards=["a-2a", "ua-1"],
        timestamp=made,
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(draw(**json.load(sys.stdin)))
