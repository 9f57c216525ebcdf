"""Search rows: the words of an object beside its kind and public id, in the engine's own index.

Words are folded before they are indexed or asked for (`folding`), because the engines fold differently.
Rooms join the matches to what the person may see before anything is counted; what is called exactly as
was asked stands first, the rest by date, because relevance statistics tell of hidden files.
"""

import re
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    case,
    false,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import mapped_column

from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, db
from mptf.core.folding import folded, folded_in_sql

MOST_WORDS = 10
_WORD = re.compile(r"\w+")


class SearchRow(Base):
    """The words of one object, folded, and what it is called."""

    __tablename__ = "search_row"

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(40))
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"), index=True)
    updated_at: Mapped[datetime]
    called: Mapped[str]
    words: Mapped[str]

    __table_args__ = (
        UniqueConstraint("kind", "subject_id"),
        Index("ix_search_row_words", text("to_tsvector('simple', words)"), postgresql_using="gin").ddl_if("postgresql"),
    )


def _mirror(verb: str, body: str) -> None:
    """Keep the FTS5 table of SQLite in step with `search_row`."""
    name = f"search_row_after_{verb}"
    ddl.register(ddl.Trigger(name, "search_row", sqlite=f"AFTER {verb.upper()} ON search_row BEGIN {body} END"))


_ADD = "INSERT INTO search_words(rowid, words) VALUES (new.id, new.words);"
_REMOVE = "INSERT INTO search_words(search_words, rowid, words) VALUES ('delete', old.id, old.words);"
_mirror("insert", _ADD)
_mirror("delete", _REMOVE)
_mirror("update", _REMOVE + _ADD)

ddl.virtual_table(
    "search_words",
    content="search_row",
    definition="fts5(words, content='search_row', content_rowid='id', tokenize='unicode61 remove_diacritics 2')",
)


def index(kind: str, subject_id: str, *, fund_id: int, words: str) -> None:
    """Put the present words of an object into the index; what it is called stands in the first line.

    Signs inside a word are taken out once more, because the engines do not agree on what `B-1` or `57,600` is.
    """
    row = db.session.scalars(select(SearchRow).filter_by(fund_id=fund_id, kind=kind, subject_id=subject_id)).first()
    if row is None:
        row = SearchRow(kind=kind, subject_id=subject_id, fund_id=fund_id)
        db.session.add(row)
    row.called, row.words = words.partition("\n")[0], f"{folded(words)}\n{' '.join(_words(words))}"
    row.updated_at = clock.now()


def forget(kind: str, subject_id: str, *, fund_id: int) -> None:
    """Take an object that was thrown away out of the index."""
    row = db.session.scalars(select(SearchRow).filter_by(fund_id=fund_id, kind=kind, subject_id=subject_id)).first()
    if row is not None:
        db.session.delete(row)


def matches(query: str, *, title: ColumnElement[str] | None = None) -> ColumnElement[bool]:
    """Return the condition that a search row holds every word of `query`, the last as a beginning.

    An object is also found by its present `title`: a contributor that was renamed, by both of its names.
    """
    words = _words(query)[:MOST_WORDS]
    if not words:
        return false()
    if title is None:
        return _indexed(words)
    return or_(_indexed(words), and_(*(folded_in_sql(title).contains(word, autoescape=True) for word in words)))


def nearest(query: str, names: ColumnElement[str], title: ColumnElement[str]) -> ColumnElement[int]:
    """Return how far an object is from what was asked: 0 where one of its names is just that, 1 where its title is.

    `names` holds each name in its line, as `waiting.result_columns` writes them.
    """
    asked = folded(query.strip())
    named = folded_in_sql(names).contains(f"\n{asked}\n", autoescape=True)
    titled = folded_in_sql(title) == asked
    return case((named, 0), (titled, 1), else_=2)


def _words(text: str) -> list[str]:
    return _WORD.findall(folded(text))


def _indexed(words: list[str]) -> ColumnElement[bool]:
    if db.engine.dialect.name == "sqlite":
        asked = " ".join(f'"{word}"' for word in words) + "*"
        found = text("SELECT rowid FROM search_words WHERE search_words MATCH :asked").bindparams(asked=asked)
        return SearchRow.id.in_(found)
    asked = " & ".join(words) + ":*"
    return func.to_tsvector(text("'simple'"), SearchRow.words).op("@@")(func.to_tsquery(text("'simple'"), asked))
