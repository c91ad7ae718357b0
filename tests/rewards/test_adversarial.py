"""Answers that try to be paid without planning: none beats the honest answer, and none that differs from it equals it.

Every answer meets every preset, protocol and alignment. Tricks that a published protocol itself pays for (a part of a text
for the text) may equal the honest answer under that protocol only.
"""

import asyncio
from dataclasses import dataclass
from itertools import cycle, islice

import pytest

from tracer1.actions import REGISTRY, Action
from tracer1.answers import ExpectedAnswer
from tracer1.coordinates import Box, Point, Size
from tracer1.executors.base import POINTER_ACTIONS, Execution, answer_of
from tracer1.ground_truth import GroundTruth
from tracer1.matching import operation
from tracer1.plans import Plan, Step, parse, render
from tracer1.prompts import build
from tracer1.protocols import PROTOCOLS
from tracer1_rewards import Settings, score_plan
from tracer1_rewards.alignment import MODES
from tracer1_rewards.grounded import score_first_step
from tracer1_rewards.settings import PRESETS, settings_from

SQUARE = Size(1000, 1000)
TIE = 1e-9  # scores that differ by less are the same
SETTINGS = [
    settings_from({"preset": preset, "protocol": protocol, "alignment": alignment})
    for preset in PRESETS
    for protocol in PROTOCOLS
    for alignment in MODES
]


def truth_of(*steps, **known):
    return GroundTruth(Plan(tuple(steps)), SQUARE, max(4, len(steps)), **known)


def step(kind, says, **arguments):
    return Step(Action(kind, arguments), says)


NAME = step("click", "Click the name field", point=[300, 200])
FIELD = Box(200, 180, 400, 220, "pixel")
FORM = [NAME, step("type", "Enter the name", text="weather"), step("click", "Click Submit", point=[300, 700])]
DOWN = step("scroll", "Scroll down the list", direction="down")
OCR = step("call_tool", "Read the page", name="ocr", arguments={"image": "a.png", "page": 2})
SEARCH = step("call_tool", "Look up the weather", name="search", arguments={"query": "weather in Paris"})
ANSWER = step("answer", "Tell the user", text="It is sunny in Paris")
TRUTHS = {
    "form": truth_of(*FORM, step("finish", "Done"), box=FIELD),
    "scrolling": truth_of(DOWN, DOWN, DOWN),
    "tools": truth_of(OCR, SEARCH, ANSWER, answer=ExpectedAnswer("text", "Paris, page 2")),
    "one": truth_of(FORM[1]),
    "eight": truth_of(
        *FORM,
        step("key", "Open the menu", key="alt+f"),
        step("hover", "Hover over the exports", point=[80, 90]),
        step("select", "Choose the format", value="PDF file"),
        step("wait", "Wait for the file"),
        step("finish", "Report the name", answer="weather.pdf"),
        box=FIELD,
    ),
}
VALUES = {"text": "a", "direction": "down", "object": {}}
ALL_ACTIONS = [
    Step(Action(kind.name, {name: VALUES[kind.arguments[name]] for name in kind.required}), "Do it")
    for kind in REGISTRY.values()
    if kind.name != "finish"
]
WAIT = step("wait", "Wait for the page")
CODE = "__import__('os').system('touch {marker}')"


def plan(steps):
    return render(Plan(tuple(steps)))


