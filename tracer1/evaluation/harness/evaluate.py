"""One evaluation, from the samples to the card: what ``python -m tracer1 evaluate`` does.

``<output>/predictions-<seed>.jsonl`` keeps the predictions (``read-<seed>.jsonl`` those read from a file, each time anew),
``judgements.jsonl`` what each is worth, ``faults.jsonl`` what could not be scored and why, ``card.json`` and ``card.md`` the score,
``failures.json`` and ``failures.html`` what goes wrong, ``submission.jsonl`` what a leaderboard takes (GAIA; of the first seed).
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tracer1.evaluation.harness.base import (
    Benchmark,
    Judgement,
    PlayedBenchmark,
    Prediction,
    Predictor,
    SubmittedBenchmark,
)
from tracer1.evaluation.harness.card import SCHEMA, combine, coverage, rules, when_and_where, write_card
from tracer1.evaluation.harness.failures import count_failures
from tracer1.evaluation.harness.index import Index, read_index, read_results
from tracer1.evaluation.harness.journal import Journal
from tracer1.evaluation.harness.runner import Outcome, Runner, RunSettings
from tracer1.files import write_json, write_text
from tracer1.trajectories import Fault


class Agent(Protocol):
    """Makes the predictor of a sampling seed; ``identity`` is known before there is one. ``keeps`` says that its predictions
    are worth keeping for another run."""

    keeps: bool

    def identity(self, seed: int) -> Mapping[str, Any]: ...

    def predictor(self, seed: int) -> AbstractAsyncContextManager[Predictor]: ...


@dataclass(frozen=True, slots=True)
class Job:
    """What is evaluated on what, and where the results go. ``seeds``: one run each."""

    benchmark: Benchmark
    path: Path
    split: str
    protocol: str
    output: Path
    limit: int = 0
    seeds: tuple[int, ...] = (0,)
    run: RunSettings = field(default_factory=RunSettings)
    console: Console = field(default_factory=lambda: Console(stderr=True))


def index(job: Job) -> Index:
    """Read the split once, telling how far it came."""
    with job.console.status("") as status:
        return read_index(
            job.benchmark, job.path, job.split, job.limit, lambda n: status.update(f"Reading {job.path}: {n:,} samples")
        )


@contextmanager
def open_journals(job: Job, agent: Agent) -> Iterator[dict[int, Journal]]:
    """Each seed's journal. Raises ValueError when one holds another agent's predictions."""
    with ExitStack() as stack:
        journals = {}
        for seed in job.seeds:
            about = {"benchmark": job.benchmark.name, "split": job.split, **agent.identity(seed)}
            path = job.output / f"{'predictions' if agent.keeps else 'read'}-{seed}.jsonl"
            journals[seed] = stack.enter_context(Journal(path, about, fresh=not agent.keeps))
        yield journals


def missing(journals: Mapping[int, Journal], found: Index) -> int:
    """How many predictions are still to be made."""
    return sum(not journal.holds(one, found.keys[one]) for journal in journals.values() for one in found.chosen)


async def evaluate(job: Job, agent: Agent, found: Index, journals: Mapping[int, Journal]) -> dict[str, Any]:
    """Run every seed, write all results, and return the card. Raises what :class:`Runner` raises."""
    started = time.monotonic()
    outcomes = [await _run(job, agent, found, seed, journals[seed]) for seed in job.seeds]
    unanswered = [one for outcome in outcomes for one in outcome.unanswered.values()]
    worst = min(outcomes, key=lambda outcome: len(outcome.looks))
    faults = (*found.faults, *worst.unjudged)
    answered = len(found.chosen) - len(worst.unanswered)
    samples = coverage(len(found.keys), len(found.chosen), answered, faults, len(worst.unjudged))
    samples |= {"digest": found.digest, "unanswered": dict(Counter(one.status for one in unanswered))}
    judgements = [outcome.judgements for outcome in outcomes]
    made_with = {name: value for name, value in agent.identity(job.seeds[0]).items() if name != "seed"}
    card = make_card(job.benchmark, job.split, job.protocol, judgements, samples, made_with, job.seeds)
    card["made"]["seconds"] = round(time.monotonic() - started, 1)
    _write_lines(job.output / "faults.jsonl", [*map(asdict, faults), *map(_as_fault, unanswered)])
    lines = [
        asdict(one) | {"seed": seed} for seed, by in zip(job.seeds, judgements, strict=True) for one in by[job.protocol]
    ]
    _write_lines(job.output / "judgements.jsonl", lines)
    write_card(job.output, card)
    if isinstance(job.benchmark, SubmittedBenchmark):
        kept = [journals[job.seeds[0]].find(one) for one in found.chosen if one not in outcomes[0].unanswered]
        job.benchmark.write_submission(job.output / "submission.jsonl", kept)
    _write_failures(job, outcomes[0], int(made_with.get("horizon") or 0), journals[job.seeds[0]])
    return card


def evaluate_results(
    benchmark: PlayedBenchmark, path: Path, split: str, protocol: str, output: Path, made_with: Mapping[str, Any]
) -> dict[str, Any]:
    """The card of results that a foreign runner left. Raises ValueError."""
    judgements, faults = read_results(benchmark, path, split)
    samples = coverage(len(judgements), len(judgements), len(judgements), faults, of="tasks")
    by_protocol = dict.fromkeys(benchmark.protocols, judgements)
    card = make_card(benchmark, split, protocol, [by_protocol], samples, made_with, (0,))
    output.mkdir(parents=True, exist_ok=True)
    _write_lines(output / "faults.jsonl", map(asdict, faults))
    _write_lines(output / "judgements.jsonl", map(asdict, judgements))
    write_card(output, card)
    return card


def make_card(
    benchmark: Benchmark | PlayedBenchmark,
    split: str,
    protocol: str,
    runs: Sequence[Mapping[str, Sequence[Judgement]]],
    samples: Mapping[str, Any],
    made_with: Mapping[str, Any],
    seeds: Sequence[int],
) -> dict[str, Any]:
    """The card, ``runs`` holding each run's judgements by protocol."""
    metrics = {name: combine([benchmark.summarise(run[name], name) for run in runs]) for name in benchmark.protocols}
    return {
        "schema": SCHEMA,
        "benchmark": benchmark.name,
        "split": split,
        "headline": benchmark.headline,
        "protocol": rules(benchmark.protocols[protocol]) | {"name": protocol},
        "samples": dict(samples),
        "seeds": list(seeds),
        "metrics": metrics.pop(protocol),
        "other_protocols": metrics,
        "made_with": dict(made_with),
        "made": when_and_where(),
    }


