"""vLLM worker extension: linear layers that read their live weight, so that veRL can refresh it.

vLLM's CPU build packs the weights of linear layers for its matrix kernels and deletes the originals; veRL's weight
sync then finds nothing to load into. Named in the config as ``engine_kwargs.vllm.worker_extension_cls``.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import linear
from verl.workers.rollout.vllm_rollout.utils import vLLMColocateWorkerExtension


def _use_live_weight(layer: torch.nn.Module, remove_weight: bool) -> None:
    """vLLM's hook after loading. A plain view of the weight spares a Python call of vLLM's tensor class."""
    live = layer.weight.detach().as_subclass(torch.Tensor)
    layer.cpu_linear = lambda x, weight, bias: linear(x, live, bias)


class CpuWorkerExtension(vLLMColocateWorkerExtension):
    """veRL's extension, mixed into vLLM's worker before that loads the model."""

    def __new__(cls, **kwargs: Any) -> CpuWorkerExtension:
        from vllm.model_executor.layers import utils

        utils.dispatch_cpu_unquantized_gemm = _use_live_weight
        return super().__new__(cls, **kwargs)
