"""GTA, a benchmark for general tool agents: 229 queries with pictures, fourteen tools, reference tool chains.

    python -m tracer1 evaluate --help        # how a benchmark is run
    GTA(similarity=Embeddings("http://127.0.0.1:8000/v1"))        # scores subjective queries too

Data: ``gta_dataset.zip`` of open-compass/GTA (release v0.1.0) or Hugging Face Jize1/GTA, Apache-2.0. ``end_to_end`` is played with
real tools, whose files are relative to the dataset's folder; ``steps`` needs none. :mod:`.steps` and :mod:`.played` score,
:mod:`.cards` says by which rules. Papers: arXiv 2407.08713 (GTA), 2412.15606 (T3-Agent).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tracer1.evaluation.benchmarks.gta.cards import OFFICIAL, T3_AGENT
from tracer1.evaluation.benchmarks.gta.data import read_queries
from tracer1.evaluation.benchmarks.gta.played import judge_gta, judge_t3, played_sample, summarise_gta, summarise_t3
from tracer1.evaluation.benchmarks.gta.similarity import Similarity
from tracer1.evaluation.benchmarks.gta.steps import (
    StepTruth,
    judge_step,
    judge_step_t3,
    said_by,
    step_samples,
    summarise_steps,
)
from tracer1.evaluation.harness.base import Judgement, Metric, Prediction, ProtocolCard, Sample
from tracer1.evaluation.harness.metrics import mean_mark
from tracer1.trajectories import Fault

STEP_KINDS = ("call", "answer")


class GTA:
    """The benchmark. ``similarity`` scores what needs an embedding model; without it, that is left out and counted."""

    name = "gta"
    splits = ("end_to_end", "end_to_end_own_tools", "steps")
    protocols: Mapping[str, ProtocolCard] = {"t3_agent": T3_AGENT, "gta": OFFICIAL}
    headline = "AnsAcc"

    def __init__(self, similarity: Similarity | None = None) -> None:
        self.similarity = similarity

    def samples(self, path: Path, split: str) -> Iterator[Sample | Fault]:
        """One sample a query, or a turn of its reference. Raises ValueError for a path that holds no GTA dataset."""
        for query in read_queries(path):
            if isinstance(query, Fault):
                yield query
            elif split == "steps":
                yield from step_samples(query)
            else:
                yield played_sample(query, tools=split == "end_to_end_own_tools")

    def judge(self, sample: Sample, prediction: Prediction, protocol: str) -> Judgement:
        """A turn or a played query. Raises SimilarityFailed when the embedding server does not answer."""
        if isinstance(sample.truth, StepTruth):
            truth, said = sample.truth, said_by(sample.truth.query, prediction)
            marks = judge_step_t3(truth, said) if protocol == "t3_agent" else judge_step(truth, said, self.similarity)
            kind = STEP_KINDS[0] if truth.query.turns[truth.position].call else STEP_KINDS[1]
        else:
            query, kind = sample.truth, sample.truth.family
            t3 = protocol == "t3_agent"
            marks = judge_t3(query, prediction) if t3 else judge_gta(query, prediction, self.similarity)
        return Judgement(sample.id, sample.group, sample.position, kind, marks, sample.parts)

    def summarise(self, judgements: Sequence[Judgement], protocol: str) -> list[Metric]:
        """The published numbers of the split that the judgements are of."""
        steps = any(one.kind in STEP_KINDS for one in judgements)
        if protocol == "t3_agent":
            return _t3_steps(judgements) if steps else summarise_t3(judgements)
        return summarise_steps(judgements) if steps else summarise_gta(judgements)


def _t3_steps(judgements: Sequence[Judgement]) -> list[Metric]:
    return [mean_mark(judgements, "ToolAcc", of="turns"), mean_mark(judgements, "CodeExec", of="predicted calls")]


BENCHMARK = GTA()
