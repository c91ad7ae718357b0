"""What is in sets of rows, and what training on them takes. ``command`` is ``python -m tracer1_data stats``."""
