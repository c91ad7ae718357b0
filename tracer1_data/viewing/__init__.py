"""Rows as a page for people. ``command`` is ``python -m tracer1_data view``."""
