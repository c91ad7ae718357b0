"""Throws broken responses at the stage-1 reward: does reading or scoring ever fail, and is a score ever out of range?

    python benchmarks/fuzz.py --responses 1000000 --seed 0 --workers 2     # ten minutes or so
    python benchmarks/fuzz.py --responses 20000                            # less than half a minute

A response is a rendered plan, or noise, after up to six accidents: bytes flipped, pieces deleted, doubled, moved or spliced
in from another plan, brackets, quotes, numbers, foreign letters, long runs of one sign. Prints a table of what was found
and leaves with exit code 1 if anything was. The same seed gives the same responses for any number of workers.
"""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat
from multiprocessing import get_context
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.ground_truth import GroundTruth
from tracer1.plans import Plan, Step, parse, render
from tracer1.protocols import PROTOCOLS
from tracer1_rewards import Settings, score_plan
from tracer1_rewards.alignment import MODES
from tracer1_rewards.settings import PRESETS, settings_from

CHUNK = 1000  # responses that share a seed
TOLERANCE = 1e-9  # rounding
ACCIDENTS = 6
MOST_NOISE = 40
LONGEST_RUN = 1000
KEPT = 5  # examples of a problem that are shown

PIECES = (
    *("[" * 12, "{" * 12, "]", "}", "(", ")", "):", '{"a": ', "[[1, 2], [", "(((", "=[", "={}"),
    *('"', "'", "\\", '\\"', "\\u0041", "\\ud800", '""', "''", "'\"", "```", "\\x00"),
    *("0", "-1", "1e999", "1e-999", "NaN", "Infinity", "-0.0", "007", "9" * 500, "1_000", "0x10", "٣", "²", "1.5.2"),
    *("é", "天气", "\U0001f600", "\u2028", "\u0000", "\ufeff", "\u200b", "İ", "ß", "\ud800", "\x85", "\r\n", "\t"),
    *("<think>", "</think>", "<answer>", "<|image_pad|>", "<|vision_start|>", "<image>", "None", "True", "null"),
    *("1. ", "2. click(", "9999. wait(): x", "\n", "\n\n", ": ", ", ", "text=", "point=", "finish(): Done\n", "1) "),
    "__import__('os').system('true')",
)


def _truths() -> list[GroundTruth]:
    def truth(*steps: tuple[str, dict, str], box: Box | None = None) -> GroundTruth:
        reference = Plan(tuple(Step(Action(kind, arguments), says) for kind, arguments, says in steps))
        return GroundTruth(reference, Size(1000, 1000), 8, box=box)

    click = ("click", {"point": [300, 200]}, "Click the name field")
    down = ("scroll", {"direction": "down", "amount": 2}, "Scroll down the list")
    tool = {
        "name": "search",
        "arguments": {"query": "weather", "pages": [1, 2], "safe": True, "filter": {"year": 2024}},
    }
    return [
        truth(click, ("type", {"text": 'say "hi": (bob)'}, "Enter the name"), ("finish", {"answer": "42"}, "Done")),
        truth(click, ("key", {"key": "ctrl+c"}, "Copy the name"), box=Box(200, 150, 400, 250, "pixel")),
        truth(down, down, down, ("select", {"value": "Zürich"}, "Choose the city")),
        truth(("call_tool", tool, "Look up the weather"), ("answer", {"text": "sunny"}, "Tell the user")),
        truth(("wait", {"seconds": 1.5}, "Wait for the page")),
    ]


TRUTHS = _truths()
PLANS = [render(truth.reference) for truth in TRUTHS]
SETTINGS = [
    settings_from({"preset": preset, "protocol": protocol, "alignment": mode, "step_credit": True})
    for preset in PRESETS
    for protocol in PROTOCOLS
    for mode in MODES
]


@dataclass
class Findings:
    """What happened to some responses; a problem is counted by its kind and shown by its first responses."""

    responses: int = 0
    readable: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[str, str]] = field(default_factory=list)
    slowest: float = 0.0  # seconds for each kilobyte, of one response
    slowest_response: str = ""

    def add(self, problem: str, response: str) -> None:
        """Count a problem."""
        self.problems[problem] += 1
        self.examples = [*self.examples, (problem, response)][:KEPT]

    def merge(self, other: Findings) -> None:
        """Take in the findings of other responses."""
        self.responses += other.responses
        self.readable += other.readable
        self.problems += other.problems
        self.examples = [*self.examples, *other.examples][:KEPT]
        if other.slowest > self.slowest:
            self.slowest, self.slowest_response = other.slowest, other.slowest_response


