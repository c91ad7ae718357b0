"""Our GAIA scorer against the one that MAT-Agent ships (a copy of the leaderboard's), on random answers.

    python benchmarks/differential/gaia.py --peer <checkout of mat-agent/MAT-Agent> --cases 20000

The peer's file (tongagent/evaluation/gaia_scorer.py) is loaded from there and run as it is. Every disagreement is shown with its
class; the exit status is 1 when there is one that is not explained.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import random
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tracer1.answers import ExpectedAnswer
from tracer1.evaluation.benchmarks.gaia.benchmark import BENCHMARK, final_answer
from tracer1.evaluation.benchmarks.gaia.data import Question
from tracer1.evaluation.harness.base import Prediction, Sample
from tracer1.trajectories import Observation

SCORER = "tongagent/evaluation/gaia_scorer.py"
NUMBERS = ["17", "17.0", " 17 ", "0", "-3", "1e3", "1_000", "3.14", ".5", "inf", "-inf", "nan", "٣", "1000000", "0x10"]
WORDS = [
    "Paris",
    "St. Petersburg",
    "sea gull",
    "Éclair",
    "İstanbul",
    "ß",
    "right",
    "None",
    "b,e",
    "100%",
    "$5",
    "x\u00a0y",
    "🙂",
]
NOISE = ["", " ", "\n", "\t", ".", "!", "'", "$", "%", ",", ";", "\u2009", "about ", "FINAL", "the "]


def load_scorer(peer: Path) -> Callable[..., bool]:
    """The peer's ``question_scorer``. Raises SystemExit when the checkout does not hold it."""
    file = peer / SCORER
    if not file.exists():
        raise SystemExit(f"{file} is not there: --peer is a checkout of mat-agent/MAT-Agent")
    spec = importlib.util.spec_from_file_location("peer_gaia_scorer", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.question_scorer


def expectation(draw: random.Random) -> str:
    """A number, a text, or a list of either."""
    one = lambda: draw.choice(NUMBERS if draw.random() < 0.5 else WORDS)  # noqa: E731
    if draw.random() < 0.6:
        return one()
    return draw.choice([",", ";", ", ", "; "]).join(one() for _ in range(draw.randint(2, 4)))


def answer(draw: random.Random, expected: str) -> str | None:
    """The expectation written otherwise, another one, or noise."""
    chance = draw.random()
    if chance < 0.01:
        return None
    text = expected if chance < 0.75 else expectation(draw)
    for _ in range(draw.randint(0, 3)):
        at = draw.randint(0, len(text))
        text = draw.choice(
            [
                text[:at] + draw.choice(NOISE) + text[at:],
                text[:at] + text[at + 1 :],
                text.upper(),
                text.swapcase(),
                text.replace(",", ";"),
                text.replace(" ", ""),
                f"${text}",
                f"{text}%",
                f"{text}.0",
            ]
        )
    return text


def ours(expected: str, given: str | None) -> bool:
    """As the benchmark judges it."""
    observation = Observation(b"", None)
    question = Question("t", "q", "1", "", observation, ExpectedAnswer("gaia", expected))
    sample = Sample("t", "t", 0, "q", observation, "tool", parts=("level 1",), truth=question)
    return bool(BENCHMARK.judge(sample, Prediction("t", "ok", answer=given), "gaia").marks["AnsAcc"])


def theirs(scorer: Callable[..., bool], expected: str, given: str | None) -> bool | str:
    """The peer's verdict, or the name of what it raised."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return bool(scorer(model_answer=given, ground_truth=expected))
        except (AttributeError, TypeError) as error:
            return type(error).__name__


def explain(given: str | None, verdict: bool | str) -> str:
    """The class of a disagreement, or ``unexplained``."""
    if given is None and isinstance(verdict, str):
        return "no answer: this copy of the scorer crashes; the leaderboard's newer one reads 'None', as we do"
    if given is not None and final_answer(given) != given.strip():
        return "the answer holds 'FINAL ANSWER:', which is taken off before it is scored"
    return "unexplained"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, required=True, help="a checkout of mat-agent/MAT-Agent")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    scorer, draw = load_scorer(arguments.peer), random.Random(arguments.seed)
    verdicts, classes = Counter(), Counter()
    for _ in range(arguments.cases):
        expected = expectation(draw)
        given = answer(draw, expected)
        mine, their = ours(expected, given), theirs(scorer, expected, given)
        verdicts[str(their)] += 1
        if mine != their:
            reason = explain(given, their)
            classes[reason] += 1
            if reason == "unexplained":
                print(f"expected {expected!r}, answer {given!r}: ours {mine}, theirs {their}")
    print(f"{arguments.cases} answers; the peer's verdicts: {dict(verdicts)}")
    print(f"{sum(classes.values())} disagreements")
    for reason, count in classes.most_common():
        print(f"  {count}  {reason}")
    return int(classes["unexplained"] > 0)


if __name__ == "__main__":
    sys.exit(main())
