"""Thoughts before blocks of code → step instructions."""

from __future__ import annotations

import time

import pytest

from tracer1_data.sources.mm_traj_code import CodeStep
from tracer1_data.sources.mm_traj_thoughts import instruct


@pytest.mark.parametrize(
    ("thought", "tool", "said"),
    [
        ("Thought: I found 5. Now, I will add\nthem up. I'll print it.\n\nCode:", "python", "Now, I will add"),
        ("Intro. I will do a lot.\n\n**Thought:** Let me ask Dr. No about $3. Fine.\n**Code:**", "ocr", "Let me ask Dr. No about $3"),
        ("### Thought:\n1. **First**, I'll look:\n- this\n### Code:\n", "ocr", "First, I'll look"),
        ("Thought: Two cars. They are red.\nCode:", "ocr", "They are red"),
        ("", "ocr", "Call ocr"),
        ("Thought: It is 5. I can stop. I will return it.", "", "I will return it"),
        ("Thought: It is 5. I can stop.", "", "I can stop"),
        ("Thought: It is 5.", "", "Give the final answer"),
    ],
)  # fmt: skip
def test_which_sentence_is_the_instruction(thought: str, tool: str, said: str) -> None:
    assert instruct(thought, [CodeStep(tool, {})]) == [said]


def test_a_long_sentence_is_cut_at_a_word() -> None:
    (said,) = instruct("Thought: I will say " + "very " * 100 + "much.", [CodeStep("ocr", {})])
    assert len(said) <= 242 and said.endswith("very …")


def test_calls_of_one_block_are_told_apart() -> None:
    first, second = (CodeStep("ocr", {"image_path": f"{n}.png", "debug": [n]}) for n in range(2))
    other, done = CodeStep("visualizer", {"image_path": "0.png"}), CodeStep("", {})
    thought = "Thought: I will read both.\nCode:"
    assert instruct(thought, [first, second, done]) == [
        "I will read both (0.png)",
        "I will read both (1.png)",
        "Give the final answer",
    ]
    assert instruct(thought, [first, other]) == ["I will read both (ocr)", "I will read both (visualizer)"]
    assert instruct(thought, [first, first]) == ["I will read both"] * 2


def test_strange_thoughts_take_no_time() -> None:
    begin = time.monotonic()
    for part in ("\n", "#", "* ", " ", "Thought:", "Code:", "1. ", "a. ", "**"):
        instruct(part * 100_000, [CodeStep("ocr", {})])
    assert time.monotonic() - begin < 10
