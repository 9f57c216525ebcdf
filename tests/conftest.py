"""One application per engine and worker; every test begins with an empty fund office."""

import gc
import io
import os
import pickle
import shutil
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import event
from sqlalchemy.orm import Session, UOWTransaction

from config import Config, Environment, Mail
from mptf import create_app
from mptf.cli import migrations
from mptf.core import clock
from mptf.core.db import db
from mptf.core.files import Store
from mptf.fund.models import Fund
from mptf.organisations.models import Organisation, OrganisationKind
from mptf.policy import Role, Viewer
from tests.factories import Make
from tests.support import memory, postgres, rows, scope, templates
from tests.support.spread import Spread

if TYPE_CHECKING:
    from tests.matrix import Stage

ENGINES = ("sqlite", "postgresql")
BASE = pytest.StashKey[str | None]()
BUILT = "built"
T = TypeVar("T")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=ENGINES, help="run on one engine only")
    today = datetime.now(UTC).toordinal() % len(ENGINES)
    parser.addoption("--turn", type=int, default=today, help="which half of the tests runs on which engine")


def pytest_report_header(config: pytest.Config) -> str:
    """Say how the run can be repeated on another day."""
    return f"by turns: --turn {config.getoption('turn')}"


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.begin_run()
        if config.option.basetemp is None:
            config.option.basetemp = config.stash[BASE] = memory.folder()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.stop()
        if base := config.stash.get(BASE, None):
            shutil.rmtree(base, ignore_errors=True)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        marks = {"postgresql": [pytest.mark.postgres]}
        engines = [pytest.param(engine, marks=marks.get(engine, [])) for engine in _engines(metafunc)]
        metafunc.parametrize("engine", engines, scope="session")


def _engines(metafunc: pytest.Metafunc) -> tuple[str, ...]:
    """Return the engines a test runs on: one by turns, if it does not say otherwise and nobody asked for one."""
    marked = {mark.name for mark in metafunc.definition.iter_markers()}
    if marked & {"browser", "one_engine"}:  # what a browser shows, who may do what, and templates do not differ
        return ("sqlite",)
    possible = ("postgresql",) if "postgres" in marked else ENGINES
    if wanted := metafunc.config.getoption("engine"):
        return tuple({wanted} & set(possible))
    turn = zlib.crc32(metafunc.definition.name.encode()) + metafunc.config.getoption("turn")
    return possible if "both_engines" in marked else (possible[turn % len(possible)],)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Spread:
    """Share the tests out among the workers."""
    return Spread(config, log)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass by what stays until the end, and pass less often: a test makes little."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_sessionfinish() -> None:
    """Look for garbage once at the end: the five looks that follow, for warnings, then pass by what stays."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let long tests of an engine begin before its short ones, so that no worker waits for another at the end."""
    place = {engine: number for number, engine in enumerate(dict.fromkeys(map(_engine_of, items)))}
    items.sort(key=lambda item: (place[_engine_of(item)], item.get_closest_marker("slow") is None))


