"""TraceR1: anticipatory planning for multimodal agents (arXiv 2603.16777).

This package is the language of anticipatory agents (actions, coordinates, plans, prompts, matching) and their run time
(planner, executors, environments, evaluation, training hooks). Importing it loads neither torch, vLLM nor veRL.
"""

__version__ = "0.1.0"
