"""The reference server keeps the contract of ENDPOINTS.md."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import served_tools as toys
from PIL import Image, ImageDraw

from tracer1.toolbox.reference_server import EXAMPLES, serve
from tracer1.toolbox.remote import remote_tool


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return toys.sample_files(tmp_path)


@pytest.fixture(scope="module")
def reference():
    running = serve(EXAMPLES, port=0)
    thread = threading.Thread(target=running.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}/"
    running.shutdown()
    running.server_close()
    thread.join()


def test_the_reference_server_keeps_the_contract(reference: str, files: Path, tmp_path: Path) -> None:
    def use(name: str, *parameters: str, **arguments: str):
        return toys.call(
            remote_tool(toys.spec(name, *parameters), {"kind": "http", "url": reference}, files, tmp_path / "made"),
            **arguments,
        )

    image = Image.new("RGB", (192, 96), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 10, 59, 49), "red")
    draw.rectangle((120, 40, 139, 79), "red")
    draw.rectangle((80, 0, 99, 19), "blue")
    image.save(files / "cars.png")
    found = use("objectlocation", "object", "image_path", object="red car", image_path="cars.png")
    assert json.loads(found.text) == [[20, 10, 60, 50], [120, 40, 140, 80]]
    assert use("facedetection", "image_path", image_path="cars.png").text == "[]"
    drawn = use("image_generator", "prompt", prompt="a red car").text
    grey = use("image_edit", "prompt", "image_path", prompt="grey", image_path=drawn).text
    assert Image.open(tmp_path / "made" / drawn).size == (512, 128) and Image.open(tmp_path / "made" / grey).mode == "L"
    refused = use("objectlocation", "object", "image_path", object="car", image_path="cars.png")
    assert refused.status == "refused" and "name one of red" in refused.detail
    assert use("facedetection", "image_path", image_path="notes.txt").status == "refused"
    assert use("image_edit", "prompt", prompt="x").detail == "image_edit needs 'image_path'"
    missing = use("segmentation", "image_path", image_path="a.png")
    assert missing.status == "failed" and "no tool 'segmentation' here" in missing.detail


def test_the_reference_server_runs_from_the_command_line(files: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tracer1.toolbox.reference_server", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().split()[0]
            endpoint = {"kind": "http", "url": address, **toys.HASTY, "retries": 0}
            tool = remote_tool(toys.spec("image_generator", "prompt"), endpoint, files, tmp_path / "made")
            assert toys.call(tool, prompt="hello").text.endswith(".png")
        finally:
            process.kill()
    assert toys.call(tool, prompt="hello").status == "failed"
