"""AndroidControl-High and -Low."""
