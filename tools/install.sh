#!/bin/sh
# Install pinned requirements into .venv, which is made first where it is missing: by uv where there is
# one, else by pip. Every package must match a hash of its pin.
# Usage: tools/install.sh [requirements.txt ...]
set -eu
cd "$(dirname "$0")/.."

has_uv() { uv --version >/dev/null 2>&1; }

suitable_python() {
    for candidate in ${PYTHON:-} python3.11 python3 python3.12 python3.13; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

if ! .venv/bin/python -c '' 2>/dev/null; then
    python=$(suitable_python)
    if has_uv; then
        uv venv --quiet --clear --python "${python:-3.11}" .venv
    elif [ -n "$python" ]; then
        "$python" -m venv --clear .venv || {
            echo "Python cannot make an environment here. On Debian: apt-get install python3-venv" >&2
            exit 1
        }
    else
        echo "Python 3.11 or later is missing." >&2
        exit 1
    fi
fi

for pins in "$@"; do
    if has_uv; then
        uv pip install --quiet --python .venv/bin/python --require-hashes -r "$pins"
    else
        .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
        # The pins are complete, and modules are compiled when they are first used.
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps \
            --require-hashes -r "$pins"
    fi
done
