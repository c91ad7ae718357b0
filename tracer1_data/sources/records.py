"""What readers of JSON datasets share: a record from bytes, texts that can be stored, and the names of common faults."""

from __future__ import annotations

import json
from typing import Any

from tracer1.actions import is_text
from tracer1.trajectories import Fault, Gap, RecordedStep

LONGEST_RECORD = 32 << 20
"""Bytes of one record: the largest of the public datasets have a few megabytes."""


def parse_record(data: bytes, where: str) -> dict[str, Any] | Fault:
    """The JSON object that the bytes are, or why they are none."""
    if len(data) > LONGEST_RECORD:
        return too_long(where)
    try:
        record = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return Fault("not UTF-8", where, "record", f"byte {error.start} is no UTF-8", "download it again")
    except json.JSONDecodeError as error:
        reason = f"not JSON: {error.msg} at character {error.pos}"
        return Fault("broken record", where, "record", reason, "download it again")
    except (ValueError, RecursionError):
        return Fault("broken record", where, "record", "a number too long, or nested too deeply", "remove it")
    if not isinstance(record, dict):
        return Fault("broken record", where, "record", "not a JSON object", "remove it")
    return record


def too_long(where: str) -> Fault:
    """A record of more than :data:`LONGEST_RECORD` bytes."""
    return Fault("broken record", where, "record", f"longer than {LONGEST_RECORD >> 20} MiB", "remove it")


def text_of(value: Any) -> str:
    """A text as one line with single spaces; empty when it is none, or holds what cannot be stored in a plan."""
    return " ".join(value.split()) if isinstance(value, str) and is_text(value) else ""


def misread(error: Exception, where: str, field: str, kind: str = "unknown action") -> Fault:
    """What a ValueError about an action or its place is counted as; ``kind`` when the place is not what is wrong."""
    kind = "off-screen coordinates" if "lies outside" in str(error) else kind
    return Fault(kind, where, field, str(error), "mend the record")


def finish_last(steps: list[RecordedStep | Gap], where: str) -> list[RecordedStep | Gap]:
    """The steps, where a ``finish`` that others follow is a gap: a plan ends with it."""

    def is_early(position: int, step: RecordedStep | Gap) -> bool:
        return position < len(steps) - 1 and step.step is not None and step.step.action.type == "finish"

    def gap(position: int) -> Gap:
        reason = "the task ends here, but steps follow"
        return Gap(None, Fault("broken record", f"{where}, step {position}", "action", reason, "mend the record"))

    return [gap(position) if is_early(position, step) else step for position, step in enumerate(steps)]
