"""Pages for people from Jinja templates. Everything of the data is escaped."""

from __future__ import annotations

from typing import Any


def need(*libraries: str) -> None:
    """Raises ValueError, naming the fix, when one of the libraries that draw and write pages is not installed."""
    import importlib

    for library in libraries:
        try:
            importlib.import_module(library)
        except ModuleNotFoundError as error:
            raise ValueError(f"pages and plots need {error.name}: pip install 'tracer1[report]'") from error


def render(package: str, **values: Any) -> str:
    """The template ``page.html`` of a package with these values. Raises ValueError when jinja2 is not installed."""
    need("jinja2")
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(package, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(**values)
