"""The collector: seeds, and the same steps whatever the number of browsers."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from tracer1_data.collect import Collected, collect, gather, parse_seeds
from tracer1_data.recording import read

app = Typer()
app.command()(collect)


def test_seeds() -> None:
    assert list(parse_seeds("3:6")) == [3, 4, 5]
    for wrong in ("5", "6:6", "a:b", "-1:2", "4:2"):
        with pytest.raises(ValueError, match="FIRST:END"):
            parse_seeds(wrong)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--tasks", "login-usr"], "did you mean login-user"), (["--seeds", "9"], "seeds are FIRST:END")],
)
def test_bad_input_is_one_message(tmp_path: Path, arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(app, ["--out", str(tmp_path / "a.parquet"), *arguments])
    assert result.exit_code == 1 and says in " ".join(result.output.split()) and not list(tmp_path.iterdir())


def test_missing_browser_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER1_CHROMIUM", "/nowhere/chromium")
    result = CliRunner().invoke(app, ["--out", str(tmp_path / "a.parquet"), "--tasks", "login-user", "--seeds", "0:1"])
    assert result.exit_code == 1 and "apt-get install chromium" in " ".join(result.output.split())


def test_without_a_solved_episode_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ("login-user", 0)
    monkeypatch.setattr("tracer1_data.collect.gather", lambda *_: Collected(failures={job: "no [button] there"}))
    (tmp_path / "a.parquet").write_bytes(b"an older recording")
    result = CliRunner().invoke(app, ["--out", str(tmp_path / "a.parquet"), "--tasks", "login-user", "--seeds", "0:1"])
    said = " ".join(result.output.split())
    assert result.exit_code == 1 and "left out login-user seed 0: no [button] there" in said
    assert "none of 1 episodes was solved" in said and (tmp_path / "a.parquet").read_bytes() == b"an older recording"


@pytest.mark.browser
def test_two_browsers_record_what_one_does(tmp_path: Path) -> None:
    jobs = [("login-user", 0), ("click-checkboxes", 1), ("enter-date", 2)]
    one, two = gather(jobs, 1), gather(jobs, 2)
    assert not one.failures and not two.failures
    assert [one.episodes[job].steps for job in jobs] == [two.episodes[job].steps for job in jobs]


@pytest.mark.browser
def test_command_writes_a_recording(tmp_path: Path) -> None:
    out = tmp_path / "a.parquet"
    result = CliRunner().invoke(app, ["--out", str(out), "--tasks", "login-user", "--seeds", "0:2", "--workers", "1"])
    assert result.exit_code == 0, result.output
    assert [(t.seed, len(t.steps), t.complete) for t in read(out)] == [(0, 5, True), (1, 5, True)]