def _engine_of(item: pytest.Item) -> str | None:
    named = getattr(item, "callspec", None)
    return str(named.params["engine"]) if named and "engine" in named.params else None


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name no test by the bytes of a file: an archive holds the time it was packed, and workers must agree."""
    return argname if isinstance(val, bytes) else None


def build_schema(url: str) -> None:
    """Let an empty database be at the newest revision, as a real one is."""
    templates.fill(url, migrate)


def migrate(url: str) -> None:
    """Bring an empty database to the newest revision, step by step, and leave no connection open."""
    app = create_app(configuration(url, Path("unused")))
    with app.app_context():
        migrations.upgrade()
        db.engine.dispose()


def configuration(url: str, folder: Path) -> Config:
    """Return the settings of a test installation."""
    return Config(
        environment=Environment.TEST,
        secret_key=postgres.secret(),
        database_url=url,
        data_folder=folder,
        base_url="http://localhost",
        mail=Mail(host="127.0.0.1", port=1),
    )


@dataclass(frozen=True)
class Installation:
    """An application, and how its data become empty again."""

    app: Flask
    engine: str
    folder: Path
    template: Path | None

    def keep(self, copy: Path) -> None:
        """Keep all data as they are now in a new folder."""
        copy.mkdir()
        _copy_files(self.folder, copy)
        with self.app.app_context():
            if not self.template:
                with db.engine.begin() as connection:
                    rows.put_aside(connection, copy)
                return
            db.engine.dispose()  # the last connection that closes writes everything into the one file
        shutil.copyfile(self.folder / "mptf.db", copy / "mptf.db")

    def bring_back(self, copy: Path) -> None:
        """Let all data be what was kept."""
        self._forget_files()
        _copy_files(copy, self.folder)
        if self.template:
            self._put(copy / "mptf.db")
            return
        with self.app.app_context(), db.engine.begin() as connection:
            rows.bring_back(connection, copy)

    def empty(self) -> None:
        """Forget everything the last test did."""
        self._forget_files()
        if self.template:
            self._put(self.template)
            return
        with self.app.app_context(), db.engine.begin() as connection:
            rows.empty(connection)

    def _forget_files(self) -> None:
        shutil.rmtree(self.folder / "files", ignore_errors=True)

    def _put(self, database: Path) -> None:
        with self.app.app_context():
            db.engine.dispose()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.folder / 'mptf.db'}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(database, self.folder / "mptf.db")


def _copy_files(kept: Path, to: Path) -> None:
    if (kept / "files").exists():
        shutil.copytree(kept / "files", to / "files")


class _Packer(pickle.Pickler):
    """Pack what was built, but neither the application nor its factories, of which there is one."""

    def persistent_id(self, thing: object) -> str | None:
        return type(thing).__name__ if isinstance(thing, Flask | Make) else None


class _Unpacker(pickle.Unpickler):
    """Unpack it, with the application and the factories that are there now."""

    def __init__(self, packed: io.BytesIO, app: Flask) -> None:
        super().__init__(packed)
        self._there = {"Flask": app, "Make": Make(app)}

    def persistent_load(self, name: str) -> object:
        return self._there[name]


@dataclass(frozen=True)
class Once:
    """What tests begin with: built by the first worker that asks for it, brought back for every other test."""

    installation: Installation

    def __call__(self, build: Callable[[Make], T]) -> T:
        """Return what `build(make)` made over empty tables, with all data as they were right after it.

        It is called in a context of the application and commits. Its rows come detached and new for every test; the
        application and its factories may stand in it.
        """
        copy = self._copy(build)
        self.installation.bring_back(copy)
        return cast(T, _Unpacker(io.BytesIO((copy / BUILT).read_bytes()), self.installation.app).load())

    def again(self, build: Callable[[Make], object]) -> None:
        """Let all data be as they were right after `build(make)`."""
        self.installation.bring_back(self._copy(build))

    def _copy(self, build: Callable[[Make], object]) -> Path:
        """Return the folder of what was built; its last file is what was returned."""
        name = f"{build.__module__}.{build.__qualname__}-{self.installation.engine}"
        copy = postgres.run_folder() / name
        if not (copy / BUILT).exists():
            with postgres.alone(name):
                if not (copy / BUILT).exists():
                    self._build(build, copy)
        return copy

    def _build(self, build: Callable[[Make], object], copy: Path) -> None:
        app = self.installation.app
        shutil.rmtree(copy, ignore_errors=True)  # of one that was broken off
        self.installation.empty()
        with app.app_context(), (packed := io.BytesIO()):
            _Packer(packed).dump(build(Make(app)))
            built = packed.getvalue()
        self.installation.keep(copy)
        growing = copy / "growing"  # others look for the whole file without waiting
        growing.write_bytes(built)
        growing.rename(copy / BUILT)


@pytest.fixture(scope="session")
def installation(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Make one application for this engine in this worker."""
    folder = tmp_path_factory.mktemp(engine)
    template: Path | None = None
    if engine == "sqlite":
        template = templates.sqlite(migrate)
        url = f"sqlite:///{folder / 'mptf.db'}"
    else:
        server = postgres.start()
        postgres.create_template(server, migrate)
        url = postgres.clone(server, os.environ.get("PYTEST_XDIST_WORKER", "main"))
    app = create_app(configuration(url, folder))
    app.config["WTF_CSRF_ENABLED"] = False  # tests/test_headers.py switches it on
    app.test_client_class = CarefulClient
    app.teardown_request(_note_uncommitted)
    _compile_once(app)
    yield Installation(app, engine, folder, template)
    with app.app_context():
        db.engine.dispose()


