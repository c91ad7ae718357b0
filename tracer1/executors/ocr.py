"""The executor ``ocr``: reads the screenshot with tesseract and points at the words that the step names.

A frozen grounder without weights, for any screenshot with text: weak (it knows no icons, no fields, no layout), but it looks at
nothing but pixels. Tesseract runs in the sandbox (:mod:`tracer1.sandbox`), because screenshots are made by pages that nobody
vouches for. What a screenshot says is read once, for all rollouts and steps on it.

    executor = load_executor("ocr", cutoff=85)          # apt-get install tesseract-ocr bubblewrap
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import shutil
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracer1.coordinates import Box
from tracer1.executors.background import in_background
from tracer1.executors.base import POINTER_ACTIONS, Execution, answer_of
from tracer1.executors.cache import Answer, Cache
from tracer1.executors.counters import Counters
from tracer1.executors.ocr_words import Word, find
from tracer1.executors.options import read_options
from tracer1.executors.served import NO_SCREENSHOT
from tracer1.plans import Step
from tracer1.sandbox import Limits, Sandbox, SandboxUnavailable, unavailable
from tracer1.trajectories import Observation

REMEMBERED = 4096
INSIDE = "tracer1.toolbox.inside.screen_words"
MIB = 1 << 20
Lines = tuple[tuple[Word, ...], ...]


@dataclass(frozen=True, slots=True)
class OcrOptions:
    """``psm``: tesseract's page segmentation (11 finds sparse text); ``language``: e.g. ``eng`` or ``eng+deu``; ``cutoff``: how
    much words must be like what is named (0 to 100). ``seconds`` for reading one screenshot, from its turn on; ``workers``:
    screenshots read at once by this process. ``cache_dir``: where texts are kept for other processes; empty for nowhere.
    Raises ValueError."""

    psm: int = 11
    language: str = "eng"
    cutoff: float = 80.0
    seconds: float = 20.0
    workers: int = 2
    cache_dir: str = ""

    def __post_init__(self) -> None:
        if self.psm not in (1, *range(3, 14)):
            raise ValueError(f"psm is 1 or 3 to 13, the modes of tesseract that read text, got {self.psm}")
        if not re.fullmatch(r"[A-Za-z_]+(\+[A-Za-z_]+)*", self.language):
            raise ValueError(f"language is a name such as eng or eng+deu, got {self.language!r:.40}")
        if not 0 < self.cutoff <= 100:
            raise ValueError(f"cutoff is more than 0 and at most 100, got {self.cutoff}")
        if self.seconds <= 0 or self.workers <= 0:
            raise ValueError("seconds and workers must be positive")


class _Session:
    """What belongs to one event loop: the sandbox, and what is being read or was."""

    def __init__(self, options: OcrOptions) -> None:
        self.loop, self.opening, self.open = asyncio.get_running_loop(), asyncio.Lock(), False
        limits = Limits(wall_seconds=options.seconds, cpu_seconds=max(1, round(options.seconds)), output_bytes=8 * MIB)
        self.sandbox = Sandbox(limits, workers=options.workers, queue=100_000, preload=(INSIDE,))
        self.texts: OrderedDict[str, asyncio.Task[Lines | Execution]] = OrderedDict()


class OcrExecutor:
    """Made by :func:`ocr_executor`. May be used from any event loop or thread."""

    name = "ocr"

    def __init__(self, options: OcrOptions) -> None:
        if shutil.which("tesseract", path="/usr/bin:/bin") is None:
            raise ValueError("tesseract is missing: apt-get install tesseract-ocr")
        if reason := unavailable():
            raise ValueError(f"screenshots are read in the sandbox, and {reason}")
        self.options, self.counters = options, Counters()
        self._session: _Session | None = None
        self._cache = Cache(Path(options.cache_dir).expanduser(), self.counters) if options.cache_dir else None

    async def execute(self, observation: Observation, step: Step) -> Execution:
        """Point at the middle of the words that the step names, in screenshot pixels; for steps that do not point say what would
        be entered."""
        if step.action.type not in POINTER_ACTIONS:
            return Execution("ok", answer=answer_of(step))
        self.counters.add("calls")
        execution = await self._find(observation.screenshot, step.instruction)
        self.counters.add(execution.status)
        return execution

    def snapshot(self) -> dict[str, float]:
        """Counts since the start, and quantiles of the seconds that reading took."""
        return self.counters.snapshot()

    async def close(self) -> None:
        """End the sandbox's processes. They also end with this process; the next call starts them again."""
        await in_background(self._shut())

    async def _find(self, screenshot: bytes, instruction: str) -> Execution:
        if not screenshot:
            return Execution("failed", detail=NO_SCREENSHOT)
        lines = await in_background(self._read(screenshot))
        if isinstance(lines, Execution):
            return lines
        found = await asyncio.to_thread(find, lines, instruction, self.options.cutoff)
        if found is None:
            return Execution("refused", detail=f"nothing on the screen reads like {instruction[:120]!r}")
        return Execution("ok", point=found.box.centre, detail=f"{found.text!r}, {found.likeness:.0f} of 100 alike")

    async def _read(self, screenshot: bytes) -> Lines | Execution:
        """What the screenshot says, or why that is not known. Callers with the same screenshot share one reading."""
        if self._session is None or self._session.loop is not asyncio.get_running_loop():  # the latter: after a fork
            self._session = _Session(self.options)
        texts, key = self._session.texts, self._key(screenshot)
        if key not in texts:
            self.counters.add("read")
            texts[key] = asyncio.ensure_future(self._reading(self._session, key, screenshot))
        task = texts[key]
        texts.move_to_end(key)
        if len(texts) > REMEMBERED:
            texts.popitem(last=False)
        lines = await asyncio.shield(task)
        if isinstance(lines, Execution) and texts.get(key) is task:  # the next one tries again
            del texts[key]
        return lines

    async def _reading(self, session: _Session, key: str, screenshot: bytes) -> Lines | Execution:
        kept = await asyncio.to_thread(self._cache.get, key) if self._cache else None
        text = kept.text if kept else await self._recognised(session, screenshot)
        if isinstance(text, Execution):
            return text
        try:
            lines = await asyncio.to_thread(_lines, text)
        except (TypeError, ValueError) as error:
            return Execution("failed", detail=f"sandbox: what was read is no list of words ({error})")
        if self._cache and not kept:
            await asyncio.to_thread(self._cache.put, key, Answer(text, "stop"))
        return lines

    async def _recognised(self, session: _Session, screenshot: bytes) -> str | Execution:
        """What the sandbox gives back, as JSON."""
        try:
            async with session.opening:
                if not session.open:
                    await session.sandbox.__aenter__()
                    session.open = True
        except SandboxUnavailable as error:
            return Execution("failed", detail=f"sandbox: {error}")
        arguments = {"path": "/files/screen", "mode": self.options.psm, "language": self.options.language}
        outcome = await session.sandbox.call(INSIDE, "read", arguments, {"screen": screenshot})
        self.counters.took(outcome.seconds)
        if outcome.status == "ok":
            return json.dumps(outcome.value)
        if outcome.status == "timed_out":
            return Execution("timed_out", detail=f"deadline: not read within {self.options.seconds:g} s")
        kind = "bad screenshot" if outcome.error.startswith("CannotDo") else f"sandbox: {outcome.status}"
        return Execution("failed", detail=f"{kind}: {outcome.error}")

    async def _shut(self) -> None:
        session, self._session = self._session, None
        if session is not None and session.loop is asyncio.get_running_loop():
            session.sandbox.close()

    def _key(self, screenshot: bytes) -> str:
        """A hash of everything that decides what is read."""
        said = hashlib.sha256(f"ocr {self.options.psm} {self.options.language} ".encode())
        said.update(screenshot)
        return said.hexdigest()


def ocr_executor(**options: Any) -> OcrExecutor:
    """The executor for configuration values. Raises ValueError for those that it cannot use, and without tesseract or sandbox."""
    try:
        return OcrExecutor(read_options(OcrOptions, options))
    except ValueError as error:
        raise ValueError(f"executor ocr: {error}") from error


def _lines(text: str) -> Lines:
    """Raises TypeError or ValueError for what is no JSON list of lines of words with their places."""
    return tuple(
        tuple(Word(str(said), Box(*map(float, box), "pixel")) for said, *box in line) for line in json.loads(text)
    )
