"""What the agents' tests share: the chat server of examples/local_benchmarks as planner and as grounding model, and screens."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from tracer1.executors import load_executor
from tracer1.planner import Planner, PlannerSettings

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "local_benchmarks"))
from chat_server import ChatServer, Refuse, chat_server, texts

__all__ = ["Refuse", "agent_with", "picture", "texts"]


def picture(width: int = 1920, height: int = 1080) -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(output, "PNG")
    return output.getvalue()


@contextmanager
def agent_with(
    make: Callable[..., Any], plans: Sequence[str] | Callable[[dict[str, Any]], str], place: str = "(500,500)"
) -> Iterator[tuple[Any, ChatServer]]:
    """An agent whose planner says these plans one after the other (the last again and again), or what a function says; its
    executor is UI-TARS, which always points to ``place`` (``status 503``: fails so)."""
    waiting = list(plans) if isinstance(plans, Sequence) else []

    def answer(request: dict[str, Any]) -> str:
        if request["model"] == "ui-tars":
            if place.startswith("status"):
                raise Refuse(int(place.split()[1]))
            return place
        if not isinstance(plans, Sequence):
            return plans(request)
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    with chat_server(answer) as server:
        planner = Planner(server.url, "planner", PlannerSettings(retries=0))
        yield (
            make(planner, load_executor("ui_tars", base_urls=[server.url], model="ui-tars", retries=0, concurrency=2)),
            server,
        )
