"""AndroidWorld: an agent for its own runner (:mod:`.agent`), and what the phone is told to do (:mod:`.commands`)."""
