"""``python -m tracer1.training.cpu.install``: let every Python process of this environment import torchvision.

Copies :mod:`tracer1.training.cpu.torchvision_shim` into site-packages with a ``.pth`` file that starts it. Doing it
again changes nothing; ``--remove`` undoes it. The ``.pth`` line tolerates a missing shim: it cannot break Python.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import Annotated

import typer

NAME = "tracer1_torchvision_shim"
# One line: site.py executes a .pth line that starts with "import".
_LINE = f'import importlib.util as u; u.find_spec("{NAME}") and __import__("{NAME}").start()\n'


def files(folder: Path) -> dict[Path, str]:
    """What belongs into a site-packages folder: path to content."""
    shim = Path(__file__).with_name("torchvision_shim.py").read_text(encoding="utf-8")
    return {folder / f"{NAME}.py": shim, folder / f"{NAME}.pth": _LINE}


def main(
    remove: Annotated[bool, typer.Option(help="Take the shim out again.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Another site-packages folder than this environment's.")] = None,
) -> None:
    """Install the torchvision shim into this environment (or --remove it)."""
    target = folder or Path(sysconfig.get_path("purelib"))
    for path, content in files(target).items():
        if remove:
            path.unlink(missing_ok=True)
        elif not path.exists() or path.read_text(encoding="utf-8") != content:
            draft = path.with_suffix(".draft")
            draft.write_text(content, encoding="utf-8")
            draft.replace(path)
    typer.echo(f"torchvision shim {'removed from' if remove else 'is in'} {target}")


if __name__ == "__main__":
    typer.run(main)
