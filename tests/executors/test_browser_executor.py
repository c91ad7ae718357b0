"""Steps done on live MiniWoB++ pages in real Chromium, in states that were recorded; browsers that are killed or hang."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.executors import load_executor
from tracer1.executors.base import Execution
from tracer1.executors.browser import BrowserExecutor, Effect, effect_of
from tracer1.plans import Step
from tracer1.trajectories import Observation, Trajectory

SHIPPED = Path(__file__).resolve().parents[2] / "examples" / "miniwob"
LOGIN = Step(Action("click"), "Click Login")


def at(origin: str, **fields) -> Observation:
    return Observation(b"", Size(160, 210), origin=origin, **fields)


def run(executor: BrowserExecutor, origin: str, step: Step = LOGIN) -> Execution:
    return asyncio.run(executor.execute(at(origin), step))


def browsers() -> list[psutil.Process]:
    """The main processes of living Chromiums."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "chrom" in process.name() and "--type=" not in " ".join(process.cmdline()):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


@pytest.fixture(scope="module")
def executor():
    made = load_executor("browser", recording=str(SHIPPED), pages=1)
    yield made
    asyncio.run(made.close())
    assert not browsers()


@pytest.fixture(scope="module")
def episodes() -> dict[str, Trajectory]:
    from tracer1_data import recording

    return {
        one.episode: one
        for name in ("heldout_tasks", "heldout_seeds")
        for one in recording.read(SHIPPED / f"{name}.parquet")
    }


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "recording is missing"),
        ({"recording": "/no/such/folder"}, "/no/such/folder cannot be read"),
        ({"recording": str(SHIPPED), "grounder": "browser"}, "grounder browser finds no places"),
        ({"recording": str(SHIPPED), "grounder": "eyes"}, "unknown executor 'eyes'"),
        ({"recording": str(SHIPPED), "grounder": "ui_tars"}, "base_urls is empty"),
        ({"recording": str(SHIPPED), "pages": 0}, "pages and seconds must be positive"),
        ({"recording": str(SHIPPED), "seed": 1}, "unknown executor option seed: use recording, grounder"),
    ],
)
def test_bad_options_are_named(options: dict, says: str) -> None:
    with pytest.raises(ValueError, match="executor browser: ") as raised:
        load_executor("browser", **options)
    assert says in str(raised.value)


def test_effects_are_read_from_the_detail() -> None:
    for effect in (
        Effect(True, True, -1.0),
        Effect(False, False, 0.0),
        Effect(True, True, 1 / 3),
        Effect(True, True, 1e-7),
    ):
        read = effect_of(Execution("ok", detail=f"{effect}; button 'Login'"))
        assert (read.changed, read.done) == (effect.changed, effect.done) and read.reward == pytest.approx(
            effect.reward, 1e-4
        )
    assert effect_of(Execution("refused", detail="no element")) is None


@pytest.mark.browser
def test_the_step_is_done_where_it_was_predicted(executor: BrowserExecutor) -> None:
    right = run(executor, "miniwob/login-user/0#4")  # both fields are filled
    assert right.status == "ok" and (2 <= right.point.x <= 92 and 166 <= right.point.y <= 197)
    assert effect_of(right) == Effect(True, True, 1.0)
    early = run(executor, "miniwob/login-user/0#2")  # the password is missing
    assert early.point == right.point and effect_of(early) == Effect(True, True, -1.0)
    field = run(executor, "miniwob/login-user/0#0", Step(Action("click"), "Click the username field"))
    assert effect_of(field).done is False and effect_of(field).reward == 0
    typed = run(executor, "miniwob/login-user/0#1", Step(Action("type", {"text": "karrie"}), "Enter the username"))
    assert typed.answer == "type: karrie" and typed.point is None and effect_of(typed) == Effect(True, False, 0.0)
    nowhere = run(executor, "miniwob/login-user/0#0", Step(Action("type", {"text": "x"}), "Enter it"))
    assert effect_of(nowhere) == Effect(False, False, 0.0)  # no field has the focus


