"""How many tokens a text is: counted by a tokenizer, or estimated from its length when none is at hand."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BYTES_A_TOKEN = 3.5
AROUND_A_MESSAGE = 5
"""``<|im_start|>``, the role, a line break; ``<|im_end|>``, a line break (the chat template of Qwen2-VL and later)."""
BEFORE_THE_ANSWER = 5
"""``<|im_start|>assistant``, a line break, and the ``<think>`` line of a thinking model."""
AROUND_A_PICTURE = 2
"""``<|vision_start|>`` and ``<|vision_end|>``."""
_FIX = "Name a model's directory, with its tokenizer.json and tokenizer_config.json"


class Lengths(Protocol):
    """Measures texts in tokens; ``says`` is how."""

    says: str

    def measure(self, texts: pa.Array) -> np.ndarray:
        """The tokens of each text."""

    def frame(self, roles: str) -> int:
        """The tokens that the chat template puts around messages of these ``roles`` (separated by commas)."""


class Estimate:
    """One token for each 3.5 bytes of UTF-8: a little high for English, close for JSON, usable for other scripts."""

    says = f"estimated as UTF-8 bytes / {BYTES_A_TOKEN}; --tokenizer PATH counts them"

    def measure(self, texts: pa.Array) -> np.ndarray:
        return np.ceil(pc.binary_length(texts).to_numpy(zero_copy_only=False) / BYTES_A_TOKEN).astype(np.int64)

    def frame(self, roles: str) -> int:
        return AROUND_A_MESSAGE * len(roles.split(",")) + BEFORE_THE_ANSWER


class Tokenizer:
    """The tokenizer in a local directory, with its chat template. Raises ValueError when there is none that can be loaded."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise ValueError(f"{path} is no directory. {_FIX}")
        try:
            from transformers import AutoTokenizer
        except ModuleNotFoundError as error:
            raise ValueError(f"--tokenizer needs {error.name}: pip install transformers") from error
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise ValueError(f"{path} holds no tokenizer ({reason}). {_FIX}") from error
        self.says = f"counted by the tokenizer of {path.name or path}"
        self.frame = functools.cache(self._frame)

    def measure(self, texts: pa.Array) -> np.ndarray:
        if not len(texts):
            return np.zeros(0, np.int64)
        read = self._tokenizer(texts.to_pylist(), add_special_tokens=False, return_attention_mask=False, verbose=False)
        return np.array([len(tokens) for tokens in read["input_ids"]], np.int64)

    def _frame(self, roles: str) -> int:
        if not self._tokenizer.chat_template:
            return Estimate().frame(roles)
        messages = [{"role": role, "content": "x"} for role in roles.split(",")]
        text = self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        whole, content = self.measure(pa.array([text, "x"]))
        return int(whole - content * len(messages))
