"""What holds of every reward, whatever the plan: range, maximum, order of alignments, and the same number everywhere."""

import math
import os
import random
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.ground_truth import GroundTruth
from tracer1.plans import Plan, Step, parse, render
from tracer1.protocols import PROTOCOLS
from tracer1_rewards import KEYS, Settings, score_plan
from tracer1_rewards.alignment import MODES
from tracer1_rewards.settings import PRESETS, settings_from

ROUNDING = 1e-9
HORIZON = 6
patient = settings(deadline=None)  # an example that takes long on a busy machine is not wrong

# Few letters and few words, so that plans share steps, arguments and parts of texts often.
words = st.lists(st.sampled_from(["save", "Save", "the", "name", "e", "weather"]), min_size=1, max_size=4).map(" ".join)
points = st.lists(st.sampled_from([0, 100, 239.9, 240, 500, 1000]), min_size=2, max_size=2)
actions = st.one_of(
    st.builds(lambda kind: Action(kind), st.sampled_from(["click", "wait", "finish", "press_back", "press_home"])),
    st.builds(lambda kind, point: Action(kind, {"point": point}), st.sampled_from(["click", "hover"]), points),
    st.builds(lambda text: Action("type", {"text": text}), words),
    st.builds(lambda text, point: Action("select", {"value": text, "point": point}), words, points),
    st.builds(lambda key: Action("key", {"key": key}), st.sampled_from(["Enter", "ctrl+c", "C + Ctrl", "+"])),
    st.builds(lambda way: Action("scroll", {"direction": way}), st.sampled_from(["up", "down"])),
    st.builds(lambda start, end: Action("drag", {"start": start, "end": end}), points, points),
    st.builds(
        lambda arguments: Action("call_tool", {"name": "search", "arguments": arguments}),
        st.dictionaries(st.sampled_from("abc"), words | st.integers(0, 3), max_size=3),
    ),
)
steps = st.builds(Step, actions, words)


def is_end(step: Step) -> bool:
    return step.action.type == "finish"


def end_once(found: list[Step]) -> tuple[Step, ...]:
    """A plan that ends at its first ``finish``, as one that can be written does."""
    ends = [number for number, step in enumerate(found, 1) if is_end(step)]
    return tuple(found[: ends[0]] if ends else found)


references = st.lists(steps, min_size=1, max_size=HORIZON).map(end_once)
predictions = st.lists(steps, max_size=HORIZON + 3).map(end_once)
knobs = st.builds(
    Settings,
    discount=st.sampled_from([1.0, 0.9, 0.5, 0.01]),
    alignment_weight=st.sampled_from([1.0, 0.2, 3.0]),
    repetition_weight=st.sampled_from([0.5, 0.0, 2.0]),
    instruction_weight=st.sampled_from([0.5, 0.0, 1.0]),
    format_weight=st.sampled_from([0.1, 0.0, 1.0]),
    protocol=st.sampled_from(["", *PROTOCOLS]),
    alignment=st.sampled_from(MODES),
    step_credit=st.just(True),
)


def truth_of(reference: tuple[Step, ...], boxed: bool = False) -> GroundTruth:
    """The reference as a row; with ``boxed``, its first step has a box around its point, if it has a point."""
    x, y = reference[0].action.arguments.get("point", (0, 0))
    around = Box(x - 50, y - 50, x + 50, y + 50, "pixel") if "point" in reference[0].action.arguments else None
    return GroundTruth(Plan(reference), Size(1000, 1000), HORIZON, box=around if boxed else None)


def written(plan: tuple[Step, ...]) -> str:
    return render(Plan(plan))


@patient
@given(references, predictions, st.text(max_size=40), knobs)
def test_a_score_is_finite_and_in_range(reference, predicted, noise, chosen):
    for text in (written(predicted), f"{written(predicted)}\n{noise}", noise):
        reward = score_plan(parse(text), truth_of(reference), chosen)
        assert -chosen.repetition_weight - ROUNDING <= reward.score <= chosen.maximum + ROUNDING
        for share in ("alignment", "repetition", "format", "first_step", "type_match", "instruction"):
            assert -ROUNDING <= getattr(reward, share) <= 1 + ROUNDING, share


@patient
@given(references, predictions, knobs)
def test_a_result_has_exactly_the_keys_and_finite_floats(reference, predicted, chosen):
    reward = score_plan(parse(written(predicted)), truth_of(reference), chosen)
    found = reward.as_dict()
    assert tuple(found) == (*KEYS, "step_rewards") if predicted else tuple(found) == KEYS
    assert all(type(found[key]) is float and math.isfinite(found[key]) for key in KEYS)
    assert found["overall"] == found["score"]
    assert len(reward.steps) == len(predicted) and all(map(math.isfinite, reward.steps))


@patient
@given(references, predictions, knobs)
def test_the_rewards_of_the_steps_and_the_format_add_up(reference, predicted, chosen):
    reward = score_plan(parse(written(predicted)), truth_of(reference), chosen)
    format_share = chosen.format_weight * reward.format / (1 + chosen.format_weight)
    assert sum(reward.steps) + format_share == pytest.approx(reward.score, abs=ROUNDING)


