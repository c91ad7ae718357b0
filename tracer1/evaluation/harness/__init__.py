"""What all published benchmarks share: samples, runner, predictions that are kept, cards, comparison, failures."""
