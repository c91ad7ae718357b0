"""POST requests to one or several equal servers, for callers in any event loop or thread: chat completions, or another contract
(:class:`ServerClient` takes the path, and what reads an answer).

A call is bounded four ways: at most ``concurrency`` at once, at most ``seconds`` each from the moment it has its turn (every
attempt and pause included), at most ``retries`` attempts more, at most :data:`MOST_BYTES` of an answer. What goes wrong is an
:class:`Outcome`, never an exception. While every circuit is open (:mod:`tracer1.executors.balancer`) a call waits as long as its
deadline allows, so that a server that is started again takes over; a probe that fails is no attempt of the call that made it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

import httpx

from tracer1.executors.background import in_background
from tracer1.executors.balancer import Balancer
from tracer1.executors.counters import Counters
from tracer1.executors.options import ServedOptions, shown
from tracer1.executors.replies import Outcome, Reply, read_reply, trouble

Reader = Callable[[str, int, str, bytes], Reply]
"""What a whole HTTP answer says, from the address (as it may be told), the status, the ``Retry-After`` header and the body."""
CONNECT_SECONDS = 5.0
MOST_BYTES = 64 << 20
LONGEST_PAUSE = 5.0
POLL = 0.05
_JSON = {"Content-Type": "application/json", "Accept-Encoding": "identity"}


class _Session:
    """What belongs to one event loop: the state of the servers, and a place for each call that may be under way. A place is
    an HTTP client of its own, with one connection to each server: in a shared pool every request looks at every connection
    several times, which at 64 connections is most of the cost of a call."""

    def __init__(self, options: ServedOptions, key: str) -> None:
        self.loop = asyncio.get_running_loop()
        self.balancer = Balancer(options.base_urls, options.open_after, options.probe_after)
        self.places: asyncio.LifoQueue[httpx.AsyncClient] = asyncio.LifoQueue()
        context = httpx.create_ssl_context()
        for _ in range(options.concurrency):
            client = httpx.AsyncClient(
                timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
                headers={"Authorization": f"Bearer {key}"} if key else {},
                verify=context,
                trust_env=False,
            )
            self.places.put_nowait(client)


class ServerClient:
    """Asks the servers of ``options`` at ``path`` behind their addresses; ``read`` says what an answer is worth, ``counters``
    learns of every request. Raises ValueError for a missing API key."""

    def __init__(self, options: ServedOptions, counters: Counters, path: str, read: Reader) -> None:
        self._options, self._counters = options, counters
        self._path, self._read = path, read
        self._key = options.key()
        self._session: _Session | None = None

    async def ask(self, write: Callable[[], bytes]) -> Outcome:
        """The answer to one request. ``write`` makes its JSON body, in a thread, when the call has its turn: bodies hold
        pictures, and callers come by the thousand. Raises what ``write`` raises."""
        return await in_background(self._ask(write))

    async def _ask(self, write: Callable[[], bytes]) -> Outcome:
        session = self._session
        if session is None or session.loop is not asyncio.get_running_loop():  # the latter: after a fork
            session = self._session = _Session(self._options, self._key)
        http = await session.places.get()
        began = time.monotonic()
        try:
            body = await asyncio.to_thread(write)
            return await self._attempts(session.balancer, http, body, began + self._options.seconds)
        finally:
            session.places.put_nowait(http)
            self._counters.took(time.monotonic() - began)

    async def _attempts(self, balancer: Balancer, http: httpx.AsyncClient, body: bytes, deadline: float) -> Outcome:
        attempts = 0
        while True:
            lease = balancer.take()
            if lease is None:
                if not await _pause(POLL, deadline):
                    return Outcome("failed", reason="circuit open", detail=balancer.trouble)
                continue
            try:
                reply = await self._attempt(http, lease.upstream.url, body, deadline)
            except asyncio.CancelledError:
                balancer.settle(lease, None)
                raise
            balancer.settle(lease, reply.works, reply.outcome.detail)
            attempts += not lease.probe
            if not reply.again or attempts > self._options.retries:
                return reply.outcome
            if not await _pause(max(reply.pause, self._backoff(attempts)), deadline):
                return reply.outcome
            self._counters.add("retries")

    async def _attempt(self, http: httpx.AsyncClient, url: str, body: bytes, deadline: float) -> Reply:
        self._counters.add("requests")
        request = _post(http, f"{url}{self._path}", body, self._read)
        try:
            return await asyncio.wait_for(request, deadline - time.monotonic())
        except (TimeoutError, asyncio.TimeoutError):  # two classes before Python 3.11
            detail = f"{shown(url)}: no answer within {self._options.seconds:g} s"
            return Reply(Outcome("timed_out", reason="deadline", detail=detail), works=False)

    def _backoff(self, attempts: int) -> float:
        """Seconds before the next attempt: twice as many each time, scattered so that callers do not come back together."""
        return min(LONGEST_PAUSE, self._options.backoff * 2 ** max(0, attempts - 1)) * random.uniform(0.5, 1.5)


class ChatClient(ServerClient):
    """Chat completions of OpenAI-compatible servers."""

    def __init__(self, options: ServedOptions, counters: Counters) -> None:
        super().__init__(options, counters, "/chat/completions", read_reply)


async def _post(http: httpx.AsyncClient, url: str, body: bytes, read: Reader) -> Reply:
    response: httpx.Response | None = None
    raw, name = bytearray(), shown(url)
    try:
        async with http.stream("POST", url, content=body, headers=_JSON) as response:
            if (coding := response.headers.get("Content-Encoding", "identity")).lower() != "identity":
                # A few bytes of it may be gigabytes, and httpx gives them all at once.
                detail = f"{name}: it is encoded as {coding:.40}, which was not asked for"
                return Reply(Outcome("failed", reason="compressed answer", detail=detail))
            async for part in response.aiter_raw():
                raw += part
                if len(raw) > MOST_BYTES:
                    detail = f"{name}: more than {MOST_BYTES >> 20} MiB"
                    return Reply(Outcome("failed", reason="answer too large", detail=detail))
    except httpx.RequestError as error:
        reason = "connection" if response is None else "half answer"
        return trouble(reason, f"{name}: {' '.join(str(error).split()) or type(error).__name__}")
    return read(name, response.status_code, response.headers.get("Retry-After", ""), bytes(raw))


async def _pause(seconds: float, deadline: float) -> bool:
    """Sleep, unless the deadline comes first: then False, at once."""
    if time.monotonic() + seconds >= deadline:
        return False
    await asyncio.sleep(seconds)
    return True
