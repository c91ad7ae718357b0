"""Qwen3-VL's patch embedding as a matrix product: the numbers of its 3-D convolution, several times faster on a CPU."""

from __future__ import annotations

import torch
from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLVisionPatchEmbed


def embed_patches(self: Qwen3VLVisionPatchEmbed, hidden_states: torch.Tensor) -> torch.Tensor:
    """``hidden_states``: one row a patch; the kernel covers the patch exactly, so nothing slides."""
    weight = self.proj.weight
    return torch.nn.functional.linear(hidden_states.to(weight.dtype), weight.flatten(1), self.proj.bias)
