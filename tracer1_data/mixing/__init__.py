"""One shuffled training set of several sets of rows. ``command`` is ``python -m tracer1_data mix``."""
