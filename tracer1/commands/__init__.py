"""The commands of ``python -m tracer1``, a file each; ``options`` holds what several of them take."""
