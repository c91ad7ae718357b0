"""The peers of ``gta.py``, loaded from their checkouts, with stand-ins for what their modules import and scoring does not need."""

from __future__ import annotations

import importlib.util
import math
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy

EVALUATOR = "opencompass/opencompass/datasets/gta_bench.py"
SCRIPT = "examples/gta/eval.py"


def similarity(one: str, other: str) -> float:
    """Cosine of how often each character occurs: stands for the sentence embedding, on both sides."""
    left, right = Counter(one), Counter(other)
    length = math.sqrt(sum(n * n for n in left.values()) * sum(n * n for n in right.values()))
    return sum(count * right[letter] for letter, count in left.items()) / length if length else 0.0


class _Model:
    """Stands for SentenceTransformer: a text is its own embedding."""

    def __init__(self, name: str) -> None:
        self.name = name

    def encode(self, text: str, convert_to_tensor: bool) -> str:
        return text


def _cosine(one: str, other: str) -> SimpleNamespace:
    value = SimpleNamespace(numpy=lambda: numpy.array([[similarity(one, other)]]))
    return SimpleNamespace(cpu=lambda: value)


def load_evaluator(peer: Path) -> type:
    """GTABenchEvaluator. Raises SystemExit when the checkout does not hold it."""
    file = peer / EVALUATOR
    if not file.exists():
        raise SystemExit(f"{file} is not there: --peer is a checkout of open-compass/GTA")
    registry = SimpleNamespace(register_module=lambda: lambda made: made)
    _stand_in("sentence_transformers", SentenceTransformer=_Model, util=SimpleNamespace(cos_sim=_cosine))
    _stand_in("datasets")
    _stand_in("datasets.arrow_dataset", Dataset=object)
    _stand_in("opencompass")
    _stand_in("opencompass.registry", ICL_EVALUATORS=registry, LOAD_DATASET=registry)
    _stand_in("opencompass.openicl")
    _stand_in("opencompass.openicl.icl_evaluator", BaseEvaluator=object)
    _stand_in("opencompass.datasets").__path__ = []
    _stand_in("opencompass.datasets.base", BaseDataset=object)
    spec = importlib.util.spec_from_file_location("opencompass.datasets.gta_bench", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.GTABenchEvaluator


def script(peer: Path) -> Path:
    """T3-Agent's script. Raises SystemExit when the checkout does not hold it."""
    if not (peer / SCRIPT).exists():
        raise SystemExit(f"{peer / SCRIPT} is not there: --mat-agent is a checkout of mat-agent/MAT-Agent")
    return peer / SCRIPT


def _stand_in(name: str, **members: object) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(members)
    sys.modules[name] = module
    return module