@patient
@given(references, st.booleans())
def test_the_reference_scores_the_maximum(reference, boxed):
    # A protocol that asks for a place judges a reference by its point; texts here have words, which GUI-R1 asks for.
    for preset in PRESETS:
        for protocol in PROTOCOLS:
            for alignment in MODES:
                chosen = settings_from({"preset": preset, "protocol": protocol, "alignment": alignment})
                reward = score_plan(parse(written(reference)), truth_of(reference, boxed), chosen)
                assert reward.score == pytest.approx(chosen.maximum, abs=ROUNDING), chosen
                assert (reward.first_step, reward.type_match, reward.repetition, reward.format) == (1, 1, 0, 1)


@patient
@given(references, predictions, st.sampled_from([1.0, 0.9, 0.5, 0.01]), st.sampled_from(["paper", "full"]))
def test_monotone_alignment_never_scores_less_than_position(reference, predicted, discount, preset):
    parsed, truth = parse(written(predicted)), truth_of(reference)
    for protocol in PROTOCOLS:
        by_position, monotone = (
            score_plan(
                parsed,
                truth,
                settings_from({"preset": preset, "discount": discount, "protocol": protocol, "alignment": alignment}),
            )
            for alignment in ("position", "monotone")
        )
        assert monotone.score >= by_position.score - ROUNDING
        assert monotone.repetition == by_position.repetition


@patient
@given(references, predictions, knobs)
def test_one_more_step_never_pays_beyond_the_reference(reference, predicted, chosen):
    """Padding: behind the reference, no steps add to the score."""
    if not is_end(reference[-1]):
        best = score_plan(parse(written(reference)), truth_of(reference), chosen).score
        padded = score_plan(parse(written((*reference, *predicted))), truth_of(reference), chosen).score
        assert padded <= best + ROUNDING


def batch() -> list[tuple[str, str]]:
    """Fifty responses and the names of protocols, the same in every process."""
    dice, plan = random.Random(0), []
    texts = ["save the name", "weather", "Save", "the weather in Paris"]
    for number in range(8):
        tool = {key: dice.choice(texts) for key in ("query", "place", "day")}
        kinds = [Action("click", {"point": [dice.randint(0, 1000), 500]}), Action("type", {"text": dice.choice(texts)})]
        plan.append(
            Step(dice.choice([*kinds, Action("call_tool", {"name": "s", "arguments": tool})]), f"Step {number}")
        )
    text = written(tuple(plan))
    cuts = [text[: dice.randint(0, len(text))] for _ in range(25)]
    mixed = [written(tuple(dice.sample(plan, dice.randint(1, 8)))) for _ in range(25)]
    return [(one, protocol) for one in [*cuts, *mixed] for protocol in ("tracer1", "os_atlas")]


def score_one(sample: tuple[str, str]) -> dict:
    """The result of one sample; the reference is the first plan of the batch that is not cut off."""
    text, protocol = sample
    truth = GroundTruth(parse(batch()[50][0]).plan, Size(1000, 1000), 8)
    return score_plan(parse(text), truth, Settings(protocol=protocol, alignment="monotone", step_credit=True)).as_dict()


def test_threads_processes_and_orders_give_the_same_numbers():
    samples = batch()
    alone = list(map(score_one, samples))
    assert len({result["score"] for result in alone}) > 20
    order = random.Random(1).sample(range(len(samples)), len(samples))
    shuffled = dict(zip(order, (score_one(samples[number]) for number in order), strict=True))
    assert [shuffled[number] for number in range(len(samples))] == alone
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(score_one, samples)) == alone
    with ProcessPoolExecutor(2, get_context("spawn")) as processes:
        assert list(processes.map(score_one, samples, chunksize=len(samples) // 2)) == alone


MANY_ARGUMENTS = """
from tracer1.actions import Action
from tracer1.matching import operation

def call(texts):
    return Action("call_tool", {"name": "search", "arguments": dict(zip("abcdefgh", texts.split(",")))})

given = call("one,thee,fort,fives,sx,seen,eigh,nine")
print(operation(given, call("one two,three,fourteen,fif,six,seventeen,eight,ninety")))
"""


def test_the_order_of_sets_does_not_change_a_score():
    found = {
        subprocess.run(
            [sys.executable, "-c", MANY_ARGUMENTS],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(6)
    }
    assert len(found) == 1


@pytest.mark.parametrize(
    "text",
    [
        "<b>",
        "a): b\n2. click(): c",
        "```",
        "' \" \\ \u2028 \x00",
    ],
)
def test_any_text_can_be_planned(text):
    reference = (Step(Action("type", {"text": text}), "Enter the tag"),)
    reward = score_plan(parse(written(reference)), truth_of(reference), Settings())
    assert reward.score == pytest.approx(1)


@pytest.mark.parametrize("number", ["1\u0662", "[1\u0662, 5]", "{'a': 1\u0662}", "[1, 0.\u0665]", "[1, 2e\u0665]"])
def test_foreign_digits_are_no_numbers(number):
    assert parse(f"1. click(point={number}): Click").status == "malformed"
    assert parse(f"1. call_tool(name='a', arguments={number}): Look").status == "malformed"
