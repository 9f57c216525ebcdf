"""What two ways to write a word have in common: small letters without their accents, the same on both engines.

A search compares nothing else: `folded` writes it of a text, `folded_in_sql` of a column. On SQLite the function is
ours (`db` teaches it every connection), on PostgreSQL an expression that does the same step by step.
"""

import re
import unicodedata
from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

_ACCENTS = re.compile("[\u0300-\u036f]")
# Letters with a stroke, and the one without its dot: Unicode takes nothing away from them.
_STROKES = ("ĐđŁłØøĦħı", "DdLlOoHhi")
_PLAIN = str.maketrans(*_STROKES)


def folded(text: str) -> str:
    """Return a text in small letters without accents: `ÖSTERREICH` and `österreich` are `osterreich`."""
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).translate(_PLAIN).lower()


class folded_in_sql(GenericFunction[str]):  # noqa: N801 - called like a function
    """The same of a column."""

    name = "folded"
    type = String()
    inherit_cache = True


@compiles(folded_in_sql, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    text = f"regexp_replace(normalize({compiler.process(element.clauses, **kw)}, NFKD), '[\\u0300-\\u036f]', '', 'g')"
    return f"lower(translate({text}, '{_STROKES[0]}', '{_STROKES[1]}'))"
