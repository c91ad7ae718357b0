#!/usr/bin/env bash
# Set up what the tests need, then run them: `bash tests/run.sh [pytest options]`. Those left out as too long: `bash tests/run.sh -m long`.
set -euo pipefail
cd "$(dirname "$0")/.."
source recipes/setup.sh
exec python -m pytest -q "$@"
