"""Finds and launches Chromium. ``TRACER1_CHROMIUM`` names a binary; else the system's, else Playwright's own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

CHROMIUM_VARIABLE = "TRACER1_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FIX = "install it with 'apt-get install chromium fonts-dejavu-core', or name a binary in TRACER1_CHROMIUM"
# Quiet (no network of its own), and drawn the same way on every machine: no GPU, no hinting, no subpixel text.
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--force-color-profile=srgb",
    "--disable-partial-raster",
)


class MissingBrowser(RuntimeError):
    """No Chromium could be found or started; the message says what to install."""


def find_chromium(playwright: Playwright | None = None) -> Path:
    """The Chromium binary to use. Raises MissingBrowser, with the fix, when there is none."""
    named = os.environ.get(CHROMIUM_VARIABLE)
    if named:
        if not os.access(named, os.X_OK):
            raise MissingBrowser(f"{CHROMIUM_VARIABLE}={named} is not an executable file: {_FIX}")
        return Path(named)
    for name in _NAMES:
        found = shutil.which(name, path=f"/usr/bin:{os.environ.get('PATH', '')}")
        if found:
            return Path(found)
    if playwright is not None and Path(playwright.chromium.executable_path).exists():
        return Path(playwright.chromium.executable_path)
    raise MissingBrowser(f"no Chromium found: {_FIX}")


def launch(playwright: Playwright) -> Browser:
    """Start a headless Chromium. Raises MissingBrowser when it is missing or does not start."""
    from playwright.sync_api import Error

    binary = find_chromium(playwright)
    try:
        return playwright.chromium.launch(executable_path=str(binary), args=list(_FLAGS))
    except Error as error:
        raise MissingBrowser(f"{binary} does not start ({str(error).splitlines()[0]}): {_FIX}") from error
