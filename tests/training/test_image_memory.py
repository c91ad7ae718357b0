"""A screenshot is processed once, and remembering changes nothing in the result."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tracer1.training.image_memory import ImageMemory, remember_images

transformers = pytest.importorskip("transformers")


def _image(shade: int) -> Image.Image:
    return Image.fromarray(np.full((64, 64, 3), shade, dtype=np.uint8))


def _processor():
    return transformers.Qwen2VLImageProcessor(patch_size=16, merge_size=2, min_pixels=32 * 32, max_pixels=64 * 64)


def test_equal_pictures_are_processed_once() -> None:
    processor = _processor()
    calls = []
    original = processor.preprocess
    processor.preprocess = ImageMemory(lambda images, **options: calls.append(1) or original(images, **options))
    first, second = processor(images=[_image(10)]), processor(images=[_image(10)])
    other = processor(images=[_image(200)])
    assert len(calls) == 2
    assert (first["pixel_values"] == second["pixel_values"]).all()
    assert (first["pixel_values"] != other["pixel_values"]).any()


def test_results_equal_those_without_memory() -> None:
    plain, remembering = _processor(), _processor()
    remember_images(type("Processor", (), {"image_processor": remembering})())
    for options in ({"return_tensors": "pt"}, {"return_tensors": "np"}):
        expected = plain(images=[_image(50)], **options)
        for _ in range(2):
            result = remembering(images=[_image(50)], **options)
            assert type(result["pixel_values"]) is type(expected["pixel_values"])
            assert np.array_equal(np.asarray(result["pixel_values"]), np.asarray(expected["pixel_values"]))


def test_old_results_make_room() -> None:
    calls = []
    processor = _processor()
    original = processor.preprocess
    memory = ImageMemory(lambda images, **options: calls.append(1) or original(images, **options), size=1)
    for shade in (1, 2, 1):
        memory([_image(shade)])
    assert len(calls) == 3
