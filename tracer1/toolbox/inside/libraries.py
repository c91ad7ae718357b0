"""What programs mostly import, loaded before they run where it is installed."""

from __future__ import annotations

import importlib
import importlib.util

for _name in ("numpy", "pandas", "sympy"):
    if importlib.util.find_spec(_name) is not None:
        importlib.import_module(_name)
