"""When a process of several threads looks for garbage: between pieces of work, never in the middle of one.

Python 3.11 looks while it makes an object. Where that is the `__dict__` of another object, and throwing something away
lets a second thread ask for the same `__dict__`, both get one over the same values; these are given back twice, and the
process ends by a fault. Threads share the tables and statements of the application, so this happens under load. From
3.12 on Python looks between two steps of a program, as is done here.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SOME = 2_000  # objects made and not given back, from which a look is worth it
OFTEN = 20  # looks at young objects, after which old ones are looked at too


@contextmanager
def only_between() -> Iterator[None]:
    """Let Python not look by itself inside the block."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def look() -> None:
    """Throw away what nobody can reach, if there may be much; call it where a piece of work has ended."""
    young, _, looks = gc.get_count()
    if looks >= OFTEN:
        gc.collect()
    elif young >= SOME:
        gc.collect(1)
