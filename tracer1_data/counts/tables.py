"""The counts of sets as tables of text: what was counted, what to set, and what a training step takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tracer1_data.counts.budget import CACHE_OF_A_TOKEN, PIXELS_OF_A_TOKEN, Budget, Load
from tracer1_data.counts.counting import Counts, mean, quantile

TOP = 20
OTHERS = "others"
TALLIES = {
    "source": "Sources",
    "platform": "Platforms",
    "task": "Tasks",
    "split": "Splits",
    "instructions": "Step instructions",
    "stage2": "Stage 2: the first step",
    "target": "Target of the first step",
    "first action": "Actions of first steps",
    "all actions": "Actions of all steps of plans",
    "image size": "Screenshots (pixels)",
    "horizon": "Horizon T",
}
QUANTILES = ("image tokens", "text tokens", "prompt tokens", "plan tokens", "plan steps")


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the first column is text, the others are numbers."""

    title: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str = ""


def tables(sets: Sequence[Counts], total: Counts) -> list[Table]:
    """What was counted, per set and in all."""
    shown = [*sets, total] if len(sets) > 1 else [total]
    several = [name for name in TALLIES if len(total.tally(name)) > 1]
    counted = [_distribution(TALLIES[name], [s.tally(name) for s in shown], shown) for name in several]
    plans = _distribution("Steps of reference plans", [_named(s.number("plan steps")) for s in shown], shown, False)
    lengths = _distribution("Steps of episodes", [_grouped(s.episode_steps) for s in shown], shown, False)
    return [_overview(shown), *counted, plans, lengths]


def _overview(shown: Sequence[Counts]) -> Table:
    """Sums and quantiles, and the labels that all rows share."""
    *_, total = shown
    rows = [
        ("rows", *(f"{s.rows:,}" for s in shown)),
        ("episodes", *(f"{len(s.episodes):,}" for s in shown)),
        ("steps of an episode: p50, max", *(_spread(s.episode_steps, (50, 100)) for s in shown)),
        ("pictures a row", *(f"{mean(s.number('pictures')):.2f}" for s in shown)),
        ("bytes of a row's pictures", *(f"{s.image_bytes / max(1, s.rows):,.0f}" for s in shown)),
    ]
    rows += [
        (f"{name}: p50, p90, p99, max", *(_spread(s.number(name), (50, 90, 99, 100)) for s in shown))
        for name in QUANTILES
    ]
    rows += [
        (title[0].lower() + title[1:], *(_only(title, s.tally(name)) for s in shown))
        for name, title in TALLIES.items()
        if len(total.tally(name)) == 1
    ]
    return Table("In all", ("", *(s.name for s in shown)), rows)


def _only(title: str, tally: Counter[str]) -> str:
    return next((name or _unnamed(title) for name in tally), "–")


def _spread(numbers: Counter[int], percents: Sequence[int]) -> str:
    return " · ".join(f"{quantile(numbers, percent):,}" for percent in percents)


def _distribution(title: str, tallies: Sequence[Counter[str]], shown: Sequence[Counts], sort: bool = True) -> Table:
    """The commonest values of the last tally (all sets together), and the rest in one line."""
    *_, every = tallies
    names = [name for name, _ in sorted(every.items(), key=lambda item: (-item[1], item[0]))] if sort else list(every)
    top, rest = (names, []) if len(names) <= TOP + 1 else (names[:TOP], names[TOP:])
    whole = max(1, every.total())
    lines = [([name], name or _unnamed(title)) for name in top] + ([(rest, f"{len(rest):,} {OTHERS}")] if rest else [])
    rows = []
    for members, label in lines:
        numbers = [sum(tally[name] for name in members) for tally in tallies]
        rows.append((label, *(f"{number:,}" for number in numbers), f"{numbers[-1] / whole:.1%}"))
    heads = [s.name for s in shown] if len(shown) > 1 else ["number"]
    return Table(title, ("", *heads, "share"), rows)


def _unnamed(title: str) -> str:
    return "can be executed" if title == TALLIES["stage2"] else "(none)"


def _named(numbers: Counter[int]) -> Counter[str]:
    return Counter({str(number): numbers[number] for number in sorted(numbers)})


def _grouped(numbers: Counter[int]) -> Counter[str]:
    """Single numbers where there are few, otherwise ten of a kind."""
    if max(numbers, default=0) <= TOP:
        return _named(numbers)
    groups: Counter[int] = Counter()
    for number, times in numbers.items():
        groups[(number - 1) // 10] += times
    return Counter({f"{10 * group + 1}–{10 * group + 10}": groups[group] for group in sorted(groups)})


def advice(total: Counts, found: Budget, load: Load, says: str) -> Table:
    """The lengths to set and what a step takes, each with its formula."""
    rows = [("data.max_prompt_length", str(found.most.tokens), "the longest prompt, rounded up to a multiple of 64")]
    if found.usual.tokens < found.most.tokens:
        over = f"{found.usual.over:,} rows ({found.usual.over / max(1, total.rows):.2%}) are then too long"
        rows.append(("… or, by p99", str(found.usual.tokens), f"{over}: leave them out of the set"))
    longest = quantile(total.number("plan tokens"), 100)
    rows.append(("data.max_response_length", str(found.response.tokens), _response(found, load, longest)))
    rows += [
        ("rollouts a step", f"{found.sequences:,}", f"{load.train_batch:,} prompts × {load.rollouts} rollouts"),
        ("host memory: picture files", _size(found.encoded_bytes), "rollouts × mean bytes of a row's pictures"),
        (
            "host memory: pixels",
            _size(found.pixel_bytes),
            f"rollouts × mean image tokens × {PIXELS_OF_A_TOKEN:,} bytes (qwen3_vl, float32)",
        ),
        (
            "KV cache, tokens a GPU",
            f"{found.cache_tokens:,}",
            f"rollouts / {load.gpus} GPUs × (prompt + response), if all run at once",
        ),
        (
            "KV cache, memory a GPU",
            _size(found.cache_bytes),
            f"tokens × {CACHE_OF_A_TOKEN:,} bytes (Qwen3-VL-8B, bfloat16); with less, vLLM lets some wait",
        ),
    ]
    return Table("What to set, and what a training step takes", ("", "value", "why"), rows, f"Text tokens: {says}.")


def _response(found: Budget, load: Load, longest: int) -> str:
    if not load.response:
        return f"the longest reference plan ({longest:,}), rounded up; a thought comes on top (--response-tokens)"
    if found.response.over:
        return f"as given; {found.response.over:,} reference plans are longer (the longest: {longest:,})"
    return f"as given; leaves {load.response - longest:,} for a thought before the longest reference plan"


def _size(number: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if number < 1024:
            return f"{number:,.0f} {unit}" if unit == "bytes" else f"{number:,.1f} {unit}"
        number /= 1024
    return f"{number:,.1f} GiB"
