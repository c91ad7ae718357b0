"""Numbers beside one another: what ``python -m tracer1 compare`` prints of a group, and all of them as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tracer1.evaluation.harness.compare import Group, Number, number


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


def markdown(groups: Sequence[Group]) -> str:
    """A table for each benchmark and sub-split: a row a method (and protocol), a column a metric, 95 % intervals in brackets. A
    star marks what cannot be compared with the first row as it stands; ``compare.json`` says why."""
    tables = []
    for benchmark, part in dict.fromkeys((group.benchmark, group.part) for group in groups):
        same = [group for group in groups if (group.benchmark, group.part) == (benchmark, part)]
        rows = dict.fromkeys((one.method, one.protocol) for group in same for one in group.numbers)
        heads = [f"{group.metric} ({group.numbers[0].unit or '%'})" for group in same]
        lines = [f"| {' | '.join([f'{benchmark} {part}'.strip(), *heads])} |", "|---" * (1 + len(heads)) + "|"]
        for row in rows:
            cells = [_cell(group, row) for group in same]
            lines.append(f"| {', '.join(filter(None, row))} | {' | '.join(cells)} |")
        tables.append("\n".join(lines) + "\n")
    return "\n".join(tables)


def _cell(group: Group, row: tuple[str, str]) -> str:
    return "; ".join(_told(one) for one in group.numbers if (one.method, one.protocol) == row)


def _told(one: Number) -> str:
    ends = [number(end, one.unit) for end in (one.low, one.high) if end is not None]
    return number(one.value, one.unit) + ("*" if one.differs else "") + (f" ({'–'.join(ends)})" if ends else "")
