"""Qwen3-VL as an executor: it calls ``computer_use`` or, on mobile screens, ``mobile_use``, on a grid from 0 to 999.

Both tools stand in the system prompt with their published schemas. The step is the user's query; there is no history. A
thought before the call is passed over (a thinking model needs a ``max_tokens`` of thousands).

Sources, both Apache-2.0: QwenLM/Qwen3-VL cookbooks/mobile_agent.ipynb (the frame of the system prompt, the query for
``mobile_use``); OSWorld mm_agents/qwen3vl_agent.py (format of the answer and query for ``computer_use``).
"""

from __future__ import annotations

import json
from typing import Any

from tracer1.executors.forms import PICTURE, Form, Message, asked
from tracer1.executors.qwen3_vl_tools import COMPUTER_USE, MOBILE_USE
from tracer1.plans import Step
from tracer1.resizing import RULES

_FRAME = """# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
{tool}
</tools>

For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
<tool_call>
{{"name": <function-name>, "arguments": <args-json-object>}}
</tool_call>

# Response format

Response format for every step:
{parts}) A single <tool_call>...</tool_call> block containing only the JSON: {{"name": <function-name>, "arguments": \
<args-json-object>}}.

Rules:
- Output exactly in the order: {order}, <tool_call>.
- Be brief: {brief}.
- Do not output anything else outside those parts.
- If finishing, use action=terminate in the tool call."""
_ACTION = "Action: a short imperative describing what to do in the UI."
_THOUGHT = "Thought: one concise sentence explaining the next move (no multi-step reasoning)."
_COMPUTER_QUERY = """
Please generate the next move according to the UI screenshot, instruction and previous actions.

Instruction: {says}

Previous actions:
None"""
_MOBILE_QUERY = (
    "The user query: {says}.\nTask progress (You have done the following operation on the current device): .\n"
)


def _system(schema: dict[str, Any], *parts: str) -> str:
    """The system prompt for one tool, whose answers have these parts before the call."""
    names = [part.partition(":")[0] for part in parts]
    return _FRAME.format(
        tool=json.dumps(schema),
        parts="\n".join(f"{number}) {part}" for number, part in enumerate(parts, 1)) + f"\n{len(parts) + 1}",
        order=", ".join(names),
        brief="one sentence for " + ", one for ".join(names),
    )


_COMPUTER_SYSTEM = _system(COMPUTER_USE, _ACTION)
_MOBILE_SYSTEM = _system(MOBILE_USE, _THOUGHT, _ACTION)


def _call(step: Step, on_mobile: bool) -> list[Message]:
    """The tool in the system prompt; then query and screenshot, in the order of the tool's own example."""
    system = {
        "role": "system",
        "content": [{"type": "text", "text": _MOBILE_SYSTEM if on_mobile else _COMPUTER_SYSTEM}],
    }
    query = {"type": "text", "text": (_MOBILE_QUERY if on_mobile else _COMPUTER_QUERY).format(says=asked(step))}
    return [system, {"role": "user", "content": [query, PICTURE] if on_mobile else [PICTURE, query]}]


def _tidy(answer: str) -> str:
    """The answer without its thought, in which a call is only a draft."""
    return answer.rpartition("</think>")[2].strip()


QWEN3_VL = Form(
    name="qwen3_vl",
    prompts={"action": _call},
    dialects=("qwen3_vl_computer", "qwen3_vl_mobile"),
    rule=RULES["qwen3_vl"],
    tidy=_tidy,
)
