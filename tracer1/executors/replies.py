"""What a server said, as a value: an answer, or the kind of trouble and whether asking again may help."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call. ``ok``: the model's ``text``, and ``finish``, why it stopped. ``failed`` and ``timed_out``: the
    kind of trouble (``reason``: connection, half answer, bad json, status 500, circuit open, deadline) and a ``detail``."""

    status: Literal["ok", "failed", "timed_out"]
    text: str = ""
    finish: str = ""
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The outcome of one request. ``again``: asking again may help, after at least ``pause`` seconds. ``works``: whether the
    server is in order (one that is busy, or dislikes the request, is)."""

    outcome: Outcome
    again: bool = False
    works: bool = True
    pause: float = 0.0


def trouble(reason: str, detail: str) -> Reply:
    """The server cannot be used now."""
    return Reply(Outcome("failed", reason=reason, detail=detail), again=True, works=False)


def read_reply(url: str, status: int, retry_after: str, raw: bytes) -> Reply:
    """A whole HTTP answer to a chat-completions request."""
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        data = None
    if status != 200:
        detail = f"{url}: {_message(data, raw)}"
        outcome = Outcome("failed", reason=f"status {status}", detail=detail)
        return Reply(outcome, status in AGAIN, works=status < 500, pause=_seconds(retry_after))
    try:
        choice = data["choices"][0]
        text, finish = choice["message"]["content"] or "", choice.get("finish_reason") or ""
    except (TypeError, KeyError, IndexError, AttributeError):
        text = finish = None
    if not isinstance(text, str) or not isinstance(finish, str):
        return trouble("bad json", f"{url}: no choices[0].message.content in {_message(data, raw)}")
    return Reply(Outcome("ok", text, finish))


def _message(data: Any, raw: bytes) -> str:
    """What the server says is wrong: OpenAI's error.message, or the beginning of the answer."""
    error = data.get("error", data) if isinstance(data, dict) else data
    said = error.get("message") if isinstance(error, dict) else error
    text = said if isinstance(said, str) else raw[: 4 * LONGEST_REASON].decode("utf-8", "replace")
    return " ".join(text.split())[:LONGEST_REASON] or "an empty answer"


def _seconds(header: str) -> float:
    """``Retry-After`` in seconds; 0 where it is missing or a date."""
    return float(header) if header.isascii() and header.isdigit() else 0.0
