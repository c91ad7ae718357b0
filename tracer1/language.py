"""``LANGUAGE.md``: actions, dialects and protocols as one page, made from the code that defines them.

python -m tracer1.language > tracer1/LANGUAGE.md
"""

from __future__ import annotations

import sys

from tracer1.actions import document
from tracer1.dialects import DIALECTS
from tracer1.protocols import cards

PAGE = """# The language of plans

Made by `python -m tracer1.language`; the code it is made from is `tracer1/actions.py`, `tracer1/dialects/` and
`tracer1/protocols/`.

# Actions

Points are `[x, y]` between 0 and 1000 in both directions, and optional: an executor finds the place from the instruction.

{actions}
# Dialects

How models and datasets write actions. `load_dialect(name).read(text, screen)` gives ours; `.write(action, screen)` theirs.

{dialects}
# Protocols

Published ways to decide that an action is right. `load_protocol(name).judge(predicted, target)`; as a reward's similarity:
`reward.custom_reward_function.reward_kwargs.protocol=<name>`.

{protocols}"""


def page() -> str:
    """The whole page."""
    rows = [
        f"| `{dialect.name}` | {dialect.coordinates} | {'read, write' if dialect.write else 'read'} | {dialect.source} |"
        for dialect in DIALECTS.values()
    ]
    table = "\n".join(["| dialect | coordinates | | source |", "|---|---|---|---|", *rows]) + "\n"
    return PAGE.format(actions=document(), dialects=table, protocols=cards())


if __name__ == "__main__":
    sys.stdout.write(page())
