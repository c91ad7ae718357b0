"""Numbers beside one another on the terminal: what ``python -m tracer1 compare`` prints of a group."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from tracer1.evaluation.harness.compare import Group, number


def show(console: Console, group: Group) -> None:
    """The table of a group, and below it what cannot be compared and why."""
    unit = group.numbers[0].unit
    table = Table("method", unit or "%", "95 %", "n", "protocol", title=group.title, title_justify="left", box=None)
    for one in group.numbers:
        ends = [number(end, unit) for end in (one.low, one.high) if end is not None]
        spread = f" ± {number(one.sd, unit)}" if one.sd is not None else ""
        value = number(one.value, unit) + spread
        style = "bold" if one.ours else "dim" if one.differs else ""
        table.add_row(one.method, value, "–".join(ends), str(one.n or "?"), one.protocol or "?", style=style)
    console.print(table)
    for one in group.numbers:
        why = [
            *one.differs,
            *([f"{', '.join(one.unknown)} not stated"] if one.unknown else []),
            *filter(None, [one.note]),
        ]
        if one.partial or why:
            told = "; ".join([one.partial, *why] if one.partial else why)
            console.print(
                f"  ! {one.method}: {told}", style="yellow" if one.differs else "dim", highlight=False, markup=False
            )
    console.print()
