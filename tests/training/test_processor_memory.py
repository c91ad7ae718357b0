"""A prompt and a screenshot are processed once, and remembering changes nothing in the result."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from PIL import Image

from tracer1.training.processor_memory import Memory, remember

transformers = pytest.importorskip("transformers")
TEXT = ["<|vision_start|><|image_pad|><|vision_end|>Task: press Save"]


def _image(shade: int) -> Image.Image:
    return Image.fromarray(np.full((64, 64, 3), shade, dtype=np.uint8))


@pytest.fixture
def processor():
    from tracer1.training.tiny_planner import make_processor, train_tokenizer

    return make_processor(train_tokenizer(["Task: press Save", "1. click(): Click Save"], 400))


def _counting(function, calls: list[int]) -> Memory:
    return Memory(lambda **options: calls.append(1) or function(**options))


def test_equal_pictures_are_processed_once(processor) -> None:
    calls: list[int] = []
    memory = _counting(processor.image_processor.preprocess, calls)
    first, second = memory(images=[_image(10)]), memory(images=[_image(10)])
    other = memory(images=[_image(200)])
    assert len(calls) == 2
    assert (first["pixel_values"] == second["pixel_values"]).all()
    assert (first["pixel_values"] != other["pixel_values"]).any()


def test_results_equal_those_without_memory(processor) -> None:
    cases = [{"text": TEXT, "images": [_image(shade)], "return_tensors": "pt"} for shade in (50, 60)]
    cases.append({"text": ["no picture"], "return_tensors": "pt"})
    expected = [processor(**case) for case in cases]
    remember(processor)
    remember(processor)
    for _ in range(2):
        for case, plain in zip(cases, expected, strict=True):
            result = processor(**case)
            assert set(result) == set(plain)
            assert all(np.array_equal(result[key], plain[key]) for key in plain)


def test_a_caller_may_change_its_result(processor) -> None:
    remember(processor)
    processor(text=TEXT, images=[_image(1)], return_tensors="pt").pop("input_ids")
    assert "input_ids" in processor(text=TEXT, images=[_image(1)], return_tensors="pt")


def test_threads_that_ask_at_once_wait_for_one_result(processor) -> None:
    calls: list[int] = []

    def slow(**options):
        time.sleep(0.05)
        return processor.image_processor.preprocess(**options)

    memory = _counting(slow, calls)
    threads = [threading.Thread(target=memory, kwargs={"images": [_image(5)]}) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1


def test_old_results_make_room(processor) -> None:
    calls: list[int] = []
    original = processor.image_processor.preprocess
    memory = Memory(lambda **options: calls.append(1) or original(**options), size=1)
    for shade in (1, 2, 1):
        memory(images=[_image(shade)])
    assert len(calls) == 3
