"""Plans as text: what is a step, where reading stops, and that a rendered plan is read back."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer1.actions import Action, is_text
from tracer1.plans import Plan, Step, parse, render

words = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1).map(lambda t: " ".join(t.split()))
words = words.filter(lambda t: t and is_text(t))
actions = st.one_of(
    st.just(Action("click")),
    st.builds(
        lambda t: Action("type", {"text": t}), st.text(st.characters(blacklist_categories=("Cs",))).filter(is_text)
    ),
    st.builds(lambda d: Action("scroll", {"direction": d}), st.sampled_from(["up", "down", "left", "right"])),
    st.builds(lambda x, y: Action("click", {"point": [x, y]}), st.integers(0, 1000), st.integers(0, 1000)),
    st.builds(
        lambda a: Action("call_tool", {"name": "search", "arguments": a}),
        st.dictionaries(st.text("abc"), st.integers()),
    ),
)
plans = st.lists(st.builds(Step, actions, words), min_size=1, max_size=10).map(lambda steps: Plan(tuple(steps)))


@given(plans)
def test_a_rendered_plan_is_read_back(plan):
    parsed = parse(render(plan))
    assert parsed.plan == plan
    assert parsed.status == "ok"


@given(st.one_of(st.text(), plans.map(render).flatmap(lambda t: st.integers(0, len(t)).map(lambda n: t[:n]))))
@settings(max_examples=500)
def test_any_text_is_read_without_an_exception(text):
    parsed = parse(text)
    assert 0 <= parsed.stopped_at <= len(text)
    assert parsed.status in ("ok", "trailing", "truncated", "malformed", "empty")


def test_a_prompt_that_opens_the_thought_leaves_drafts_in_it():
    draft = "I could write\n1. click(): Click A"
    assert parse(draft).status == "ok"
    assert (parse(draft, thinking=True).plan.steps, parse(draft, thinking=True).status) == ((), "truncated")
    assert parse(draft + "\n</think>\n1. click(): Click B", thinking=True).plan.steps[0].instruction == "Click B"


def test_single_quotes_and_double_quotes_say_the_same():
    one, two = (
        parse("1. type(text='say \\\\ \"it\\'s\"'): Enter it"),
        parse('1. type(text="say \\\\ \\"it\'s\\""): Enter it'),
    )
    assert one.plan.steps[0].action.arguments["text"] == 'say \\ "it\'s"'
    assert one.plan == two.plan


def test_the_ends_of_the_steps_are_where_their_lines_end():
    text = "<think>so</think>\n1. click(): Click A\n\n2. wait(): Wait\n"
    assert [text[:end].split("\n")[-2] for end in parse(text).ends] == ["1. click(): Click A", "2. wait(): Wait"]
    assert parse("1. wait(): Wait").ends == (15,)
    assert parse("1. wait(): Wait\n2. fly(): Fly").ends == (16,)


def test_rendering_is_what_the_prompt_shows():
    plan = Plan((Step(Action("type", {"text": 'a "b"'}), "Enter the name"), Step(Action("finish"), "Done")))
    assert render(plan) == '1. type(text="a \\"b\\""): Enter the name\n2. finish(): Done'


@pytest.mark.parametrize(
    ("text", "steps", "status"),
    [
        ("", 0, "empty"),
        ("I would click the button.", 0, "empty"),
        ("<think>1. click(): Click A", 0, "truncated"),
        ("<think>1. click(): no</think>\n1. click(): Click A", 1, "ok"),
        ("```\n1. click(): Click A\n```", 1, "ok"),
        ("First the field.\n1. click(): Click A\n2) click(): Click B\n", 2, "ok"),
        ("1. click(): Click A\n2. cli", 1, "truncated"),
        ('1. click(): Click A\n2. type(text="bo', 1, "truncated"),
        ("1. click(): Click A\n3. click(): Click B", 1, "malformed"),
        ("1. click(): Click A\n2. fly(): Fly", 1, "malformed"),
        ("1. type(): Enter it", 0, "malformed"),
        ('1. type(text="a", text="b"): Enter it', 0, "malformed"),
        ('1. scroll(direction="sideways"): Scroll', 0, "malformed"),
        ("1. click(point=[5, NaN]): Click A", 0, "malformed"),
        ("1. click(point=[5, 1001]): Click A", 0, "malformed"),
        ("1. click(point=__import__('os')): Click A", 0, "malformed"),
        ("1. finish(): Done\n2. click(): Click A", 2, "malformed"),
        ("1. click(): Click A\nand then I stop", 1, "trailing"),
        ("1. click(): Click A\n2. Then (perhaps) more", 1, "malformed"),
        ("1. First I look (carefully).\n1. click(): Click A", 1, "ok"),
        ("1. type(text='it\\'s \"b\"'): Enter it", 1, "ok"),
        ("1. call_tool(name='ocr', arguments={'image': 'a.png', 'boxes': [[1, 2]], 'all': True}): Read it", 1, "ok"),
        ("1. call_tool(name='ocr', arguments=" + "{'a': " * 11 + "1" + "}" * 11 + "): Read it", 0, "malformed"),
        ("1. call_tool(name='ocr', arguments={'a': 1, 'a': 2}): Read it", 0, "malformed"),
        ('1. type(text="\\ud800"): Enter half a letter', 0, "malformed"),
        ("1. click(): Click A\n2. type(text='bo", 1, "truncated"),
        ("1. click(point=[5, 1", 0, "truncated"),
        ("1. click(): Click A <|image_pad|>", 0, "malformed"),
    ],
)
def test_what_counts_as_a_step(text, steps, status):
    parsed = parse(text)
    assert (len(parsed.plan.steps), parsed.status) == (steps, status)


def test_reading_takes_linear_time():
    for text in (
        "1. click(" * 110_000,
        "1. click(point=" + "[" * 1_000_000,
        "1. click(): a\n" * 70_000,
        "(" * 1_000_000,
    ):
        start = time.process_time()
        parse(text)
        assert time.process_time() - start < 5, "a megabyte takes milliseconds; quadratic reading would take minutes"


@pytest.mark.parametrize("instruction", ["", " Click A", "Click\nA", "Click  A"])
def test_an_instruction_is_one_clean_line(instruction):
    with pytest.raises(ValueError, match="one non-empty line"):
        Step(Action("click"), instruction)
