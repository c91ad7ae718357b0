"""Tools that are questions to a model, behind a real chat-completions server on loopback."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import served_tools as toys
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from tracer1.executors.background import in_background
from tracer1.sandbox import Limits, Sandbox, unavailable
from tracer1.toolbox import remote_clients
from tracer1.toolbox.base import Parameter, ToolResult, ToolSpec
from tracer1.toolbox.bench import Bench
from tracer1.toolbox.pictures import to_send
from tracer1.toolbox.remote import remote_tool
from tracer1.toolbox.remote_chat import Shape
from tracer1.toolbox.remote_files import Folders
from tracer1.toolbox.remote_prompts import count, place
from tracer1.toolbox.toolbox import load_toolbox


@pytest.fixture(scope="module")
def model():
    with toys.running(toys.TOY_MODEL) as one:
        yield one


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return toys.sample_files(tmp_path)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    if reason := unavailable():
        pytest.skip(reason)
    made = Sandbox(Limits(output_bytes=48 << 20), preload=("tracer1.toolbox.inside.sending",))
    asyncio.run(in_background(made.__aenter__()))
    yield made
    made.close()


@pytest.fixture
def shape(sandbox: Sandbox, files: Path) -> Shape:
    bench = Bench(Folders(files), sandbox.limits, calls=sandbox)
    return lambda path, region, most: in_background(to_send(bench, path, region, most))


def ask(
    model: toys.Server,
    files: Path,
    spec: ToolSpec,
    behaviour: str = "fine",
    shape: Shape | None = None,
    **options: object,
):
    endpoint = {"kind": "openai", "base_urls": [f"{model.url}v1"], "model": behaviour, **toys.HASTY, **options}
    return remote_tool(spec, endpoint, files, None, shape=shape)


VISUALIZER = toys.spec("visualizer", "image_path", optional=("question",))
COUNT = ToolSpec("CountGivenObject", "", (Parameter("image"), Parameter("text"), Parameter("bbox", "any", "", False)))
INSPECT = toys.spec("inspect_file_as_text", "file_path", optional=("question",))


def sent(model: toys.Server) -> tuple[str, list[Image.Image]]:
    """The prompt of the last request, and its pictures."""
    parts = model.stats()["last"]["messages"][0]["content"]
    pictures = [base64.b64decode(one["image_url"]["url"].partition(",")[2]) for one in parts if one["type"] != "text"]
    return parts[-1]["text"], [Image.open(io.BytesIO(one)) for one in pictures]


def test_a_question_about_a_picture(model: toys.Server, files: Path) -> None:
    tool = ask(model, files, VISUALIZER, max_tokens=77, extra_body={"top_k": 1})
    assert toys.call(tool, question="What is «a red\n car»?", image_path="a.png").text == "a red\n car"
    prompt, pictures = sent(model)
    assert prompt.startswith("What is «a red\n car»?\n\n") and [one.size for one in pictures] == [(60, 40)]
    last = model.stats()["last"]
    assert (last["max_tokens"], last["temperature"], last["top_k"]) == (77, 0.0, 1)
    toys.call(tool, image_path="a.png")
    assert sent(model)[0].startswith("Describe this picture")


def test_a_thought_is_left_out(model: toys.Server, files: Path) -> None:
    asked = "«<think>5? no</think> 4 »"
    assert toys.call(ask(model, files, VISUALIZER), question=asked, image_path="a.png").text == "4"


def test_counting_in_a_region_sends_the_region_only(model: toys.Server, files: Path, shape: Shape) -> None:
    image = Image.new("RGB", (60, 40), "white")
    ImageDraw.Draw(image).rectangle((10, 5, 29, 14), "red")
    image.save(files / "b.png")
    tool = ask(model, files, COUNT, shape=shape)
    result = toys.call(tool, image="b.png", text="«There are 3.»", bbox="(10, 5, 30, 15)")
    (region,) = sent(model)[1]
    assert result.text == "3" and region.size == (20, 10) and region.getextrema() == ((255, 255), (0, 0), (0, 0))
    toys.call(tool, image="b.png", text="«1»", bbox=[-5, 30, 200, 999])
    assert sent(model)[1][0].size == (60, 10)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"bbox": "(1, 2, 3)"}, "a region is (x1, y1, x2, y2)"),
        ({"bbox": "(9, 2, 3, 4)"}, "is empty"),
        ({"bbox": "(100, 100, 120, 120)"}, "outside the picture of 60x40"),
        ({"bbox": [1, 2, "x", None]}, "a region is"),
        ({"image": "notes.txt"}, "it is no picture, or damaged"),
        ({"image": "a.gif"}, "no PNG, JPEG or WebP"),
        ({"image": "cut.png"}, "the picture is damaged"),
        ({"image": "../secret.png"}, "there is no file"),
        ({"image": "cut.png", "bbox": "(0, 0, 9, 9)"}, "the picture is damaged"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    model: toys.Server, files: Path, shape: Shape, arguments: dict, says: str
) -> None:
    (files / "a.gif").write_bytes(toys.picture(kind="GIF"))
    noise = io.BytesIO()
    Image.effect_noise((60, 40), 90).save(noise, "PNG")
    (files / "cut.png").write_bytes(noise.getvalue()[:-900])
    result = toys.call(ask(model, files, COUNT, shape=shape), **{"image": "a.png", "text": "«1»", **arguments})
    assert result.status == "refused" and says in result.detail


def test_pictures_are_decoded_in_the_sandbox_only(
    model: toys.Server, files: Path, shape: Shape, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model may have made the picture: what decodes it here could be attacked through it."""

    def decoded(*_: object, **__: object) -> None:
        raise AssertionError("a picture is decoded in this process")

    (files / "large.png").write_bytes(toys.picture(400, 100))
    with monkeypatch.context() as patch:
        patch.setattr(Image, "open", decoded)
        results = [
            toys.call(ask(model, files, VISUALIZER, shape=shape, **options), question="«a»", image_path="large.png")
            for options in ({}, {"max_pixels": 10_000})
        ]
        cut = ask(model, files, COUNT, shape=shape)
        results.append(toys.call(cut, image="a.png", text="«1»", bbox=[0, 0, 9, 9]))
    assert [one.status for one in results] == ["ok"] * 3, results


