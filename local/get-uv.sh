#!/bin/sh
# Install uv, hash-pinned, into the virtual environment $1. Needs python3 3.11 or later. If python3 has
# no venv module (Debian, Ubuntu), root installs it; other users get a message.
set -eu
target=$1

say() { printf '%s\n' "$*" >&2; }

command -v python3 >/dev/null || { say "Install Python 3.11 or later first."; exit 1; }
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    say "This needs Python 3.11 or later; python3 is $(python3 -V)."
    exit 1
fi

if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        say "Python lacks its venv module: install it first, on Debian and Ubuntu with" \
            "'sudo apt-get install python3-venv'."
        exit 1
    fi
    say "Installing python3-venv with apt-get"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    apt-get -qq install --yes --no-install-recommends python3-venv >/dev/null
fi

say "Installing uv into $target"
python3 -m venv "$target"
"$target/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
