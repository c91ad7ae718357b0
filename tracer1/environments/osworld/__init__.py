"""OSWorld: an agent for its own runner (:mod:`.agent`), and what the desktop is told to do (:mod:`.commands`)."""
