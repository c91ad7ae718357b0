"""Tools that a planner may call: what they are called, what they take, and who carries them out. ``README.md`` lists them."""
