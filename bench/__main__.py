"""Take every measurement, or those named: python -m bench [NAME …]"""

import sys

from bench import books, desk, papers, proposals, submissions
from bench.measure import show, take

ROOMS = (desk, papers, books, proposals, submissions)
MEASUREMENTS = {name: one for room in ROOMS for name, one in room.MEASUREMENTS.items()}


def main(names: list[str]) -> int:
    """Print one line per figure; return 1 if one is above its limit."""
    if unknown := set(names) - set(MEASUREMENTS):
        sys.exit(f"No measurement is called {', '.join(sorted(unknown))}. There are: {', '.join(MEASUREMENTS)}.")
    figures = []
    for name in names or MEASUREMENTS:
        figures.append(take(name, MEASUREMENTS[name]))
        show(figures[-1])
    return int(any(figure.verdict == "fail" for figure in figures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
