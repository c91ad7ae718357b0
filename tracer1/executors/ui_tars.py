"""UI-TARS as an executor: 1.0 points in thousandths of the screenshot, 1.5 in pixels of the smart-resized one.

Two prompts each, as published. ``grounding`` asks for a place and nothing else, on any platform. ``action`` asks for the next
action, with the action space of computers or of mobile screens; thoughts are to be in English. Two things differ from the
published requests: temperature 0, and no frequency penalty (1.0's examples have one of 1, which punishes a digit for being
in the answer already; ``extra_body`` can bring it back).

Sources: bytedance/UI-TARS README_v1.md (1.0, "Prompt Templates" and the grounding script) and codes/ui_tars/prompt.py (1.5,
COMPUTER_USE_DOUBAO, MOBILE_USE_DOUBAO, GROUNDING_DOUBAO), Apache-2.0.
"""

from __future__ import annotations

import re
from functools import partial

from tracer1.executors.forms import PICTURE, Form, Message, asked
from tracer1.plans import Step
from tracer1.resizing import RULES

_AGENT = """You are a GUI agent. You are given a task and your action history, with screenshots. You need to perform the next \
action to complete the task."""
_FRAME = """{agent}

## Output Format
```
Thought: ...
Action: ...
```

## Action Space

{space}


## Note
- Use English in `Thought` part.
- {note}

## User Instruction
"""
_SUMMARISE = "Summarize your next action (with its target element) in one sentence in `Thought` part."
_PLAN = "Write a small plan and finally summarize your next action (with its target element) in one sentence in `Thought` part."
_BOX = "<|box_start|>(x1,y1)<|box_end|>"
_SUBMIT = '#If you want to submit your input, use "\\n" at the end of `content`.'
_ESCAPES = """# Use escape characters \\', \\", and \\n in content part to ensure we can parse the content in normal python string \
format."""

_COMPUTER_1_0 = f"""click(start_box='{_BOX}')
left_double(start_box='{_BOX}')
right_single(start_box='{_BOX}')
drag(start_box='{_BOX}', end_box='<|box_start|>(x3,y3)<|box_end|>')
hotkey(key='')
type(content='') {_SUBMIT}
scroll(start_box='{_BOX}', direction='down or up or right or left')
wait() #Sleep for 5s and take a screenshot to check for any changes.
finished()
call_user() # Submit the task and call the user when the task is unsolvable, or when you need the user's help."""
_MOBILE_1_0 = f"""click(start_box='{_BOX}')
long_press(start_box='{_BOX}', time='')
type(content='')
scroll(start_box='{_BOX}', end_box='<|box_start|>(x3,y3)<|box_end|>')
press_home()
press_back()
finished(content='') # Submit the task regardless of whether it succeeds or fails."""
_COMPUTER_1_5 = f"""click(point='<point>x1 y1</point>')
left_double(point='<point>x1 y1</point>')
right_single(point='<point>x1 y1</point>')
drag(start_point='<point>x1 y1</point>', end_point='<point>x2 y2</point>')
hotkey(key='ctrl c') # Split keys with a space and use lowercase. Also, do not use more than 3 keys in one hotkey action.
type(content='xxx') {_ESCAPES} If you want to submit your input, use \\n at the end of content. \n\
scroll(point='<point>x1 y1</point>', direction='down or up or right or left') # Show more information on the `direction` side.
wait() #Sleep for 5s and take a screenshot to check for any changes.
finished(content='xxx') {_ESCAPES}"""
_MOBILE_1_5 = f"""click(point='<point>x1 y1</point>')
long_press(point='<point>x1 y1</point>')
type(content='') {_SUBMIT}
scroll(point='<point>x1 y1</point>', direction='down or up or right or left')
open_app(app_name='')
drag(start_point='<point>x1 y1</point>', end_point='<point>x2 y2</point>')
press_home()
press_back()
finished(content='xxx') {_ESCAPES}"""
_PLACE_1_0 = "Output only the coordinate of one point in your response. What element matches the following task: "
_PLACE_1_5 = f"""{_AGENT}

## Output Format

Action: ...


## Action Space
click(point='<point>x1 y1</point>')

## User Instruction
"""

_TOKENS = re.compile(r"<\|box_(?:start|end)\|>|</?(?:point|bbox)>")
_BARE = re.compile(r"[\s\d.,()\[\]]+")


def _act(computer: str, mobile: str, notes: tuple[str, str], step: Step, on_mobile: bool) -> list[Message]:
    """The next action: the prompt, then the screenshot."""
    space, note = (mobile, notes[1]) if on_mobile else (computer, notes[0])
    return _user({"type": "text", "text": _FRAME.format(agent=_AGENT, space=space, note=note) + asked(step)}, PICTURE)


def _locate_1_0(step: Step, on_mobile: bool) -> list[Message]:
    """A place: the screenshot, then the prompt."""
    return _user(PICTURE, {"type": "text", "text": _PLACE_1_0 + step.instruction})


def _locate_1_5(step: Step, on_mobile: bool) -> list[Message]:
    return _user({"type": "text", "text": _PLACE_1_5 + step.instruction}, PICTURE)


def _user(*parts: Message) -> list[Message]:
    return [{"role": "user", "content": list(parts)}]


def _tidy(answer: str) -> str:
    """A bare place, which is how 1.0 answers ``grounding``, as a click."""
    bare = _TOKENS.sub(" ", answer)
    return f"click(start_box='{bare.strip()}')" if _BARE.fullmatch(bare) else answer.strip()


UI_TARS = Form(
    name="ui_tars",
    prompts={
        "grounding": _locate_1_0,
        "action": partial(_act, _COMPUTER_1_0, _MOBILE_1_0, (_SUMMARISE, _PLAN)),
    },
    dialects=("ui_tars", "ui_tars"),
    rule=RULES["qwen2_5_vl"],  # Qwen2-VL's, of which it is made, are the same numbers
    tidy=_tidy,
)
UI_TARS_1_5 = Form(
    name="ui_tars_1_5",
    prompts={
        "grounding": _locate_1_5,
        "action": partial(_act, _COMPUTER_1_5, _MOBILE_1_5, (_PLAN, _PLAN)),
    },
    dialects=("ui_tars_1_5", "ui_tars_1_5"),
    rule=RULES["ui_tars_1_5"],
    tidy=_tidy,
)
