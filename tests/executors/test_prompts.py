"""What each model is asked: the published structure, word for word where the model was trained on the words."""

from __future__ import annotations

import base64
import io
import json
import re

import pytest
import toys
from PIL import Image

from tracer1.actions import Action
from tracer1.executors.forms import PICTURE, Question, question
from tracer1.executors.options import options_from
from tracer1.executors.qwen3_vl import QWEN3_VL
from tracer1.executors.ui_tars import UI_TARS, UI_TARS_1_5
from tracer1.plans import Step

STEP = Step(Action("click"), "Click the blue {Save} button")
GROUNDING_1_5 = """You are a GUI agent. You are given a task and your action history, with screenshots. You need to perform the \
next action to complete the task.

## Output Format

Action: ...


## Action Space
click(point='<point>x1 y1</point>')

## User Instruction
Click the blue {Save} button"""
ACTION_1_5 = """You are a GUI agent. You are given a task and your action history, with screenshots. You need to perform the \
next action to complete the task.

## Output Format
```
Thought: ...
Action: ...
```

## Action Space

click(point='<point>x1 y1</point>')
long_press(point='<point>x1 y1</point>')
type(content='') #If you want to submit your input, use "\\n" at the end of `content`.
scroll(point='<point>x1 y1</point>', direction='down or up or right or left')
open_app(app_name='')
drag(start_point='<point>x1 y1</point>', end_point='<point>x2 y2</point>')
press_home()
press_back()
finished(content='xxx') # Use escape characters \\', \\", and \\n in content part to ensure we can parse the content in normal \
python string format.


## Note
- Use English in `Thought` part.
- Write a small plan and finally summarize your next action (with its target element) in one sentence in `Thought` part.

## User Instruction
Click the blue {Save} button"""


def ask(form, step: Step = STEP, platform: str = "web", width: int = 200, height: int = 100, **options) -> Question:
    chosen = options_from({"base_urls": "http://127.0.0.1:8000/v1", "model": "any", **options})
    return question(form, chosen, toys.seen(width, height, platform=platform), step)


def texts(asked: Question) -> list[str]:
    return [part["text"] for message in asked.request["messages"] for part in message["content"] if part is not PICTURE]


def sent(asked: Question) -> Image.Image:
    (url,) = re.findall(r'"url": "data:image/png;base64,([^"]*)"', asked.body().decode())
    return Image.open(io.BytesIO(base64.b64decode(url)))


def test_ui_tars_1_0_is_asked_for_a_place() -> None:
    (message,) = ask(UI_TARS).request["messages"]
    assert message["role"] == "user" and message["content"][0] is PICTURE
    assert message["content"][1]["text"] == (
        "Output only the coordinate of one point in your response. What element matches the following task: "
        "Click the blue {Save} button"
    )


def test_ui_tars_1_5_is_asked_for_a_place() -> None:
    (message,) = ask(UI_TARS_1_5).request["messages"]
    assert message["content"] == [{"type": "text", "text": GROUNDING_1_5}, PICTURE]


def test_ui_tars_is_asked_for_an_action() -> None:
    assert texts(ask(UI_TARS_1_5, platform="mobile", prompt="action")) == [ACTION_1_5]
    for form, platform, has, lacks in (
        (UI_TARS, "web", "call_user() # Submit the task", "long_press"),
        (UI_TARS, "", "left_double(start_box='<|box_start|>(x1,y1)<|box_end|>')\n", "press_home"),
        (UI_TARS, "mobile", "long_press(start_box='<|box_start|>(x1,y1)<|box_end|>', time='')\n", "hotkey"),
        (UI_TARS_1_5, "desktop", "hotkey(key='ctrl c') # Split keys with a space and use lowercase.", "open_app"),
    ):
        (text,) = texts(ask(form, platform=platform, prompt="action"))
        parts = [
            "## Output Format\n```\nThought: ...\nAction: ...\n```",
            "## Action Space",
            "## Note",
            "## User Instruction",
        ]
        assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)
        assert has in text and lacks not in text and text.endswith("## User Instruction\nClick the blue {Save} button")


