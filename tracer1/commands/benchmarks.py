"""``python -m tracer1 evaluate`` and ``compare``: published benchmarks, from data to a card that can be compared."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tracer1.commands import options
from tracer1.commitment import read_commitment
from tracer1.environments.miniwob.server import pages_root
from tracer1.evaluation.benchmarks.gta.similarity import Embeddings, SimilarityFailed
from tracer1.evaluation.harness import compare as comparison
from tracer1.evaluation.harness import compare_table
from tracer1.evaluation.harness import evaluate as evaluation
from tracer1.evaluation.harness.agents import ServedPlanner, Written, executor_id
from tracer1.evaluation.harness.card import describe
from tracer1.evaluation.harness.evaluate import Job
from tracer1.evaluation.harness.live_predictor import WORKERS, LivePlanner, PlaySettings
from tracer1.evaluation.harness.predictors import FilePredictions
from tracer1.evaluation.harness.registry import BENCHMARKS, entry, load_benchmark
from tracer1.evaluation.harness.runner import RunSettings
from tracer1.executors import load_executor
from tracer1.executors.base import Executor
from tracer1.files import write_json, write_text
from tracer1.planner import PlannerSettings

console = Console(soft_wrap=True)
TOOLBOXES = {("gta", "end_to_end_own_tools"): "gta", ("gta", "steps"): "gta"}
"""What tool tasks are played with where it is not T3-Agent's toolbox."""


