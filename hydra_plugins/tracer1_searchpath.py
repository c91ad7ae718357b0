"""Lets Hydra find TraceR1's config groups: ``python -m verl.trainer.main_ppo +tracer1=stage1``.

``hydra_plugins`` is a namespace package that Hydra scans (hence no ``__init__.py``); nothing heavy is imported here.
"""

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin


class TracerSearchPathPlugin(SearchPathPlugin):
    """Appends the package's ``conf`` folder behind the application's own."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        search_path.append(provider="tracer1", path="pkg://tracer1.training.conf")
