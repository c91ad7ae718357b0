"""What a configuration says of an MCP server, and what becomes of the schemas of its tools."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from tracer1.toolbox.mcp_source import server_from, spec_of


@pytest.mark.parametrize(
    ("server", "says"),
    [
        ({}, "either a command or a url"),
        ({"command": "a", "url": "http://x/mcp"}, "either a command or a url"),
        ({"url": "x:1"}, "is no address"),
        ({"command": "a", "args": "b"}, "args is a list of texts"),
        ({"command": "a", "tools": [1]}, "tools is a list of texts"),
        ({"command": "a", "env": {"A": 1}}, "env holds names and texts"),
        ({"command": "a", "seconds": 0}, "must be positive"),
        ({"command": "a", "seconds": "1"}, "seconds is a number"),
        ({"command": "a", "name": "b"}, "unknown key of an MCP server name: use command, args"),
        ({"command": "a", "key_variable": "KEY"}, "give a command its key in env"),
    ],
)
def test_bad_servers_are_named(server: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        server_from(server)


def test_any_schema_becomes_parameters() -> None:
    properties = {
        "plain": {"type": "string", "description": " A\n text. "},
        "whole": {"type": "integer"},
        "maybe": {"type": ["string", "null"]},
        "either": {"anyOf": [{"type": "string"}, {"type": "number"}]},
        "list": {"type": "array", "items": {"type": "string"}},
        "anything": True,
        "long": {"type": "string", "description": "x" * 2000},
    }
    schema = {"type": "object", "properties": properties, "required": ["list", "plain", "ghost"]}
    listed = SimpleNamespace(name="t", description=None, title="T", input_schema=schema, output_schema=None)
    made = spec_of(listed)
    assert [(one.name, one.kind, one.required) for one in made.parameters] == [
        ("list", "any", True),
        ("plain", "text", True),
        ("whole", "number", False),
        ("maybe", "any", False),
        ("either", "any", False),
        ("anything", "any", False),
        ("long", "text", False),
    ]
    assert made.parameters[1].says == "A text." and len(made.parameters[-1].says) == 1001 and made.says == "T"
    empty = SimpleNamespace(name="t", description="", title=None, input_schema={"type": "object"}, output_schema={})
    assert spec_of(empty).parameters == () and spec_of(empty).returns == "JSON"
