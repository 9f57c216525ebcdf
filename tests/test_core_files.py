"""The content store keeps bytes under their hash, or nothing at all."""

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from mptf.core import clock, files
from mptf.core.db import db
from mptf.core.errors import RuleBroken
from mptf.core.files import Store
from mptf.policy import Role
from tests.factories import Make


def test_bytes_stand_under_their_hash_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = store.keep(io.BytesIO(b"statement"), limit=100)
    assert store.keep(io.BytesIO(b"statement"), limit=100) == first
    assert first.size == 9
    assert store.path(first.sha256).read_bytes() == b"statement"
    assert len(list(store.blobs())) == 1
    assert not store.damaged(first.sha256)


def test_a_file_that_is_too_large_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(RuleBroken, match="larger than 1 MB"):
        store.keep(io.BytesIO(bytes(1_000_001)), limit=1_000_000)
    with pytest.raises(RuleBroken, match=r"larger than 0\.6 MB"):
        store.keep(io.BytesIO(bytes(600_001)), limit=600_000)
    assert list(store.blobs()) == []


def test_damage_is_found(tmp_path: Path) -> None:
    store = Store(tmp_path)
    blob = store.keep(io.BytesIO(b"statement"), limit=100)
    store.path(blob.sha256).write_bytes(b"forgery")
    assert store.damaged(blob.sha256)
    store.path(blob.sha256).unlink()
    assert store.damaged(blob.sha256)


@pytest.mark.parametrize(
    "given, kept",
    [("../../etc/passwd", "passwd"), ("C:\\Users\\x\\r.csv", "r.csv"), ("", "file"), ("Kosovo*.csv", "Kosovo*.csv"),
     ("a\nb.csv", "ab.csv"), ("a\r\nSet-Cookie: x.csv", "aSet-Cookie: x.csv"), ("\x7f\x1b[.csv", "[.csv"),
     ("\u202evsc.exe.csv", "vsc.exe.csv"), ("a\u2028b\x85.csv", "ab.csv"), ("\u200b", "file"), ("\ud800.csv", ".csv"),
     ("\u0646\u0627\u0645\u0647\u200c\u0647\u0627.pdf", "\u0646\u0627\u0645\u0647\u200c\u0647\u0627.pdf"),
     ("..", "file"), ("a/", "a"), (" \n ", "file"), ("été.csv", "été.csv")],
)  # fmt: skip
def test_a_name_is_a_name_and_not_a_path(ctx: Flask, make: Make, store: Store, given: str, kept: str) -> None:
    officer = make.viewer(Role.SECRETARIAT_OFFICER, make.fund())
    blob = store.keep(io.BytesIO(b"x"), limit=10)
    assert files.add(blob, name=given, media_type="text/csv", by=officer, fund_id=None).own_name == kept


def test_what_is_gone_is_said_in_words(tmp_path: Path) -> None:
    store = Store(tmp_path)
    blob = store.keep(io.BytesIO(b"statement"), limit=100)
    assert store.found(blob.sha256) == store.path(blob.sha256)
    store.path(blob.sha256).unlink()
    with pytest.raises(files.Gone, match="is missing in the store of the installation"):
        store.found(blob.sha256)


def test_the_sweeper_takes_only_old_blobs_nobody_names(ctx: Flask, make: Make, store: Store) -> None:
    officer = make.viewer(Role.SECRETARIAT_OFFICER, make.fund())
    named, loose, fresh = (store.keep(io.BytesIO(body), limit=10) for body in (b"named", b"loose", b"fresh"))
    files.add(named, name="n", media_type="text/plain", by=officer, fund_id=None)
    db.session.commit()
    long_ago = (clock.now() - timedelta(days=2)).timestamp()
    for blob in (named, loose):
        os.utime(store.path(blob.sha256), (long_ago, long_ago))
    assert files.sweep(store) == 1
    assert [store.damaged(blob.sha256) for blob in (named, loose, fresh)] == [False, True, False]
