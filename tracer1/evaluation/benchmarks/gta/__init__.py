"""GTA, step by step and played."""
