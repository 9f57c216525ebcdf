"""Hash one password, or compare it with a kept hash, in a process of its own. Run by `passwords`.

What is asked comes as JSON on standard input, so that no password stands in a list of processes; the answer goes out
as JSON: a hash, or whether the password is the kept one.
"""

import json
import resource
import sys
from dataclasses import asdict, dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError


@dataclass(frozen=True)
class Asked:
    """A password as it is hashed, the hash to compare it with, if any, and the costs of a new one."""

    password: str
    kept: str | None
    memory_kib: int
    passes: int

    def written(self) -> str:
        """Return it as it goes to the process."""
        return json.dumps(asdict(self))


def hasher(memory_kib: int, passes: int) -> PasswordHasher:
    """Return what hashes with argon2id at these costs, in one lane."""
    return PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)


def answer(asked: Asked) -> str | bool:
    """Return the hash, or whether the password is the kept one; without the memory for it, neither is told."""
    argon2id = hasher(asked.memory_kib, asked.passes)
    if asked.kept is None:
        return argon2id.hash(asked.password)
    try:
        return argon2id.verify(asked.kept, asked.password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def main() -> None:
    """Answer what is asked on standard input, and leave no picture of the memory behind whatever happens."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write(json.dumps(answer(Asked(**json.load(sys.stdin)))))


if __name__ == "__main__":
    main()
