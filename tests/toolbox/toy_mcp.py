"""A real MCP server, made with the official SDK: ``python toy_mcp.py stdio``, or ``http PORT`` (``json PORT``: which answers without
event streams); or, as ``deaf``,
``broken`` and ``noise``, a program that is none.

Its process id is written to the file that the environment variable ``TOY_MCP_PID`` names.
"""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path
from typing import Any, Literal

if "TOY_MCP_PID" in os.environ:
    Path(os.environ["TOY_MCP_PID"]).write_text(str(os.getpid()))
if sys.argv[1] == "deaf":  # starts, and never says a word; does not end when its input does
    print("I am deaf", file=sys.stderr, flush=True)
    time.sleep(3600)
elif sys.argv[1] == "broken":
    print("no such module", file=sys.stderr, flush=True)
    sys.exit(1)
elif sys.argv[1] == "noise":
    for _ in range(50):
        print("this is not JSON-RPC", flush=True)
    sys.exit(0)

import anyio
from mcp.server.mcpserver import Image, MCPServer
from PIL import Image as Pictures

server = MCPServer("toy")


@server.tool()
def add(left: float, right: float, note: str = "") -> float:
    """Add two numbers.

    Both are needed.
    """
    return left + right


@server.tool(structured_output=False)
def describe(kind: Literal["cat", "dog"], options: dict[str, Any] | None = None, loud: bool = False) -> str:
    """Say something."""
    return f"{kind} {options} {loud}"


@server.tool()
def fail(why: str) -> str:
    """Fail."""
    raise ValueError(f"cannot: {why}")


@server.tool(structured_output=False)
def draw(colour: str) -> list:
    """Draw a picture."""
    output = io.BytesIO()
    Pictures.new("RGB", (8, 8), colour).save(output, "PNG")
    return [f"a {colour} picture", Image(data=output.getvalue(), format="png")]


@server.tool(structured_output=False)
async def wait(seconds: float) -> str:
    """Wait."""
    await anyio.sleep(seconds)
    return "waited"


@server.tool(structured_output=False)
def environment(name: str) -> str:
    """A variable of the environment, the arguments and the folder."""
    return f"{os.environ.get(name)} {sys.argv[1:]} {os.getcwd()}"


@server.tool(structured_output=False)
def flood(mebibytes: float) -> str:
    """Say very much, in one line."""
    return "x" * int(mebibytes * (1 << 20))


@server.tool(structured_output=False)
def draw_many(count: int) -> list:
    """Many small pictures."""
    output = io.BytesIO()
    Pictures.new("RGB", (8, 8), "red").save(output, "PNG")
    return [Image(data=output.getvalue() + bytes([number]), format="png") for number in range(count)]


@server.tool(structured_output=False)
def end() -> str:
    """End the server in the middle of a call."""
    os._exit(3)


if __name__ == "__main__":
    if sys.argv[1] in ("http", "json"):
        server.run("streamable-http", port=int(sys.argv[2]), json_response=sys.argv[1] == "json")
    else:
        server.run("stdio")
