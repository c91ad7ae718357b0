"""Expressions and programs that a model wrote, as GTA's tools run them (open-compass/GTA, agentlego/agentlego/tools:
calculator/python_calculator.py, python_interpreter/solver.py and plot.py): a calculator knows the names of ``math``, and a
program defines ``solution()``, in Markdown or bare.
"""

from __future__ import annotations

import base64
import io
import math
from typing import Any

from tracer1.toolbox.inside.refusal import CannotDo

_NAMES = {name: value for name, value in vars(math).items() if not name.startswith("_")}
_NAMES |= {"math": math, "max": max, "min": min, "round": round, "sum": sum, "abs": abs}


def calculate(expression: str) -> str:
    """The value of an expression, as Python writes it."""
    return str(eval(expression.strip(), {"__builtins__": {}} | _NAMES))  # noqa: S307 (in the sandbox)


def solve(command: str) -> str:
    """What ``solution()`` returns."""
    return str(_solution(command, "from sympy import symbols, Eq, solve"))


def plot(command: str) -> str:
    """The figure that ``solution()`` returns, as PNG in base64."""
    import matplotlib

    matplotlib.use("Agg")
    figure = _solution(command, "import matplotlib.pyplot as plt")
    figure = getattr(figure, "figure", figure)  # axes have one
    if not isinstance(figure, matplotlib.figure.Figure):
        raise CannotDo(f"solution() must return a Matplotlib figure, not {type(figure).__name__}")
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return base64.b64encode(file.getvalue()).decode()


def _solution(command: str, header: str) -> Any:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(header, names)  # noqa: S102 (in the sandbox)
    exec(compile(_code(command), "<command>", "exec"), names)  # noqa: S102
    if not callable(solution := names.get("solution")):
        raise CannotDo("the code defines no function solution()")
    return solution()


def _code(command: str) -> str:
    for fence in ("```python", "```"):
        if fence in command:
            return command.split(fence, 1)[1].split("```", 1)[0]
    return command