def evaluate(
    benchmark: Annotated[str, typer.Argument(help="Its name; 'list' shows all, what each needs and its headline.")],
    output: Annotated[
        Path | None, typer.Option(file_okay=False, help="Directory of predictions, card and failures.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The dataset, as it was downloaded.")] = None,
    split: Annotated[str, typer.Option(help="The benchmark's split (default: the one that papers report).")] = "",
    planner: options.PlannerPath = None,
    url: options.Url = "",
    model: options.Model = "planner",
    weights: Annotated[str, typer.Option(help="With --url: what is served there, for the card.")] = "",
    predictions: Annotated[
        Path | None, typer.Option(help='Instead of a planner: a file of lines {"id": …, "response": …}.')
    ] = None,
    form: Annotated[str, typer.Option(help="How they are written: plan, ui_tars, os_atlas, qwen3_vl …")] = "plan",
    results: Annotated[
        Path | None, typer.Option(help="What OSWorld's or AndroidWorld's own runner left (those benchmarks only).")
    ] = None,
    executor: Annotated[
        str,
        typer.Option(
            help="Who finds the place of a step (default: the planner's own point; in MiniWoB++ accessibility), or toolbox."
        ),
    ] = "",
    executor_option: options.ExecutorOptions = None,
    horizon: options.Horizon = 8,
    history: options.History = 4,
    style: options.Style = "full",
    max_tokens: options.MaxTokens = 512,
    thinking: options.Thinking = False,
    temperature: Annotated[float, typer.Option(min=0, help="0 is greedy.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Of sampling.")] = 0,
    seconds: options.Seconds = 120.0,
    concurrency: Annotated[int, typer.Option(min=0, help="Samples at a time (0: 32; of MiniWoB++ 3 browsers).")] = 0,
    limit: Annotated[int, typer.Option(min=0, help="That many samples, evenly spread: a partial score (0: all).")] = 0,
    repeat: Annotated[int, typer.Option(min=1, help="Runs with the seeds from --seed on: mean and spread.")] = 1,
    protocol: Annotated[str, typer.Option(help="Which published rule is the score; all are computed.")] = "",
    max_turns: Annotated[int, typer.Option(min=1, help="Tool tasks: plans that a task takes at most.")] = 10,
    max_steps: Annotated[int, typer.Option(min=1, help="MiniWoB++: steps that an episode takes at most.")] = 20,
    commit: options.Commit = "1",
    page_seeds: Annotated[str, typer.Option(help="MiniWoB++: other seeds of the pages, FIRST:END.")] = "",
    similarity: Annotated[str, typer.Option(help="GTA's subjective queries: a server of all-mpnet-base-v2.")] = "",
) -> None:
    """Score an agent on a published benchmark. What was predicted is kept, and asked for only once.

    A planner of your own with a served executor:
    python -m tracer1 evaluate android_control --data data/android_control --planner runs/stage2/planner --executor ui_tars
    --executor-option base_urls=http://gpu1:8001/v1 --executor-option model=ui-tars --output runs/stage2/android_control

    A planner that runs already, on 200 samples: --url http://gpu1:8000/v1 --model planner --limit 200

    Predictions of another model: python -m tracer1 evaluate gui_odyssey --data data/odyssey --predictions answers.jsonl
    --form ui_tars --output runs/ui_tars/odyssey

    Three sampled runs: --temperature 0.7 --repeat 3

    Episodes in Chromium, with plans carried out two steps at a time: python -m tracer1 evaluate miniwob --split heldout_tasks
    --planner runs/stage2/planner --commit 2 --output runs/stage2/miniwob_commit2

    Exit code 3: a score was written, but samples got no answer or could not be read.
    """
    if benchmark == "list":
        _list()
        return
    kind, loaded = entry(benchmark).kind, load_benchmark(benchmark)
    split, protocol = split or loaded.splits[0], protocol or next(iter(loaded.protocols))
    where = _where(benchmark, kind, data, results)
    if kind == "live":
        loaded = loaded.with_seeds(page_seeds) if page_seeds else loaded
    elif commit != "1" or page_seeds:
        raise ValueError(f"--commit and --page-seeds are for episodes that are played here, not for {benchmark}")
    if protocol not in loaded.protocols:
        raise ValueError(f"{benchmark} has no protocol {protocol!r}: use one of {', '.join(loaded.protocols)}")
    if output is None:
        raise ValueError("say where the results go: --output DIR")
    if kind == "played":
        if planner or url or predictions or limit:
            raise ValueError(f"{benchmark} was played already: give no --planner, --url, --predictions or --limit")
        about = {"model": weights or where.resolve().name}
        _tell(evaluation.evaluate_results(loaded, where, split, protocol, output, about), output)
        return
    if repeat > 1 and (predictions or not temperature):
        raise ValueError("--repeat needs a planner and --temperature above 0: otherwise all runs are the same")
    seeds = tuple(range(seed, seed + repeat))
    concurrency = concurrency or (WORKERS if kind == "live" else 32)
    job = Job(_scoring(loaded, similarity), where, split, protocol, output, limit, seeds, RunSettings(concurrency))
    chosen = options.executor_options(executor_option)
    if chosen and not executor and kind != "tools":
        raise ValueError("--executor-option belongs to an executor: name it with --executor")
    if predictions and kind == "live":
        raise ValueError(f"{benchmark} is played, not predicted: give --planner or --url, and no --predictions")
    if [bool(planner), bool(url), bool(predictions)].count(True) != 1:
        raise ValueError("give one of --planner (a checkpoint), --url (a server that runs) and --predictions (a file)")
    if predictions:
        _tell(_from_file(job, predictions, form, executor, chosen), output)
        return
    settings = PlannerSettings(
        horizon, history, options.check_style(style), "web", temperature, max_tokens, thinking=thinking, seconds=seconds
    )
    if kind == "tools":
        executor, chosen = _toolbox(benchmark, where, split, executor, chosen)
        settings = options.with_tools(settings, str(chosen["toolbox"]))
    elif kind == "live":
        executor = executor or "accessibility"
    known = weights if url and weights else options.planner_identity(planner, url, model)
    about = (settings, known, _load(executor, chosen), executor_id(executor or "none", chosen))
    if kind == "live":
        agent = LivePlanner.in_chromium(about, PlaySettings(output, read_commitment(commit), max_steps, concurrency))
    else:
        agent = ServedPlanner(*about, kind == "tools", max_turns, concurrency)
    _tell(_from_planner(job, agent, planner, url, model), output)


def compare(
    directories: Annotated[list[Path], typer.Argument(help="Directories of evaluate, or their card.json.")],
    output: Annotated[
        Path | None, typer.Option(file_okay=False, help="Directory for compare.json, compare.md and compare.svg.")
    ] = None,
) -> None:
    """Cards beside one another and beside published numbers, with a warning where they cannot be compared.

    Example: python -m tracer1 compare runs/*/android_control --output runs/comparison
    """
    groups = comparison.compare(directories)
    if not groups:
        raise ValueError("none of the cards has a number: their splits hold nothing that can be scored")
    for group in groups:
        compare_table.show(console, group)
    if output:
        write_json(output / "compare.json", comparison.as_json(groups))
        write_text(output / "compare.md", compare_table.markdown(groups))
        try:
            write_text(output / "compare.svg", comparison.draw(groups).decode())
        except ModuleNotFoundError as error:
            console.print(f"no compare.svg ({error}): pip install 'tracer1[report]'", highlight=False, markup=False)
        console.print(f"{output}/compare.json", highlight=False, markup=False)


