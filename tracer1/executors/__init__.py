"""Frozen tool agents. ``load_executor(name, **options)`` gives one by name; ``EXECUTORS`` lists them.

``accessibility`` takes no options. ``ui_tars``, ``ui_tars_1_5`` and ``qwen3_vl`` are models behind servers
(:mod:`tracer1.executors.served`), and their options are :class:`tracer1.executors.options.ServedOptions`. Those of ``ocr`` are
:class:`tracer1.executors.ocr.OcrOptions`, of ``browser`` :class:`tracer1.executors.browser.BrowserOptions`, of ``toolbox`` in
:mod:`tracer1.executors.toolbox`. ``README.md`` says how to use them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer1.executors.accessibility import AccessibilityExecutor
from tracer1.executors.base import Executor

SERVED = ("ui_tars", "ui_tars_1_5", "qwen3_vl")
"""Those that are models behind servers."""
GROUNDERS = ("accessibility", *SERVED, "ocr", "browser")
"""Those that find places. A call of a tool they only repeat: they carry none out."""
NEED_SCREENSHOT = (*SERVED, "ocr")
"""Those that look at the row's screenshot, and must be given it."""


def _accessibility(**options: Any) -> Executor:
    if options:
        raise ValueError(f"executor accessibility takes no options, got {', '.join(options)}")
    return AccessibilityExecutor()


def _served(name: str) -> Callable[..., Executor]:
    def make(**options: Any) -> Executor:
        from tracer1.executors import qwen3_vl, served, ui_tars  # with their HTTP client, when one is used

        forms = {form.name: form for form in (ui_tars.UI_TARS, ui_tars.UI_TARS_1_5, qwen3_vl.QWEN3_VL)}
        return served.served(forms[name], options)

    return make


def _ocr(**options: Any) -> Executor:
    from tracer1.executors.ocr import ocr_executor

    return ocr_executor(**options)


def _browser(**options: Any) -> Executor:
    from tracer1.executors.browser import browser_executor

    return browser_executor(**options)


def _toolbox(**options: Any) -> Executor:
    from tracer1.executors.toolbox import toolbox_executor

    return toolbox_executor(**options)


EXECUTORS: dict[str, Callable[..., Executor]] = {
    "accessibility": _accessibility,
    **{one: _served(one) for one in SERVED},
    "ocr": _ocr,
    "browser": _browser,
    "toolbox": _toolbox,
}


def load_executor(name: str, /, **options: Any) -> Executor:
    """The executor of that name. Raises ValueError, naming those that exist, and for options that it cannot use."""
    if name not in EXECUTORS:
        raise ValueError(f"unknown executor {name!r}: use one of {', '.join(EXECUTORS)}")
    return EXECUTORS[name](**options)
