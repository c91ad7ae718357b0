"""veRL rows as EasyR1 reads them: ``prompt`` (one text), ``images``, ``answer`` (our ground truth, passed on unchanged).

Pictures that are files are a list of paths. EasyR1 has a single user message, so a system message becomes the beginning of the prompt.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tracer1_data.arrays import INLINE

SCHEMA = pa.schema({"prompt": pa.string(), "images": INLINE, "answer": pa.string()})
SCHEMA_OF_PATHS = pa.schema({"prompt": pa.string(), "images": pa.list_(pa.string()), "answer": pa.string()})


def to_easyr1(row: dict[str, Any]) -> dict[str, Any]:
    """One row. Raises ValueError when the prompt has other turns than a system and a user message."""
    roles = [message["role"] for message in row["prompt"]]
    if roles not in (["user"], ["system", "user"]):
        raise ValueError(f"prompt: EasyR1 takes one user message, with a system message at most before it, got {roles}")
    prompt = "\n\n".join(message["content"] for message in row["prompt"])
    images = [picture.get("image", picture) for picture in row["images"]]
    return {"prompt": prompt, "images": images, "answer": row["reward_model"]["ground_truth"]}
