"""How near an answer is to a reference text: what GTA's subjective queries, and the arguments of its picture tools, are scored by.

The original embeds both with sentence-transformers' ``all-mpnet-base-v2`` and takes the cosine, at least 0 (open-compass/GTA,
opencompass/datasets/gta_bench.py). Any function of two texts can be used; :class:`Embeddings` asks a server that speaks OpenAI's
``/embeddings``, which must serve that very model for the numbers to be comparable.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import httpx

Similarity = Callable[[str, str], float]
"""From two texts to a cosine, -1 to 1."""
MODEL = "sentence-transformers/all-mpnet-base-v2"


class SimilarityFailed(RuntimeError):
    """The embedding server gave no usable answer: nothing can be scored. The predictions are kept."""


def nearest(text: str, references: Iterable[str], similarity: Similarity) -> float:
    """The greatest similarity to a reference, within 0 and 1."""
    return max((min(1.0, max(0.0, similarity(text, one))) for one in references), default=0.0)


class Embeddings:
    """Cosine of two texts' embeddings from a server; each text is asked for once."""

    def __init__(self, url: str, model: str = MODEL, key: str = "", seconds: float = 60.0) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._url, self._model = f"{url.rstrip('/')}/embeddings", model
        self._client = httpx.Client(timeout=seconds, headers=headers, trust_env=False)
        self._known: dict[str, list[float]] = {}

    def __call__(self, one: str, other: str) -> float:
        """Raises :class:`SimilarityFailed`."""
        left, right = self._vector(one), self._vector(other)
        lengths = math.hypot(*left) * math.hypot(*right)
        return math.fsum(a * b for a, b in zip(left, right, strict=True)) / lengths if lengths else 0.0

    def _vector(self, text: str) -> list[float]:
        if text not in self._known:
            self._known[text] = self._ask(text)
        return self._known[text]

    def _ask(self, text: str) -> list[float]:
        try:
            response = self._client.post(self._url, json={"model": self._model, "input": [text]})
            response.raise_for_status()
            return [float(number) for number in response.json()["data"][0]["embedding"]]
        except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError) as error:
            reason = f"gave no embedding ({error!r:.200}): is {self._model} served there?"
            raise SimilarityFailed(f"{self._url} {reason}") from error
