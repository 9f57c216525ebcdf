"""What holds for every module: a declared place, imports at its head, one way for what all of them need."""

import ast
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "mptf").rglob("*.py"))
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

# What a web worker that reads pages does not need, by the memory it takes.
HEAVY = {
    "apscheduler",
    "flask_migrate",
    "icalendar",
    "openpyxl",
    "pandas",
    "pydantic",
    "pydantic_core",
    "xlsxwriter",
    "zxcvbn",
}
# They stand on Alembic.
BEHIND_ALEMBIC = {"mptf.cli.migrations", "mptf.cli.restore"}
# Everything: put together when somebody asks for the application.
WHOLE = {"mptf.application.assembled"}
# Each is loaded by an installation on its engine alone.
DRIVERS = {"psycopg", "pysqlite3"}


def test_every_room_has_an_order_that_names_all_its_modules() -> None:
    rooms = {f"mptf.{path.parent.name}" for path in (ROOT / "mptf").glob("*/__init__.py")}
    ordered = [room for contract in CONTRACTS if contract.get("exhaustive") for room in contract["containers"]]
    assert Counter(ordered) == Counter({"mptf", *rooms})


def test_only_what_is_heavy_is_imported_inside_a_function() -> None:
    inner = {path.relative_to(ROOT).as_posix(): _light_imports_in_functions(path) for path in MODULES}
    assert {path: names for path, names in inner.items() if names} == {}


def test_what_the_application_holds_is_read_in_one_place() -> None:
    reads = Counter(
        node.slice.value
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)
        if isinstance(node.value, ast.Attribute) and node.value.attr == "extensions"
        if isinstance(node.slice, ast.Constant)
    )
    assert reads == {"config": 2, "documents": 1, "files": 1, "passwords": 1}, "config: also while it is put together"


def test_an_answer_that_is_a_file_is_made_in_one_place() -> None:
    """`mptf.web.pages` alone gives it the headers without which a browser would open it (FIL-1)."""
    made = {
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        if _called(node) in {"Response", "send_file", "send_from_directory"}
    }
    assert made == {"mptf/web/pages.py"}


def test_what_must_be_filled_in_is_said_one_way() -> None:
    """`Needed` alone refuses spaces too."""
    others = ("InputRequired", "DataRequired")
    named = [path.relative_to(ROOT).as_posix() for path in MODULES if any(word in path.read_text() for word in others)]
    assert named == ["mptf/web/forms.py"]


def _light_imports_in_functions(path: Path) -> set[str]:
    names = {name for function in _functions(path) for node in ast.walk(function) for name in _imported(node)}
    return {name for name in names - BEHIND_ALEMBIC - WHOLE if name.partition(".")[0] not in HEAVY | DRIVERS}


def _functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]


def _called(node: ast.Call) -> str:
    named = node.func
    return named.attr if isinstance(named, ast.Attribute) else named.id if isinstance(named, ast.Name) else ""


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module if node.module in BEHIND_ALEMBIC else f"{node.module}.{name.name}" for name in node.names]
    return []
