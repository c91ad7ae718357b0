"""What models write as code: calculators, programs, episodes; loops, floods and forged results."""

from __future__ import annotations

import asyncio
import base64

import pytest
from PIL import Image

from tracer1.sandbox import unavailable
from tracer1.toolbox.toolbox import load_toolbox


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 + 3 * 4", "14"),
        ("math.sqrt(16)", "4.0"),
        ("sqrt(2) * sqrt(2)", "2.0000000000000004"),
        ("round(10 / 3, 2)", "3.33"),
        (" sum([1, 2]) ", "3"),
    ],
)
def test_a_calculator_knows_math(local, gta, expression, value):
    assert local.text("calculator", expression=expression) == gta.text("Calculator", expression=expression) == value


@pytest.mark.parametrize(
    "expression", ["1 / 0", "2 +", "open('/etc/passwd')", "__import__('os')", "x = 1", "", "9 ** 9 ** 6"]
)
def test_what_cannot_be_calculated_is_refused(local, expression):
    local.refusal("calculator", expression=expression)


def test_solver_runs_solution(gta):
    """x + y = 5 and x - y = 1 have x = 3, y = 2."""
    code = "def solution():\n    x, y = symbols('x y')\n    return str(solve((Eq(x + y, 5), Eq(x - y, 1)), (x, y)))"
    assert (
        gta.text("Solver", command=code)
        == gta.text("Solver", command=f"Here:\n```python\n{code}\n```\n")
        == "{x: 3, y: 2}"
    )
    assert "no function solution" in gta.refusal("Solver", command="print(1)")
    assert "ZeroDivisionError" in gta.refusal("Solver", command="def solution():\n    return 1 / 0")


def test_plot_gives_a_picture(gta):
    code = "def solution():\n    figure = plt.figure(figsize=(4, 3), dpi=50, facecolor='red')\n    return figure"
    name = gta.text("Plot", command=f"```python\n{code}\n```")
    made = Image.open(gta.output / name).convert("RGB")
    assert made.size == (200, 150) and made.getpixel((5, 5)) == (255, 0, 0)
    assert "Matplotlib figure" in gta.refusal("Plot", command="def solution():\n    return 7")


def test_a_result_that_is_no_picture_is_not_kept(gta):
    """Code answers for itself: it can make the function return what it likes, but that is looked at."""
    lie = base64.b64encode(b"<script>").decode()
    code = f"import base64\nbase64.b64encode = lambda data: b'{lie}'\ndef solution():\n    return plt.figure()"
    before = sorted(gta.output.iterdir())
    assert "no picture" in gta.refusal("Plot", command=code)
    assert sorted(gta.output.iterdir()) == before


def test_python_shows_what_it_prints_and_its_last_value(local):
    assert local.text("python", code="print('a')\nx = 2\nx + 1") == "a\n3"
    assert local.text("python", code="'text'") == "text"
    assert local.text("python", code="[1, True, None, 'x']") == "[1, True, None, 'x']"
    assert "no output" in local.text("python", code="x = 1")


def test_python_has_the_files_that_it_names(local):
    assert local.text("python", code="print(open('table.csv').read())") == "name,price\npen,3\nink,4\n".rstrip()
    assert (
        local.text("python", code="open('/files/sub/inner.txt').read() + open('sub/inner.txt').read()") == "innerinner"
    )
    assert local.text("python", code="import pandas\npandas.read_excel('./book.xlsx').price.sum()") == "7"
    picture = local.text("crop", image_path="quarters.png", box=[0, 0, 7, 9])
    assert local.text("python", code=f"from PIL import Image\nImage.open('{picture}').size") == "[7, 9]"


@pytest.mark.parametrize("name", ["../secret.txt", "link.txt", "/etc/passwd", "/etc/hostname"])
def test_python_has_no_other_files(local, name):
    result = local.call("python", code=f"open('{name}').read()")
    assert result.status == "refused" and "FileNotFoundError" in result.detail


def test_an_error_is_told_with_what_was_printed_before(local):
    result = local.call("python", code="print('so far')\n1 / 0")
    assert result.status == "refused" and result.detail == "ZeroDivisionError: division by zero"
    assert result.text.startswith("so far\nTraceback") and result.text.endswith("ZeroDivisionError: division by zero")


def test_python_says_that_tools_are_called_elsewhere(local):
    assert "call it with call_tool" in local.call("python", code="ocr(image_path='a.png')").text


def test_too_much_of_anything_is_refused_or_cut(local):
    assert "MiB of memory" in local.refusal("python", code="x = bytearray(4 << 30)")
    assert "exit code 3" in local.refusal("python", code="import os; os._exit(3)")
    text = local.text("python", code="print('x' * 1_000_000)")
    assert len(text) < 21_000 and "[cut" in text
    assert local.text("python", code="6 * 7") == "42"


def test_an_episode_keeps_names_and_others_do_not_see_them(local):
    async def main():
        async with local.toolbox.episode(["table.csv"]) as episode:
            first = await episode.call("python", {"code": "x = 41"})
            second = await episode.call("python", {"code": "x += 1; x"})
            given = await episode.call("python", {"code": "name = 'table' + '.csv'\nlen(open(name).readlines())"})
            crop = await episode.call("crop", {"image_path": "quarters.png", "box": [0, 0, 1, 1]})
        return first, second, given, crop, await local.toolbox.call("python", {"code": "x"})

    first, second, given, crop, outside = local.loop.run_until_complete(main())
    assert [one.status for one in (first, second, given, crop, outside)] == ["ok", "ok", "ok", "ok", "refused"]
    assert (second.text, given.text) == ("42", "3") and "NameError" in outside.detail


@pytest.mark.skipif(bool(unavailable()), reason=unavailable())
def test_an_endless_loop_is_stopped_and_the_episode_goes_on(tmp_path):
    async def main():
        async with load_toolbox("local", files=tmp_path, only=["python"], workers=1, seconds=1.0) as tools:
            alone = await tools.call("python", {"code": "print('in', flush=True)\nwhile True: pass"})
            async with tools.episode() as episode:
                await episode.call("python", {"code": "x = 1"})
                stuck = await episode.call("python", {"code": "import time; time.sleep(60)"})
                after = await episode.call("python", {"code": "print('x' in globals())"})
            return alone, stuck, after

    alone, stuck, after = asyncio.run(main())
    assert alone.status == stuck.status == "refused" and "longer than 1 s" in alone.detail
    assert alone.text == "in" and "starts anew" in stuck.text
    assert after.status == "ok" and after.text == "False"
