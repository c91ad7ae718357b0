"""Screenshots with text, read by real tesseract in the real sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.executors import EXECUTORS, NEED_SCREENSHOT, load_executor
from tracer1.executors.base import Execution
from tracer1.executors.ocr import OcrExecutor, _lines
from tracer1.executors.ocr_words import Word, find, named
from tracer1.plans import Step
from tracer1.sandbox import unavailable
from tracer1.trajectories import Observation

needs_tesseract = pytest.mark.skipif(
    bool(shutil.which("tesseract", path="/usr/bin:/bin") is None or unavailable()),
    reason="needs tesseract and the sandbox",
)
PLACES = {"Save file": (60, 60), "Cancel": (300, 60), "Delete account": (60, 200), "Username": (300, 200)}


def screen(size: int = 22, places: dict[str, tuple[int, int]] | None = None) -> bytes:
    image = Image.new("RGB", (520, 280), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    for text, place in (PLACES if places is None else places).items():
        draw.text(place, text, "black", font)
    output = io.BytesIO()
    image.save(output, "PNG")
    return output.getvalue()


def box(text: str, size: int = 22) -> Box:
    """Where ``screen`` draws it."""
    left, top, right, bottom = ImageFont.load_default(size).getbbox(text)
    x, y = PLACES[text]
    return Box(x + left, y + top, x + right, y + bottom, "pixel")


def run(executor: OcrExecutor, screenshot: bytes, instruction: str, kind: str = "click") -> Execution:
    return asyncio.run(executor.execute(Observation(screenshot, Size(520, 280)), Step(Action(kind), instruction)))


@pytest.fixture(scope="module")
def executor():
    made = load_executor("ocr")
    yield made
    asyncio.run(made.close())


@needs_tesseract
@pytest.mark.parametrize(
    ("instruction", "text"),
    [
        ('Click the button "Save file"', "Save file"),
        ("Click Cancel", "Cancel"),
        ("Please tap on the Delete account link", "Delete account"),
        ("Click the username field", "Username"),
        ('Press "Cancl"', "Cancel"),
    ],
)
def test_the_point_is_on_the_named_words(executor: OcrExecutor, instruction: str, text: str) -> None:
    found = run(executor, screen(), instruction)
    assert found.status == "ok" and box(text).contains(found.point), (found, box(text))
    assert text.split()[0] in found.detail


@needs_tesseract
def test_small_text_is_enlarged(executor: OcrExecutor) -> None:
    image = Image.new("RGB", (160, 120), "white")
    ImageDraw.Draw(image).text((20, 60), "Submit", "black", ImageFont.load_default(11))
    output = io.BytesIO()
    image.save(output, "PNG")
    left, top, right, bottom = ImageFont.load_default(11).getbbox("Submit")
    found = run(executor, output.getvalue(), "Click Submit")
    assert Box(20 + left, 60 + top, 20 + right, 60 + bottom, "pixel").contains(found.point)


@needs_tesseract
def test_what_is_not_there_is_refused(executor: OcrExecutor) -> None:
    for instruction in ('Click "Print"', "Click the green triangle", "Click"):
        assert run(executor, screen(), instruction).status == "refused"
    assert run(executor, screen(places={}), "Click Cancel").status == "refused"


@needs_tesseract
def test_damaged_screenshots_and_none_are_failures(executor: OcrExecutor) -> None:
    for screenshot, says in (
        (b"", "no screenshot"),
        (b"GIF89a", "bad screenshot"),
        (screen()[:-2000], "bad screenshot"),
    ):
        found = run(executor, screenshot, "Click Cancel")
        assert found.status == "failed" and found.detail.startswith(says)
    assert run(executor, screen(), "Click Cancel").status == "ok"


@needs_tesseract
def test_other_steps_are_not_looked_for() -> None:
    made = load_executor("ocr")
    typed = asyncio.run(made.execute(Observation(b"", None), Step(Action("type", {"text": "Bob"}), "Enter it")))
    assert typed == Execution("ok", answer="type: Bob") and made.snapshot() == {}


@needs_tesseract
def test_a_screenshot_is_read_once_for_all_rollouts_and_by_all_processes(tmp_path) -> None:
    made = load_executor("ocr", cache_dir=str(tmp_path))
    shot = Observation(screen(), Size(520, 280))

    async def go() -> list[Execution]:
        steps = [Step(Action("click"), f'Click "{text}"') for text in list(PLACES) * 4]
        return await asyncio.gather(*(made.execute(shot, step) for step in steps))

    found = asyncio.run(go())
    assert {one.status for one in found} == {"ok"} and found[:4] == found[4:8]
    assert made.snapshot()["read"] == 1 and made.snapshot()["ok"] == 16
    assert run(made, shot.screenshot, "Click Cancel") == run(made, shot.screenshot, "Click Cancel")
    assert made.snapshot()["read"] == 1
    asyncio.run(made.close())
    other = load_executor("ocr", cache_dir=str(tmp_path))
    assert run(other, shot.screenshot, 'Click "Cancel"').point == found[1].point
    assert other.snapshot()["cache_hits"] == 1 and "seconds_p50" not in other.snapshot()
    (entry,) = tmp_path.glob("*/*.json")
    entry.write_text(json.dumps({"text": "[[[1]]]", "finish": "stop"}))
    again = load_executor("ocr", cache_dir=str(tmp_path))
    assert run(again, shot.screenshot, "Click Cancel").detail.startswith("sandbox: what was read is no list of words")


@needs_tesseract
def test_a_killed_sandbox_is_a_failure_and_starts_again(executor: OcrExecutor) -> None:
    assert run(executor, screen(21), "Click Cancel").status == "ok"
    for worker in executor._session.sandbox._workers:
        worker.kill()
    assert run(executor, screen(23), "Click Cancel").status in ("ok", "failed")
    assert run(executor, screen(23), "Click Cancel").status == "ok"


@needs_tesseract
def test_a_reading_that_takes_too_long_is_timed_out() -> None:
    made = load_executor("ocr", seconds=0.01)
    found = run(made, screen(), "Click Cancel")
    assert found.status == "timed_out" and "0.01 s" in found.detail
    asyncio.run(made.close())


@needs_tesseract
def test_a_language_that_is_not_installed_is_a_failure() -> None:
    made = load_executor("ocr", language="xyz")
    found = run(made, screen(), "Click Cancel")
    assert found.status == "failed" and "xyz" in found.detail
    asyncio.run(made.close())


@needs_tesseract
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"psm": 0}, "psm is 1 or 3 to 13"),
        ({"psm": 11.0}, "psm is a whole number"),
        ({"language": "eng -c x"}, "language is a name"),
        ({"language": "../eng"}, "language is a name"),
        ({"cutoff": 0}, "cutoff is more than 0"),
        ({"workers": 0}, "must be positive"),
        ({"model": "x"}, "unknown executor option model: use psm, language, cutoff"),
    ],
)
def test_bad_options_are_named(options: dict, says: str) -> None:
    with pytest.raises(ValueError, match="executor ocr: ") as raised:
        load_executor("ocr", **options)
    assert says in str(raised.value)


def test_without_tesseract_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    with pytest.raises(ValueError, match="apt-get install tesseract-ocr"):
        load_executor("ocr")


def test_it_is_registered() -> None:
    assert "ocr" in EXECUTORS and "ocr" in NEED_SCREENSHOT and "browser" not in NEED_SCREENSHOT


# --- which words are meant


def line(*texts: str, top: float = 0) -> tuple[Word, ...]:
    return tuple(Word(text, Box(10 * n, top, 10 * n + 8, top + 5, "pixel")) for n, text in enumerate(texts))


@pytest.mark.parametrize(
    ("instruction", "wanted"),
    [
        ('Click the checkbox "P9F"', ["p9f"]),
        ("Click “Send reply” of «Bob»", ["send reply", "bob"]),
        ("Click the username field", ["username field", "username"]),
        ("Long-press on the Wi-Fi icon", ["wi fi icon", "wi fi"]),
        ("Click Go!", ["go"]),
        ("Double-click the Open folder", ["open folder"]),
        ("Click +", ["+"]),
        ("Click", ["click"]),
        ("", []),
    ],
)
def test_what_an_instruction_names(instruction: str, wanted: list[str]) -> None:
    assert named(instruction) == wanted


def test_a_label_that_stands_alone_beats_the_same_words_in_a_sentence() -> None:
    lines = [line("press", "login.", "twice"), line("Login", top=50), line("then", "login", top=90)]
    assert find(lines, "Click Login", 80).box == Box(0, 50, 8, 55, "pixel")
    assert find([*lines, line("Login", top=70)], "Click Login", 80).box.top == 70


def test_runs_of_words_are_joined_and_likeness_is_a_ratio() -> None:
    found = find([line("a", "send", "rep1y", "now")], 'Click "send reply"', 80)
    # 10 letters each, one of them other: an insertion and a deletion of 20.
    assert (
        found.text == "send rep1y" and found.box == Box(10, 0, 28, 5, "pixel") and found.likeness == pytest.approx(90)
    )
    assert find([line("send", "rep1y")], 'Click "send reply"', 91) is None


LETTERS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8)


@given(st.lists(st.lists(LETTERS, min_size=1, max_size=5), max_size=4), st.text(max_size=300), st.floats(1, 100))
def test_any_screen_and_instruction(texts: list[list[str]], instruction: str, cutoff: float) -> None:
    lines = [line(*words, top=9.0 * n) for n, words in enumerate(texts)]
    found = find(lines, instruction, cutoff)
    if found is not None:
        assert found.likeness >= cutoff - 1e-6 and found.words
    for words in texts:
        assert find(lines, f'Click "{" ".join(words)}"', 80).likeness == pytest.approx(100)


@given(
    st.recursive(
        st.none() | st.floats(allow_nan=False) | st.text(max_size=3), lambda inner: st.lists(inner, max_size=5)
    )
)
def test_whatever_the_sandbox_says_is_read_or_refused(value) -> None:
    with contextlib.suppress(TypeError, ValueError):
        assert all(isinstance(word, Word) for words in _lines(json.dumps(value)) for word in words)
