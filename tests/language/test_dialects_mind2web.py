"""Mind2Web's operations."""

import json
from pathlib import Path

import pytest

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.dialects import Screen, load_dialect

SCREEN = Screen(Size(1920, 1080))
SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.mark.parametrize(
    ("operation", "kind", "arguments"),
    [
        ({"op": "CLICK", "original_op": "HOVER", "value": ""}, "click", {}),
        ({"op": "CLICK", "bounding_box_rect": "860,490,200,100"}, "click", {"point": [500, 500]}),
        ({"op": "CLICK", "bounding_box_rect": "-1,-1,-1,-1"}, "click", {}),
        ({"op": "TYPE", "value": "Boston"}, "type", {"text": "Boston"}),
        (
            {"op": "TYPE", "value": "Boston", "bounding_box_rect": "0,0,960,540"},
            "type",
            {"text": "Boston", "point": [250, 250]},
        ),
        (
            {"op": "SELECT", "value": "US", "bounding_box_rect": "0,0,1920,1080"},
            "select",
            {"value": "US", "point": [500, 500]},
        ),
    ],
)
def test_mind2web(operation, kind, arguments):
    assert load_dialect("mind2web").read(json.dumps(operation), SCREEN) == (Action(kind, arguments),)


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "FLY"},
        {"op": ["CLICK"]},
        {"op": "TYPE"},
        {"op": "CLICK", "bounding_box_rect": "1,2,3"},
        {"op": "CLICK", "bounding_box_rect": [1, 2, 3, 4]},
        {"op": "CLICK", "bounding_box_rect": "1900,0,100,10"},
    ],
)
def test_other_operations_are_refused(operation):
    with pytest.raises(ValueError):
        load_dialect("mind2web").read(json.dumps(operation), SCREEN)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample records are not here")
def test_the_published_sample():
    row = json.loads((SAMPLES / "mind2web" / "one_step.jsonl").read_text().splitlines()[0])
    box = json.loads(row["pos_candidates"][0]["attributes"])["bounding_box_rect"]  # 587,596.59375,93,54
    (action,) = load_dialect("mind2web").read(
        json.dumps({**row["operation"], "bounding_box_rect": box}), Screen(Size(1280, 7412))
    )
    assert action.arguments["point"] == pytest.approx([633.5 / 1.28, 623.59375 / 7.412])
