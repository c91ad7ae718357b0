"""Blocks of agent code → tool calls: what is known, what is left to ``python``, and code that is hostile."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tracer1_data.sources.mm_traj_code import TOOLS, CodeStep, read_blocks


def calls(*codes: str) -> list[list[tuple[str, dict]] | str]:
    return [
        block if isinstance(block, str) else [(step.tool, step.arguments) for step in block]
        for block in read_blocks(codes)
    ]


def only(code: str) -> CodeStep:
    ((step,),) = read_blocks([code])
    return step


def test_arguments_are_named_by_the_signature_of_the_tool() -> None:
    assert calls('x = visualizer("What is it?", image_path="a.png")\nprint(x)') == [
        [("visualizer", {"question": "What is it?", "image_path": "a.png"})]
    ]
    assert calls('inspect_file_as_text("a.pdf", "Who?")') == [
        [("inspect_file_as_text", {"file_path": "a.pdf", "question": "Who?"})]
    ]
    assert calls("print(page_down())") == [[("page_down", {})]]
    assert only('segmentation("a.png", [(1, 2.5), [-3, None]])').arguments["prompt"] == [[1, 2.5], [-3, None]]


def test_names_and_f_strings_are_known_across_blocks() -> None:
    first = 'import os\npath: str = "a.png"\nboxes = [1, 2]\nsize = 3\nprint(ocr(path))'
    second = 'wanted = f"the {size} people in {path}"\nprint(objectlocation(object=wanted, image_path=path))'
    third = "print(segmentation(path, boxes))"
    assert calls(first, second, third) == [
        [("ocr", {"image_path": "a.png"})],
        [("objectlocation", {"object": "the 3 people in a.png", "image_path": "a.png"})],
        [("segmentation", {"image_path": "a.png", "prompt": [1, 2]})],
    ]


@pytest.mark.parametrize(
    "code",
    [
        "total = 1 + 2\nprint(total)",
        'print(len(facedetection("a.png")))',
        'faces = facedetection("a.png")\nprint("Faces:", len(faces))',
        'for name in ["a", "b"]:\n    print(visualizer("What?", name))',
        'x = visualizer("What?", "a" + ".png")\nprint(x)',
        'print(visualizer("What?", image="a.png"))',
        'print(visualizer(*["What?", "a.png"]))',
        'print(ask_search_agent({1: "x"}))',
        "x = ocr('a.png')\nprint(f'{x:>9}')",
        "known = 'said before'\nprint(known)",
        "# nothing",
    ],
)
def test_what_computes_or_only_prints_is_one_python_call(code: str) -> None:
    assert calls(code) == [[("python", {"code": code})]]


def test_a_list_that_code_may_have_changed_is_not_known() -> None:
    fill = "boxes = []\nboxes.append([1, 2, 3, 4])"
    use = 'print(segmentation("a.png", boxes))'
    assert calls(fill, use) == [[("python", {"code": fill})], [("python", {"code": use})]]
    again = 'n = 1\nfor n in range(3):\n    pass\npath = "a.png"'
    assert calls(again, "print(ocr(path))", 'print(visualizer(f"{n}", path))')[1:] == [
        [("ocr", {"image_path": "a.png"})],
        [("python", {"code": 'print(visualizer(f"{n}", path))'})],
    ]


def test_what_a_later_computation_reads_is_set_in_python() -> None:
    find = 'boxes = objectlocation("cat", "a.png")\nprint(boxes)'
    ask = 'print(visualizer("What?", "a.png"))'
    count = "n = len(boxes)\nn += 1\nprint(n)"
    assert calls(find, ask, count) == [
        [("python", {"code": find})],
        [("visualizer", {"question": "What?", "image_path": "a.png"})],
        [("python", {"code": count})],
    ]
    own = "boxes = [0]\nprint(len(boxes))"
    loop = "for boxes in range(2):\n    print([boxes for boxes in (1, 2)], boxes + 1)"
    assert [block[0][0] for block in calls(find, own)] == ["objectlocation", "python"]
    assert [block[0][0] for block in calls(find, loop)] == ["objectlocation", "python"]
    assert [block[0][0] for block in calls(find, "boxes = boxes + [1]\nprint(boxes)")] == ["python", "python"]
    assert [block[0][0] for block in calls(find, "boxes += [1]\nprint(boxes)")] == ["python", "python"]


def test_final_answers() -> None:
    assert calls('x = "42"\nfinal_answer(f"It is {x}.")') == [[("", {"answer": "It is 42."})]]
    assert calls('names = ["a", "b"]\nprint(names)\nfinal_answer(answer=names)') == [[("", {"answer": "['a', 'b']"})]]
    assert calls('final_answer(", ".join(result))') == [[("", {})]]
    assert calls('print(ocr("a.png"))\nfinal_answer("A")') == [
        [("ocr", {"image_path": "a.png"}), ("", {"answer": "A"})]
    ]
    assert calls('final_answer(ocr("a.png"))') == [[("ocr", {"image_path": "a.png"}), ("", {})]]


def test_a_computed_answer_is_printed_by_python_first() -> None:
    code = 'grüße = 160 * 2; final_answer (grüße)\nif grüße:\n    final_answer(answer="ä" + "ß")'
    printed = 'grüße = 160 * 2; print (grüße)\nif grüße:\n    print("ä" + "ß")'
    ((python, finish),) = read_blocks([code])
    assert (python.tool, python.arguments, python.shows_answer) == ("python", {"code": printed}, True)
    assert (finish.tool, finish.arguments) == ("", {})


def test_what_is_printed_before_a_result() -> None:
    assert only('x = ocr("a.png")\nprint("Text in", 1, "file:", x)').label == "Text in 1 file: "
    assert only('x = ocr("a.png")\nprint(f"Text: {x}")').label == "Text: "
    assert only('print("Text:", ocr("a.png"))').label == "Text: "
    assert only('x = ocr("a.png")\nprint(x)').label == ""
    assert only('x = ocr("a.png")').label is None
    assert only('x = ocr("a.png")\nprint("done")').label is None
    assert only('x = ocr("a.png")\nprint(x)\nprint("done")').label is None
    twice = 'x = ocr("a.png")\nprint("A:", x)\nx = ocr("b.png")\nprint("B:", x)'
    assert [step.label for step in read_blocks([twice])[0]] == ["A: ", "B: "]
    crossed = 'x = ocr("a.png")\ny = ocr("b.png")\nprint("B:", y)\nprint("A:", x)'
    assert [step.label for step in read_blocks([crossed])[0]] == [None, None]
    bare = 'print(ocr("a.png"))\nprint(ocr("b.png"))'
    assert [step.label for step in read_blocks([bare])[0]] == [None, None]


@pytest.mark.parametrize(
    ("code", "repeatable"),
    [
        ('print(facedetection("a.png"))', True),
        ('print(inspect_file_as_text("a.pdf"))', True),
        ('print(inspect_file_as_text("a.pdf", "Who?"))', False),
        ('print(facedetection(".cache/made.png"))', False),
        ('print(visualizer("Who?", "a.png"))', False),
        ('print(ask_search_agent("Who?"))', False),
        ("import math\nprint(math.pi * max(1, 2))", True),
        ("def f(x):\n    return x + 1\nprint([f(n) for n in range(3)])", True),
        ("print(total + 1)", False),
        ("import random\nprint(random.random())", False),
        ("from datetime import date\nprint(date.today())", False),
        ('print(open("a.txt").read() + "")', False),
        ('print(set("abc"))', False),
        ('print({"a", "b"} | {"c"})', False),
        ('print(len(facedetection("a.png")))', False),
    ],
)
def test_which_results_come_out_the_same_again(code: str, repeatable: bool) -> None:
    assert only(code).repeatable is repeatable


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("x = = 1", "line 1: "),
        ("print('a\0b')", ""),
        ("(" * 5_000 + ")" * 5_000, ""),
        ("-" * 50_000 + "1", "nested too deeply"),
        ("x = " + " + ".join(["1"] * 3_000), "nested too deeply"),
        ("x = '" + "a" * 100_001 + "'", "longer than 100,000 characters"),
        ("x = " + "9" * 5_000, ""),
        ("x = '\ud800'", ""),
    ],
)
def test_unreadable_code_is_named_and_its_neighbours_are_read(code: str, reason: str) -> None:
    before, broken, after = calls('path = "a.png"\nprint(ocr(path))', code, "print(facedetection(path))")
    assert isinstance(broken, str) and broken.startswith(reason)
    assert (before, after) == ([("ocr", {"image_path": "a.png"})], [("facedetection", {"image_path": "a.png"})])


def test_values_made_of_values_do_not_grow_without_bound() -> None:
    begin = time.monotonic()
    code = "\n".join(['x = "' + "a" * 100 + '"', *['x = f"{x}{x}"'] * 60, "print(ask_search_agent(x))"])
    assert calls(code) == [[("python", {"code": code})]]
    code = "\n".join(["x = [1]", *["x = [x, x, x, x]"] * 60, "print(ask_search_agent(x))"])
    assert calls(code) == [[("python", {"code": code})]]
    assert calls("print(ask_search_agent(f'{0x" + "f" * 9_000 + "}'))")[0][0][0] == "python"
    assert time.monotonic() - begin < 5


def test_code_is_never_executed(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    calls(
        f"open({str(trap)!r}, 'w').write('x')",
        f"print(f'{{open({str(trap)!r}, chr(119))}}')",
        "import this_is_no_module",
    )
    assert not trap.exists()


def test_every_tool_can_be_called_by_position() -> None:
    for tool, names in TOOLS.items():
        values = [f"v{n}" for n in range(len(names))]
        code = f"print({tool}({', '.join(map(repr, values))}))"
        assert calls(code) == [[(tool, dict(zip(names, values, strict=True)))]]
