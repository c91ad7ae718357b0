"""``python -m tracer1_data mix``: several sets of rows become one training set.

What a mixture file says is in :mod:`tracer1_data.mixing.mixture`, how it is made in :mod:`tracer1_data.mixing.assemble`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tracer1_data.commands import counting_bar, told
from tracer1_data.mixing.assemble import make
from tracer1_data.mixing.mixture import LARGEST_SEED, read_mixture
from tracer1_data.shards import SHARD_BYTES


def mix(
    mixture: Annotated[
        Path, typer.Argument(help="The mixture file, in YAML: seed, rows, sources with weights and filters.")
    ],
    output: Annotated[Path, typer.Option(help="Directory for the shards: new, or empty.")],
    seed: Annotated[
        int | None, typer.Option(min=0, max=LARGEST_SEED, help="Choose and shuffle by this, not by the file's seed.")
    ] = None,
    shard_mb: Annotated[int, typer.Option(min=1, help="Size of a shard, in MiB.")] = SHARD_BYTES >> 20,
) -> None:
    """Mix sets of rows into one shuffled training set. The same inputs and seed give the same bytes; extra_info keeps where
    each row comes from. Interrupted, it begins anew when called again."""
    console = Console()
    with told(console, output):
        given = read_mixture(mixture)
        given = given if seed is None else replace(given, seed=seed)
        with counting_bar(console) as progress:
            bars = {what: progress.add_task(what, total=None) for what in ("read", "written")}

            def advance(what: str, done: int, total: int) -> None:
                progress.update(bars[what], completed=done, total=total)

            manifest = make(given, output, shard_mb << 20, advance)
    _show(manifest, output, console)


def _show(manifest: dict[str, Any], output: Path, console: Console) -> None:
    table = Table("source", "rows", "taken", "left out", title=escape(str(output)))
    for one in manifest["sources"]:
        left_out = ", ".join(f"{why}: {number:,}" for why, number in one["left_out"].items())
        table.add_row(escape(one["rows"]), f"{one['there']:,}", f"{one['taken']:,}", left_out or "–")
    console.print(table)
    size = sum(shard["bytes"] for shard in manifest["shards"])
    console.print(
        f"{manifest['counts']['rows']:,} rows, {size / 2**20:,.1f} MiB in {len(manifest['shards'])} shards → {output}",
        markup=False,
    )
