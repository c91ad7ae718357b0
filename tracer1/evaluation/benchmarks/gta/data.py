"""GTA's records: ``dataset.json``, ``toolmeta.json`` and ``image/`` → queries.

Format: open-compass/GTA (README_GTA-1.md, opencompass/datasets/gta_bench.py), Hugging Face Jize1/GTA, ``gta_dataset.zip``.
``dataset.json`` has 229 records by number: ``tools``, ``files``, ``dialogs`` (the user, then calls and what they returned, then
the answer) and ``gt_answer``: white and black lists (objective), texts (subjective), or nothing (the query asks for a picture).
Only the first call of a turn is read, as in the original. Arguments and files keep the paths of the dataset, relative to its
folder. What is damaged is a :class:`~tracer1.trajectories.Fault` that names query and field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tracer1.actions import Action, is_text
from tracer1.answers import ExpectedAnswer
from tracer1.evaluation.benchmarks.gta.tools import GtaTool, tool_of
from tracer1.files import read_json
from tracer1.plans import Step
from tracer1.trajectories import Fault, Observation

Family = Literal["objective", "subjective", "image"]
_UNZIP = "unzip gta_dataset.zip again"


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of the reference: a call and what came back, or the answer (a ``finish``)."""

    step: Step
    output: str = ""

    @property
    def call(self) -> str:
        """The name of the tool that is called; empty for the answer."""
        return str(self.step.action.arguments["name"]) if self.step.action.type == "call_tool" else ""


@dataclass(frozen=True, slots=True)
class Query:
    """One of GTA's queries. ``references`` are the texts that a subjective answer is compared with."""

    name: str
    question: str
    root: Path
    tools: Mapping[str, GtaTool]
    files: tuple[str, ...]
    observation: Observation
    turns: tuple[Turn, ...]
    family: Family
    expected: ExpectedAnswer | None = None
    references: tuple[str, ...] = ()

    def instruction(self, tools: bool) -> str:
        """The question, its files, and where asked for the tools that it comes with."""
        lines = [self.question, *(f"Attachment: {file}" for file in self.files)]
        return "\n".join([*lines, "Tools:", *(tool.line for tool in self.tools.values())] if tools else lines)


class _Broken(Exception):
    """What is wrong with a record: the field, the reason, the fix."""

    def __init__(self, field: str, reason: str, fix: str = _UNZIP) -> None:
        super().__init__(reason)
        self.field, self.reason, self.fix = field, reason, fix


def read_queries(path: Path) -> Iterator[Query | Fault]:
    """The queries in the dataset's order. Raises ValueError, naming the fix, for a path that holds no GTA dataset."""
    root = path / "gta_dataset" if (path / "gta_dataset" / "dataset.json").exists() else path
    if not (root / "dataset.json").exists():
        raise ValueError(f"there is no {root / 'dataset.json'}: name the folder that gta_dataset.zip unpacks to")
    records = read_json(root / "dataset.json")
    metas = read_json(root / "toolmeta.json") if (root / "toolmeta.json").exists() else {}
    if not isinstance(records, dict) or not isinstance(metas, dict):
        raise ValueError(f"{root}: dataset.json and toolmeta.json are objects by query and by tool: {_UNZIP}")
    for name, record in records.items():
        try:
            yield _query(name, record if isinstance(record, dict) else {}, root, metas)
        except _Broken as broken:
            yield Fault("broken query", f"dataset.json, query {name}", broken.field, broken.reason, broken.fix)


def _query(name: str, record: dict[str, Any], root: Path, metas: Mapping[str, Any]) -> Query:
    dialogs = record.get("dialogs")
    if not isinstance(dialogs, list) or not dialogs or not all(isinstance(one, dict) for one in dialogs):
        raise _Broken("dialogs", "no list of turns")
    question = dialogs[0].get("content")
    if dialogs[0].get("role") != "user" or not _is_prompt(question):
        raise _Broken("dialogs[0]", "no question of the user, or one with a mark that stands for a picture")
    files, observation = _observe(record.get("files"), root)
    family, expected, references = _answer(record.get("gt_answer"))
    turns = _turns(dialogs)
    tools = _tools(record.get("tools"), metas)
    return Query(name, question.strip(), root, tools, files, observation, turns, family, expected, references)


