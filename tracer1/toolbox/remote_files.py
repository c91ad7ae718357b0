"""The files of calls to servers: what a model named goes out, what comes back is kept by content.

Names that a model chose are resolved with :func:`tracer1.sandbox.file_in`, in the folder of the sample's files and in the folder
of what tools made before; what is in neither is refused. What comes back is named by the hash of its content, so a name that a
server chose leads nowhere, and the same answer twice is one file.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from tracer1.sandbox.inputs import Refused, file_in
from tracer1.toolbox.quota import MOST_KEPT, claim

MOST_BYTES = 32 << 20
MOST_CHARACTERS = 64 * 1024
HIDDEN = ("metadata*.jsonl", "metadata*.parquet", "dataset.json", "tasks.jsonl")
"""What the files are called in which GAIA, GTA and our tool tasks keep their answers, beside the files of the tasks or above
them: no call can name one."""
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}\Z")


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a sample's files are, and where tools put what they make (None: nowhere), ``most`` bytes in all."""

    files: Path
    output: Path | None = None
    most: int = MOST_KEPT

    def find(self, name: str) -> Path:
        """The file of that name. Raises Refused when there is none, or it is :data:`HIDDEN`."""
        if self.output is not None and self.output.is_dir():
            with suppress(Refused):
                return file_in(self.output, name)
        path = file_in(self.files, name)
        if any(fnmatch(path.name, pattern) for pattern in HIDDEN):
            raise Refused(f"there is no file {name!r}")
        return path

    def is_made(self, path: Path) -> bool:
        """Whether a file that was found is one that a tool made."""
        return self.output is not None and path.is_relative_to(self.output.resolve())

    def find_to_send(self, name: str) -> Path:
        """As :meth:`find`; raises Refused also when the file is too large to be sent."""
        path = self.find(name)
        if (size := path.stat().st_size) > MOST_BYTES:
            raise Refused(f"the file {name!r} has {size >> 20} MiB, more than {MOST_BYTES >> 20} MiB")
        return path

    def read(self, name: str) -> bytes:
        """The content of a file that is sent. Raises Refused as :meth:`find_to_send`, OSError when it cannot be read."""
        return self.find_to_send(name).read_bytes()

    def keep(self, data: bytes, name: str) -> str:
        """Write what a tool made; gives the name under which :meth:`find` has it: relative to ``files`` where ``output`` is in
        there, otherwise relative to ``output``. Only the ending of ``name`` is kept. Raises
        OSError when it cannot be written (then nothing is left behind), where there is no folder for it, and when that is full."""
        if self.output is None:
            raise OSError("the tool returns a file, and no output folder was given")
        suffix = _SUFFIX.search(PurePosixPath(name).suffix.lower())
        place = self.output / f"{hashlib.sha256(data).hexdigest()[:24]}{suffix[0] if suffix else ''}"
        if not place.exists():
            claim(self.output, len(data), self.most)
            _write_whole(place, data)
        inside = self.output.resolve().is_relative_to(self.files.resolve())
        return str(place.resolve().relative_to(self.files.resolve())) if inside else place.name


def bounded(text: str) -> str:
    """The text, cut at 64 Ki characters with a line that says so, and without halves of surrogate pairs, which nobody can write."""
    text = text.encode("utf-8", "replace").decode()
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[:MOST_CHARACTERS]}\n[cut: the first {MOST_CHARACTERS} of {len(text)} characters]"


def _write_whole(place: Path, data: bytes) -> None:
    """Beside its place and renamed, so that calls which write the same file at the same time do not disturb each other."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=place.parent, prefix=".", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(partial, place)
    except OSError:
        with suppress(OSError):
            os.unlink(partial)
        raise
