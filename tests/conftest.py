"""Property tests have no deadline for one example: the first may import, and machines are busy."""

from hypothesis import settings

settings.register_profile("tracer1", deadline=None)
settings.load_profile("tracer1")