async def _run(job: Job, agent: Agent, found: Index, seed: int, journal: Journal) -> Outcome:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"),
        TimeRemainingColumn(),
    )  # fmt: skip
    name = f"{job.benchmark.name} {job.split}" + (f", seed {seed}" if len(job.seeds) > 1 else "")
    with Progress(*columns, console=job.console) as progress:
        bar = progress.add_task(name, total=len(found.chosen))

        def show(done: int, running: str) -> None:
            progress.update(bar, completed=done, description=f"{name}: {running}")

        async with agent.predictor(seed) as predictor:
            runner = Runner(job.benchmark, job.path, job.split, found, predictor, journal, job.protocol, job.run, show)
            return await runner.run()


def _write_failures(job: Job, outcome: Outcome, horizon: int, journal: Journal) -> None:
    counts = count_failures(outcome.looks, horizon or max((look.planned for look in outcome.looks), default=0))
    write_json(job.output / "failures.json", counts)
    try:
        from tracer1.evaluation.harness.failure_page import panels_of, write_page
    except ModuleNotFoundError as error:
        job.console.print(f"no failures.html ({error}): pip install 'tracer1[report]'", highlight=False, markup=False)
        return
    panels = panels_of(job.benchmark, job.path, job.split, outcome.looks, journal)
    write_page(job.output / "failures.html", f"{job.benchmark.name}, {job.split}", counts, outcome.looks, panels)


def _as_fault(prediction: Prediction) -> dict[str, Any]:
    fault = Fault(prediction.status, prediction.sample, "prediction", prediction.detail, "give the same command again")
    return asdict(fault)


def _write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    write_text(path, "".join(json.dumps(line) + "\n" for line in lines))
