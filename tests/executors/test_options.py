"""Executor options are checked before anything is asked, and each error names the option and the executor."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import tracer1.training
from tracer1.executors import EXECUTORS, load_executor
from tracer1_rewards.scoring import cached_settings
from tracer1_rewards.verl import check_settings

GOOD = {"base_urls": ["http://127.0.0.1:8000/v1/"], "model": "ui-tars"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"base_urls": []}, "base_urls is empty"),
        ({"base_urls": ["127.0.0.1:8000"]}, "base_urls: '127.0.0.1:8000' is no address"),
        ({"base_urls": ["ftp://host/v1"]}, "is no address"),
        ({"base_urls": ["http://me:secret@host/v1"]}, "put the key in key_variable's variable"),
        ({"base_urls": 8000}, "base_urls is a list"),
        ({"base_urls": [8000]}, "base_urls is a list"),
        ({"model": ""}, "model is empty"),
        ({"model": None}, "model is a text"),
        ({"url": "http://127.0.0.1"}, "unknown executor option url: use base_urls, model"),
        ({"concurrency": 0}, "concurrency must be positive"),
        ({"concurrency": 2.5}, "concurrency is a whole number"),
        ({"concurrency": True}, "concurrency is a whole number"),
        ({"seconds": 0}, "seconds must be positive"),
        ({"seconds": float("nan")}, "seconds is a number"),
        ({"seconds": "60"}, "seconds is a number"),
        ({"retries": -1}, "retries must not be negative"),
        ({"key_variable": "TRACER1_TEST_NO_SUCH_KEY"}, "environment variable TRACER1_TEST_NO_SUCH_KEY is not set"),
        ({"prompt": "mobile"}, "has no prompt 'mobile': use one of grounding, action"),
        ({"extra_body": {"messages": []}}, "extra_body must not hold messages"),
        ({"extra_body": [1]}, "extra_body holds names and values"),
    ],
)
def test_bad_options_are_named(change: dict, says: str) -> None:
    with pytest.raises(ValueError, match="executor ui_tars: ") as raised:
        load_executor("ui_tars", **{**GOOD, **change})
    assert says in str(raised.value) and "secret" not in str(raised.value)
    with pytest.raises(ValueError):
        check_settings(executor="ui_tars", executor_options={**GOOD, **change})


def test_a_key_that_cannot_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, says in (("", "is not set"), ("schlüssel", "no API key"), ("a\nb", "no API key")):
        monkeypatch.setenv("TRACER1_TEST_KEY", key)
        with pytest.raises(ValueError, match=says):
            load_executor("ui_tars", **GOOD, key_variable="TRACER1_TEST_KEY")


def test_every_served_executor_takes_them() -> None:
    assert list(EXECUTORS) == [
        "accessibility", "ui_tars", "ui_tars_1_5", "qwen3_vl", "ocr", "browser", "toolbox",
    ]  # fmt: skip
    for name in ("ui_tars", "ui_tars_1_5", "qwen3_vl"):
        made = load_executor(name, **GOOD)
        assert made.name == name and made.options.base_urls == ("http://127.0.0.1:8000/v1",)
    with pytest.raises(ValueError, match="accessibility takes no options, got model"):
        load_executor("accessibility", model="x")
    with pytest.raises(ValueError, match="unknown executor 'ui_tar'"):
        load_executor("ui_tar")


def test_settings_hold_options_and_are_remembered() -> None:
    values = {"executor": "ui_tars", "executor_options": {**GOOD, "retries": 1}, "discount": 0.5}
    settings = cached_settings(values)
    assert settings.executor_options == {**GOOD, "retries": 1} and settings.discount == 0.5
    assert cached_settings(dict(reversed(values.items()))) is settings and hash(settings)
    assert cached_settings({**values, "executor_options": GOOD}) is not settings
    with pytest.raises(ValueError, match="executor_options holds names and values"):
        cached_settings({"executor_options": "base_urls"})


def test_settings_come_from_omegaconf_as_they_are() -> None:
    omegaconf = pytest.importorskip("omegaconf")
    config = omegaconf.OmegaConf.create({"executor": "ui_tars", "executor_options": GOOD})
    assert cached_settings(dict(config)).executor_options == GOOD  # veRL passes inner nodes as they are


CONF = Path(tracer1.training.__file__).parent / "conf/tracer1"


@pytest.mark.parametrize("name", ["ui_tars", "ui_tars_1_5", "qwen3_vl", "ocr", "browser", "toolbox"])
def test_the_outer_deadline_leaves_every_call_its_own(name: str) -> None:
    """The reward's deadline includes the wait for a turn: 128 prompts x 8 rollouts come at once to 8 reward workers, and to each
    call belong all of its seconds."""
    base, gpu = (yaml.safe_load((CONF / file).read_text()) for file in ("base/grpo.yaml", "device/gpu.yaml"))
    samples = (
        base["data"]["train_batch_size"] * base["actor_rollout_ref"]["rollout"]["n"] / gpu["reward"]["num_workers"]
    )
    kwargs = yaml.safe_load((CONF / f"executor/{name}.yaml").read_text())["reward"]["custom_reward_function"]
    settings = kwargs["reward_kwargs"]
    options = {"seconds": 20} | settings["executor_options"]  # 20: the default of ocr, which names none
    at_once = next(options[key] for key in ("concurrency", "workers", "pages") if key in options)
    assert samples == 128 and settings["executor_seconds"] >= samples * options["seconds"] / at_once
