"""A Hydra callback around veRL's ``main_ppo``: checks before it, a watchdog during it, no process after it.

Named in the config groups ``tracer1/stage1`` and ``tracer1/stage2``; nothing to call by hand.
"""

from __future__ import annotations

import atexit
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from tracer1.training import metrics, preflight, processes
from tracer1.training.watchdog import Watchdog

EXIT_CODE = 2


class Launch(Callback):
    """Hydra turns an exception in a callback into a warning, so a failed check ends the process itself."""

    def __init__(self) -> None:
        self._watchdog: Watchdog | None = None

    def on_job_start(self, config: DictConfig, **_: Any) -> None:
        started = False
        try:
            self._start(config)
            started = True
        finally:
            if not started and not isinstance(sys.exc_info()[1], SystemExit):
                traceback.print_exc()
                sys.exit(EXIT_CODE)

    def _start(self, config: DictConfig) -> None:
        problems = preflight.find_problems(config)
        if problems:
            lines = ["tracer1: the run was not started.", *(f"  - {problem}" for problem in problems)]
            print("\n".join(lines), file=sys.stderr)
            sys.exit(EXIT_CODE)
        if ended := processes.end_orphans():
            print(f"tracer1: ended {ended} processes that an earlier, killed run had left", file=sys.stderr)
        folder = Path(config.trainer.default_local_dir).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("VERL_FILE_LOGGER_PATH", str(metrics.put_aside(folder)))
        self._watchdog = Watchdog()
        self._watchdog.start()
        atexit.register(self._finish)

    def on_job_end(self, config: DictConfig, job_return: Any, **_: Any) -> None:
        self._finish()

    def _finish(self) -> None:
        if self._watchdog is None:
            return
        ray = sys.modules.get("ray")
        if ray is not None and ray.is_initialized():
            ray.shutdown()
        self._watchdog.finish()
