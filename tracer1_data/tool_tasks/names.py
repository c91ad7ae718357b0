"""Invented names for rows, files and pages. A fifth of them is kept for the held-out split and never occurs in training tasks.

A name is two syllables (``Maren``, ``Tolin``): easy to read in a picture, and made of parts that all names share, so that a
planner which copies can copy one that it never saw. Where one is a word of some language, that means nothing.
"""

from __future__ import annotations

import random
from itertools import count
from typing import Literal, get_args

Split = Literal["train", "heldout"]
SPLITS: tuple[Split, ...] = get_args(Split)

_FIRST = (
    "Ba", "Be", "Da", "De", "Do", "Fa", "Fe", "Ga", "Ka", "Lo", "Ma", "Me", "Mo", "Na", "No", "Ra", "Re", "Ro", "Sa", "Se",
    "So", "Ta", "Te", "To", "Va",
)  # fmt: skip
_SECOND = (
    "bel", "bor", "dan", "den", "din", "dor", "kan", "len", "lin", "lor", "mar", "men", "mir", "mon", "nar", "ner", "nor",
    "ran", "rel", "ren", "ric", "rin", "ron", "sel", "son", "tan", "tel", "ten", "tor", "van", "ven", "vin",
)  # fmt: skip
_ALL = [first + second for first in _FIRST for second in _SECOND]
NAMES: dict[Split, tuple[str, ...]] = {
    "train": tuple(name for number, name in enumerate(_ALL) if number % 5),
    "heldout": tuple(_ALL[::5]),
}


class Names:
    """Draws names of one split. The name of a file is never given twice."""

    def __init__(self, split: Split) -> None:
        self._names = NAMES[split]
        self._taken: set[str] = set()

    def rows(self, chance: random.Random, number: int) -> list[str]:
        """So many different names."""
        return chance.sample(self._names, number)

    def stem(self, chance: random.Random, what: str) -> str:
        """A new file name without its ending: ``maren_prices``; ``maren_prices2`` when all names were given."""
        start = chance.randrange(len(self._names))
        order = [name.lower() for name in (*self._names[start:], *self._names[:start])]
        stems = (f"{name}_{what}{turn if turn > 1 else ''}" for turn in count(1) for name in order)
        stem = next(stem for stem in stems if stem not in self._taken)
        self._taken.add(stem)
        return stem