@pytest.mark.parametrize(
    ("platform", "tool", "screen", "actions"),
    [
        ("mobile", "mobile_use", "999x999", "click long_press swipe type answer system_button wait terminate"),
        (
            "desktop",
            "computer_use",
            "1000x1000",
            "key type mouse_move left_click left_click_drag right_click middle_click double_click triple_click scroll hscroll "
            "wait terminate answer",
        ),
    ],
)
def test_qwen3_vl_gets_the_tool_of_the_platform(platform: str, tool: str, screen: str, actions: str) -> None:
    asked = ask(QWEN3_VL, platform=platform)
    system, user = asked.request["messages"]
    assert system["role"] == "system" and user["role"] == "user" and PICTURE in user["content"]
    prompt, query = texts(asked)
    schema = json.loads(prompt.split("<tools>\n")[1].split("\n</tools>")[0])
    assert schema["type"] == "function" and schema["function"]["name"] == tool
    parameters = schema["function"]["parameters"]
    assert parameters["properties"]["action"]["enum"] == actions.split() and parameters["required"] == ["action"]
    assert {"coordinate", "text", "time", "status"} < parameters["properties"].keys()
    assert f"* The screen's resolution is {screen}." in schema["function"]["description"]
    assert '<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>' in prompt
    assert "Click the blue {Save} button" in query


def test_the_mobile_answer_begins_with_a_thought() -> None:
    prompt, query = texts(ask(QWEN3_VL, platform="mobile"))
    assert (
        "\n1) Thought: one concise sentence" in prompt
        and "\n2) Action: a short" in prompt
        and "\n3) A single" in prompt
    )
    assert "- Be brief: one sentence for Thought, one for Action." in prompt
    assert query == (
        "The user query: Click the blue {Save} button.\n"
        "Task progress (You have done the following operation on the current device): .\n"
    )
    prompt, _ = texts(ask(QWEN3_VL, platform="desktop"))
    assert "Thought" not in prompt and "- Output exactly in the order: Action, <tool_call>." in prompt


def test_other_clicks_are_said() -> None:
    step = Step(Action("double_click"), "Open the file")
    assert texts(ask(QWEN3_VL, step))[1].count("Instruction: Open the file (double click)\n") == 1
    assert texts(ask(UI_TARS, step, prompt="action"))[0].endswith("\nOpen the file (double click)")
    assert texts(ask(UI_TARS, step))[0].endswith(": Open the file")


def test_the_request_is_greedy_and_can_be_extended() -> None:
    request = json.loads(ask(UI_TARS, extra_body={"frequency_penalty": 1}, max_tokens=77).body())
    assert request["temperature"] == 0 and request["max_tokens"] == 77 and request["frequency_penalty"] == 1
    assert request["model"] == "any" and len(request["messages"]) == 1
    url = request["messages"][0]["content"][0]["image_url"]["url"]
    assert base64.b64decode(url.removeprefix("data:image/png;base64,")) == toys.picture()


def test_pictures_are_resized_only_where_a_limit_matters() -> None:
    # 1600 x 900 lies between 78 400 and 12 845 056 pixels: as it is. 200 x 100 is below; sqrt(78400 / 20000) = 1.98, and
    # 396 and 198 round up to 420 and 224, multiples of 28. 6000 x 3000 is above: shrunk by sqrt(18e6 / 12845056) = 1.18377
    # to 5068.5 x 2534.3, which round down to 5068 and 2520.
    assert sent(ask(UI_TARS_1_5, width=1600, height=900)).size == (1600, 900)
    assert sent(ask(UI_TARS_1_5)).size == (420, 224)
    assert ask(UI_TARS_1_5).screen.resized.width == 420
    assert sent(ask(UI_TARS_1_5, width=6000, height=3000)).size == (5068, 2520)
    # The models that count relatively have wider limits: 3136 pixels for UI-TARS 1.0.
    assert sent(ask(UI_TARS)).size == (200, 100)
    # With a limit of its own: 1600 x 900 to at most 100 000 pixels: 421.6 x 237.2, so 420 x 224.
    assert sent(ask(UI_TARS_1_5, width=1600, height=900, max_pixels=100_000)).size == (420, 224)


def test_every_detail_of_the_question_is_in_its_key() -> None:
    keys = [
        one.key()
        for one in (
            ask(UI_TARS),
            ask(UI_TARS_1_5),
            ask(UI_TARS, prompt="action"),
            ask(UI_TARS, model="other"),
            ask(UI_TARS, max_tokens=9),
            ask(UI_TARS, extra_body={"seed": 1}),
            ask(UI_TARS, Step(Action("click"), "Click the red {Save} button")),
            ask(UI_TARS, width=201),
            ask(UI_TARS, max_pixels=10_000),
            ask(QWEN3_VL),
            ask(QWEN3_VL, platform="mobile"),
        )
    ]
    assert len(set(keys)) == len(keys)
    assert ask(UI_TARS).key() == ask(UI_TARS, concurrency=3, base_urls="http://elsewhere:1/v1", seconds=1).key()
    assert ask(UI_TARS, Step(Action("double_click"), STEP.instruction)).key() == keys[0]  # the same is asked
