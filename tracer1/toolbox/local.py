"""The tools that run here, by name, and what each needs for that."""

from __future__ import annotations

import functools
import importlib.util
import platform
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Literal

from tracer1.toolbox import computation, corpus_search, documents, pictures
from tracer1.toolbox.base import ToolResult
from tracer1.toolbox.bench import INSIDE, Bench

Needs = Literal["calls", "code", "corpus"]
INSTALL = "pip install 'tracer1[tools]'"
_LIBRARIES = ("markitdown", "matplotlib", "numpy", "pandas", "pillow", "sympy")
_PROGRAMS = "/usr/bin:/bin"  # of the sandbox


@dataclass(frozen=True)
class Local:
    """``work`` carries out a call. ``needs``: the sandbox for tools, the one for programs, or a corpus. ``packages`` must be
    installed, ``program`` be found; ``modules`` (of ``tracer1.toolbox.inside``) are loaded before the first call."""

    work: Callable[[Bench, Mapping[str, Any]], Awaitable[ToolResult | str]]
    needs: Needs = "calls"
    packages: tuple[str, ...] = ()
    program: str = ""
    modules: tuple[str, ...] = ()

    def lacks(self, has_corpus: bool) -> str:
        """What is missing on this machine, and the fix; empty when nothing is."""
        if missing := [name for name in self.packages if importlib.util.find_spec(name) is None]:
            return f"needs {', '.join(missing)}: {INSTALL}"
        if self.program and shutil.which(self.program, path=_PROGRAMS) is None:
            return f"needs the program {self.program}: apt-get install {self.program}-ocr"
        if self.needs == "corpus" and not has_corpus:
            return "needs a corpus (a folder or a .jsonl file) or an endpoint"
        return ""


_OCR = {"program": "tesseract", "modules": ("characters",)}
_CORPUS: dict[str, Any] = {"needs": "corpus", "packages": ("bm25s", "bs4")}
LOCAL: dict[str, Local] = {
    "inspect_file_as_text": Local(documents.inspect_file, packages=("markitdown",), modules=("documents",)),
    "ocr": Local(documents.ocr, **_OCR),
    "OCR": Local(documents.gta_ocr, **_OCR),
    "calculator": Local(computation.calculate, modules=("computation",)),
    "Calculator": Local(computation.calculate, modules=("computation",)),
    "Solver": Local(computation.solve, packages=("sympy",), modules=("computation", "libraries")),
    "Plot": Local(computation.plot, packages=("matplotlib",), modules=("computation", "libraries")),
    "python": Local(computation.run_python, needs="code", modules=("libraries",)),
    "crop": Local(pictures.crop, modules=("pictures",)),
    "zoom": Local(pictures.zoom, modules=("pictures",)),
    "DrawBox": Local(pictures.draw_box, modules=("pictures",)),
    "AddText": Local(pictures.add_text, modules=("pictures",)),
    "search": Local(corpus_search.search, **_CORPUS),
    "GoogleSearch": Local(corpus_search.google_search, **_CORPUS),
    "informational_web_search": Local(corpus_search.search, **_CORPUS),
    "navigational_web_search": Local(corpus_search.open_first, **_CORPUS),
    "visit_page": Local(corpus_search.visit_page, **_CORPUS),
}


def preload(names: Iterable[str]) -> tuple[str, ...]:
    """The modules that a sandbox has loaded for these tools."""
    return tuple(dict.fromkeys(f"{INSIDE}.{module}" for name in names for module in LOCAL[name].modules))


@functools.cache
def versions(name: str) -> tuple[str, ...]:
    """What a tool works with here: with other software its results are others. Runs its program, the first time."""
    found = [f"python {platform.python_version()}"]
    for library in _LIBRARIES:
        try:
            found.append(f"{library} {metadata.version(library)}")
        except metadata.PackageNotFoundError:
            continue
    if program := shutil.which(LOCAL[name].program or "/", path=_PROGRAMS):
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        found += (told.stdout + told.stderr).splitlines()[:1]
    return tuple(found)
