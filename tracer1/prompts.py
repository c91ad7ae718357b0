"""The planner's prompt: one builder for training rows, evaluation and the plan-act loop.

``full`` explains the action space and the plan format and suits any instruction-tuned VLM. ``compact`` leaves both out, for
a planner that has been trained on the format already (a fifth of the tokens).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tracer1.actions import PLACEHOLDERS, for_platform
from tracer1.plans import Step, render_step

Style = Literal["full", "compact"]
Message = dict[str, str]
LONGEST_OUTPUT = 500

_SYSTEM = """You are the planner of an agent that operates a {platform} interface. You see the current screen, the task and \
the last steps. Predict the next steps, at most {horizon}, up to the end of the task. A separate executor carries them out: \
each step needs an action and an instruction that says which element it concerns, so that it can be found on the screen.

Write one step a line: the number, the action with its arguments as JSON, a colon, the instruction. For example:
1. click(): Click the search box
2. type(text="weather"): Enter the query in the search box
3. key(key="Enter"): Start the search

Actions:
{actions}
End with finish when the task is done within these steps."""

_TOOL_SYSTEM = """You are the planner of an agent that solves tasks by calling tools. You see the task, with its pictures \
where it has any, and the last calls with the beginning of what they returned. Predict the next steps, at most {horizon}, up \
to the answer. Only the first is carried out before you plan again, so a value that a call has yet to return may be a guess.

Write one step a line: the number, the action with its arguments as JSON, a colon, the instruction. For example:
1. call_tool(name="inspect_file_as_text", arguments={{"file_path": "prices.csv"}}): Read the prices
2. call_tool(name="calculator", arguments={{"expression": "12.5 * 3"}}): Multiply the price of a lamp by three
3. finish(answer="37.5"): Give the price of three lamps

Tools:
{tools}
Actions:
{actions}
End with finish, and the answer, when it is known within these steps."""


def build(
    instruction: str,
    history: Sequence[Step],
    horizon: int,
    platform: str = "web",
    style: Style = "full",
    outputs: Sequence[str] = (),
    images: int = 1,
    tools: Sequence[str] = (),
) -> list[Message]:
    """Chat messages for one decision, each of the ``images`` marked ``<image>`` (veRL's convention).

    ``history`` holds the last K executed steps, oldest first; ``outputs`` what came back from each (a tool's answer), empty
    where nothing did; ``tools`` a line for each tool that may be called (:attr:`tracer1.toolbox.base.ToolSpec.line`). Raises
    ValueError for an unknown style or platform, a horizon below 1, or a text that itself contains ``<image>`` (veRL would
    count it as a second picture).
    """
    if horizon < 1:
        raise ValueError(f"the horizon must be at least 1, got {horizon}")
    lines = [_past(step, outputs[n] if n < len(outputs) else "") for n, step in enumerate(history)]
    if "<image>" in instruction or any("<image>" in line for line in lines):
        raise ValueError("the task or its history contains '<image>', which marks a screenshot: remove it")
    past = "\n".join(lines) or "- none"
    user = f"{'<image>' * images}Task: {instruction}\nDone:\n{past}\nPlan:"
    if style == "compact":
        return [{"role": "user", "content": user}]
    if style != "full":
        raise ValueError(f"unknown prompt style {style!r}: use full or compact")
    actions = "\n".join(f"- {kind.signature}: {kind.says}" for kind in for_platform(platform))
    told = "\n".join(f"- {tool}" for tool in tools) or "- those that the task names"
    template = _TOOL_SYSTEM if platform == "tool" else _SYSTEM
    system = template.format(platform=platform, horizon=horizon, actions=actions, tools=told)
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def _past(step: Step, output: str) -> str:
    """One executed step, with the beginning of what came back, in which nothing stands for a picture."""
    said = " ".join(output.split())
    for mark in ("<image>", *PLACEHOLDERS):
        said = said.replace(mark, f"[{mark[1:-1]}]")
    cut = said if len(said) <= LONGEST_OUTPUT else f"{said[:LONGEST_OUTPUT]} …"
    return f"- {render_step(step)}{f' => {cut}' if cut else ''}"
