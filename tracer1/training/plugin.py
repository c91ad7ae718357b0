"""The ``verl.plugins`` entry point: veRL imports this module in every process that imports veRL.

veRL swallows an exception raised here and carries on as if it had an NVIDIA GPU; :mod:`tracer1.training.preflight`
therefore checks what became active before a run starts.
"""

import os

from tracer1.training.patches import fix_equal_length_mrope

fix_equal_length_mrope()

if os.environ.get("VERL_PLATFORM", "").strip().lower() == "cpu":
    from tracer1.training.cpu import activate

    activate()
