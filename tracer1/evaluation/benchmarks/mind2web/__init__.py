"""Multimodal-Mind2Web."""
