"""What plugs into veRL: config groups, CPU platform, sampler, agent loop, checks before a run, watchdog during it.

The only part of the package that imports veRL, vLLM or torch. Run it through veRL's own entry point:
``python -m verl.trainer.main_ppo +tracer1=stage1 +tracer1/device=cpu data.train_files=... actor_rollout_ref.model.path=...``
"""