def answers(truth):
    """Answers without the plan, by name."""
    steps, honest = truth.reference.steps, render(truth.reference)
    full, compact = (
        "\n".join(message["content"] for message in build("Enter weather", steps[:2], truth.horizon, style=style))
        for style in ("full", "compact")
    )
    two = steps[:2] if len(steps) > 1 else (steps[0], WAIT)
    return {
        "nothing": "",
        "copy of the prompt": full,
        "copy of the short prompt": compact,
        "copy of the prompt before the plan": f"{full}\n{honest}",
        "all actions": plan(ALL_ACTIONS),
        "some of all actions": plan(ALL_ACTIONS[: truth.horizon]),
        **{f"step {number} repeated": plan([one] * truth.horizon) for number, one in enumerate(steps, 1)},
        "the first step as often as there are steps": plan([steps[0]] * len(steps)),
        "a cycle of two": plan(islice(cycle(two), truth.horizon)),
        "a cycle of two, too long": plan(islice(cycle(two), 20)),
        "one step of padding": plan([*steps, WAIT]),
        "much padding": plan([*steps, *[WAIT] * 8]),
        "padding before": plan([WAIT, *steps]),
        "reference twice": plan([*steps, *steps]),
        "reference twice, numbered anew": f"{honest}\n{honest}",
        "reversed": plan(reversed(steps)),
        "the last step only": plan(steps[-1:]),
        "all instructions in one": plan([Step(steps[0].action, " ".join(one.instruction for one in steps))]),
        "hidden in the thought": f"<think>\n{honest}\n</think>\n{plan(ALL_ACTIONS[:3])}",
        "another plan before": f"{plan(ALL_ACTIONS[:3])}\n\n{honest}",
        "thought never closed": f"<think>\n{honest}",
        "thought closed behind it": f"{honest}\n</think>",
        "a picture": f"<|vision_start|><|image_pad|><|vision_end|>\n{honest}",
        "code": f"1. type(text={CODE}): Enter the name",
        "code, as GUI-R1 writes it": f"<answer>[{{'action': {CODE}}}]</answer>",
        "honest, and more": f"{honest}\nI hope this helps.",
        "numbered from 2": honest.replace("1.", "2.", 1),
    }


def parts_of_texts(truth):
    """The honest plan with one text shortened: GUI-R1 takes `e` for `weather`."""
    for number, one in enumerate(truth.reference.steps):
        for name, text in one.action.arguments.items():
            if REGISTRY[one.action.type].arguments[name] == "text" and one.action.type != "call_tool":
                for part in ("e", "", text[:1], text[:-1], text.split()[0][:-1], f"{text} and {text}"):
                    wrong = Step(Action(one.action.type, one.action.arguments | {name: part}), one.instruction)
                    steps = [*truth.reference.steps[:number], wrong, *truth.reference.steps[number + 1 :]]
                    yield plan(steps)


def content(steps, settings):
    """What a preset looks at."""
    says = settings.instruction_weight > 0
    return [(one.action.type, one.action.arguments, one.instruction.lower() if says else "") for one in steps]


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS)
def test_no_answer_beats_the_honest_one(truth):
    parsed = {name: parse(text) for name, text in answers(truth).items()}
    honest = parse(render(truth.reference))
    for settings in SETTINGS:
        best = score_plan(honest, truth, settings).score
        assert best == pytest.approx(settings.maximum)
        for name, answer in parsed.items():
            score = score_plan(answer, truth, settings).score
            assert score <= best + TIE, (name, settings)
            if content(answer.plan.steps, settings) != content(truth.reference.steps, settings):
                assert score < best - TIE, (name, settings)


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS)
def test_an_answer_cut_off_anywhere_is_worth_less(truth):
    text = render(truth.reference)
    cuts = [parse(text[:end]) for end in range(len(text))]
    for settings in SETTINGS:
        wanted = content(truth.reference.steps, settings)
        for end, cut in enumerate(cuts):
            score = score_plan(cut, truth, settings).score
            assert score <= settings.maximum + TIE
            if content(cut.plan.steps, settings) != wanted:
                assert score < settings.maximum - TIE, (text[:end], settings)


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS)
def test_a_part_of_a_text_is_not_the_text(truth):
    for text in parts_of_texts(truth):
        parsed = parse(text)
        for settings in SETTINGS:
            score = score_plan(parsed, truth, settings).score
            assert score <= settings.maximum + TIE
            assert settings.protocol != "tracer1" or score < settings.maximum - TIE, text


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        pytest.param({"query": "weather", "page": None}, {"query": "weather"}),
        pytest.param({"query": "snow", **{f"n{number}": None for number in range(99)}}, {"query": "weather"}),
        pytest.param({"page": True}, {"page": 1}),
        ({"query": "weather", "page": 1}, {"query": "weather"}),
        ({"query": "snow", **{f"n{number}": 0 for number in range(99)}}, {"query": "weather"}),
        ({}, {"query": "weather"}),
    ],
)
def test_a_tool_call_with_other_arguments_is_another(wrong, right):
    calls = (Action("call_tool", {"name": "search", "arguments": arguments}) for arguments in (wrong, right))
    assert operation(*calls) < 0.8


