"""The planner at inference: a vision-language model behind the prompt builder and the plan parser.

The model is reached over an OpenAI-compatible chat-completions server (``tracer1.serving`` starts one for a
checkpoint)::

    async with Planner("http://127.0.0.1:8000/v1", "planner") as planner:
        predicted = await planner.plan("Log in as bob", observation, history=[])
        predicted.parsed.plan.steps[0]
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from tracer1.plans import ParsedPlan, Step, parse
from tracer1.prompts import Message, Style, build
from tracer1.trajectories import Observation

IMAGE_MARK = "<image>"
_TRANSIENT = frozenset({429, 500, 502, 503, 504})
_MAGIC = {b"\x89PNG": "image/png", b"RIFF": "image/webp", b"\xff\xd8\xff": "image/jpeg"}


class PlannerError(RuntimeError):
    """The planner's server gave no usable answer; the message says what it said and what to check."""


@dataclass(frozen=True, slots=True)
class PlannerSettings:
    """``horizon`` T and ``history`` K as in training; sampling of the served model; ``thinking`` where its chat template
    opens a thought; ``tools`` a line for each that may be called. ``seconds`` bounds one request, which is asked again at
    most ``retries`` times while the server is busy or unreachable."""

    horizon: int = 8
    history: int = 4
    style: Style = "full"
    platform: str = "web"
    temperature: float = 0.0
    max_tokens: int = 512
    seed: int = 0
    thinking: bool = False
    tools: tuple[str, ...] = ()
    seconds: float = 120.0
    retries: int = 2

    def __post_init__(self) -> None:
        if self.horizon < 1 or self.history < 0:
            raise ValueError(
                f"horizon must be at least 1 and history not negative, got {self.horizon} and {self.history}"
            )
        if self.temperature < 0 or self.max_tokens < 1 or self.seconds <= 0 or self.retries < 0:
            raise ValueError("temperature and retries must not be negative; max_tokens and seconds must be positive")


