"""Draw one document in a process of its own: 40 MB that no web worker keeps. Run by `pdf`, which writes its orders.

Reads a template, its data and the moment of the file as JSON from standard input; writes the file to standard output.
"""

import json
import sys
from pathlib import Path

import typst

ROOT = Path(__file__).resolve().parents[2]
FONTS = ROOT / "static" / "vendor" / "noto-sans"
NO_SUCH_SIGN = "could not be displayed with font"


def draw(template: str, data: str, made: int) -> bytes:
    """Return the file; `made` is in seconds of the Unix epoch.

    What somebody typed may hold signs our fonts do not have. They are drawn as empty boxes, and the file does not
    claim to be archived or readable aloud: those standards refuse such a sign.
    """
    try:
        return _drawn(template, data, made, archived=True)
    except typst.TypstError as refusal:
        if NO_SUCH_SIGN not in str(refusal):
            raise
    return _drawn(template, data, made, archived=False)


def _drawn(template: str, data: str, made: int, *, archived: bool) -> bytes:
    return typst.compile(
        ROOT / "templates" / "paper" / template,
        root=ROOT,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"data": data},
        pdf_standards=["a-2a", "ua-1"] if archived else [],
        timestamp=made,
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(draw(**json.load(sys.stdin)))
