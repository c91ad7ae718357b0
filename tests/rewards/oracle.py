"""The stage-1 reward once more, from its written definition: exact fractions, textbook algorithms, every pairing tried.

Nothing is imported from the code under test. Plans are lists of ``(type, arguments, instruction)``, written by people or
templates and not read by the parser. Each rule names the place that documents it. Used by ``make_golden.py`` and the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

Step = tuple[str, dict[str, Any], str]
Pairing = tuple[tuple[int, int], ...]

# The table of knobs, tracer1_rewards/README.md, section 4.
FULL = {
    "discount": 0.9,
    "alignment_weight": 1.0,
    "repetition_weight": 0.5,
    "instruction_weight": 0.5,
    "format_weight": 0.1,
    "alignment": "position",
}
PRESETS = {"full": FULL, "paper": FULL | {"instruction_weight": 0.0, "format_weight": 0.0}}
MISSING = object()


def values(
    plan: list[Step], reference: list[Step], horizon: int, status: str, settings: dict[str, Any]
) -> dict[str, Fraction]:
    """Alignment, repetition, format and score of a plan that was read with ``status``."""
    chosen = PRESETS[settings.get("preset", "full")] | {key: settings[key] for key in settings if key != "preset"}
    discount, for_format = exact(chosen["discount"]), exact(chosen["format_weight"])
    # R = sum_t gamma^t (lambda_align sim - lambda_rep rep) / sum_t gamma^t "over the longer of plan and reference"
    # (tracer1_rewards/README.md, section 2).
    total = sum(discount**t for t in range(max(len(plan), len(reference))))
    alignment = align(plan, reference, horizon, discount, chosen) / total
    repetition = sum(discount**t for t in repeated_at(plan, reference)) / total
    # "score = (R + w_format format) / (1 + w_format)" (README, section 2); format is 1 for the status ok (section 1), and 0
    # for "a plan longer than the horizon" (section 6).
    clean = Fraction(status == "ok" and len(plan) <= horizon)
    gain = exact(chosen["alignment_weight"]) * alignment - exact(chosen["repetition_weight"]) * repetition
    score = (gain + for_format * clean) / (1 + for_format)
    return {"alignment": alignment, "repetition": repetition, "format": clean, "score": score}


def exact(number: float) -> Fraction:
    """The decimal number that was written: 0.9 is nine tenths."""
    return Fraction(str(number))


def align(
    plan: list[Step], reference: list[Step], horizon: int, discount: Fraction, settings: dict[str, Any]
) -> Fraction:
    """The discounted similarity of the steps that are compared, before it is divided by the sum of discounts."""
    # "A step beyond the horizon is compared with nothing" (tracer1_rewards/steps.py, score_steps).
    rows, columns = min(len(plan), horizon), len(reference)
    weight = exact(settings["instruction_weight"])
    alike = [[similarity(plan[i], reference[j], weight) for j in range(columns)] for i in range(rows)]
    # "position compares the t-th with the t-th"; "monotone pairs them in order so that the discounted similarity is
    # greatest; a pair (i, j) weighs gamma^max(i, j)" (tracer1_rewards/alignment.py, module docstring).
    by_position: Pairing = tuple((t, t) for t in range(min(rows, columns)))
    pairings = pairings_of(rows, columns) if settings["alignment"] == "monotone" else [by_position]
    return max(sum((discount ** max(i, j) * alike[i][j] for i, j in pairing), Fraction(0)) for pairing in pairings)


@lru_cache(maxsize=64)
def pairings_of(rows: int, columns: int) -> tuple[Pairing, ...]:
    """Every set of pairs (i, j) in which both numbers only grow."""
    return tuple(_pairings(0, 0, rows, columns))


def _pairings(row: int, column: int, rows: int, columns: int) -> Iterator[Pairing]:
    yield ()
    for i in range(row, rows):
        for j in range(column, columns):
            for rest in _pairings(i + 1, j + 1, rows, columns):
                yield ((i, j), *rest)


def repeated_at(plan: list[Step], reference: list[Step]) -> list[int]:
    """The positions of steps that repeat."""
    # "whether it occurs more often up to here than the reference repeats it altogether" (tracer1_rewards/steps.py,
    # repeats); letter case of the instruction aside.
    own, theirs = ([(kind, arguments, says.lower()) for kind, arguments, says in steps] for steps in (plan, reference))
    return [t for t, step in enumerate(own) if own[: t + 1].count(step) > max(1, theirs.count(step))]


def similarity(predicted: Step, reference: Step, weight: Fraction) -> Fraction:
    """sim of two steps."""
    # "share of a step's similarity that its instruction decides" (Settings.instruction_weight); "letter case ignored"
    # (tracer1/matching.py, instruction_similarity).
    says = text_similarity(predicted[2].lower(), reference[2].lower())
    return operation(predicted, reference) * (1 - weight + weight * says)


def operation(predicted: Step, reference: Step) -> Fraction:
    """How alike two operations are."""
    # "0 when the type differs, otherwise one half and the mean agreement of the arguments for the other half" (card of
    # the protocol tracer1); "0 for another type or another tool" (tracer1/matching.py, operation).
    (kind, given, _), (wanted_kind, wanted, _) = predicted, reference
    if kind != wanted_kind:
        return Fraction(0)
    if kind == "call_tool":
        if given["name"] != wanted["name"]:
            return Fraction(0)
        given, wanted = given.get("arguments", {}), wanted.get("arguments", {})
        asked = {*given, *wanted}
    else:
        # What an argument left out means, which are not judged, and which are "compared only where the reference has
        # them": the constants at the top of tracer1/matching.py.
        meant = {"outcome": "success"} if kind == "finish" else {}
        given, wanted = meant | given, meant | wanted
        if_asked = {"point", "start", "end", "answer", "question"}
        asked = {*wanted, *(given.keys() - if_asked)} - {"seconds", "amount"}
    name_of = {} if kind == "call_tool" else {name: name for name in asked}  # a tool's `point` is no point of ours
    agreements = [
        agreement(name_of.get(name, ""), given.get(name, MISSING), wanted.get(name, MISSING)) for name in asked
    ]
    return Fraction(1, 2) + Fraction(1, 2) * (sum(agreements) / len(agreements) if agreements else 1)


def agreement(name: str, given: Any, wanted: Any) -> Fraction:
    """How far one argument agrees."""
    # "Texts agree by their letters, keys by their parts, points within 14 % of the screen, all else when it is equal; an
    # argument that only one side gives is a disagreement" (tracer1/matching.py, operation). 14 % are 140 thousandths.
    if given is MISSING or wanted is MISSING:
        return Fraction(0)
    if name == "key":
        return Fraction(key_parts(given) == key_parts(wanted))
    if name in ("point", "start", "end"):
        return Fraction(sum((Fraction(a) - Fraction(b)) ** 2 for a, b in zip(given, wanted, strict=True)) <= 140**2)
    if isinstance(given, str) and isinstance(wanted, str) and name not in ("direction", "outcome"):
        return text_similarity(" ".join(given.split()), " ".join(wanted.split()))  # white space squeezed
    return Fraction(given == wanted)


def key_parts(text: str) -> set[str]:
    """``Ctrl + C`` and ``ctrl+c`` are the same, and so are ``ctrl++`` and ``ctrl +`` (tracer1/matching.py, _keys)."""
    lower = text.lower()
    return set(lower.replace("+", " ").split()) | ({"+"} if lower.rstrip().endswith("+") else set())


@lru_cache(maxsize=10_000)
def text_similarity(one: str, other: str) -> Fraction:
    """ "Normalised edit similarity (insertions and deletions)": twice the common letters in order, over all letters."""
    if not one and not other:
        return Fraction(1)
    return Fraction(2 * common_length(one, other), len(one) + len(other))


def common_length(one: str, other: str) -> int:
    """The length of the longest common subsequence, by the textbook's table, row by row."""
    row = [0] * (len(other) + 1)
    for letter in one:
        diagonal = 0
        for j, theirs in enumerate(other, 1):
            diagonal, row[j] = row[j], diagonal + 1 if letter == theirs else max(row[j], row[j - 1])
    return row[-1]
