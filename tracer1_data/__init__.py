"""From recorded trajectories to veRL training rows: sources → windows → rows → Parquet, with validation and statistics.

Command line: ``python -m tracer1_data --help``.
"""
