#!/usr/bin/env bash
# Makes the environment that TraceR1 runs in. Run it, or source it to have the environment activated as well.
# Doing it again is free while setup.py and the constraints are unchanged.
#
#   DEVICE=cpu|gpu      which veRL to install                      (default cpu)
#   VENV=folder         where the environment lives                (default: the active one, otherwise .venv)
#   EXTRAS=data,browser,tools,report,dev   what to install besides the device's part
set -euo pipefail

setup_fail() { echo "setup: $*" >&2; exit 1; }

setup_find_python() {
    local candidate
    for candidate in python3.11 python3.12 python3.10 python3; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
}

setup_system_packages() {
    local missing=() installer
    if [[ ",$EXTRAS," == *,browser,* ]]; then
        command -v chromium >/dev/null || command -v chromium-browser >/dev/null || missing+=(chromium)
        [[ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ]] || missing+=(fonts-dejavu-core)
    fi
    if [[ ",$EXTRAS," == *,tools,* ]]; then
        command -v tesseract >/dev/null || missing+=(tesseract-ocr)
    fi
    # Tools run code that a model wrote in it; nothing else needs it, so only root is asked to install it.
    [[ $EUID -ne 0 ]] || command -v bwrap >/dev/null || missing+=(bubblewrap)
    if [[ ! -x "$VENV/bin/python" ]]; then
        if [[ -z "$(setup_find_python)" ]]; then
            missing+=(python3 python3-venv)
        elif ! "$(setup_find_python)" -c 'import ensurepip' 2>/dev/null; then
            missing+=(python3-venv)
        fi
    fi
    ((${#missing[@]})) || return 0
    installer="apt-get install -y --no-install-recommends ${missing[*]}"
    command -v apt-get >/dev/null || setup_fail "please install: ${missing[*]}"
    [[ $EUID -eq 0 ]] || setup_fail "please run: sudo $installer"
    echo "setup: installing ${missing[*]}"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive $installer -qq >/dev/null ||
        setup_fail "apt-get could not install ${missing[*]}: see its message above"
}

setup_make_venv() {
    [[ -x "$VENV/bin/python" ]] && return
    local python
    python=$(setup_find_python)
    [[ -n "$python" ]] || setup_fail "needs Python 3.10, 3.11 or 3.12: please install one"
    echo "setup: making $VENV with $("$python" --version)"
    "$python" -m venv "$VENV" || setup_fail "$python cannot make environments: please install python3-venv"
}

# PyTorch's CPU build: where pip's own configuration knows it, from there, otherwise from PyTorch's index.
setup_install_torch() {
    "$VENV/bin/python" -c 'import torch, sys; sys.exit(torch.__version__ != "2.13.0+cpu")' 2>/dev/null && return
    "$VENV/bin/pip" install -q "torch==2.13.0+cpu" 2>/dev/null ||
        "$VENV/bin/pip" install -q --index-url https://download.pytorch.org/whl/cpu \
            "torch==2.13.0+cpu" "torchvision==0.28.0+cpu" ||
        setup_fail "found no CPU build of PyTorch 2.13.0: check the network, or pip's configuration"
}

setup_install() {
    echo "setup: installing TraceR1 and what it needs into $VENV (a few minutes)"
    "$VENV/bin/pip" install -q --upgrade pip
    local constraints=()
    if [[ $DEVICE == cpu ]]; then
        setup_install_torch
        constraints=(-c "$ROOT/recipes/constraints-cpu.txt")
    fi
    "$VENV/bin/pip" install -q "${constraints[@]}" -e "$ROOT[$DEVICE,$EXTRAS]" ||
        setup_fail "pip could not install TraceR1: see its message above"
    if [[ $DEVICE == cpu ]]; then
        "$VENV/bin/python" -m tracer1.training.cpu.install
    fi
}

DEVICE=${DEVICE:-cpu}
EXTRAS=${EXTRAS:-data,browser,tools,report,dev}
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=${VENV:-${VIRTUAL_ENV:-$ROOT/.venv}}
[[ $DEVICE == cpu || $DEVICE == gpu ]] || setup_fail "DEVICE is cpu or gpu, not '$DEVICE'"

SETUP_STAMP="$VENV/.tracer1"
SETUP_STATE="$ROOT $DEVICE $EXTRAS $(cat "$ROOT/setup.py" "$ROOT/recipes/constraints-cpu.txt" | sha256sum)"
if [[ ! -x "$VENV/bin/python" || "$(cat "$SETUP_STAMP" 2>/dev/null)" != "$SETUP_STATE" ]]; then
    setup_system_packages
    setup_make_venv
    setup_install
    echo "$SETUP_STATE" >"$SETUP_STAMP.new" && mv "$SETUP_STAMP.new" "$SETUP_STAMP"
fi
source "$VENV/bin/activate"
if [[ $DEVICE == cpu ]]; then
    export VERL_PLATFORM=cpu
fi
