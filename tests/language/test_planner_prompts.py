"""What a prompt says, by platform and style."""

import pytest

from tracer1.actions import Action
from tracer1.plans import Step, parse
from tracer1.prompts import LONGEST_OUTPUT, build
from tracer1.toolbox.base import Parameter, ToolSpec

SUM = ToolSpec("calculator", "works out an expression", (Parameter("expression"),), "a number")
READ = ToolSpec("read", "reads a file", (Parameter("file_path"), Parameter("start", "number", required=False)))
CALL = Step(Action("call_tool", {"name": "read", "arguments": {"file_path": "a.txt"}}), "Read it")


def test_tools_are_told_and_no_screen_is():
    system, user = build("Add them", [CALL], 4, "tool", outputs=["2\n3"], images=0, tools=[SUM.line, READ.line])
    assert "- calculator(expression) -> a number: works out an expression" in system["content"]
    assert "- read(file_path, [start]) -> text: reads a file" in system["content"]
    assert "screen" not in system["content"] and "click" not in system["content"]
    assert "at most 4, up" in system["content"] and "- call_tool(" in system["content"]
    line = '- call_tool(name="read", arguments={"file_path": "a.txt"}): Read it => 2 3'
    assert user["content"] == f"Task: Add them\nDone:\n{line}\nPlan:"


def test_the_example_in_each_prompt_is_a_plan():
    for platform in ("tool", "web"):
        system = build("Add them", (), 4, platform)[0]["content"]
        example = system[system.index("\n1. ") :].split("\n\n")[0]
        parsed = parse(example)
        assert (parsed.status, len(parsed.plan.steps)) == ("ok", 3)


def test_a_screen_is_told_without_tools():
    system = build("Log in", (), 4, "mobile")[0]["content"]
    assert "Tools" not in system and "operates a mobile interface" in system


def test_compact_leaves_the_explanations_out():
    (user,) = build("Add them", (), 4, "tool", "compact", images=0, tools=[SUM.line])
    assert user == {"role": "user", "content": "Task: Add them\nDone:\n- none\nPlan:"}


def test_long_outputs_are_cut():
    (user,) = build("Add them", [CALL], 4, "tool", "compact", ["x" * 1000], 0)
    assert user["content"].count("x") == LONGEST_OUTPUT + 1 and " …\nPlan:" in user["content"]  # one of a.txt


def test_what_a_tool_returns_stands_for_no_picture():
    (user,) = build("Add them", [CALL], 4, "tool", "compact", ["a <image> b <|image_pad|>"], 0)
    assert "=> a [image] b [|image_pad|]" in user["content"] and "<" not in user["content"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [({"horizon": 0}, "horizon"), ({"style": "long"}, "style"), ({"platform": "watch"}, "platform")],
)
def test_bad_settings_are_named(options, problem):
    with pytest.raises(ValueError, match=problem):
        build("Add them", (), **{"horizon": 4, **options})


def test_arguments_are_checked_against_the_specification():
    assert SUM.problem({"expression": "1"}) == "" == READ.problem({"file_path": "a", "start": 3})
    assert "has no argument 'x'" in SUM.problem({"x": 1, "expression": "1"})
    assert "needs 'file_path'" in READ.problem({"start": 3})
    assert "takes a number as 'start', got bool" in READ.problem({"file_path": "a", "start": True})
