"""What a dataset reader is: it names the parts of a dataset, and reads one part into trajectories.

A part is read by one worker from beginning to end, so memory depends on its largest episode only. ``parts`` gives them in a
fixed order and depends on nothing but the input. ``read`` never raises for a bad record: it yields a
:class:`~tracer1.trajectories.Fault` in its place, or puts a :class:`~tracer1.trajectories.Gap` into the trajectory.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tracer1.trajectories import Fault, Trajectory


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a dataset. ``files`` are what it is read from; ``start`` and ``stop`` are what the reader makes of them (a
    range of lines, bytes or episodes); ``weight`` is its share of the work; ``root`` is the dataset's directory."""

    name: str
    files: tuple[Path, ...]
    root: Path
    start: int = 0
    stop: int = 0
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset. ``splits`` are those that may be trained on, ``reserved`` those that a benchmark scores.
    ``files`` says that all its pictures are files, which its observations name in ``paths``.

    ``parts(input, split)`` raises ValueError, naming the file and the fix, when the input is not this dataset.
    """

    name: str
    what: str
    url: str
    licence: str
    splits: tuple[str, ...]
    reserved: tuple[str, ...]
    parts: Callable[[Path, str], Sequence[Part]]
    read: Callable[[Part, str], Iterator[Trajectory | Fault]]
    files: bool = False


def check_split(source: Source, split: str) -> None:
    """Raises ValueError for a split that a benchmark scores, or that the dataset does not have."""
    if split in source.reserved:
        raise ValueError(
            f"{source.name}: {split} is what the benchmark scores; training on it would make every result worthless. "
            f"Use {', '.join(source.splits)}"
        )
    if split not in source.splits:
        raise ValueError(f"{source.name} has no split {split!r}: use one of {', '.join(source.splits)}")


def load_source(name: str, known: dict[str, Source]) -> Source:
    """A source by name, or from your own file: ``path/to/reader.py:SOURCE`` or ``package.module:SOURCE``.

    Raises ValueError that lists the known ones, or names the file or module that is not there.
    """
    if name in known:
        return known[name]
    where, _, attribute = name.rpartition(":")
    if not where:
        raise ValueError(f"unknown source {name!r}: use one of {', '.join(known)}, or your own file.py:NAME")
    source = getattr(_module(where), attribute, None)
    if not isinstance(source, Source):
        raise ValueError(f"{where} has no Source called {attribute!r}")
    return source


def _module(where: str) -> ModuleType:
    if not where.endswith(".py"):
        return _installed(where)
    spec = importlib.util.spec_from_file_location(f"tracer1_source_{Path(where).stem}", where)
    if spec is None or spec.loader is None or not Path(where).is_file():
        raise ValueError(f"there is no file {where}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _installed(name: str) -> ModuleType:
    """A module by its name. What is missing within it is raised as it is."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            raise ValueError(f"there is no module {name}: name your reader as file.py:NAME") from error
        raise
