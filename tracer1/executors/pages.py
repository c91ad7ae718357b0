"""Live MiniWoB++ pages, each with a thread and a Chromium of its own, for callers in any event loop or thread.

Playwright's pages belong to the thread that made them. A page that hangs (a script without end cannot be interrupted from
outside) is ended by killing its Chromium, at the job's deadline; what is dead is made anew for the next job.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from playwright.sync_api import Error

from tracer1.environments.miniwob.browser import MissingBrowser
from tracer1.environments.miniwob.environment import MiniWob

T = TypeVar("T")
_ANSWER_SECONDS = 10.0


class PageLost(RuntimeError):
    """The browser died, or cannot be started; the message is one line."""


class PageLate(RuntimeError):
    """The job was not done in time; its browser was killed."""


class LivePage(MiniWob):
    """A page whose Chromium can be killed from another thread."""

    def __init__(self) -> None:
        super().__init__()
        session = self._browser.new_browser_cdp_session()
        found = session.send("SystemInfo.getProcessInfo")["processInfo"]
        session.detach()
        self.process = next(int(one["id"]) for one in found if one["type"] == "browser")

    def kill(self) -> None:
        """End Chromium at once. From any thread."""
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)

    def alive(self) -> bool:
        """Whether it answers. One that hangs is killed: a script may have begun to run for ever after the last job."""
        timer = threading.Timer(_ANSWER_SECONDS, self.kill)
        timer.daemon = True
        timer.start()
        try:
            self._page.evaluate("0")
        except Error:
            return False
        finally:
            timer.cancel()
        return True

    def abandon(self) -> None:
        """Free what it holds when its Chromium, or Playwright's driver, is in no state to be closed."""
        self.kill()
        self._browser = None
        self.close()


class Pages:
    """At most ``number`` pages, made when they are needed; ``seconds`` for each job, from when it has its page."""

    def __init__(self, number: int, seconds: float) -> None:
        self._number, self._seconds = number, seconds
        self._pool: ThreadPoolExecutor | None = None
        self._process, self._mine = 0, threading.local()

    async def use(self, job: Callable[[MiniWob], T]) -> T:
        """What ``job`` gives for a page. Raises PageLost and PageLate. A page whose job raises anything is given up."""
        if self._pool is None or self._process != os.getpid():  # the latter: after a fork
            self._pool, self._process = ThreadPoolExecutor(self._number, "tracer1-page"), os.getpid()
            self._mine = threading.local()
        done = asyncio.wrap_future(self._pool.submit(self._run, job))
        try:
            await asyncio.wait({done})
        finally:
            done.cancel()  # a caller that was cancelled while its job waited
        error = done.exception()
        if type(error) is Exception:  # what Playwright raises when its driver is gone
            raise PageLost(str(error)) from error
        return done.result()

    async def close(self) -> None:
        """Close all pages, each in its thread, after the jobs that wait. The next job makes a page again."""
        pool, self._pool = self._pool, None
        if pool is None or self._process != os.getpid():
            return
        together = threading.Barrier(self._number)  # so that every thread gets one of the calls
        closing = [asyncio.wrap_future(pool.submit(self._close, together)) for _ in range(self._number)]
        await asyncio.gather(*closing)
        pool.shutdown()

    def _run(self, job: Callable[[MiniWob], T]) -> T:
        page, late, well = self._page(), threading.Event(), False
        timer = threading.Timer(self._seconds, lambda: (late.set(), page.kill()))
        timer.daemon = True
        timer.start()
        try:
            result = job(page)
            well = True
            return result
        except Error as error:
            if late.is_set():
                raise PageLate(f"not done within {self._seconds:g} s") from error
            raise PageLost(str(error).splitlines()[0]) from error
        finally:
            timer.cancel()
            if not well:
                self._mine.page = None
                page.abandon()

    def _page(self) -> LivePage:
        """This thread's page. Raises PageLost when there is none to be had."""
        page: LivePage | None = getattr(self._mine, "page", None)
        if page is None or not page.alive():
            self._mine.page = None
            if page is not None:
                page.abandon()
            try:
                self._mine.page = page = LivePage()
            except (MissingBrowser, ModuleNotFoundError, OSError, Error) as error:
                raise PageLost(" ".join(str(error).split())) from error
        return page

    def _close(self, together: threading.Barrier) -> None:
        together.wait()
        if (page := getattr(self._mine, "page", None)) is not None:
            with suppress(Error):
                page.close()
