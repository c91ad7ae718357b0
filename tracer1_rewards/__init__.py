"""TraceR1's rewards: ``trajectory`` scores a whole plan (stage 1), ``grounded`` its executed first step (stage 2).

``tracer1_rewards.verl`` is what a veRL configuration names (``pkg://tracer1_rewards.verl``). Importing this package loads
no torch.
"""

from tracer1_rewards.result import KEYS, Reward
from tracer1_rewards.settings import Settings
from tracer1_rewards.trajectory import score_plan

__all__ = ["KEYS", "Reward", "Settings", "score_plan"]
