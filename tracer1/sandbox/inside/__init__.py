"""What runs inside the sandbox. Only the standard library is imported here: every worker pays for it."""
