"""Hydra config groups ``tracer1`` (stage1, stage2) and ``tracer1/device`` (cpu, gpu), composed onto veRL's ppo_trainer."""
