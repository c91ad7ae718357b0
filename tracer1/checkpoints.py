"""What can be said of a checkpoint directory before anything heavy starts: that it can plan from a picture, and which
it is.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

_EDGE = 1 << 20


class CheckpointError(ValueError):
    """A directory that cannot serve as a planner; the message says why and what to do."""


def check_checkpoint(directory: Path) -> None:
    """Raise :class:`CheckpointError` unless ``directory`` is a Hugging Face checkpoint of a model that reads
    pictures.
    """
    if not directory.is_dir():
        raise CheckpointError(f"no checkpoint at {directory}: train or download one, or correct the path")
    config = _read(directory / "config.json", directory)
    if not _weights(directory):
        raise CheckpointError(
            f"{directory} holds no weights (*.safetensors or *.bin): finish the training or merge its shards"
        )
    if "vision_config" not in config or "image_token_id" not in config:
        kind = config.get("model_type", "unknown")
        raise CheckpointError(
            f"{directory} is a {kind} model without vision tokens: a planner reads screenshots, use e.g. Qwen3-VL"
        )
    if not (directory / "tokenizer_config.json").is_file():
        raise CheckpointError(
            f"{directory} has no tokenizer_config.json: save the tokenizer and the processor next to the weights"
        )
    if not any((directory / name).is_file() for name in ("preprocessor_config.json", "processor_config.json")):
        raise CheckpointError(f"{directory} has no image processor: save the processor next to the weights")


def fingerprint(directory: Path) -> str:
    """A short name for the weights: the sizes and both ends of every weight file, hashed (a large model costs no full
    read).
    """
    digest = hashlib.sha256()
    for path in [directory / "config.json", *_weights(directory)]:
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            digest.update(file.read(_EDGE))
            file.seek(max(0, size - _EDGE))
            digest.update(file.read(_EDGE))
    return digest.hexdigest()[:16]


def _weights(directory: Path) -> list[Path]:
    return sorted([*directory.glob("*.safetensors"), *directory.glob("*.bin")])


def _read(path: Path, directory: Path) -> dict[str, object]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{directory} has no config.json: it is no Hugging Face checkpoint (merge FSDP shards first)"
        ) from error
    except ValueError as error:
        raise CheckpointError(f"{path} is not JSON ({error}): the checkpoint is damaged, save it again") from error
    if not isinstance(config, dict):
        raise CheckpointError(f"{path} is not a JSON object: the checkpoint is damaged, save it again")
    return config
