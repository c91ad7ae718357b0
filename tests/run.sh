#!/usr/bin/env bash
# Set up what the tests need, then run them: `bash tests/run.sh [pytest options]`. Slow ones: `bash tests/run.sh -m slow`.
set -euo pipefail
cd "$(dirname "$0")/.."
source recipes/setup.sh
exec python -m pytest -q "$@"
