"""A tiny Qwen-VL checkpoint without any training, served by real vLLM: it finds nothing, but it looks and answers."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
import toys

from tracer1.executors.base import Execution
from tracer1.executors.served import ServedExecutor
from tracer1.serving import ServingError, serve

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
pytest.importorskip("vllm")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tracer1.training.tiny_planner import make_config, make_model, make_processor, save, train_tokenizer

    tokenizer = train_tokenizer(["Output only the coordinate of one point in your response.", "(500,500)"], 400)
    folder = tmp_path_factory.mktemp("served") / "model"
    save(make_model(make_config(tokenizer)), make_processor(tokenizer), folder)
    return folder


def ask_all(executor: ServedExecutor) -> list[Execution]:
    async def gather() -> list[Execution]:
        seen = [toys.seen(160, 210, shade) for shade in range(4)]
        return await asyncio.gather(*(executor.execute(seen[n % 4], toys.click(f"{n // 2}")) for n in range(64)))

    return asyncio.run(gather())


def test_a_real_server_answers_every_call_and_is_missed_when_it_dies(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ServingError, match="server died"), serve(checkpoint) as server:
        options = {"model": server.model, "max_tokens": 8, "seconds": 120.0, "extra_body": {"ignore_eos": True}}
        executor = toys.executor(server.url, cache_dir=str(tmp_path), **options)
        first = ask_all(executor)
        counts = executor.snapshot()
        assert counts["refused"] == counts["requests"] == 64 and "failed" not in counts
        assert {one.detail for one in first} == {"the answer was cut off: raise max_tokens"}
        assert ask_all(executor) == first and executor.snapshot()["requests"] == 64

        unknown = toys.executor(server.url, **{**options, "model": "another"})
        (found,) = {one.detail for one in ask_all(unknown)[:1]}
        assert found.startswith("status 404: ") and "another" in found

        os.killpg(server.pid, signal.SIGKILL)
        gone = toys.executor(server.url, **{**options, "seconds": 2.0})
        assert {one.status for one in ask_all(gone)} == {"failed"}
