"""Stage 2 with a served executor as veRL runs it: the composed configuration, the data set, the reward manager, the checks."""

from __future__ import annotations

import asyncio
import io
import pickle
from pathlib import Path

import numpy as np
import pytest
import toys

pytest.importorskip("verl")

import torch
from hydra import compose, initialize_config_module
from omegaconf import DictConfig, OmegaConf
from PIL import Image
from tensordict import TensorDict
from verl import DataProto
from verl.experimental.reward_loop.reward_manager.naive import NaiveRewardManager
from verl.trainer.ppo.reward import get_custom_reward_fn
from verl.utils.tensordict_utils import list_of_dict_to_tensordict

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.plans import Step
from tracer1.training import preflight
from tracer1.training.dataset import PlanningDataset, first_picture
from tracer1.training.tiny_planner import make_processor, train_tokenizer
from tracer1.trajectories import Observation, RecordedStep, Trajectory
from tracer1_data.rows import to_row, write_rows
from tracer1_data.settings import RowSettings
from tracer1_data.windows import window
from tracer1_rewards import KEYS

KWARGS = "reward.custom_reward_function.reward_kwargs"
BOX = Box(40, 40, 60, 60, "pixel")


def config(*overrides: str) -> DictConfig:
    with initialize_config_module("verl.trainer.config", version_base=None):
        return compose("ppo_trainer", overrides=["+tracer1=stage2", *overrides])


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    seen = Observation(toys.picture(), Size(200, 100))
    step = Step(Action("click"), "Click Save")
    trajectory = Trajectory("test", "test/0", "Save", "mobile", (RecordedStep(seen, step, BOX),) * 2, task="save")
    instances = window(trajectory, horizon=4, history=1)
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    write_rows([to_row(one, n, RowSettings(horizon=4, style="compact")) for n, one in enumerate(instances)], path)
    return path


def dataset(rows: Path, **options: object) -> PlanningDataset:
    processor = make_processor(train_tokenizer(["Task: Save", "1. click(): Click Save"], 400))
    data = OmegaConf.create({"filter_overlong_prompts": False, **options})
    return PlanningDataset(str(rows), processor.tokenizer, data, processor)


def test_the_screenshot_travels_only_where_it_is_wanted(rows: Path) -> None:
    row = dataset(rows, keep_screenshot=True)[0]
    assert row["extra_info"]["screenshot"] == toys.picture() and row["extra_info"]["index"] == 0
    assert "screenshot" not in dataset(rows)[0]["extra_info"]
    assert first_picture([{"role": "user", "content": "no picture"}]) == b""
    assert first_picture([{"role": "user", "content": [{"type": "image", "image": "path.png"}]}]) == b""


def test_pictures_travel_encoded_and_reach_the_rollout_whole(rows: Path) -> None:
    row = dataset(rows)[0]
    (part,) = [part for part in row["raw_prompt"][-1]["content"] if part["type"] == "image"]
    assert part == {"type": "image", "bytes": toys.picture()}
    messages = pickle.loads(pickle.dumps(row["raw_prompt"]))
    (picture,), _, _ = asyncio.run(PlanningDataset.process_multi_modal_info(messages, image_patch_size=16, config={}))
    with Image.open(io.BytesIO(toys.picture())) as expected:
        assert picture.tobytes() == expected.convert("RGB").resize(picture.size).tobytes()


def test_a_damaged_picture_says_how_to_find_its_row() -> None:
    messages = [{"role": "user", "content": [{"type": "image", "bytes": toys.picture()[:-40]}]}]
    with pytest.raises(ValueError, match=r"picture is damaged .*tracer1_data validate --decode"):
        asyncio.run(PlanningDataset.process_multi_modal_info(messages, image_patch_size=16, config={}))


class Letters:
    """A tokenizer whose tokens are letters: veRL only decodes with it."""

    def decode(self, ids: torch.Tensor, skip_special_tokens: bool) -> str:
        return "".join(map(chr, ids.tolist()))


def score(settings: DictConfig, row: dict, response: str) -> dict:
    ids = torch.tensor([[ord(letter) for letter in response]])
    batch = TensorDict({"responses": ids, "attention_mask": torch.ones_like(ids)}, batch_size=1)
    columns = {name: np.array([row[name]]) for name in ("data_source", "reward_model", "extra_info")}  # as veRL does

    async def run() -> dict:
        manager = NaiveRewardManager(settings, Letters(), get_custom_reward_fn(settings))
        return await manager.run_single(DataProto(batch=batch, non_tensor_batch=columns))

    return asyncio.run(run())


@pytest.mark.parametrize("name", ["ui_tars", "ui_tars_1_5", "qwen3_vl"])
def test_verls_reward_manager_asks_the_server(rows: Path, tmp_path: Path, name: str) -> None:
    answers = {
        "ui_tars": "(250,500)",
        "ui_tars_1_5": "click(point='<point>105 112</point>')",  # of 420 x 224, the size it is sent in
        "qwen3_vl": '<tool_call>{"name": "mobile_use", "arguments": {"action": "click", "coordinate": [250, 500]}}</tool_call>',
    }
    with toys.running() as server:
        options = f"{KWARGS}.executor_options"
        settings = config(
            f"+tracer1/executor={name}",
            f"{options}.base_urls=[{server.url}]",
            f"{options}.model=fine",
            f"trainer.default_local_dir={tmp_path}",
        )
        row = dataset(rows, keep_screenshot=settings.data.keep_screenshot)[0]
        result = score(settings, row, f"1. click(): Click what is at «{answers[name]}»")
        assert result["reward_score"] == pytest.approx(1) and result["reward_extra_info"]["grounding"] == 1
        assert server.stats()["requests"] == 1 and list(tmp_path.glob("executor_cache/*/*.json"))
        # What veRL logs and dumps of a rollout are these numbers, and texts.
        assert set(result["reward_extra_info"]) == set(KEYS)
        assert all(isinstance(value, float) for value in result["reward_extra_info"].values())


def test_the_row_survives_the_way_through_the_transfer_queue(rows: Path) -> None:
    row = dataset(rows, keep_screenshot=True)[0]
    stored = list_of_dict_to_tensordict([{"extra_info": row["extra_info"], "ids": torch.ones(3)} for _ in range(2)])
    assert [info["screenshot"] for info in stored["extra_info"]] == [toys.picture()] * 2


def test_a_configuration_that_cannot_work_is_not_started() -> None:
    assert not list(preflight._reward(config("+tracer1/executor=ui_tars")))
    assert not list(preflight._groups(config("+tracer1/executor=ui_tars")))
    (problem,) = preflight._groups(config(f"{KWARGS}.executor=ui_tars"))
    assert problem.startswith("executor ui_tars looks at the screenshot: use +tracer1/executor=ui_tars")
    (problem,) = preflight._reward(config("+tracer1/executor=qwen3_vl", f"{KWARGS}.executor_options.retries=-1"))
    assert problem == "reward.custom_reward_function: executor qwen3_vl: retries must not be negative, got -1"
    (problem,) = preflight._reward(config("+tracer1/executor=qwen3_vl", f"+{KWARGS}.executor_options.retrys=1"))
    assert "unknown executor option retrys" in problem
    assert not list(preflight._reward(config("+tracer1/executor=accessibility")))
