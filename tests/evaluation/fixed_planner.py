"""A Qwen3-VL checkpoint that always writes one of two plans: one where the prompt offers tools, the other everywhere else.

It is the tiny planner of :mod:`tracer1.training.tiny_planner` with weights set by hand. Each plan is a single token. What follows
the last token of a prompt is the plan for a screen, unless the word :data:`TOOLS` stands before: one attention head looks for it,
with the same weight everywhere. A plan is followed by the end.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tracer1.prompts import build
from tracer1.toolbox.specs import specs_of

TOOLS = "calling tools"
CALL = '1. call_tool(name="python", arguments={"code": "print(6 * 7)"}): Multiply\n2. finish(answer="42"): Give the product'
CLICK = (
    '1. click(point=[500, 500]): Click the "Username" text box\n2. type(text="bob"): Enter the name\n'
    '3. click(point=[500, 900]): Click the "Login" button'
)
OTHER, START, CALLED, CLICKED, OFFERED, FOUND = range(6)  # what the first numbers of a hidden state stand for


def write(folder: Path) -> Path:
    """Write the checkpoint, and return its folder."""
    import torch

    from tracer1.training.tiny_planner import (
        END_OF_TURN,
        make_config,
        make_model,
        make_processor,
        save,
        train_tokenizer,
    )

    lines = [spec.line for spec in specs_of("t3_agent")]
    chats = [build("Do it", (), 8, platform, tools=lines) for platform in ("web", "desktop", "mobile", "tool")]
    tokenizer = train_tokenizer([message["content"] for chat in chats for message in chat], 1200)
    tokenizer.add_tokens([TOOLS, CALL, CLICK])
    model = make_model(make_config(tokenizer))
    start = tokenizer.apply_chat_template(
        [{"role": "user", "content": "x"}], add_generation_prompt=True, tokenize=False
    )
    meaning = {
        tokenizer.encode(start)[-1]: START,
        **{
            tokenizer.convert_tokens_to_ids(text): place
            for text, place in ((TOOLS, OFFERED), (CALL, CALLED), (CLICK, CLICKED))
        },
    }
    with torch.no_grad():
        _silence(model)
        _embed(model, meaning)
        _look_for_tools(model.model.language_model.layers[0].self_attn)
        call, click, end = (tokenizer.convert_tokens_to_ids(text) for text in (CALL, CLICK, END_OF_TURN))
        head = model.lm_head.weight
        head.zero_()
        head[click, START], head[call, START], head[call, FOUND] = 1, 0.5, 1
        head[end, [OTHER, CALLED, CLICKED, OFFERED]] = 1000
    save(model, make_processor(tokenizer), folder)
    return folder


def _silence(model: Any) -> None:
    """Nothing is added to a hidden state, and a picture is nothing."""
    for name, weight in model.named_parameters():
        if any(part in name for part in ("o_proj", "down_proj", "merger")):
            weight.zero_()


def _embed(model: Any, meaning: dict[int, int]) -> None:
    table = model.get_input_embeddings().weight
    table.zero_()
    table[:, OTHER] = 1
    for token, place in meaning.items():
        table[token] = 0
        table[token, place] = 1


def _look_for_tools(attention: Any) -> None:
    """The first head tells the share of tokens before that are :data:`TOOLS`, many times over."""
    for projection in (attention.q_proj, attention.k_proj, attention.v_proj):
        projection.weight.zero_()
    attention.v_proj.weight[0, OFFERED] = 1
    attention.o_proj.weight[FOUND, 0] = 1000