@pytest.mark.browser
def test_steps_that_cannot_be_done_are_refused(executor: BrowserExecutor) -> None:
    missing = run(executor, "miniwob/login-user/0#0", Step(Action("click"), "Click the violet elephant"))
    assert missing.status == "refused" and "no element matches" in missing.detail and effect_of(missing) is None
    for action in (Action("drag"), Action("open_app", {"name": "Maps"}), Action("key", {"key": "NoSuchKey"})):
        assert run(executor, "miniwob/login-user/0#0", Step(action, "Do it")).status == "refused"
    assert run(executor, "miniwob/login-user/0#4").status == "ok"


@pytest.mark.browser
def test_recorded_steps_of_other_tasks_do_what_they_did(
    executor: BrowserExecutor, episodes: dict[str, Trajectory]
) -> None:
    """The last recorded step solves its episode, on the page that its observation shows."""
    chosen = random.Random(3).sample(sorted(episodes), 8)
    for one in (episodes[name] for name in chosen):
        last = one.steps[-1]
        seen = at(f"miniwob/{one.task}/{one.seed}#{len(one.steps) - 1}", elements=last.observation.elements)
        done = asyncio.run(executor.execute(seen, last.step))
        assert done.status == "ok", (one.episode, done)
        if last.box is None or last.box.contains(done.point):
            assert effect_of(done) == Effect(True, True, 1.0), (one.episode, done)


@pytest.mark.browser
def test_a_page_that_is_not_the_recorded_one_is_a_failure(
    executor: BrowserExecutor, episodes: dict[str, Trajectory], tmp_path: Path
) -> None:
    one = next(one for one in episodes.values() if one.task == "login-user")
    elements = one.steps[-1].observation.elements
    other = (*elements[:-1], replace(elements[-1], name="Log out"))
    found = asyncio.run(
        executor.execute(at(f"miniwob/login-user/{one.seed}#{len(one.steps) - 1}", elements=other), LOGIN)
    )
    assert found.status == "failed" and found.detail.startswith("replay: ") and "Log out" in found.detail
    for column, value, says in (
        ("instruction", "Press login.", "the task is"),
        ("task", "no-such-task", "unknown MiniWoB"),
    ):
        rows = pq.read_table(SHIPPED / "train.parquet").slice(0, 5)
        rows = rows.set_column(rows.schema.get_field_index(column), column, pa.array([value] * 5))
        pq.write_table(rows, tmp_path / "changed.parquet")
        made = load_executor("browser", recording=str(tmp_path / "changed.parquet"), pages=1)
        task = value if column == "task" else "login-user"
        found = run(made, f"miniwob/{task}/0#4")
        asyncio.run(made.close())
        assert found.status == "failed" and found.detail.startswith("replay: ") and says in found.detail


def test_what_names_no_state_needs_no_browser() -> None:
    made = load_executor("browser", recording=str(SHIPPED))
    assert run(made, "").detail.startswith("origin: '' names no recorded state")
    assert made.snapshot() == {"calls": 1, "failed": 1}


@pytest.mark.browser
def test_calls_at_the_same_time_share_the_pages() -> None:
    made = load_executor("browser", recording=str(SHIPPED), pages=2)

    async def go() -> list[Execution]:
        steps = [made.execute(at(f"miniwob/login-user/{seed}#4"), LOGIN) for seed in range(12)]
        found = await asyncio.gather(*steps)
        assert before < len(browsers()) <= before + 2
        return found

    before = len(browsers())  # another test's may be open
    try:
        assert {effect_of(one) for one in asyncio.run(go())} == {Effect(True, True, 1.0)}
    finally:
        asyncio.run(made.close())


