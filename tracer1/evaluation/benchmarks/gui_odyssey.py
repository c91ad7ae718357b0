"""GUI-Odyssey: the next step of tasks across apps on phones and a tablet, in the authors' four test splits.

Splits: ``random``, ``task``, ``device`` and ``app``, from the goal (``instruction``); with ``_low`` behind, from the step's own
``low_level_instruction``, as the authors' converter makes both. The path is the dataset's folder, with ``annotations``,
``screenshots`` and ``splits`` (:mod:`tracer1_data.sources.gui_odyssey`). Samples are named by their screenshots,
``9187342439395422_0``; on the random splits their part is the task's category, over which the authors average.

Source: OpenGVLab/GUI-Odyssey, ``data/format_converter.py`` and ``src/eval_mm``; the scripts that score are in
:mod:`tracer1.evaluation.benchmarks.step_scripts`. Trap: ``sam2_bbox`` is taken as it is recorded, also where it does not hold the
tapped point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tracer1.evaluation.benchmarks.step_scripts import gui_odyssey, gui_odyssey_step
from tracer1.evaluation.benchmarks.step_scripts.gui_odyssey import Recorded
from tracer1.evaluation.harness.base import Judgement, Metric, Prediction, ProtocolCard, Sample
from tracer1.evaluation.harness.recorded import samples_of
from tracer1.files import read_json
from tracer1.trajectories import Fault, Trajectory

KINDS = ("random", "task", "device", "app")
_SCRIPTS = {one.card.name: one for one in (gui_odyssey.SCRIPT, gui_odyssey_step.SCRIPT)}
_AGAIN = "download hflqf88888/GUIOdyssey, the second release"


class GUIOdyssey:
    """The benchmark (:class:`tracer1.evaluation.harness.base.Benchmark`)."""

    name = "gui_odyssey"
    splits = (*KINDS, *(f"{kind}_low" for kind in KINDS))
    protocols: Mapping[str, ProtocolCard] = {name: script.card for name, script in _SCRIPTS.items()}
    headline = gui_odyssey.AMS

    def samples(self, path: Path, split: str) -> Iterator[Sample | Fault]:
        """The samples of a split. Raises ValueError for another split or a path that does not hold it."""
        if split not in self.splits:
            raise ValueError(f"{self.name} has no split {split!r}: use one of {', '.join(self.splits)}")
        kind, _, low = split.partition("_")
        return _samples(path, kind, bool(low))

    def judge(self, sample: Sample, prediction: Prediction, protocol: str) -> Judgement:
        """The marks that a script gives. Raises ValueError for an unfinished prediction."""
        return _SCRIPTS[protocol].judge(sample, prediction)

    def summarise(self, judgements: Sequence[Judgement], protocol: str) -> list[Metric]:
        """A script's numbers: over all, then by category."""
        return _SCRIPTS[protocol].numbers(judgements)


def _samples(path: Path, kind: str, low: bool) -> Iterator[Sample | Fault]:
    from tracer1_data.sources.gui_odyssey import SOURCE

    split = f"{kind}/test"
    seen: set[str] = set()
    for part in SOURCE.parts(path, split):
        names = read_json(part.files[0])["test"][part.start : part.stop]
        for name, episode in zip(names, SOURCE.read(part, split), strict=True):
            where = f"annotations/{name}"
            if isinstance(episode, Fault):
                yield episode
            elif episode.episode in seen:
                yield Fault("duplicate episode", where, "episode_id", "it was read already", "remove it from the split")
            elif low and episode.instructions != "recorded":
                yield Fault("missing field", where, "low_level_instruction", "a step has none", _AGAIN)
            elif kind == "random" and not episode.task:
                yield Fault("missing field", where, "task_info.category", "the score is a mean over categories", _AGAIN)
            else:
                seen.add(episode.episode)
                file = part.root / "annotations" / (name if name.endswith(".json") else f"{name}.json")
                yield from _of_episode(episode, read_json(file)["steps"], (episode.task,) * (kind == "random"), low)


def _of_episode(episode: Trajectory, records: list[Any], parts: tuple[str, ...], low: bool) -> Iterator[Sample | Fault]:
    for record, sample in zip(records, samples_of(episode, parts), strict=True):
        if isinstance(sample, Sample):
            asked = sample.future[0].instruction if low else sample.instruction
            truth = Recorded(_box(record.get("sam2_bbox")), len(records))
            name = f"{episode.episode}_{sample.position}"
            sample = replace(sample, id=name, instruction=asked, truth=truth)
        yield sample


def _box(numbers: Any) -> tuple[float, ...] | None:
    """The recorded box; empty for anything that is none."""
    if numbers is None:
        return None
    said = numbers if isinstance(numbers, list) and len(numbers) == 4 else []
    return tuple(said) if all(isinstance(number, int | float) for number in said) else ()


BENCHMARK = GUIOdyssey()
