"""AndroidWorld's results."""
