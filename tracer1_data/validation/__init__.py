"""Are sets of rows whole and right? ``command`` is ``python -m tracer1_data validate``."""
