#!/usr/bin/env bash
# OSWorld's own environment, runner, server and evaluators, without a virtual machine: bash osworld_run.sh OSWORLD RESULTS [PACKAGES]
#
# OSWORLD: a checkout of xlang-ai/OSWorld. RESULTS: a directory for what the runner writes. PACKAGES: a directory with Python packages
# that OSWorld and its server need and this Python lacks (README.md). The desktop is an X server, a window manager and a terminal in
# a sandbox without network, whose only writable directory that lasts is RESULTS.
set -euo pipefail
osworld=$(realpath "$1") packages=$(realpath "${3:-$1}")
mkdir -p "$2"
results=$(realpath "$2")
repository=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
python=${PYTHON:-python}
mapfile -t prefixes < <("$python" -c 'import sys; print(sys.prefix); print(sys.base_prefix)')

# Read-only: everything, and again what the empty directories would hide.
exec bwrap --unshare-all --uid 1000 --gid 1000 --die-with-parent --new-session --ro-bind / / --dev /dev --proc /proc \
    --tmpfs /tmp --tmpfs /home --tmpfs /root --tmpfs /run --tmpfs /mnt --dir /home/user/Desktop \
    --ro-bind "$repository" "$repository" --ro-bind "${prefixes[0]}" "${prefixes[0]}" --ro-bind "${prefixes[1]}" "${prefixes[1]}" \
    --ro-bind "$osworld" /mnt/osworld --ro-bind "$packages" /mnt/packages --bind "$results" /mnt/results \
    --clearenv --setenv HOME /home/user --setenv SHELL /bin/bash --setenv PATH /home/user/bin:/usr/local/bin:/usr/bin:/bin \
    --setenv LANG C.UTF-8 --setenv LC_ALL C.UTF-8 --setenv DISPLAY :15 --setenv XAUTHORITY /home/user/.Xauthority \
    --setenv XDG_SESSION_TYPE x11 --setenv PYTHONPATH "$repository:/home/user/stubs:/mnt/packages" --chdir /home/user \
    "$(command -v "$python")" "$repository/examples/local_benchmarks/osworld_desktop.py"
