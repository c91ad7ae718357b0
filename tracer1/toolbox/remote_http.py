"""A tool behind a plain HTTP server. ``ENDPOINTS.md`` has the contract, ``reference_server.py`` a server that keeps it.

    POST url  {"tool": "image_edit", "arguments": {"image_path": "a.png", …}, "files": {"image_path": {"name": "a.png", "base64": …}}}
    200       {"text": …} or {"value": any JSON}, and/or {"files": [{"name": "b.png", "base64": …}]}
    4xx       {"error": "why the tool cannot do this"}

A call may come more than once: when no answer came back, it is sent again.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Mapping
from typing import Any

from tracer1.executors.replies import AGAIN, Outcome, Reply, read_reply, trouble
from tracer1.sandbox.inputs import Refused
from tracer1.toolbox.base import ToolResult, ToolSpec
from tracer1.toolbox.remote_clients import REACHING, check_keys, endpoint_for, file_arguments, unanswered
from tracer1.toolbox.remote_files import Folders, bounded

REFUSED = "refused"
MOST_FILES = 16
# They say something of the address or of the key, nothing of the arguments.
_ADDRESS = frozenset({401, 403, 404, 405})


class HttpTool:
    """Sends its calls to ``endpoint["url"]``. Raises ValueError for an endpoint that cannot be used."""

    def __init__(self, spec: ToolSpec, endpoint: Mapping[str, Any], folders: Folders) -> None:
        check_keys(endpoint, ("url", *REACHING))
        if not endpoint.get("url"):
            raise ValueError("url is missing: give the server's address, e.g. http://127.0.0.1:8100/")
        reaching = {name: endpoint[name] for name in REACHING if name in endpoint}
        self.spec = spec
        self.endpoint = endpoint_for({"base_urls": endpoint["url"], "model": "tools", **reaching}, "", read_answer)
        self._named, self._folders = file_arguments(spec, endpoint), folders

    async def call(self, arguments: Mapping[str, Any]) -> ToolResult:
        """One call. ``text`` is what the server says, then the names of the files that it returned."""
        began = time.monotonic()
        try:
            outcome = await self.endpoint.client.ask(lambda: self._body(arguments))
        except OSError as error:
            return ToolResult("failed", detail=f"file: cannot be read ({error})")
        except (TypeError, ValueError) as error:  # a file that is not there, values that JSON cannot say
            return ToolResult("refused", detail=str(error))
        facts = {"endpoint": self.endpoint.address, "seconds": round(time.monotonic() - began, 3)}
        if outcome.status == "ok":
            return await asyncio.to_thread(self._result, json.loads(outcome.text), facts)
        if outcome.reason == REFUSED:
            return ToolResult("refused", detail=outcome.detail, facts=facts)
        return unanswered(outcome)

    def _body(self, arguments: Mapping[str, Any]) -> bytes:
        """Raises Refused, ValueError, OSError."""
        files = {}
        for name in self._named:
            if name not in arguments:
                continue
            if not isinstance(arguments[name], str):
                raise Refused(f"{name} is the name of a file, got {type(arguments[name]).__name__}")
            content = base64.b64encode(self._folders.read(arguments[name])).decode()
            files[name] = {"name": arguments[name], "base64": content}
        asked = {"tool": self.spec.name, "arguments": dict(arguments), "files": files}
        return json.dumps(asked, allow_nan=False).encode()

    def _result(self, answer: Mapping[str, Any], facts: dict[str, Any]) -> ToolResult:
        try:
            contents = [
                (one["name"], base64.b64decode(one["base64"], validate=True)) for one in answer.get("files", ())
            ]
            kept = [self._folders.keep(data, name) for name, data in contents]
        except binascii.Error as error:
            return ToolResult("failed", detail=f"bad json: a file is no base64 ({error})", facts=facts)
        except OSError as error:
            return ToolResult("failed", detail=f"output: cannot be written ({error.strerror or error})", facts=facts)
        said = [answer["text"]] if "text" in answer else [_told(answer["value"])] if "value" in answer else []
        return ToolResult(
            "ok", text=bounded("\n".join([*said, *kept])), facts=facts | ({"files": kept} if kept else {})
        )


def read_answer(url: str, status: int, retry_after: str, raw: bytes) -> Reply:
    """A whole HTTP answer under this contract. An answer that is ``ok`` has its JSON as text."""
    data = _loaded(raw)
    if status == 200:
        if problem := _problem(data):
            return trouble("bad json", f"{url}: {problem}")
        return Reply(Outcome("ok", raw.decode()))
    said = data.get("error") if isinstance(data, dict) else None
    if 400 <= status < 500 and status not in AGAIN | _ADDRESS and isinstance(said, str):
        return Reply(Outcome("failed", reason=REFUSED, detail=bounded(said)))
    return read_reply(url, status, retry_after, raw)


def _loaded(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode())
    except (ValueError, RecursionError):
        return None


def _problem(data: Any) -> str:
    """What is wrong with a whole answer; empty when nothing is."""
    if not isinstance(data, dict) or not data.keys() & {"text", "value", "files"}:
        return "the answer is no JSON object with text, value or files"
    if not isinstance(data.get("text", ""), str):
        return "text is no text"
    files = data.get("files", [])
    if not isinstance(files, list) or len(files) > MOST_FILES:
        return f"files is no list of at most {MOST_FILES}"
    for one in files:
        if not isinstance(one, dict) or not all(isinstance(one.get(key), str) for key in ("name", "base64")):
            return "a file is no object with the texts name and base64"
    return ""


def _told(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
