"""What readers share: records from JSON, texts that can be stored, and the faults that occur in more than one dataset."""

from __future__ import annotations

import json
import re
from typing import Any

from tracer1.actions import is_text
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, RecordedStep

LONGEST_RECORD = 32 << 20
"""Bytes of one record: the largest of the public datasets have a few megabytes."""
UNREADABLE = "unreadable file"
"""The kind of fault that stands for an unknown number of records: the rest of a file."""
_AGAIN = "download it again"
_JSON = json.JSONDecoder()
_BLANK = re.compile(r"\s*")


class Unusable(Exception):
    """A record or a step that cannot be used; :meth:`at` makes a fault of it."""

    def __init__(self, kind: str, field: str, reason: str, expected: bool = False) -> None:
        super().__init__(reason)
        self._kind, self._field, self._expected = kind, field, expected

    def at(self, where: str, fix: str) -> Fault:
        """The fault, at its place; ``fix`` is for what is no trait of the dataset."""
        fix = "nothing: the dataset is so" if self._expected else fix
        return Fault(self._kind, where, self._field, str(self), fix, self._expected)


def parse_record(data: bytes, where: str) -> dict[str, Any] | Fault:
    """The JSON object that the bytes are, or why they are none."""
    if len(data) > LONGEST_RECORD:
        return too_long(where)
    text = as_text(data)
    record, end = parse_next(text, 0, where)
    if text[end:].strip():
        return Fault("broken record", where, "record", "something follows the JSON object", _AGAIN)
    return record


def too_long(where: str) -> Fault:
    """A record of more than :data:`LONGEST_RECORD` bytes."""
    return Fault("broken record", where, "record", f"longer than {LONGEST_RECORD >> 20} MiB", "remove it")


def as_text(data: bytes) -> str:
    """For :func:`parse_next`: bytes that are no UTF-8 stand in it as halves of letters."""
    return data.decode("utf-8-sig", "surrogateescape")


def parse_next(text: str, at: int, where: str) -> tuple[dict[str, Any] | Fault, int]:
    """The JSON object at this character and the character behind it; or why there is none, and the text's end."""
    try:
        record, end = _JSON.raw_decode(text, _BLANK.match(text, at).end())
        text[at:end].encode()
        if isinstance(record, dict):
            return record, end
        fault = Fault("broken record", where, "record", "no JSON object", "remove it")
    except UnicodeEncodeError as error:
        fault = Fault("not UTF-8", where, "record", f"no UTF-8 at character {error.start}", _AGAIN)
    except json.JSONDecodeError as error:
        fault = Fault("broken record", where, "record", f"not JSON: {error.msg} at character {error.pos - at}", _AGAIN)
    except (ValueError, RecursionError):
        fault = Fault("broken record", where, "record", "a number too long, or nested too deeply", "remove it")
    return fault, len(text)


def unreadable(error: OSError, where: str) -> Fault:
    """A file that cannot be read."""
    return Fault(UNREADABLE, where, "file", error.strerror or "it cannot be read", _AGAIN)


def text_of(value: Any) -> str:
    """A text as one line with single spaces; empty when it is none, or holds what cannot be stored in a plan."""
    return " ".join(value.split()) if isinstance(value, str) and is_text(value) else ""


def misread(error: Exception, where: str, field: str, kind: str = "unknown action") -> Fault:
    """What a ValueError about an action or its place is counted as; ``kind`` when the place is not what is wrong."""
    kind = "off-screen coordinates" if "lies outside" in str(error) else kind
    return Fault(kind, where, field, str(error), "mend the record")


def unseen(step: Step, where: str, field: str) -> Gap:
    """A second action of one recorded step: it has no screenshot of its own."""
    reason = "one recorded step holds several actions, the screen is that of the first"
    fix = "nothing: its neighbours keep it"
    return Gap(step, Fault("no image of its own", where, field, reason, fix, expected=True))


def finish_last(steps: list[RecordedStep | Gap], where: str) -> list[RecordedStep | Gap]:
    """The steps, where a ``finish`` that others follow is a gap that is not taught: a plan ends with it."""

    def is_early(position: int, step: RecordedStep | Gap) -> bool:
        return position < len(steps) - 1 and step.step is not None and step.step.action.type == "finish"

    def gap(position: int, step: RecordedStep | Gap) -> Gap:
        reason = "the task ends here, but steps follow"
        fault = Fault("broken record", f"{where}, step {position}", "action", reason, "mend the record")
        return Gap(step.step, fault, taught=False, output=step.output, observation=step.observation)

    return [gap(position, step) if is_early(position, step) else step for position, step in enumerate(steps)]