def make_response(dice: random.Random) -> str:
    """A plan or noise, after some accidents."""
    if dice.random() < 0.1:
        return "".join(dice.choices(PIECES, k=dice.randint(0, MOST_NOISE)))
    text = dice.choice(PLANS)
    for _ in range(dice.randint(0, dice.randint(1, ACCIDENTS))):  # often few, so that much stays readable
        text = change(text, dice)
    return text


def change(text: str, dice: random.Random) -> str:
    """One accident."""
    start, end = sorted(dice.randint(0, len(text)) for _ in range(2))
    before, piece, after = text[:start], text[start:end], text[end:]
    match dice.randrange(8):
        case 0:
            data = bytearray(text, "utf-8", "surrogatepass") or bytearray(1)
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
            return data.decode("utf-8", dice.choice(("replace", "ignore")))
        case 1:
            return before + after
        case 2:
            return before + piece * dice.randint(2, 4) + after if len(text) < 20_000 else before
        case 3:
            return after + piece + before
        case 4:
            other = dice.choice(PLANS)
            return before + other[dice.randint(0, len(other)) :] + after
        case 5:
            return before + dice.choice(PIECES) + text[start:]
        case 6:
            return before + dice.choice(PIECES)[:1] * dice.randint(1, LONGEST_RUN) + text[start:]
        case _:
            return before + chr(dice.randrange(0x3000)) + text[start + 1 :]


def judge(response: str, truth: GroundTruth, settings: Settings, findings: Findings) -> None:
    """Read and score one response, and note what is wrong with the result."""
    began = time.process_time()
    try:
        parsed = parse(response)
        reward = score_plan(parsed, truth, settings)
    except Exception as error:  # noqa: BLE001 (to count exceptions of any kind is what this script is for)
        findings.add(f"{type(error).__name__}: {error}"[:60], response)
        return
    pace = (time.process_time() - began) / max(1.0, len(response) / 1000)
    if pace > findings.slowest:
        findings.slowest, findings.slowest_response = pace, response
    findings.readable += bool(parsed.plan.steps)
    if not all(map(math.isfinite, (reward.score, reward.alignment, reward.repetition, *reward.steps))):
        findings.add("a number that is not finite", response)
    elif not -settings.repetition_weight - TOLERANCE <= reward.score <= settings.maximum + TOLERANCE:
        findings.add("a score out of range", response)


def run_chunk(seed: int, number: int, count: int) -> Findings:
    """The findings of one chunk of responses."""
    dice, findings = random.Random(f"{seed} {number}"), Findings(responses=count)
    for _ in range(count):
        judge(make_response(dice), dice.choice(TRUTHS), dice.choice(SETTINGS), findings)
    return findings


def run(responses: int, seed: int, workers: int) -> Iterator[Findings]:
    """The findings chunk by chunk, in this process if there is but one worker."""
    counts = [min(CHUNK, responses - start) for start in range(0, responses, CHUNK)]
    if workers == 1:
        yield from map(run_chunk, repeat(seed), range(len(counts)), counts)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(run_chunk, repeat(seed), range(len(counts)), counts)


def show(findings: Findings, console: Console) -> None:
    """Print a table of what was found, and examples."""
    table = Table("finding", "responses")
    table.add_row("all", f"{findings.responses:,}")
    table.add_row("with a readable step", f"{findings.readable:,}")
    for problem, count in findings.problems.most_common():
        table.add_row(ascii(problem), f"{count:,}")
    console.print(table)
    for problem, response in findings.examples:
        console.print(f"{problem!a}: {response!a:.500}", highlight=False, markup=False)
    console.print(f"slowest: {1000 * findings.slowest:.2f} ms a kilobyte", highlight=False)
    console.print(f"{findings.slowest_response!a:.200}", highlight=False, markup=False)
    console.print(f"{findings.problems.total()} problems")


def main(
    responses: Annotated[int, typer.Option(min=1, help="How many responses.")] = 1_000_000,
    seed: Annotated[int, typer.Option(help="Another seed gives other responses.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
) -> None:
    """Make, read and score broken responses, and count what goes wrong."""
    console, findings = Console(), Findings()
    with Progress(console=console) as progress:
        task = progress.add_task("responses", total=responses)
        for found in run(responses, seed, workers):
            findings.merge(found)
            progress.advance(task, found.responses)
    show(findings, console)
    raise typer.Exit(1 if findings.problems else 0)


if __name__ == "__main__":
    typer.run(main)
