"""AndroidControl-High and -Low: the next step on a phone, from the goal alone, or from the goal and the step's instruction.

Splits: ``high`` and ``low`` are the 7,708 steps that OS-Atlas scores and later papers quote; ``high_all`` and ``low_all`` are every
recorded action of the test split, which InfiGUI-R1 scores. The path is one of:

- the folder of the data as they are downloaded (:mod:`tracer1.evaluation.benchmarks.android_control.subset`),
- a file of OS-Atlas' own rows, ``.jsonl`` (:mod:`tracer1.evaluation.benchmarks.android_control.os_atlas_rows`).

Samples are named as OS-Atlas names them, ``episode_140_screenshot_0``; their parts are the sub-splits of ``test_subsplits.json``
(IDD, app_unseen, task_unseen, category_unseen). Three published scripts score every prediction:
:mod:`tracer1.evaluation.benchmarks.step_scripts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tracer1.evaluation.benchmarks.step_scripts import gui_r1, infigui_r1, os_atlas
from tracer1.evaluation.harness.base import Judgement, Metric, Prediction, ProtocolCard, Sample
from tracer1.trajectories import Fault

_SCRIPTS = {one.card.name: one for one in (os_atlas.SCRIPT, infigui_r1.SCRIPT, gui_r1.SCRIPT)}


class AndroidControl:
    """The benchmark (:class:`tracer1.evaluation.harness.base.Benchmark`)."""

    name = "android_control"
    splits = ("high", "low", "high_all", "low_all")
    protocols: Mapping[str, ProtocolCard] = {name: script.card for name, script in _SCRIPTS.items()}
    headline = os_atlas.SUCCESS

    def samples(self, path: Path, split: str) -> Iterator[Sample | Fault]:
        """The samples of a split. Raises ValueError for another split or a path that does not hold it."""
        if split not in self.splits:
            raise ValueError(f"{self.name} has no split {split!r}: use one of {', '.join(self.splits)}")
        level, _, rest = split.partition("_")
        if path.suffix != ".jsonl":
            from tracer1.evaluation.benchmarks.android_control.subset import raw_samples

            return raw_samples(path, level, whole=bool(rest))
        if rest:
            raise ValueError(f"{path} holds OS-Atlas' rows, not the whole test split: use high or low")
        if not path.is_file():
            raise ValueError(f"there is no {path}")
        from tracer1.evaluation.benchmarks.android_control.os_atlas_rows import row_samples

        return row_samples(path, level)

    def judge(self, sample: Sample, prediction: Prediction, protocol: str) -> Judgement:
        """The marks that a script gives. Raises ValueError for an unfinished prediction."""
        return _SCRIPTS[protocol].judge(sample, prediction)

    def summarise(self, judgements: Sequence[Judgement], protocol: str) -> list[Metric]:
        """A script's numbers: over all, then by sub-split."""
        return _SCRIPTS[protocol].numbers(judgements)


BENCHMARK = AndroidControl()
