"""The published scripts that score one recorded step, each in a file of its own, with its own denominators."""
