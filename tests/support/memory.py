"""Files of a test run stand in memory: each commit of SQLite waits for the disk, and nothing outlives the run."""

import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH = 2 << 30


def place() -> Path | None:
    """Return where files stand in memory; None where there is no such place, or too little of it."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ENOUGH:
        return None
    return MEMORY


def folder() -> str | None:
    """Make a folder in memory, if there is a place for one."""
    where = place()
    return tempfile.mkdtemp(prefix="mptf-tests-", dir=where) if where else None
