"""Recordings as the executor ``browser`` reads them: what an origin names, and what is wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tracer1.actions import Action
from tracer1.coordinates import Point
from tracer1.executors.replay import Recording

SHIPPED = Path(__file__).resolve().parents[2] / "examples" / "miniwob"


def test_origins_name_recorded_states() -> None:
    recording = Recording(SHIPPED / "train.parquet")
    state = recording.before("miniwob/login-user/0#3")
    assert (state.task, state.seed) == ("login-user", 0)
    assert (
        state.instruction == 'Enter the username "karrie" and the password "AU" into the text fields and press login.'
    )
    # The boxes of the recording: [7, 78, 135, 99], none, [7, 130, 115, 151].
    clicks = [Point(71.0, 88.5, "pixel"), None, Point(61.0, 140.5, "pixel")]
    assert list(state.done) == list(
        zip([Action("click"), Action("type", {"text": "karrie"}), Action("click")], clicks, strict=True)
    )
    assert (
        recording.before("miniwob/login-user/0#0").done == ()
        and len(recording.before("miniwob/login-user/0#5").done) == 5
    )
    for origin, says in (
        ("", "names no recorded state"),
        ("miniwob/login-user/0", "names no recorded state"),
        ("miniwob/../x/0#1", "names no recorded state"),
        ("agentnet/login-user/0#1", "names no recorded state"),
        ("miniwob/login-user/0#1\n", "names no recorded state"),
        ("miniwob/login-user/999999#1", "there is no such episode in"),
        ("miniwob/login-user/0#6", "the episode has 5 steps"),
    ):
        with pytest.raises(ValueError, match=says):
            recording.before(origin)


def test_recordings_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    rows = pq.read_table(SHIPPED / "train.parquet").slice(0, 5)
    for name, table, says in (
        ("short", rows.slice(0, 3), "lacks some of its steps"),
        ("columns", rows.drop_columns(["action"]), "is no recording: it lacks action"),
        ("other", pa.table({"a": [1]}), "is no recording"),
    ):
        path = tmp_path / f"{name}.parquet"
        pq.write_table(table, path)
        with pytest.raises(ValueError, match=f"{name}.parquet.*{says}"):
            Recording(path)
    (tmp_path / "text.parquet").write_text("no Parquet")
    for path, says in ((tmp_path / "text.parquet", "cannot be read"), (tmp_path / "no.parquet", "cannot be read")):
        with pytest.raises(ValueError, match=says):
            Recording(path)
    twice = tmp_path / "twice"
    twice.mkdir()
    pq.write_table(rows, twice / "a.parquet")
    pq.write_table(rows, twice / "b.parquet")
    assert len(Recording(twice)) == 1
    changed = [json.dumps({"type": "click", "arguments": {}})] * 5
    pq.write_table(
        rows.set_column(rows.schema.get_field_index("action"), "action", pa.array(changed)), twice / "b.parquet"
    )
    with pytest.raises(ValueError, match="in another file too"):
        Recording(twice)