def test_without_a_sandbox_pictures_are_sent_as_they_are(model: toys.Server, files: Path) -> None:
    assert toys.call(ask(model, files, COUNT), image="a.png", text="«1»").text == "1"
    refused = toys.call(ask(model, files, COUNT), image="notes.txt", text="«1»")
    assert refused.status == "refused" and "no PNG, JPEG or WebP" in refused.detail
    for options, arguments in (({"max_pixels": 9}, {}), ({}, {"bbox": [0, 0, 9, 9]})):
        result = toys.call(ask(model, files, COUNT, **options), image="a.png", text="«1»", **arguments)
        assert result.status == "failed" and result.detail.startswith("sandbox: ")


def test_a_toolbox_looks_at_pictures_before_a_model_is_asked(model: toys.Server, tmp_path: Path) -> None:
    """Also one with no tool that runs here. A picture that code made up is the fault of the code, not of the server."""
    if reason := unavailable():
        pytest.skip(reason)
    endpoint = {"kind": "openai", "base_urls": [f"{model.url}v1"], "model": "fine", **toys.HASTY}
    files = toys.sample_files(tmp_path)
    (files / "made_up.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 100)

    async def main() -> list[ToolResult]:
        async with load_toolbox(
            "t3_agent", files=files, only=["visualizer"], endpoints={"visualizer": endpoint}, workers=1
        ) as tools:
            asked = [{"question": "«a»", "image_path": name} for name in ("a.png", "made_up.png")]
            return [await tools.call("visualizer", arguments) for arguments in asked]

    seen, made_up = asyncio.run(main())
    assert (seen.status, seen.text, made_up.status) == ("ok", "a", "refused"), made_up


@pytest.mark.parametrize(
    ("behaviour", "status", "detail"),
    [
        ("status 500", "failed", "status 500"),
        ("half", "failed", "half answer"),
        ("junk", "failed", "bad json"),
        ("page", "failed", "bad json"),
        ("cut", "failed", "raise max_tokens"),
        ("nothing", "failed", "empty answer"),
        ("slow 9", "timed_out", "deadline"),
    ],
)
def test_a_model_that_does_not_answer_is_no_refusal(
    model: toys.Server, files: Path, behaviour: str, status: str, detail: str
) -> None:
    tool = ask(model, files, VISUALIZER, behaviour, retries=0, open_after=99, seconds=0.5)
    result = toys.call(tool, question="«4»", image_path="a.png")
    assert result.status == status and detail in result.detail


def test_no_number_is_no_count(model: toys.Server, files: Path) -> None:
    result = toys.call(ask(model, files, COUNT), image="a.png", text="«none, or 2 of 3»")
    assert result.status == "failed" and result.detail.startswith("bad answer: ")
    assert [count(text) for text in ("7", "There are 12.", "3 (3)", "007")] == ["7", "12", "3", "7"]
    for text in ("", "many", "2 or 3", "-1", "2.5"):
        with pytest.raises(ValueError, match="asked for a number"):
            count(text)


def test_large_pictures_are_shrunk_where_that_is_asked(model: toys.Server, files: Path, shape: Shape) -> None:
    (files / "large.jpg").write_bytes(toys.picture(400, 100, kind="JPEG"))
    tool = ask(model, files, VISUALIZER, shape=shape, max_pixels=10_000)
    toys.call(tool, question="«a»", image_path="large.jpg")
    assert sent(model)[1][0].size == (200, 50)


def test_a_question_about_a_file(model: toys.Server, files: Path) -> None:
    result = toys.call(ask(model, files, INSPECT), file_path="notes.txt", question="How many apples?")
    prompt, pictures = sent(model)
    assert result.text == "twelve" and not pictures
    assert "Question: How many apples?\n\n<file>\nThe box holds 12 apples. «twelve»\n</file>" in prompt
    before = model.stats()["requests"]
    assert toys.call(ask(model, files, INSPECT), file_path="notes.txt").text.startswith("The box holds")
    refused = toys.call(ask(model, files, INSPECT), file_path="a.png", question="?")
    assert refused.status == "refused" and "no plain text" in refused.detail
    assert model.stats()["requests"] == before


def test_documents_are_read_by_who_can(model: toys.Server, files: Path) -> None:
    async def text_of(path: Path) -> remote_clients.ToolResult:
        assert path == files / "a.png"
        return remote_clients.ToolResult("ok", text="« 12 »")

    endpoint = {"kind": "openai", "base_urls": f"{model.url}v1", "model": "fine"}
    tool = remote_tool(INSPECT, endpoint, files, None, text_of=text_of)
    assert toys.call(tool, file_path="a.png", question="?").text == "12"


def test_a_prompt_of_ones_own(model: toys.Server, files: Path) -> None:
    tool = ask(model, files, toys.spec("OCR", "image", "style"), prompt="Read it as $style, $5: «$style»")
    assert toys.call(tool, image="a.png", style="{x}$y").text == "{x}$y"
    assert sent(model)[0] == "Read it as {x}$y, $5: «{x}$y»" and len(sent(model)[1]) == 1


@given(st.tuples(*[st.integers(-999, 9999)] * 4))
def test_regions_are_read_as_written(corners: tuple[int, ...]) -> None:
    left, top, right, bottom = corners
    for written in (str(corners), str(list(corners)), f"{left},{top},{right},{bottom}", list(corners)):
        if left < right and top < bottom:
            assert place(written) == corners
        else:
            with pytest.raises(ValueError, match="is empty"):
                place(written)
