"""The published benchmarks by name; their modules are loaded when they are asked for."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Literal

from tracer1.evaluation.harness.base import Benchmark, PlayedBenchmark

Kind = Literal["steps", "tools", "live", "played"]
"""``steps``: recorded episodes, predicted step by step; ``tools``: tasks that are solved with tools; ``live``: episodes that are
played here, in an environment; ``played``: results of a foreign runner are read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a benchmark is (``module:NAME``), how it is evaluated, and what has to be there."""

    where: str
    kind: Kind
    needs: str


def _ours(module: str, kind: Kind, needs: str) -> Entry:
    return Entry(f"tracer1.evaluation.benchmarks.{module}:BENCHMARK", kind, needs)


BENCHMARKS: dict[str, Entry] = {
    "android_control": _ours(
        "android_control.benchmark",
        "steps",
        "TFRecords, splits.json, test_subsplits.json and OS-Atlas' ac_idx.txt, or OS-Atlas' rows (.jsonl)",
    ),
    "gui_odyssey": _ours("gui_odyssey", "steps", "GUI-Odyssey: annotations, screenshots, splits"),
    "mind2web": _ours("mind2web.benchmark", "steps", "Multimodal-Mind2Web's Parquet files of the three test splits"),
    "agentnetbench": _ours("agentnetbench.benchmark", "steps", "AgentNetBench's task files and screenshots"),
    "gta": _ours("gta.benchmark", "tools", "GTA: dataset.json, toolmeta.json, image/"),
    "gaia": _ours("gaia.benchmark", "tools", "GAIA (gated): 2023/validation with its attachments"),
    "miniwob": _ours("miniwob", "live", "Chromium, and the miniwob package with its pages"),
    "osworld": _ours("osworld", "played", "the result directory of OSWorld's runner"),
    "android_world": _ours("android_world.benchmark", "played", "the run directory of AndroidWorld's runner"),
}


def load_benchmark(name: str) -> Benchmark | PlayedBenchmark:
    """The benchmark of that name. Raises ValueError, naming those that exist."""
    module, _, attribute = entry(name).where.partition(":")
    return getattr(importlib.import_module(module), attribute)


def entry(name: str) -> Entry:
    """What is known of a benchmark before it is loaded. Raises ValueError, naming those that exist."""
    if name not in BENCHMARKS:
        raise ValueError(f"unknown benchmark {name!r}: use one of {', '.join(BENCHMARKS)}")
    return BENCHMARKS[name]
