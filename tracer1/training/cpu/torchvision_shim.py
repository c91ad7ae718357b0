"""Makes a CUDA build of torchvision (the only one on the Python package index) importable beside a CPU build of torch.

Its compiled part cannot load, and its Python part then fails while it registers fake kernels for operators that do not
exist. Declaring the two operators first is enough: the image transforms that Qwen-VL processors use are plain Python.
Every process needs this before its first torchvision import, vLLM's included, so it is started by a ``.pth`` file
(:mod:`tracer1.training.cpu.install`). It costs nothing until torchvision is imported and does nothing where that loads.

This file is also copied beside the ``.pth``: it must not import anything of TraceR1.
"""

from __future__ import annotations

import ctypes
import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from types import ModuleType

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_kept: list[object] = []


class _BeforeTorchvision(importlib.abc.MetaPathFinder):
    """Steps in once, when torchvision is about to be imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "torchvision":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None and spec.origin is not None:
            _declare_if_broken(os.path.join(os.path.dirname(spec.origin), "_C.so"))
        return spec


def _declare_if_broken(library: str) -> None:
    try:
        import torch
    except ImportError:
        return
    if torch.version.cuda is not None or torch.version.hip is not None or not os.path.exists(library):
        return
    try:
        ctypes.CDLL(library)
    except OSError:
        declared = torch.library.Library("torchvision", "DEF")
        for schema in _SCHEMAS:
            declared.define(schema)
        _kept.append(declared)


def start() -> None:
    """Wait for torchvision's import. Does nothing the second time."""
    waiting = any(type(finder).__name__ == _BeforeTorchvision.__name__ for finder in sys.meta_path)
    if "torchvision" not in sys.modules and not waiting:
        sys.meta_path.insert(0, _BeforeTorchvision())
