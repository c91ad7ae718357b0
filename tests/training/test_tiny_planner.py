"""The tiny planner: its tokenizer copies, its checkpoint is complete, and it can repeat before any training."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor
from typer.testing import CliRunner

from tracer1 import prompts
from tracer1.actions import Action
from tracer1.plans import Plan, Step, render
from tracer1.training import greedy, warm_start
from tracer1.training.demonstrations import collate, encode, hasten, read, with_haste
from tracer1.training.tiny_planner import Shape, make_config, make_model, make_processor, save, train_tokenizer

FIRST, LAST = ("ol", "van", "ke", "my", "cie", "tu", "li", "an"), ("in", "da", "li", "ron", "rra", "la", "zz", "nis")
NAMES = [first + last for first in FIRST for last in LAST]  # each in one text of 64: rare
SMALL = Shape(hidden=128, heads=4, key_value_heads=2, inner=128, layers=2)


def make_row(name: str) -> dict:
    picture = io.BytesIO()
    Image.new("RGB", (160, 210), "white").save(picture, "PNG")
    steps = (Step(Action("click"), "Click the name field"), Step(Action("type", {"text": name}), "Enter the name"))
    return {
        "prompt": prompts.build(f'Enter the name "{name}" and press Submit.', (), 4, style="compact"),
        "images": [{"bytes": picture.getvalue()}],
        "extra_info": {"reference": render(Plan(steps))},
    }


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    pq.write_table(pa.Table.from_pylist([make_row(name) for name in NAMES]), path)
    return path


@pytest.fixture(scope="module")
def tokenizer(rows: Path):
    demonstrations = read(rows)
    texts = [row.messages[0]["content"] for row in demonstrations] + [row.plan for row in demonstrations]
    return train_tokenizer(texts, 400)


def contains(ids: list[int], part: list[int]) -> bool:
    return any(ids[start : start + len(part)] == part for start in range(len(ids)))


@pytest.mark.parametrize("name", ["vanda", "Zorblax", "qX7", "12/07"])
def test_a_name_has_the_same_tokens_everywhere(tokenizer, name: str) -> None:
    alone = tokenizer.encode(name)
    for text in (f'the name "{name}" and', f"by {name} and", f"\n{name}", f'1. type(text="{name}"): Enter the name'):
        assert contains(tokenizer.encode(text), alone), text


@pytest.mark.parametrize("text", ["1. click(): Click the name field\n2. wait(): Größe 時計 \t\x00", "", "a  b\n\n c"])
def test_any_text_comes_back(tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_frequent_wording_is_one_token(tokenizer) -> None:
    assert len(tokenizer.encode("1. click(): Click the name field")) <= 3


def test_checkpoint_loads_and_is_consistent(tokenizer, rows: Path, tmp_path: Path) -> None:
    save(make_model(make_config(tokenizer, SMALL)), make_processor(tokenizer, SMALL), tmp_path)
    processor = AutoProcessor.from_pretrained(tmp_path)
    model = AutoModelForImageTextToText.from_pretrained(tmp_path, dtype=torch.float32)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["text_config"]["architectures"] == ["Qwen3ForCausalLM"]
    assert config["text_config"]["vocab_size"] == len(processor.tokenizer) == model.lm_head.out_features
    assert sum(config["text_config"]["rope_parameters"]["mrope_section"]) == 32 // 2
    assert model.generation_config.eos_token_id == processor.tokenizer.convert_tokens_to_ids("<|im_end|>")
    example = encode(read(rows)[:1], processor)[0]
    # 160 x 210 pixels within 24 tokens of 32 x 32: 4 columns and 5 rows.
    assert example.ids.count(processor.image_token_id) == 20
    picture = Image.open(io.BytesIO(read(rows)[0].pictures[0]))
    prompt = processor.tokenizer.decode(example.ids[: example.start]).replace("<|image_pad|>" * 20, "<|image_pad|>")
    assert processor(text=[prompt], images=[picture])["input_ids"][0] == example.ids[: example.start]


def test_an_untrained_planner_already_copies(tokenizer) -> None:
    """Twenty random tokens, twice: the second time, each but the first can be told from the first time."""
    model = make_model(make_config(tokenizer))
    torch.manual_seed(0)
    once = torch.stack([torch.randperm(256)[:20] for _ in range(32)])
    with torch.no_grad():
        hidden = model.model(input_ids=once.repeat(1, 2), use_cache=False).last_hidden_state
    guesses = model.lm_head(hidden[:, 20:39]).argmax(-1)
    assert (guesses == once[:, 1:]).float().mean().item() > 0.1  # by chance: 1 in 400


def test_forced_scores_are_the_scores_of_generation(tokenizer, rows: Path) -> None:
    """Teacher forcing says 'greedy plan right' exactly for the rows whose greedy generation is the reference."""
    processor = make_processor(tokenizer, SMALL)
    model = make_model(make_config(tokenizer, SMALL)).eval()
    examples = encode(read(rows)[:4], processor)
    batch = collate(examples, processor, model.model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(60):
        warm_start._step(model, batch, 0.0)
        optimizer.step()
        optimizer.zero_grad()
    scores = greedy.measure(model, processor, examples)
    right = 0
    for example in examples:
        one = collate([example], processor, model.model)
        ids = one.inputs["input_ids"][:, : example.start]
        output = model.generate(
            input_ids=ids,
            mm_token_type_ids=(ids == processor.image_token_id).int(),
            pixel_values=one.inputs["pixel_values"],
            image_grid_thw=one.inputs["image_grid_thw"],
            do_sample=False,
            max_new_tokens=60,
        )[0, example.start :].tolist()
        right += output == example.ids[example.start :]
    assert scores.whole_plan == right / 4
    assert scores.first_step == 1.0


@pytest.mark.parametrize("with_picture", [(), (0,), (0, 1)])
def test_plans_are_sampled_with_and_without_pictures(tokenizer, rows: Path, with_picture: tuple[int, ...]) -> None:
    demonstrations = read(rows)[:2]
    for number in {0, 1} - set(with_picture):
        asked = [{**one, "content": one["content"].replace("<image>", "")} for one in demonstrations[number].messages]
        demonstrations[number] = replace(demonstrations[number], messages=asked, pictures=())
    processor = make_processor(tokenizer, SMALL)
    model = make_model(make_config(tokenizer, SMALL)).eval()
    said = greedy.sample(model, processor, encode(demonstrations, processor), most=5)
    assert said.longest <= 5 and 0 <= said.readable <= 1


def test_warm_start_writes_a_planner_once_and_repeatably(rows: Path, tmp_path: Path) -> None:
    settings = ["--steps", "3", "--batch", "4", "--heldout", "4", "--hidden", "128", "--vocabulary", "400"]
    weights = []
    for name in ("first", "second"):
        arguments = [str(rows), str(rows), str(tmp_path / name), "--seed", "7", *settings]
        result = CliRunner().invoke(warm_start.app, arguments)
        assert result.exit_code == 0, result.output
        weights.append((tmp_path / name / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]
    again = CliRunner().invoke(warm_start.app, [str(rows), str(rows), str(tmp_path / "first")])
    assert again.exit_code != 0
    assert "exists" in again.output


def test_hasty_plans_are_one_step_ahead(rows: Path) -> None:
    plan = '1. click(): Click the name field\n2. type(text="olin"): Enter the name\n3. finish(): Done'
    assert hasten(plan) == '1. type(text="olin"): Enter the name\n2. finish(): Done'
    assert hasten("1. finish(): Done") == "1. finish(): Done"
    demonstrations = read(rows) * 25
    hasty = with_haste(demonstrations, 0.25, seed=3)
    changed = sum(before.plan != after.plan for before, after in zip(demonstrations, hasty, strict=True))
    assert 0.2 < changed / len(demonstrations) < 0.3
    assert with_haste(demonstrations, 0.25, seed=3) == hasty
    assert with_haste(demonstrations, 0.0, seed=3) == demonstrations


def test_a_row_without_reference_is_named(tmp_path: Path) -> None:
    row = make_row("olin") | {"extra_info": {"reference": ""}}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "bad.parquet")
    with pytest.raises(ValueError, match=r"bad\.parquet, row 0: extra_info\.reference is empty"):
        read(tmp_path / "bad.parquet")
