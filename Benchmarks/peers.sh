#!/usr/bin/env bash
# Installs the runtimes that Benchmarks/compare.py compares with into Benchmarks/.peers, which git ignores.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
peers="$here/.peers"
stamp="$peers/requirements.txt"
if cmp -s "$here/requirements.txt" "$stamp"; then exit 0; fi

python3 -m venv --clear "$peers/venv"
# Without dependencies: the list is complete, and what it leaves out is large and not needed.
"$peers/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$here/requirements.txt"
cp "$here/requirements.txt" "$stamp"
