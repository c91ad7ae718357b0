"""Published benchmarks, each in a file of its own, scored as its authors' script does."""
