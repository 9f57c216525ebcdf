#!/bin/sh
# Install pinned requirements into .venv, which is made first where it is missing. uv installs: the
# machine's own, else the one that pip puts into .venv first; where there is neither, pip does it all,
# more slowly. Every package must match a hash of its pin.
# Usage: tools/install.sh [--target FOLDER] [requirements.txt ...]
set -eu
cd "$(dirname "$0")/.."

# Where an office's own proxy stands between, the machine knows its certificate; uv asks the machine only when told to.
for store in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    if [ -s "$store" ]; then export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1; fi
done

find_uv() {
    for candidate in uv .venv/bin/uv; do
        if "$candidate" --version >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

suitable_python() {
    for candidate in ${PYTHON:-} python3.11 python3 python3.12 python3.13; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

# The machine's pip serves too, and an environment without its own is made three seconds sooner.
python_with_pip() {
    for candidate in "$(suitable_python)" .venv/bin/python; do
        if "$candidate" -m pip --python .venv/bin/python --version >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    if .venv/bin/python -m ensurepip >/dev/null 2>&1; then echo .venv/bin/python; fi
}

# The pins are complete, and modules are compiled when they are first used.
by_pip() {
    "$(python_with_pip)" -m pip --python .venv/bin/python install --quiet --disable-pip-version-check --no-compile \
        --no-deps --require-hashes "$@"
}

if ! .venv/bin/python -c '' 2>/dev/null; then
    uv=$(find_uv)
    python=$(suitable_python)
    if [ -n "$uv" ]; then
        "$uv" venv --quiet --clear --python "${python:-3.11}" .venv
    elif [ -z "$python" ]; then
        echo "Python 3.11 or later is missing." >&2
        exit 1
    elif ! "$python" -m venv --clear --without-pip .venv || [ -z "$(python_with_pip)" ]; then
        rm -rf .venv
        echo "Python cannot make an environment here. On Debian: apt-get install python3-venv" >&2
        exit 1
    elif ! by_pip --only-binary :all: -r tools/requirements-uv.txt; then
        echo "uv cannot be installed here: pip installs the packages, more slowly."
    fi
fi

into=
if [ "${1:-}" = --target ]; then
    into="--target=$2"
    shift 2
fi
for pins in "$@"; do
    uv=$(find_uv)
    if [ -n "$uv" ]; then
        "$uv" pip install --quiet --python .venv/bin/python --require-hashes $into -r "$pins"
    else
        by_pip $into -r "$pins"
    fi
done
