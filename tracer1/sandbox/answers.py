"""From a worker's answer to an outcome. The worker's observations are facts; the result inside is the code's own words."""

from __future__ import annotations

import json
import signal
from typing import Any

from tracer1.sandbox.limits import Limits, Outcome

_OWN = ("ok", "error", "out_of_memory")
_LONGEST = 10_000


def outcome_of(answer: dict[str, Any], limits: Limits) -> Outcome:
    """What came of a call. Never raises for anything that the code wrote."""
    said = {name: answer[name] for name in ("stdout", "stderr", "seconds")}
    match answer["end"]:
        case "result":
            return Outcome(**_result(answer["result"]), **said)
        case "wall":
            return Outcome("timed_out", error=f"stopped after {limits.wall_seconds:g} s", **said)
        case "memory":
            return Outcome("out_of_memory", error=f"its processes held more than {limits.memory} bytes", **said)
    # The kernel counts ticks for the limit and nanoseconds here: on a busy virtual machine they differ by a tenth.
    if _is_killed(answer) and answer["processor"] > limits.cpu_seconds / 2:
        return Outcome("timed_out", error=f"stopped after {limits.cpu_seconds} s of processor time", **said)
    if _is_killed(answer) and answer["starved"]:
        return Outcome("failed", error="the kernel killed it because the machine ran out of memory", **said)
    how = f"was killed by {_signal(answer['exit'])}" if answer["killed"] else f"ended with exit code {answer['exit']}"
    return Outcome("crashed", error=f"the process {how} before there was a result", **said)


def _is_killed(answer: dict[str, Any]) -> bool:
    return bool(answer["killed"]) and answer["exit"] == signal.SIGKILL


def _result(text: str) -> dict[str, Any]:
    """The fields of an outcome that the code may set: status (one of three), value, error, trace."""
    unreadable = {"status": "crashed", "error": "the process wrote a result that cannot be read"}
    try:
        result = _STRICT.decode(text)
        _PLAIN.encode(result).encode()  # "1e999", half a surrogate pair
    except (ValueError, RecursionError):
        return unreadable
    if not isinstance(result, dict) or result.get("status") not in _OWN:
        return unreadable
    texts = {name: str(result.get(name, ""))[:_LONGEST] for name in ("error", "trace")}
    return {"status": result["status"], "value": result.get("value")} | texts


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_STRICT, _PLAIN = json.JSONDecoder(parse_constant=_no_constant), json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