def _where(benchmark: str, kind: str, data: Path | None, results: Path | None) -> Path:
    """What is read. Raises ValueError unless it is named, and the other is not; of what is played here nothing is."""
    if kind == "live":
        if data or results:
            raise ValueError(
                f"{benchmark} is played here, on the pages of an installed package: give no --data, no --results"
            )
        try:
            return pages_root()
        except ModuleNotFoundError as error:
            raise ValueError(str(error)) from error
    path, name, other, wrong = (
        (results, "results", data, "data") if kind == "played" else (data, "data", results, "results")
    )
    if path is None or other is not None:
        played = "is played by its own runner" if kind == "played" else "is evaluated here"
        raise ValueError(
            f"{benchmark} {played}: give --{name} PATH, and no --{wrong} (python -m tracer1 evaluate list)"
        )
    return path


def _from_planner(job: Job, agent: ServedPlanner, planner: Path | None, url: str, model: str) -> dict[str, Any]:
    """Evaluate a planner; it is served only when something is left to be asked."""
    found = evaluation.index(job)
    with evaluation.open_journals(job, agent) as journals:
        waiting, all_of_them = evaluation.missing(journals, found), len(found.chosen) * len(job.seeds)
        if waiting < all_of_them:
            console.print(f"{all_of_them - waiting:,} of {all_of_them:,} predictions are there", highlight=False)
        with options.served(planner, url, model) if waiting else nullcontext(agent.address) as agent.address:
            return _finish(evaluation.evaluate(job, agent, found, journals))


def _from_file(job: Job, path: Path, form: str, executor: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Evaluate predictions that were made elsewhere."""
    about = executor_id(executor or "none", chosen)
    predictions = FilePredictions(path, form, _load(executor, chosen), about)
    found = evaluation.index(job)
    predictions.check(found.keys, found.chosen)
    with evaluation.open_journals(job, agent := Written(predictions)) as journals:
        return _finish(evaluation.evaluate(job, agent, found, journals))


def _finish(run: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    try:
        return asyncio.run(run)
    except SimilarityFailed as error:
        raise ValueError(str(error)) from error


def _load(executor: str, chosen: Mapping[str, Any]) -> Executor | None:
    return load_executor(executor, **chosen) if executor else None


def _toolbox(
    benchmark: str, data: Path, split: str, executor: str, chosen: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """The executor of tool tasks and its options: the published toolbox on the dataset's files, unless said otherwise. Where calls
    are only predicted, there is none."""
    toolbox, files = TOOLBOXES.get((benchmark, split), "t3_agent"), data
    if benchmark == "gaia":
        from tracer1.evaluation.benchmarks.gaia.data import folder_of

        toolbox, files = "t3_agent_gaia", folder_of(data, split)
    only_calls = (benchmark, split) == ("gta", "steps")
    return executor or ("" if only_calls else "toolbox"), {"toolbox": toolbox, "files": str(files), **chosen}


def _scoring(benchmark: Any, similarity: str) -> Any:
    """The benchmark, with an embedding server where it is given one. Raises ValueError for one that needs none."""
    if not similarity:
        return benchmark
    if not hasattr(benchmark, "similarity"):
        raise ValueError(f"--similarity is for gta, not for {benchmark.name}")
    return replace(benchmark, similarity=Embeddings(similarity))


def _tell(card: Mapping[str, Any], output: Path) -> None:
    """The score and where it lies; exit code 3 when it lacks samples for another reason than a limit."""
    for metric in [one for one in card["metrics"] if not one["part"]]:
        console.print(describe(card, metric), highlight=False, markup=False)
    for kind, number in card["samples"]["faults"].items():
        console.print(f"  {number:,} {kind}: see {output}/faults.jsonl", highlight=False, markup=False, style="yellow")
    console.print(f"{output}/card.md", highlight=False, markup=False)
    if card["samples"]["faults"] or card["samples"].get("unanswered"):
        raise typer.Exit(3)


def _list() -> None:
    for name, known in BENCHMARKS.items():
        loaded = load_benchmark(name)
        option = {"played": "--results", "live": "needs"}.get(known.kind, "--data")
        console.print(f"[bold]{name}[/], headline: {loaded.headline}", highlight=False)
        for title, says in (
            (option, known.needs),
            ("--split", ", ".join(loaded.splits)),
            ("--protocol", ", ".join(loaded.protocols)),
        ):
            console.print(f"  {title:<11} {says}", highlight=False, markup=False)