def _compile_once(app: Flask) -> None:
    """Keep every compiled statement, of which a web worker keeps few, and share compiled templates among workers."""
    with app.app_context():
        db.engine.update_execution_options(compiled_cache={})
    compiled = postgres.run_folder() / "compiled"
    compiled.mkdir(exist_ok=True)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))


@pytest.fixture(scope="session")
def staged(installation: Installation) -> "Callable[[], Stage]":
    """Return a way to have the world of the matrix as it was built."""
    from tests import matrix

    once = Once(installation)
    built = once(matrix.stage)

    def again() -> "Stage":
        once.again(matrix.stage)
        return built

    return again


@pytest.fixture(scope="session")
def once(installation: Installation) -> Once:
    """Return a way to build what tests begin with only once for each engine."""
    return Once(installation)


@pytest.fixture
def app(installation: Installation) -> Flask:
    """Return the application over empty tables."""
    installation.empty()
    return installation.app


@pytest.fixture
def ctx(app: Flask) -> Iterator[Flask]:
    """Push an application context, for tests that call services."""
    with app.app_context():
        yield app


@pytest.fixture
def store(app: Flask) -> Store:
    """Return the content store."""
    files: Store = app.extensions["files"]
    return files


@pytest.fixture
def make(app: Flask) -> Make:
    """Return the factories."""
    return Make(app)


@pytest.fixture
def fund(ctx: Flask, make: Make) -> Fund:
    """Return a fund, for tests that call services."""
    return make.fund()


@pytest.fixture
def officer(make: Make, fund: Fund) -> Viewer:
    """Return an officer of the fund's Secretariat."""
    return make.viewer(Role.SECRETARIAT_OFFICER, fund)


@pytest.fixture
def head(make: Make, fund: Fund) -> Viewer:
    """Return the head of the fund's Secretariat."""
    return make.viewer(Role.SECRETARIAT_HEAD, fund)


@pytest.fixture
def agent(make: Make, fund: Fund) -> Viewer:
    """Return a user of the Administrative Agent."""
    return make.viewer(Role.ADMINISTRATIVE_AGENT, fund)


@pytest.fixture
def undp(make: Make) -> Organisation:
    """Return a participating organisation."""
    return make.organisation("UNDP", OrganisationKind.PUNO)


@pytest.fixture
def sweden(make: Make) -> Organisation:
    """Return a contributor."""
    return make.organisation("Sweden")


@pytest.fixture
def donor(sweden: Organisation) -> Organisation:
    """Return the contributor of a test that needs one alone."""
    return sweden


@pytest.fixture
def norway(make: Make) -> Organisation:
    """Return another contributor."""
    return make.organisation("Norway")


@pytest.fixture
def mid_july() -> Iterator[None]:
    """Let it be the morning of 15 July 2026, between the instalments that tests plan."""
    with clock.at(datetime(2026, 7, 15, 9, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client nobody has signed in with."""
    return app.test_client()


class CarefulClient(FlaskClient):
    """A client that fails the test when a request leaves changes uncommitted."""

    def open(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        _uncommitted.clear()
        response = super().open(*args, **{"buffered": True, **kwargs})
        assert not _uncommitted, f"the request left uncommitted changes: {_uncommitted}"
        return response


_uncommitted: list[str] = []


event.listen(Session, "do_orm_execute", scope.check)


@event.listens_for(Session, "after_flush")
def _changed(session: Session, _context: UOWTransaction) -> None:
    changed = [type(row).__name__ for row in (*session.new, *session.dirty, *session.deleted)]
    session.info.setdefault("flushed", []).extend(changed)


@event.listens_for(Session, "after_commit")
@event.listens_for(Session, "after_rollback")
def _settled(session: Session) -> None:
    session.info.pop("flushed", None)


def _note_uncommitted(_error: BaseException | None) -> None:
    session = db.session()
    _uncommitted.extend(session.info.get("flushed", []))
    _uncommitted.extend(type(row).__name__ for row in (*session.new, *session.dirty, *session.deleted))
