"""The graded similarity of two operations: values worked out by hand. Half is for the type, half for the arguments."""

import pytest

from tracer1.actions import Action
from tracer1.matching import operation


def tool(name, **arguments):
    return Action("call_tool", {"name": name, "arguments": arguments})


@pytest.mark.parametrize(
    ("predicted", "reference", "similarity"),
    [
        (Action("click"), Action("hover"), 0),
        (Action("click"), Action("click"), 1),
        (Action("click", {"point": [1, 1]}), Action("click"), 1),
        (Action("click"), Action("click", {"point": [1, 1]}), 1 / 2),
        # 3-4-5 triangles: distances of exactly 140 and just above it
        (Action("click", {"point": [84, 112]}), Action("click", {"point": [0, 0]}), 1),
        (Action("click", {"point": [84, 112.1]}), Action("click", {"point": [0, 0]}), 1 / 2),
        (Action("drag", {"start": [0, 0], "end": [0, 900]}), Action("drag", {"start": [0, 0], "end": [0, 0]}), 3 / 4),
        # "e" shares one letter with "weather": 2·1/8
        (Action("type", {"text": "e"}), Action("type", {"text": "weather"}), 1 / 2 + 1 / 8),
        (Action("type", {"text": " a  b "}), Action("type", {"text": "a b"}), 1),
        (Action("key", {"key": "Ctrl + C"}), Action("key", {"key": "ctrl+c"}), 1),
        (Action("key", {"key": "ctrl+v"}), Action("key", {"key": "ctrl+c"}), 1 / 2),
        (Action("key", {"key": "ctrl++"}), Action("key", {"key": "ctrl+-"}), 1 / 2),
        (
            Action("scroll", {"direction": "down", "amount": 5}),
            Action("scroll", {"direction": "down", "point": [5, 5]}),
            3 / 4,
        ),
        (Action("scroll", {"direction": "left"}), Action("scroll", {"direction": "right"}), 1 / 2),
        (Action("wait", {"seconds": 3}), Action("wait"), 1),
        (Action("finish"), Action("finish", {"outcome": "success"}), 1),
        (Action("finish", {"outcome": "failure"}), Action("finish"), 1 / 2),
        (Action("finish", {"answer": "42"}), Action("finish"), 1),
        (tool("ocr", image="a"), tool("search", image="a"), 0),
        (tool("ocr"), Action("call_tool", {"name": "ocr"}), 1),
        (tool("ocr", image="a", box=[1, 2]), tool("ocr", image="a", box=[1, 3]), 3 / 4),
        (tool("ocr", point="left", key=1), tool("ocr", point=[1], key=1), 3 / 4),
        (tool("ocr", image="a", extra=1), tool("ocr", image="a"), 3 / 4),
    ],
)
def test_similarity_by_hand(predicted, reference, similarity):
    assert operation(predicted, reference) == pytest.approx(similarity)
