"""What runs inside the sandbox: functions of ours that read foreign files or run foreign code. Never called outside of it."""

import os

# Arrow's own allocator (pandas uses it) reserves a GiB of addresses at once, which the sandbox counts as memory.
os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
