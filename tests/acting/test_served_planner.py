"""A tiny planner without any training, served by real vLLM: many seeded requests at once, and a server that dies."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from pathlib import Path

import pytest
from PIL import Image

from tracer1.planner import Planner, PlannerSettings
from tracer1.serving import ServingError, serve

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
pytest.importorskip("vllm")

TASK = "Press the button that says Save, then the one that says Close, and wait"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tracer1.training.tiny_planner import make_config, make_model, make_processor, save, train_tokenizer

    tokenizer = train_tokenizer([TASK, "1. click(): Click Save"], 400)
    folder = tmp_path_factory.mktemp("served") / "planner"
    save(make_model(make_config(tokenizer)), make_processor(tokenizer), folder)
    return folder


def _screenshot(shade: int) -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (160, 210), (shade, shade, 90)).save(output, "PNG")
    return output.getvalue()


async def _ask_all(url: str, model: str) -> list[list[str]]:
    settings = PlannerSettings(temperature=1.0, max_tokens=8, seed=3)
    async with Planner(url, model, settings) as planner:
        asked = (
            planner.complete(
                [{"role": "user", "content": f"<image>{number} times: {TASK * 20}"}], [_screenshot(number)], n=2
            )
            for number in range(96)
        )
        return await asyncio.gather(*asked)


def test_many_seeded_requests_at_once_and_then_a_dead_server(checkpoint: Path) -> None:
    answers: list[list[str]] = []
    with pytest.raises(ServingError, match="server died"), serve(checkpoint) as server:
        # 96 prompts of hundreds of tokens are more than the 4096 that vLLM processes together.
        answers += asyncio.run(_ask_all(server.url, server.model))
        os.killpg(server.pid, signal.SIGKILL)
        asyncio.run(_ask_all(server.url, server.model))
    assert [len(texts) for texts in answers] == [2] * 96
    assert all(texts[0] != texts[1] for texts in answers), "two samples of one request differ"
