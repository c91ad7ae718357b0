"""Recordings: what goes in comes out, and damage is named."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.plans import Step
from tracer1.trajectories import Element, Observation, RecordedStep, Trajectory
from tracer1_data.palette import PaletteEncoder
from tracer1_data.recording import UnreadableRecording, read, write
from tracer1_data.sources import miniwob


def png(*colours: tuple[int, int, int], size: tuple[int, int] = (160, 210)) -> bytes:
    """A picture with one column of pixels for each colour, the rest in the first."""
    image = Image.new("RGB", size, colours[0])
    for x, colour in enumerate(colours):
        image.paste(colour, (x, 0, x + 1, size[1]))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def pixels(picture: bytes) -> bytes:
    with Image.open(io.BytesIO(picture)) as image:
        return image.convert("RGB").tobytes()


def episode(seed: int = 0) -> Trajectory:
    field = Element("textbox", 'Näme "x"', Box(1.5, 2, 30, 12.5, "pixel"), group="Bob", value="é", focused=True)
    dropdown = Element("combobox", "", Box(1, 20, 30, 30, "pixel"))
    seen = Observation(png((255, 255, 255), (0, 0, seed)), Size(160, 210), (field, dropdown))
    steps = (
        RecordedStep(seen, Step(Action("click"), "Click the name field"), field.box),
        RecordedStep(seen, Step(Action("type", {"text": 'a"b\n'}), "Enter the name")),
    )
    return Trajectory("miniwob", f"miniwob.t.{seed}", "Enter it", "web", steps, task="t", seed=seed)


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.parquet"
    assert write([episode(0), episode(1)], path) == 4
    for was, now in zip([episode(0), episode(1)], read(path), strict=True):
        assert (now.episode, now.instruction, now.task, now.seed, now.complete) == (
            was.episode, "Enter it", "t", was.seed, True,
        )  # fmt: skip
        for old, new in zip(was.steps, now.steps, strict=True):
            assert (new.step, new.box, new.observation.elements) == (old.step, old.box, old.observation.elements)
            assert new.observation.size == Size(160, 210)
            assert pixels(new.observation.screenshot) == pixels(old.observation.screenshot)


def test_palette_is_lossless_over_many_pictures_and_beyond_256_colours() -> None:
    encoder = PaletteEncoder()
    many = [(red, green, 7) for red in range(20) for green in range(20)]
    for colours in ([(0, 0, 0)], many[:200], many[150:350], many, many[:3]):
        picture = png(*colours, size=(400, 2))
        assert pixels(encoder.encode(picture)) == pixels(picture)


def test_equal_pictures_are_equal_bytes() -> None:
    encoder = PaletteEncoder()
    first, _, again = (encoder.encode(png((1, 2, 3), (9, blue, 9))) for blue in (0, 0, 0))
    assert first == again


def test_repeated_screenshots_cost_next_to_nothing(tmp_path: Path) -> None:
    once, often = tmp_path / "1.parquet", tmp_path / "200.parquet"
    write([episode(5)], once)
    write([episode(5)] * 200, often)
    assert often.stat().st_size < once.stat().st_size + 200 * 40


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write([episode()], path)
    before = path.read_bytes()

    def broken() -> Iterator[Trajectory]:
        yield episode()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(broken(), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]


def test_truncated_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cut.parquet"
    write([episode()], path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UnreadableRecording, match=r"cut\.parquet cannot be read .*collect it again"):
        list(read(path))
    with pytest.raises(UnreadableRecording, match=r"gone\.parquet cannot be read"):
        list(read(tmp_path / "gone.parquet"))


def test_the_reader_says_how_many_episodes_could_be_read(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    write([episode(0), episode(1), episode(2)], path)
    table = pq.read_table(path)
    kept = [row for row in range(6) if row != 3]  # the second episode lacks its last step
    pq.write_table(table.take(kept), path)
    (part,) = miniwob.parts(tmp_path, "train")
    first, fault = miniwob.read(part, "train")
    assert first.seed == 0 and (fault.kind, fault.where) == ("unreadable file", "train.parquet")
    assert fault.reason.endswith("1 episodes could be read")


def test_other_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"episode": ["e"]}), path)
    with pytest.raises(UnreadableRecording, match=r"other\.parquet is no recording of version 1 \(missing.*: source"):
        list(read(path))


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("step", [0, 2], "episode miniwob.t.0 lacks some of its 2 steps"),
        ("action", ['{"type":"clik","arguments":{}}'] * 2, "episode miniwob.t.0 has an illegal step .unknown action"),
        ("screenshot", [b"no picture"] * 2, "episode miniwob.t.0 has an illegal step"),
        ("elements", ["[{}]"] * 2, "episode miniwob.t.0 has an illegal step"),
    ],
)
def test_a_damaged_episode_is_named(tmp_path: Path, column: str, values: list[object], says: str) -> None:
    path = tmp_path / "a.parquet"
    write([episode()], path)
    table = pq.read_table(path)
    field = table.schema.field(column)
    damaged = table.set_column(table.schema.names.index(column), field, pa.array(values, field.type))
    pq.write_table(damaged, path)
    with pytest.raises(UnreadableRecording, match=says):
        list(read(path))