def decisive(settings: PlannerSettings) -> dict[str, Any]:
    """The settings that decide what a planner answers, without those that only bound the waiting."""
    said = {key: value for key, value in asdict(settings).items() if key not in ("seconds", "retries")}
    return said | {"tools": list(settings.tools)}


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model wrote and what could be read of it."""

    text: str
    parsed: ParsedPlan


class Planner:
    """The policy π. Several plans may be asked for at once: the connection pool is shared and the server batches
    them.
    """

    def __init__(
        self, url: str, model: str, settings: PlannerSettings | None = None, key: str = "", connections: int = 64
    ) -> None:
        self.model = model
        self.settings = settings or PlannerSettings()
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/") + "/",
            timeout=self.settings.seconds,
            limits=httpx.Limits(max_connections=connections),
            headers={"Authorization": f"Bearer {key}"} if key else {},
            trust_env=False,
        )

    async def __aenter__(self) -> Planner:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def plan(
        self,
        instruction: str,
        observation: Observation,
        history: Sequence[Step],
        outputs: Sequence[str] = (),
        platform: str | None = None,
    ) -> Prediction:
        """Predict the next steps; of ``history`` (oldest first) the last K are told, with the ``outputs`` of each where it has
        any. ``platform``: of this one, instead of the settings'. Raises :class:`PlannerError`.
        """
        messages = self.prompt(instruction, observation, history, outputs, platform)
        (text,) = await self.complete(messages, observation.pictures)
        return Prediction(text, parse(text, self.settings.thinking))

    def prompt(
        self,
        instruction: str,
        observation: Observation,
        history: Sequence[Step],
        outputs: Sequence[str] = (),
        platform: str | None = None,
    ) -> list[Message]:
        """The messages that :meth:`plan` sends, ``<image>`` for each picture."""
        settings = self.settings
        first = max(0, len(history) - settings.history)
        return build(
            instruction,
            history[first:],
            settings.horizon,
            platform or settings.platform,
            settings.style,
            outputs[first:],
            len(observation.pictures),
            settings.tools,
        )

    async def complete(
        self, messages: Sequence[Message], images: Sequence[bytes], n: int = 1, temperature: float | None = None
    ) -> list[str]:
        """The texts of ``n`` answers to messages in which each ``<image>`` stands for the next of ``images``."""
        settings = self.settings
        request = {
            "model": self.model,
            "messages": with_images(messages, images),
            "n": n,
            "temperature": settings.temperature if temperature is None else temperature,
            "top_p": 1.0,
            "max_tokens": settings.max_tokens,
            "seed": settings.seed,
        }
        answer = await self._ask(request)
        try:
            texts = [choice["message"]["content"] or "" for choice in answer["choices"]]
        except (KeyError, TypeError, IndexError) as error:
            raise PlannerError(
                f"{self._where()} answered without choices[].message.content: is it a chat model?"
            ) from error
        if len(texts) != n:
            raise PlannerError(f"{self._where()} gave {len(texts)} answers where {n} were asked for")
        return texts

    async def _ask(self, request: dict[str, Any]) -> Any:
        problem = ""
        for attempt in range(self.settings.retries + 1):
            if attempt:
                await asyncio.sleep(0.5 * 2 ** (attempt - 1))
            try:
                response = await self._client.post("chat/completions", json=request)
            except httpx.TimeoutException:
                problem = f"gave no answer within {self.settings.seconds:g} s: raise --seconds or lower the load"
                continue
            except httpx.TransportError as error:
                problem = f"cannot be reached ({error or type(error).__name__}): is it running?"
                continue
            if response.status_code == 200:
                return _json(response, self._where())
            problem = f"answered {response.status_code}: {_reason(response)}"
            if response.status_code not in _TRANSIENT:
                break
        raise PlannerError(f"{self._where()} {problem}")

    def _where(self) -> str:
        return f"the planner's server at {str(self._client.base_url).rstrip('/')} (model {self.model!r})"


def with_images(messages: Sequence[Message], images: Sequence[bytes]) -> list[dict[str, Any]]:
    """Chat messages in OpenAI's form, the marks replaced by data URLs. Raises ValueError when their numbers differ."""
    marks = sum(message["content"].count(IMAGE_MARK) for message in messages)
    if marks != len(images):
        raise ValueError(
            f"the prompt has {marks} {IMAGE_MARK} marks and {len(images)} images: they must be equal in number"
        )
    waiting = iter(images)
    return [_with_images(message, waiting) for message in messages]


def _with_images(message: Message, waiting: Any) -> dict[str, Any]:
    if IMAGE_MARK not in message["content"]:
        return dict(message)
    parts: list[dict[str, Any]] = []
    for number, text in enumerate(message["content"].split(IMAGE_MARK)):
        if number:
            parts.append({"type": "image_url", "image_url": {"url": data_url(next(waiting))}})
        if text:
            parts.append({"type": "text", "text": text})
    return {"role": message["role"], "content": parts}


def data_url(image: bytes) -> str:
    """A picture as a data URL. Raises ValueError for bytes that are no PNG, WebP or JPEG."""
    kind = next((kind for magic, kind in _MAGIC.items() if image.startswith(magic)), None)
    if kind is None:
        raise ValueError(
            f"a screenshot must be PNG, WebP or JPEG, got {len(image)} bytes that start with {image[:8]!r}"
        )
    return f"data:{kind};base64,{base64.b64encode(image).decode('ascii')}"


def _json(response: httpx.Response, where: str) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise PlannerError(f"{where} answered something that is no JSON: is the URL the server's /v1?") from error


def _reason(response: httpx.Response) -> str:
    try:
        data = response.json()
        error = data.get("error", data)
        text = str(error.get("message", error))
    except (ValueError, AttributeError):
        text = response.text
    return " ".join(text.split())[:300]
