"""What the text people bring may hold: signs that can be shown, and one at least that is seen.

Forms, the cells of tables and the names of files ask here, so that all of them refuse the same.
"""

import unicodedata

from mptf.core.errors import N_, RuleBroken

NOT_SHOWN = N_("The text holds a character that cannot be shown. Type it again.")

# Control characters, halves of a character, and what ends a line or a paragraph.
_NEVER_SHOWN = frozenset({"Cc", "Cs", "Zl", "Zp"})
# They turn round what stands behind them: a name printed with one changes the words of others.
_TURNING = frozenset("\u202d\u202e")
_BREAKS = frozenset("\t\n\r\u2028\u2029")
# They join and part the letters of some scripts, and the parts of one picture.
_JOINERS = frozenset("\u200c\u200d")
# Letters and a symbol that are drawn as nothing.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def keep_line(text: str, field: str | None = None) -> None:
    """Refuse a line with a sign that cannot be shown in one."""
    if any(map(_unfit, text)):
        raise RuleBroken(NOT_SHOWN, field=field)


def keep_lines(text: str, field: str | None = None) -> None:
    """Refuse a text of several lines with a sign that cannot be shown."""
    if any(_unfit(sign) and sign not in _BREAKS for sign in text):
        raise RuleBroken(NOT_SHOWN, field=field)


def seen(text: str) -> bool:
    """Tell whether a text shows anything: a letter, a number, a punctuation mark or a symbol."""
    return any(unicodedata.category(sign)[0] in "LNPS" and sign not in _BLANK for sign in text)


def fit_for_a_name(text: str) -> str:
    """Return a text without the signs no file can be called by; what joins letters stays."""
    return "".join(
        sign for sign in text if not _unfit(sign) and (unicodedata.category(sign) != "Cf" or sign in _JOINERS)
    )


def _unfit(sign: str) -> bool:
    return sign in _TURNING or unicodedata.category(sign) in _NEVER_SHOWN
