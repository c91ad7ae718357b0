"""GTA's fourteen tools: their categories, what a call must look like, and which of T3-Agent's tools do the same work.

Sources: open-compass/GTA (opencompass/datasets/gta_bench.py for the categories and the tools whose output is a picture;
agentlego/schema.py for ``toolmeta.json``; agentlego/parsers and InternLM/lagent's ``JsonParser`` for what makes a call an
error). T3-Agent (mat-agent/MAT-Agent, tongagent/tools) solves GTA with other tools; the table :data:`DOES` is ours.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracer1.toolbox.base import Kind, Parameter, ToolSpec

CATEGORIES: dict[str, tuple[str, ...]] = {
    "P": ("OCR", "ImageDescription", "RegionAttributeDescription", "TextToBbox"),
    "O": ("DrawBox", "AddText", "GoogleSearch"),
    "L": ("Calculator", "Solver", "Plot", "MathOCR", "CountGivenObject"),
    "C": ("TextToImage", "ImageStylization"),
}
"""Perception, operation, logic, creativity."""

IMAGE_TOOLS = frozenset({"DrawBox", "AddText", "Plot", "TextToImage", "ImageStylization"})

DOES: dict[str, frozenset[str]] = {
    "visualizer": frozenset({"OCR", "MathOCR", "ImageDescription", "RegionAttributeDescription", "CountGivenObject"}),
    "ocr": frozenset({"OCR", "MathOCR"}),
    "objectlocation": frozenset({"TextToBbox", "CountGivenObject"}),
    "facedetection": frozenset({"TextToBbox", "CountGivenObject"}),
    "ask_search_agent": frozenset({"GoogleSearch"}),
    "web_qa": frozenset({"GoogleSearch"}),
    "informational_web_search": frozenset({"GoogleSearch"}),
    "navigational_web_search": frozenset({"GoogleSearch"}),
    "search": frozenset({"GoogleSearch"}),
    "calculator": frozenset({"Calculator"}),
    "python": frozenset({"Calculator", "Solver", "Plot", "DrawBox", "AddText"}),
    "image_generator": frozenset({"TextToImage"}),
    "image_edit": frozenset({"ImageStylization", "DrawBox", "AddText"}),
}
"""Which of GTA's tools a tool of T3-Agent, or one of our own, can stand for."""

_KINDS: dict[str, Kind] = {"bool": "boolean", "int": "number", "float": "number"}
_KNOWN = ("image", "text", "audio", "video", "file", *_KINDS)


@dataclass(frozen=True, slots=True)
class GtaTool:
    """A tool as a record or ``toolmeta.json`` describes it: the specification, and each argument's type as GTA spells it."""

    spec: ToolSpec
    types: Mapping[str, str]

    @property
    def line(self) -> str:
        """``- OCR(image): what it does``: how a task names the tool."""
        return f"- {self.spec.signature}: {self.spec.says}" if self.spec.says else f"- {self.spec.signature}"


def tool_of(meta: Mapping[str, Any]) -> GtaTool:
    """A tool from its description. Raises ValueError for one that is not of the format."""
    inputs = meta.get("inputs")
    if not isinstance(meta.get("name"), str) or not isinstance(inputs, list):
        raise ValueError("a tool needs a name and a list of inputs")
    if not all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in inputs):
        raise ValueError(f"an input of {meta['name']} has no name")
    if unknown := [one.get("type") for one in inputs if one.get("type") not in _KNOWN]:
        raise ValueError(f"{meta['name']} takes the unknown type {unknown[0]!r}: GTA knows {', '.join(_KNOWN)}")
    parameters = tuple(
        Parameter(
            one["name"], _KINDS.get(one["type"], "text"), str(one.get("description") or ""), not one.get("optional")
        )
        for one in inputs
    )
    says = " ".join(str(meta.get("description") or "").split())
    return GtaTool(ToolSpec(meta["name"], says, parameters), {one["name"]: one["type"] for one in inputs})


def category_of(tool: str) -> str:
    """``P``, ``O``, ``L`` or ``C``; empty for a tool that is none of GTA's."""
    return next((category for category, tools in CATEGORIES.items() if tool in tools), "")


def misfits(tool: GtaTool, arguments: Mapping[str, Any]) -> bool:
    """Whether a call cannot be read: an argument is unknown or missing. Types do not matter: they are converted."""
    required = {one.name for one in tool.spec.parameters if one.required}
    return not required <= set(arguments) or not set(arguments) <= set(tool.types)


def fails(tool: GtaTool, arguments: Mapping[str, Any], root: Path) -> bool:
    """Whether a call that can be read ends in an error before the tool works: a value that cannot be converted, a file that is
    not there. Paths are relative to the dataset's folder."""
    return any(_is_bad(value, tool.types[name], root) for name, value in arguments.items())


def _is_bad(value: Any, kind: str, root: Path) -> bool:
    if kind in ("int", "float"):
        try:
            (int if kind == "int" else float)(value)
        except (TypeError, ValueError, OverflowError):
            return True
        return False
    if kind in ("text", "bool"):
        return False
    return not isinstance(value, str) or not os.path.exists(root / value)