@dataclass
class Exact:
    """Does what the step says, and finds the place or the tool's answer for the reference's own step only."""

    truth: GroundTruth
    name: str = "exact"

    async def execute(self, observation, step):
        right = step == self.truth.reference.steps[0]
        if step.action.type in POINTER_ACTIONS:
            return Execution("ok", point=self.truth.box.centre if right else Point(0, 0, "pixel"))
        if self.truth.answer is not None:
            return Execution("ok", answer=self.truth.answer.value if right else "no such page")
        return Execution("ok", answer=answer_of(step))


def score_executed(text, truth, settings):
    return asyncio.run(score_first_step(parse(text), truth, settings, Exact(truth))).score


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS)
def test_no_executed_answer_beats_the_honest_one(truth, preset):
    settings, wanted = settings_from({"preset": preset}), truth.reference.steps[0]
    assert score_executed(render(truth.reference), truth, settings) == pytest.approx(1)
    honest = render(truth.reference)
    for text in [*answers(truth).values(), *parts_of_texts(truth), *(honest[:end] for end in range(len(honest)))]:
        score, first = score_executed(text, truth, settings), parse(text).plan.steps[:1]
        assert score <= 1 + TIE
        if [one.action for one in first] != [wanted.action]:
            assert score < 1 - TIE, text


SELECT = step("select", "Choose the format", value="PDF file")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (DOWN, step("scroll", DOWN.instruction, direction="up")),
        (FORM[1], step("type", "Enter the name", text="snow")),
        pytest.param(SELECT, step("select", "Choose the format", value="HTML")),
        pytest.param(ANSWER, step("answer", "Tell the user", text="No")),
        pytest.param(OCR, step("call_tool", "Read the page", name="rm")),
        pytest.param(step("finish", "Done"), step("finish", "Done", outcome="failure")),
        pytest.param(
            step("triple_click", "Select the line", point=[300, 200]),
            step("triple_click", "Select nothing", point=[900, 900]),
        ),
        pytest.param(
            step("drag", "Move the card", start=[1, 1], end=[300, 200]),
            step("drag", "Move nothing", start=[9, 9], end=[900, 900]),
        ),
    ],
    ids=lambda one: f"{one.action.type}({one.instruction})",
)
def test_an_executed_step_with_other_arguments_is_wrong(right, wrong):
    truth = truth_of(right, box=FIELD)
    assert score_executed(plan([wrong]), truth, Settings(format_weight=0.0)) == 0


def test_injected_code_never_runs(tmp_path):
    code = CODE.format(marker=tmp_path / "marker")
    texts = (
        code,
        f"<think>{code}</think>\n1. type(text={code}): Enter the name",
        f"<think>x</think><answer>[{{'action': {code}, 'point': [1, 2], 'input_text': 'no'}}]</answer>",
        f"1. type(text={code}): Enter the name",
        f'1. type(text="{code}"): {code}',
        f"1. click(point=[{code}, 5]): Click the name field",
        f"1. call_tool(name='ocr', arguments={{'image': {code}}}): Read the page",
        f"1. {code}: Click the name field",
        f"1. click(): {{{code}}} %({code})s",
    )
    for truth in TRUTHS.values():
        for text in texts:
            score_plan(parse(text), truth, Settings())
            score_executed(text, truth, Settings())
    assert not list(tmp_path.iterdir())
