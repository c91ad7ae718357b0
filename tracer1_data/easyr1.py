"""veRL rows as EasyR1 reads them: ``prompt`` (one text), ``images``, ``answer`` (our ground truth, passed on unchanged).

EasyR1 has a single user message, so a system message becomes the beginning of the prompt.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

SCHEMA = pa.schema(
    {"prompt": pa.string(), "images": pa.list_(pa.struct({"bytes": pa.binary()})), "answer": pa.string()}
)


def to_easyr1(row: dict[str, Any]) -> dict[str, Any]:
    """One row. Raises ValueError when the prompt has other turns than a system and a user message."""
    roles = [message["role"] for message in row["prompt"]]
    if roles not in (["user"], ["system", "user"]):
        raise ValueError(f"prompt: EasyR1 takes one user message, with a system message at most before it, got {roles}")
    prompt = "\n\n".join(message["content"] for message in row["prompt"])
    return {"prompt": prompt, "images": row["images"], "answer": row["reward_model"]["ground_truth"]}
