"""What every rollout request carries: its own seed, and a bias that keeps picture tokens out of the response."""

from __future__ import annotations

import itertools

import pytest

pytest.importorskip("verl")

from tracer1.training.agent_loop import forbid_placeholders, opens_thought, sampling_seed
from tracer1.training.tiny_planner import make_processor, train_tokenizer


def test_seeds_are_those_of_the_rollout_and_differ() -> None:
    keys = list(itertools.product((1, 2), (0, 1, 30), (5, 6), (0, 7)))
    seeds = [sampling_seed(*key) for key in keys]
    assert seeds == [sampling_seed(*key) for key in keys]
    assert len(set(seeds)) == len(keys) and all(0 <= seed < 2**32 for seed in seeds)


def test_a_response_holds_no_placeholder() -> None:
    processor = make_processor(train_tokenizer(["Task: press Save", "1. click(): Click Save"], 400))
    bias = forbid_placeholders(processor)
    tokens = {processor.tokenizer.convert_ids_to_tokens(token) for token in bias}
    assert tokens == {"<|image_pad|>", "<|video_pad|>", "<|vision_start|>"}
    vllm = pytest.importorskip("vllm")
    assert vllm.SamplingParams(logit_bias=bias).logit_bias == dict.fromkeys(bias, -100.0)


def test_a_model_without_a_processor_has_none() -> None:
    assert forbid_placeholders(None) == {}


def test_a_template_that_opens_a_thought_is_known() -> None:
    processor = make_processor(train_tokenizer(["Task: press Save", "1. click(): Click Save"], 400))
    assert not opens_thought(processor, {})
    processor.chat_template += "{% if add_generation_prompt and thinking %}<think>\n{% endif %}"
    assert opens_thought(processor, {"thinking": True}) and not opens_thought(processor, {"thinking": False})
