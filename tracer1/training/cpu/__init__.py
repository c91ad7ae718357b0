"""veRL, FSDP and vLLM on a machine without an accelerator. Active when ``VERL_PLATFORM=cpu`` is in the environment."""

from __future__ import annotations

import os

DEFAULTS = {
    # veRL registers its FSDP engine for cuda and npu only; the engine itself runs on any torch device.
    "VERL_ENGINE_DEVICE": "cuda",
    # GiB of key-value cache: a million tokens for a planner of a few million parameters.
    "VLLM_CPU_KVCACHE_SPACE": "1",
    # vLLM would otherwise pin itself to one core of a small machine.
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",
    # Compiling vLLM's log-probability kernel costs twenty seconds and a C++ compiler, and saves nothing at this size.
    "TORCHDYNAMO_DISABLE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "RAY_USAGE_STATS_ENABLED": "0",
    "TQ_LOGGING_LEVEL": "ERROR",
}


def activate() -> None:
    """Register the CPU platform and adapt veRL to it. Explicit settings in the environment win over the defaults."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    from tracer1.training.cpu import patches, platform  # noqa: F401  (importing registers the platform)

    patches.apply()