@pytest.mark.browser
def test_a_killed_browser_is_a_failure_and_started_anew(executor: BrowserExecutor) -> None:
    assert run(executor, "miniwob/login-user/0#4").status == "ok"

    async def go() -> Execution:
        asked = asyncio.ensure_future(
            executor.execute(at("miniwob/choose-date-medium/3#3"), Step(Action("click"), "Click Submit"))
        )
        await asyncio.sleep(0.1)
        for process in browsers():
            process.kill()
        return await asked

    found = asyncio.run(go())
    assert found.status == "failed" and found.detail.startswith("browser: ")
    assert effect_of(run(executor, "miniwob/login-user/0#4")) == Effect(True, True, 1.0)
    for process in browsers():  # while nothing is done: the next call does not notice
        process.kill()
    assert effect_of(run(executor, "miniwob/login-user/0#4")) == Effect(True, True, 1.0)


@pytest.mark.browser
def test_a_page_that_hangs_is_ended_at_the_deadline() -> None:
    made = load_executor("browser", recording=str(SHIPPED), pages=1, seconds=3)
    try:
        assert run(made, "miniwob/login-user/0#4").status == "ok"

        def hang(page) -> None:
            page._page.add_init_script("window.addEventListener('mousedown', () => { while (true) {} })")

        asyncio.run(made._pages.use(hang))
        began = time.monotonic()
        found = run(made, "miniwob/login-user/0#0")
        assert found.status == "timed_out" and "3 s" in found.detail and time.monotonic() - began < 20
        assert effect_of(run(made, "miniwob/login-user/0#4")) == Effect(True, True, 1.0)
    finally:
        asyncio.run(made.close())


@pytest.mark.browser
def test_playwrights_driver_may_die_too() -> None:
    made = load_executor("browser", recording=str(SHIPPED), pages=1)
    try:
        assert run(made, "miniwob/login-user/0#4").status == "ok"
        for process in psutil.Process().children(recursive=True):
            if process.is_running() and "node" in process.name():
                process.kill()
        first, second = run(made, "miniwob/login-user/0#4"), run(made, "miniwob/login-user/0#4")
        assert first.status in ("ok", "failed") and second.status == "ok"
    finally:
        asyncio.run(made.close())


@pytest.mark.browser
def test_without_chromium_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER1_CHROMIUM", "/nowhere/chromium")
    made = load_executor("browser", recording=str(SHIPPED))
    found = run(made, "miniwob/login-user/0#4")
    assert found.status == "failed" and "/nowhere/chromium is not an executable file" in found.detail
    asyncio.run(made.close())


@pytest.mark.browser
def test_a_process_that_ends_with_pages_open_ends_quietly_and_leaves_none() -> None:
    code = f"""
import asyncio, sys
from tracer1.executors import load_executor
from tracer1.trajectories import Observation
from tracer1.plans import Step
from tracer1.actions import Action
made = load_executor("browser", recording={str(SHIPPED)!r}, pages=1)
step = Step(Action("click"), "Click Login")
found = asyncio.run(made.execute(Observation(b"", None, origin="miniwob/login-user/0#4"), step))
import psutil
print(found.status, *(one.pid for one in psutil.Process().children(recursive=True)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=dict(os.environ)
    )
    status, *children = done.stdout.split()
    assert (done.returncode, status, done.stderr) == (0, "ok", "") and children
    until = time.monotonic() + 20
    while any(psutil.pid_exists(int(child)) for child in children):
        assert time.monotonic() < until, "processes are left"
        time.sleep(0.05)


@pytest.mark.browser
def test_a_page_that_hangs_between_two_jobs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    from tracer1.executors.pages import Pages

    monkeypatch.setattr("tracer1.executors.pages._ANSWER_SECONDS", 1.0)
    pages = Pages(1, 30.0)

    def hang_later(page) -> int:
        page._page.evaluate("setTimeout(() => { while (true) {} }, 1); 0")
        return page.process

    async def main() -> tuple[int, int]:
        first = await pages.use(hang_later)
        await asyncio.sleep(0.5)
        second = await asyncio.wait_for(pages.use(lambda page: page.process), 60)
        await pages.close()
        return first, second

    first, second = asyncio.run(main())
    assert first != second
