"""AgentNetBench."""
