"""Options that several commands take: how to reach a planner, how to ask it, and who carries its steps out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from tracer1.planner import PlannerSettings

PlannerPath = Annotated[Path | None, typer.Option("--planner", help="Checkpoint directory; vLLM serves it meanwhile.")]
Url = Annotated[
    str, typer.Option(help="Instead: an OpenAI-compatible server that runs already, e.g. http://host:8000/v1.")
]
Model = Annotated[str, typer.Option(help="The model's name on that server.")]
Style = Annotated[
    str, typer.Option(help="Prompt: full (any model) or compact (trained on the format), as in training.")
]
Horizon = Annotated[int, typer.Option(min=1, help="T: steps a plan has at most, as in training.")]
History = Annotated[int, typer.Option(min=0, help="K: executed steps that the prompt tells, as in training.")]
MaxTokens = Annotated[int, typer.Option(min=1, help="Tokens a plan has at most.")]
MaxSteps = Annotated[int, typer.Option(min=1, help="An episode is lost after that many steps.")]
Thinking = Annotated[
    bool, typer.Option(help="The chat template opens a thought (Qwen3-VL-Thinking): wait for its end.")
]
Seconds = Annotated[float, typer.Option(min=1, help="Longest wait for one answer.")]
ExecutorName = Annotated[
    str, typer.Option("--executor", help="Who carries steps out: accessibility, ui_tars, qwen3_vl, toolbox …")
]
ExecutorOptions = Annotated[
    list[str] | None,
    typer.Option("--executor-option", help="KEY=VALUE of the executor, JSON or text; any number of times."),
]
Commit = Annotated[
    str, typer.Option(help="Steps of a plan before the planner looks again: 1 as in the paper, more, or adaptive.")
]


def named(text: str) -> tuple[str, str]:
    """``NAME=VALUE``, taken apart. Raises ValueError for anything else."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise ValueError(f"cannot read {text!r}: write NAME=VALUE")
    return name.strip(), value.strip()


def executor_options(options: Sequence[str] | None) -> dict[str, Any]:
    """Values of ``--executor-option``: JSON where they are JSON, text otherwise. Raises ValueError without a name."""
    return {name: _value(value) for name, value in map(named, options or [])}


def check_style(style: str) -> str:
    """``full`` or ``compact``. Raises ValueError for anything else."""
    if style not in ("full", "compact"):
        raise ValueError(f"unknown prompt style {style!r}: use full or compact")
    return style


@contextmanager
def served(planner: Path | None, url: str, model: str) -> Iterator[tuple[str, str]]:
    """URL and name of the planner's model; a checkpoint is served until the block ends. Raises ValueError unless there is
    exactly one of both, and what :func:`tracer1.serving.serve` raises."""
    if bool(planner) == bool(url):
        raise ValueError("give either --planner (a checkpoint to serve) or --url (a server that runs)")
    if planner is None:
        yield url, model
        return
    from tracer1.serving import serve

    with serve(planner) as server:
        yield server.url, server.model


def planner_identity(planner: Path | None, url: str, model: str) -> str:
    """A fingerprint of the weights, or, of a server that runs, its name. Raises CheckpointError for what is no checkpoint."""
    from tracer1.checkpoints import check_checkpoint, fingerprint

    if planner is None:
        return f"{model} at {url}"
    check_checkpoint(planner)
    return fingerprint(planner)


def check_tools(executor: str, and_episodes: bool) -> None:
    """Raises ValueError for tool tasks with an executor that calls no tools, or together with episodes of another kind."""
    from tracer1.executors import GROUNDERS

    if executor in GROUNDERS:
        raise ValueError(f"the executor {executor} calls no tools: give --executor toolbox with --tool-tasks")
    if and_episodes:
        raise ValueError("--tool-tasks and --episodes have different prompts: score them with two commands")


def with_tools(settings: PlannerSettings, toolbox: str) -> PlannerSettings:
    """The settings of a planner that calls the tools of that toolbox. Raises ValueError for an unknown one."""
    from dataclasses import replace

    from tracer1.toolbox.specs import specs_of

    return replace(settings, platform="tool", tools=tuple(spec.line for spec in specs_of(toolbox)))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