def _is_prompt(text: Any) -> bool:
    return is_text(text) and bool(text.strip()) and "<image>" not in text


def _tools(listed: Any, metas: Mapping[str, Any]) -> dict[str, GtaTool]:
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise _Broken("tools", "no list of tools")
    tools = {}
    for one in listed:
        try:
            tool = tool_of(one if "inputs" in one else metas.get(one.get("name")) or one)
        except ValueError as error:
            raise _Broken("tools", str(error), f"{_UNZIP}: toolmeta.json describes the tools") from error
        tools[tool.spec.name] = tool
    return tools


def _observe(listed: Any, root: Path) -> tuple[tuple[str, ...], Observation]:
    """The query's pictures, the first in the screenshot's place."""
    from tracer1.executors.pictures import measure

    if not isinstance(listed, list) or not all(isinstance(one, dict) and is_text(one.get("path")) for one in listed):
        raise _Broken("files", "no list of files with a path")
    files = tuple(one["path"] for one in listed)
    pictures, sizes = [], []
    for file in files:
        if Path(file).is_absolute() or ".." in Path(file).parts:
            raise _Broken("files", f"{file!r} is no path within the dataset")
        try:
            pictures.append((root / file).read_bytes())
            sizes.append(measure(pictures[-1]))
        except OSError as error:
            raise _Broken("files", f"{file}: {error.strerror or 'it cannot be read'}") from error
        except ValueError as error:
            raise _Broken("files", f"{file}: {error}") from error
    paths = tuple(str((root / file).absolute()) for file in files)
    if not pictures:
        return files, Observation(b"", None, platform="tool")
    return files, Observation(pictures[0], sizes[0], attachments=tuple(pictures[1:]), platform="tool", paths=paths)


def _answer(gt: Any) -> tuple[Family, ExpectedAnswer | None, tuple[str, ...]]:
    if not gt:
        return "image", None, ()
    if isinstance(gt, list) and all(isinstance(one, str) for one in gt):
        return "subjective", None, tuple(gt)
    try:
        return "objective", ExpectedAnswer("gta", gt), ()
    except ValueError as error:
        raise _Broken("gt_answer", f"{error}; or a list of texts; or null") from error


def _turns(dialogs: list[dict[str, Any]]) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    for number, said in enumerate(dialogs[1:], 1):
        field, role = f"dialogs[{number}]", said.get("role")
        if role == "assistant":
            turns.append(Turn(_step(said, field)))
        elif role == "tool" and turns and turns[-1].call:
            output = "\n".join(filter(None, (turns[-1].output, _content(said.get("content"), field))))
            turns[-1] = replace(turns[-1], output=output)
        else:
            raise _Broken(field, f"a turn of {role!r} where the assistant's, or the answer of its tool, was due")
    if not turns:
        raise _Broken("dialogs", "the assistant says nothing")
    return tuple(turns)


def _step(said: dict[str, Any], field: str) -> Step:
    thought = " ".join(str(said.get("thought") or "").split())
    try:
        if "tool_calls" not in said:
            return Step(Action("finish", {"answer": _content(said.get("content"), field)}), "Give the answer")
        function = said["tool_calls"][0]["function"]
        action = Action("call_tool", {"name": function["name"], "arguments": function["arguments"]})
    except (KeyError, IndexError, TypeError) as error:
        raise _Broken(f"{field}.tool_calls", "no call with function.name and function.arguments") from error
    except ValueError as error:
        raise _Broken(field, str(error)) from error
    return Step(action, thought if is_text(thought) and thought else f"Call {function['name']}")


def _content(content: Any, field: str) -> str:
    """A text, or the text or path within ``{"type": ..., "content": ...}``."""
    text = content.get("content") if isinstance(content, dict) else content
    if text is None or isinstance(text, str):
        return text or ""
    if isinstance(text, int | float):
        return str(text)
    raise _Broken(f"{field}.content", f"a text was due, not {type(text).__name__}")
