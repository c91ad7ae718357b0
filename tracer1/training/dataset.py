"""The rows of a training set, for veRL's ``data.custom_cls``: Parquet files, or directories of shards.

veRL loads this module in the trainer and in every agent-loop worker, which registers TraceR1's agent loop there.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from datasets import Dataset
from PIL import Image
from verl.utils.dataset.rl_dataset import RLHFDataset

from tracer1.files import picture_bytes, shards_of
from tracer1.training import agent_loop
from tracer1_data.pictures import BadPicture, decode


class PlanningDataset(RLHFDataset):
    """veRL's dataset, with every row answered by :class:`tracer1.training.agent_loop.PlannerAgentLoop`.

    With ``data.only_executable`` (stage 2) rows whose first step no executor can be judged on are left out, and counted.
    With ``data.keep_screenshot`` the encoded first picture of a row goes to the reward, as ``extra_info["screenshot"]``, for
    executors that look at it. veRL sends a row's prompt, with its pictures, to every rollout, every reward and the
    TransferQueue; here they stay encoded (a few hundred kB of a screen, where its pixels take 6 MB) until a rollout needs them.
    """

    def _download(self, use_origin_parquet: bool = False) -> None:
        files = [str(shard) for path in self.original_data_files for shard in _shards(path)]
        self.data_files, self.original_data_files = list(files), files
        super()._download(use_origin_parquet)

    def maybe_filter_out_long_prompts(self, dataframe: Dataset) -> Dataset:
        """veRL calls this once the rows are read."""
        if self.config.get("only_executable", False):
            dataframe = only_executable(dataframe)
        return super().maybe_filter_out_long_prompts(dataframe)

    def __getitem__(self, item: int) -> dict[str, Any]:
        row: dict[str, Any] = super().__getitem__(item)
        row.setdefault("agent_name", agent_loop.NAME)
        row["raw_prompt"] = _each_picture(row["raw_prompt"], _encoded)
        if self.config.get("keep_screenshot", False):
            row["extra_info"] = {**row["extra_info"], "screenshot": first_picture(row["raw_prompt"])}
        return row

    @classmethod
    async def process_multi_modal_info(cls, messages: list[dict[str, Any]], *arguments: Any, **options: Any) -> Any:
        """veRL's (pictures, videos, sounds of a prompt, for a rollout), on messages whose pictures are encoded."""
        decoded = await asyncio.to_thread(_each_picture, messages, _decoded)
        return await super().process_multi_modal_info(decoded, *arguments, **options)


def _each_picture(
    messages: list[dict[str, Any]], change: Callable[[dict[str, Any]], dict[str, Any]]
) -> list[dict[str, Any]]:
    """The messages with every picture part changed."""
    return [
        message
        if isinstance(message["content"], str)
        else {**message, "content": [change(part) if part["type"] == "image" else part for part in message["content"]]}
        for message in messages
    ]


def _encoded(part: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != "image"} if part.get("bytes") else part


def _decoded(part: dict[str, Any]) -> dict[str, Any]:
    return {**part, "image": _open(part["bytes"])} if part.get("bytes") else part


@lru_cache(maxsize=32)
def _open(picture: bytes) -> Image.Image:
    """The picture, decoded; the rollouts of a row come one after the other and share it. Raises ValueError for a damaged one."""
    try:
        return decode(picture)
    except BadPicture as error:
        raise ValueError(f"of a row: {error}; python -m tracer1_data validate --decode ROWS says which") from error


def first_picture(messages: list[dict[str, Any]]) -> bytes:
    """The encoded bytes of the first picture in veRL's chat messages; empty where there is none. Raises ValueError that names
    a file which cannot be read."""
    parts = (part for message in messages if isinstance(message["content"], list) for part in message["content"])
    return next((picture_bytes(part) for part in parts if part["type"] == "image" and _has_bytes(part)), b"")


def _has_bytes(part: dict[str, Any]) -> bool:
    """Whether the part holds its encoded picture, or names it by an absolute path, as rows with ``--images paths`` do."""
    path = part.get("image")
    return bool(part.get("bytes")) or (isinstance(path, str) and os.path.isabs(path))


def _shards(path: str) -> list[Path | str]:
    """Shards of a local directory; anything else (a file, a remote path) is left to veRL."""
    return list(shards_of(Path(path))) if Path(path).is_dir() else [path]


def only_executable(rows: Dataset) -> Dataset:
    """Rows without a reason in ``extra_info.stage2``. Raises ValueError when none is left."""
    reasons = [info.get("stage2") or "" for info in rows.select_columns(["extra_info"])["extra_info"]]
    kept = [number for number, reason in enumerate(reasons) if not reason]
    for reason, number in Counter(filter(None, reasons)).most_common():
        print(f"stage 2: {number} of {len(reasons)} rows left out: {reason}")
    if not kept:
        raise ValueError("stage 2: no row has a first step that an executor can be judged on")
    return rows if len(kept) == len(reasons) else rows.select(kept)
