"""The texts that a program quotes: where it names its files. Nothing is parsed, so any text will do."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"""'([^'\n]{1,200})'|"([^"\n]{1,200})\"""")
_FILES = "/files/"  # where the sandbox has them


def quoted(code: str, most: int = 500) -> list[str]:
    """The first ``most`` texts between quotes, in order."""
    found = (match[1] or match[2] for match in _QUOTED.finditer(code))
    return [text.removeprefix(_FILES) for text, _ in zip(found, range(most), strict=False)]
