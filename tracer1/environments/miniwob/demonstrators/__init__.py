"""Scripted demonstrators, one themed file each; importing the package registers them all."""

from tracer1.environments.miniwob.demonstrators import dates, forms, lists, mail, menus, text
from tracer1.environments.miniwob.demonstrators.base import (
    REGISTRY,
    Demonstration,
    DemonstrationFailed,
    demonstrate,
    demonstrates,
)

__all__ = [
    "REGISTRY",
    "Demonstration",
    "DemonstrationFailed",
    "dates",
    "demonstrate",
    "demonstrates",
    "forms",
    "lists",
    "mail",
    "menus",
    "text",
]
