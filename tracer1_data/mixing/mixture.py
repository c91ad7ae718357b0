"""What a mixture file says: which sets of rows are mixed, how much of each, and which of their rows.

    seed: 1
    rows: 20000                      # of the whole; without it, as many as the weights allow without repeating a row
    sources:
      - rows: data/android_control   # a directory or file of prepared rows
        weight: 2                    # share of the mixture; where no source has one, all rows are taken
        cap: 5000                    # at most so many rows
        platforms: [mobile]          # the rest are filters: only rows of these platforms,
        steps: [1, 8]                # with so many steps in the reference (both included),
        stage2: true                 # whose first step can be executed

Paths are relative to the current directory. A key that is not known is an error, so that a typo does not change a training set
unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

PLATFORMS = ("web", "desktop", "mobile", "tool")
LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One source of a mixture. ``weight`` is None where all rows are taken, ``cap`` where there is no limit; a filter that is
    None lets everything pass."""

    rows: str
    weight: int | float | None = None
    cap: int | None = None
    platforms: tuple[str, ...] | None = None
    steps: tuple[int, int] | None = None
    stage2: bool = False


@dataclass(frozen=True, slots=True)
class Mixture:
    """What to mix. ``rows`` is None for as many as there can be."""

    sources: tuple[Entry, ...]
    seed: int = 0
    rows: int | None = None


def read_mixture(path: Path) -> Mixture:
    """Read a mixture file. Raises ValueError that names the key and what it must be."""
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise ValueError("a mixture file needs PyYAML: pip install 'tracer1[data]'") from error
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"{path} cannot be read as YAML: {error}") from error
    try:
        return to_mixture(data)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def to_mixture(data: Any) -> Mixture:
    """A mixture from the content of its file. Raises ValueError that names the key and what it must be."""
    given = _keys(data, "the file", Mixture)
    entries = given.pop("sources", None)
    if not isinstance(entries, list) or not entries:
        raise ValueError("sources: must be a list of sources, each with its rows")
    sources = tuple(_entry(entry, f"sources[{number}]") for number, entry in enumerate(entries))
    weighted = [source.weight is not None for source in sources]
    if any(weighted) and not all(weighted):
        raise ValueError(f"sources[{weighted.index(False)}].weight: is missing, but other sources have one")
    _check(given, "", {"seed": _is_seed, "rows": _is_count})
    return Mixture(sources, **given)


def _entry(data: Any, where: str) -> Entry:
    given = _keys(data, where, Entry)
    if "rows" not in given:
        raise ValueError(f"{where}.rows: is missing: name a directory or a file of prepared rows")
    _check(given, f"{where}.", _ENTRY)
    for name in ("platforms", "steps"):
        if name in given:
            given[name] = tuple(given[name])
    return Entry(**given)


def _keys(data: Any, where: str, kind: type) -> dict[str, Any]:
    known = [field.name for field in fields(kind)]
    if not isinstance(data, dict):
        raise ValueError(f"{where}: must be keys with values ({', '.join(known)}), got {_shown(data)}")
    if unknown := [str(key) for key in data if key not in known]:
        raise ValueError(f"{where}: unknown key {', '.join(unknown)}: use {', '.join(known)}")
    return dict(data)


Rule = Callable[[Any], str]


def _check(given: dict[str, Any], prefix: str, rules: dict[str, Rule]) -> None:
    for name, value in given.items():
        if wanted := rules[name](value):
            raise ValueError(f"{prefix}{name}: must be {wanted}, got {_shown(value)}")


def _shown(value: Any) -> str:
    return "nothing" if value is None else f"{value!r:.60}"


def _is_whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_seed(value: Any) -> str:
    return "" if _is_whole(value, 0) and value <= LARGEST_SEED else f"a whole number from 0 to {LARGEST_SEED}"


def _is_count(value: Any) -> str:
    return "" if _is_whole(value, 1) else "a whole number of at least 1"


def _is_path(value: Any) -> str:
    return "" if isinstance(value, str) and value else "the path of a directory or a file of prepared rows"


def _is_weight(value: Any) -> str:
    right = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")
    return "" if right else "a number above 0"


def _are_platforms(value: Any) -> str:
    right = isinstance(value, list) and value and all(name in PLATFORMS for name in value)
    return "" if right else f"a list of {', '.join(PLATFORMS)}"


def _are_steps(value: Any) -> str:
    right = isinstance(value, list) and len(value) == 2 and all(_is_whole(n, 1) for n in value) and value[0] <= value[1]
    return "" if right else "[least, most] with 1 <= least <= most"


def _is_switch(value: Any) -> str:
    return "" if isinstance(value, bool) else "true or false"


_ENTRY: dict[str, Rule] = {
    "rows": _is_path,
    "weight": _is_weight,
    "cap": _is_count,
    "platforms": _are_platforms,
    "steps": _are_steps,
    "stage2": _is_switch,
}
