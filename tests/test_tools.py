"""What make uses says what is wrong, and serves only what is named."""

import gc
import os
import runpy
import socket
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from flask import Flask

from mptf.core import garbage
from tools import assets, run

GUNICORN = Path(__file__).parents[1] / "deploy" / "gunicorn.conf.py"


def test_a_sprite_holds_each_named_icon_without_size_or_ink(tmp_path: Path) -> None:
    (tmp_path / "home.svg").write_text(
        '<svg width="24" stroke="currentColor"><path stroke="none" d="M0 0h24v24H0z" fill="none"/>\n'
        '<path d="M5 12l-2 0" /></svg>'
    )
    sprite = assets.sprite(["home"], tmp_path)
    assert '<symbol id="home" viewBox="0 0 24 24"><path d="M5 12l-2 0" /></symbol>' in sprite
    assert "stroke" not in sprite
    assert "24v24" not in sprite


def test_an_icon_that_does_not_exist_is_named(tmp_path: Path) -> None:
    (tmp_path / "home.svg").write_text("<svg></svg>")
    with pytest.raises(assets.AssetError, match="no Tabler outline icon named purse, wallet"):
        assets.sprite(["home", "purse", "wallet"], tmp_path)


def test_an_icon_list_has_comments_and_each_name_once() -> None:
    assert assets.icon_names("# icons\nhome  # start\n\ngavel\nhome\n") == ["gavel", "home"]


def test_assets_hold_nothing_of_an_older_run_and_no_source_map(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    assets.build(vendor=tmp_path)
    assert not (tmp_path / "old").exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"sourceMappingURL" in path.read_bytes()]


def test_packages_that_are_not_installed_are_named(tmp_path: Path) -> None:
    with pytest.raises(assets.AssetError, match=r"htmx\.org/dist/htmx\.min\.js"):
        assets.build(packages=tmp_path, vendor=tmp_path / "vendor")


def test_the_demonstration_key_is_made_once_and_private(tmp_path: Path) -> None:
    key = run.secret_key(tmp_path / "instance")
    assert len(key) == 64
    assert run.secret_key(tmp_path / "instance") == key
    assert stat.S_IMODE((tmp_path / "instance" / "secret_key").stat().st_mode) == 0o600


def test_make_run_is_the_demonstration_whatever_is_set(tmp_path: Path) -> None:
    given = {"MPTF_ENV": "production", "DATABASE_URL": "postgresql:///fund", "SECRET_KEY": "k" * 40}
    settings = run.settings(given, tmp_path, "http://127.0.0.1:9")
    assert settings["MPTF_ENV"] == "demo"
    assert settings["DATABASE_URL"] == "postgresql:///fund"
    assert settings["SECRET_KEY"] == "k" * 40


def test_a_port_in_use_is_refused_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(run.Trouble, match=f"Port {port} .* make run PORT="):
            run.require_free("127.0.0.1", port)


def test_a_part_that_ends_is_reported_with_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "jobs.log"
    part = run.start(("sh", "-c", "echo no database; exit 3"), log, os.environ)
    part.wait()
    with pytest.raises(run.Trouble, match=r"(?s)no database.*jobs process ended with code 3"):
        run.watch({log: part})


def test_a_part_that_will_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "LONGEST_END", 0.2)
    log = tmp_path / "web.log"
    part = run.start(("sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"), log, os.environ)
    while "deaf" not in log.read_text():
        pass
    run.end({log: part})
    assert part.returncode == -9


@pytest.mark.parametrize(
    "before,refuses,steps",
    [
        (False, False, ["prepare", "serve"]),
        (True, False, ["serve", "prepare"]),
        (True, True, ["serve", "prepare", "serve"]),
    ],
)
def test_a_folder_that_was_served_before_is_served_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bool, refuses: bool, steps: list[str]
) -> None:
    done: list[str] = []

    def serve(_desk: run.Desk) -> None:
        done.append("serve")
        if refuses and "prepare" not in done:
            raise run.Trouble("The database is at another revision.")

    monkeypatch.setattr(run.Desk, "serve", serve)
    monkeypatch.setattr(run, "prepare", lambda _environment: done.append("prepare"))
    if before:
        (tmp_path / "web.log").touch()
    run.Desk("127.0.0.1", 9, {}, tmp_path).open()
    assert done == steps


def test_a_worker_that_gave_back_what_it_took_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = bytearray(200 << 20)
    taken[:] = b"x" * len(taken)
    del taken
    monkeypatch.setenv("WEB_MEMORY", str((psutil.Process().memory_info().rss >> 20) + 20))
    monkeypatch.setitem(sys.modules, "rich", None)
    worker = SimpleNamespace(max_requests=77)
    runpy.run_path(str(GUNICORN))["pre_request"](worker, None)
    assert worker.max_requests == 77


@pytest.mark.parametrize("most,left", [("1", 0), ("100000", 77)])
def test_a_worker_that_has_grown_answers_one_request_more(
    monkeypatch: pytest.MonkeyPatch, most: str, left: int
) -> None:
    monkeypatch.setenv("WEB_MEMORY", most)
    monkeypatch.setitem(sys.modules, "rich", None)  # put aside by the settings, here until the end of the test
    worker = SimpleNamespace(max_requests=77)
    runpy.run_path(str(GUNICORN))["pre_request"](worker, None)
    assert worker.max_requests == left


def test_what_a_worker_cannot_answer_soon_waits_where_any_worker_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setenv("WEB_THREADS", "3")
    assert runpy.run_path(str(GUNICORN))["worker_connections"] == 24


def test_a_worker_looks_for_garbage_where_a_request_ends_and_never_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    settings, looked = runpy.run_path(str(GUNICORN)), []
    monkeypatch.setattr(garbage, "look", lambda: looked.append("looked"))
    try:
        settings["post_fork"](None, None)
        assert not gc.isenabled()
    finally:
        gc.enable()
    settings["post_request"](None, None, {}, None)
    assert looked == ["looked"]


def test_no_worker_looks_for_garbage_in_what_was_loaded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    passed_by, loaded = gc.get_freeze_count(), [[number] for number in range(1_000)]
    runpy.run_path(str(GUNICORN))["when_ready"](SimpleNamespace(app=SimpleNamespace(wsgi=lambda: app)))
    assert gc.get_freeze_count() >= passed_by + len(loaded)
