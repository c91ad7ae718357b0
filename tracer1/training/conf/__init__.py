"""Hydra config groups, composed onto veRL's ppo_trainer: ``tracer1`` (stage1, stage2), ``tracer1/device`` (cpu, gpu),
``tracer1/credit`` (steps) and ``tracer1/executor`` (accessibility, ui_tars, ui_tars_1_5, qwen3_vl)."""
