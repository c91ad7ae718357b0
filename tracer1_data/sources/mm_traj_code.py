"""Blocks of agent code → the tool calls that they make. The code is parsed, never executed.

T3-Agent (mat-agent/MAT-Agent, tongagent/agents) acts by Python: each turn is a block, names live on from block to block, and the
toolbox (tongagent/tools) is there as functions. A tool agent calls one tool at a time and keeps no names, so:

- A block of nothing but tool calls with known arguments, assignments of known values, and prints becomes one call a step, in
  order, each argument under its name. Known are literals, names that were assigned known values, and f-strings of such.
- Every other block computes. It becomes one call of the tool ``python`` with the whole code, tools within it included. The same
  holds for a block that only prints, and for one that sets a name which a later such block reads: ``python`` keeps names
  from call to call as T3-Agent does, other tools leave none.
- ``final_answer(x)`` as a block's last line becomes ``finish``, with the answer where that is known. If the block computes, the
  ``python`` step comes first, and its code prints what it was to answer.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tracer1.actions import Action
from tracer1_data.sources.mm_traj_names import Known, Names, Unknown, is_repeatable, parse_code

TOOLS: dict[str, tuple[str, ...]] = {
    "visualizer": ("question", "image_path"),
    "inspect_file_as_text": ("file_path", "question"),
    "ask_search_agent": ("query",),
    "objectlocation": ("object", "image_path"),
    "facedetection": ("image_path",),
    "segmentation": ("image_path", "prompt"),
    "image_generator": ("prompt",),
    "image_edit": ("prompt", "image_path"),
    "ocr": ("image_path", "debug"),
    "video_visualizer": ("question", "video_path"),
    "informational_web_search": ("query",),
    "navigational_web_search": ("query",),
    "visit_page": ("url",),
    "download_file": ("url",),
    "page_up": (),
    "page_down": (),
    "find_on_page_ctrl_f": ("search_string",),
    "find_next": (),
    "find_archived_url": ("url", "date"),
    "web_qa": ("question",),
}
"""The tools and their parameters in order (the ``forward`` methods in tongagent/tools and tongagent/agents)."""

_DETECTORS = {"objectlocation", "facedetection", "ocr"}
_MADE = ".cache"  # the folder where T3-Agent keeps what it makes


@dataclass(frozen=True, slots=True)
class CodeStep:
    """What a block of code does: the call of a tool, or, where ``tool`` is empty, ``finish`` with its arguments.

    ``label`` is what is printed before the result of this very step (None: what is printed are not the results of the block's
    steps, one by one); ``repeatable`` says that the same call gives the same result again; ``shows_answer`` that its result is
    what the next step finishes with.
    """

    tool: str
    arguments: dict[str, Any]
    label: str | None = None
    repeatable: bool = False
    shows_answer: bool = False

    @property
    def action(self) -> Action:
        """The step in our language. Raises ValueError for text that no action can hold."""
        if not self.tool:
            return Action("finish", self.arguments)
        return Action("call_tool", {"name": self.tool, "arguments": self.arguments})


def read_blocks(codes: Sequence[str]) -> list[list[CodeStep] | str]:
    """The steps of each block of an episode, in order; for a block that cannot be read, the reason."""
    known = Known()
    trees = [_tree(code) for code in codes]
    blocks = [tree if isinstance(tree, str) else _plain_steps(tree, known) for tree in trees]
    needed: set[str] = set()
    for position, tree in reversed(list(enumerate(trees))):
        if isinstance(tree, str):
            continue
        names = Names(tree)
        if not blocks[position] or names.bound & needed:
            needed = (needed - names.bound) | names.free
            blocks[position] = _as_python(codes[position], tree, names)
    return blocks


def _tree(code: str) -> ast.Module | str:
    try:
        return parse_code(code)
    except ValueError as error:
        return str(error)


class _Block:
    """What was seen of a block so far: its tool calls, the names that got their results, and what is printed."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.calls: list[ast.Call] = []
        self.arguments: list[dict[str, Any]] = []
        self.results: dict[str, ast.Call] = {}
        self.prints: list[tuple[ast.Call | None, str]] = []
        self.finish: CodeStep | None = None
        self.computes = False

    def call(self, node: ast.Call) -> ast.Call:
        """Note a tool call. Raises Unknown for arguments that are not known, or not the tool's."""
        names = TOOLS[node.func.id]
        if len(node.args) > len(names) or not all(keyword.arg in names for keyword in node.keywords):
            raise Unknown
        given = [*zip(names, node.args, strict=False), *((keyword.arg, keyword.value) for keyword in node.keywords)]
        self.arguments.append({name: _as_json(self.known.value(value)) for name, value in given})
        self.calls.append(node)
        return node

    def shown_by(self, node: ast.expr) -> ast.Call | None:
        """The call whose result an expression, or the end of an f-string, shows as it is."""
        match node:
            case ast.Name(id=name) | ast.FormattedValue(value=ast.Name(id=name), conversion=-1, format_spec=None):
                return self.results.get(name)
            case ast.JoinedStr(values=[*_, last]):
                return self.shown_by(last)
        return next((call for call in self.calls if call is node), None)


def _plain_steps(tree: ast.Module, known: Known) -> list[CodeStep]:
    """One step a tool call, if the block does nothing else; no steps otherwise. ``known`` moves on to the block's end."""
    block = _Block(known)
    for statement in tree.body:
        try:
            _read_statement(statement, block, statement is tree.body[-1])
        except Unknown:
            block.computes = True
            known.forget(statement)
    if block.computes:
        return []
    steps = [
        CodeStep(call.func.id, given, label, _repeats_itself(call.func.id, given))
        for call, given, label in zip(block.calls, block.arguments, _labels(block), strict=True)
    ]
    return [*steps, block.finish] if block.finish else steps


def _read_statement(statement: ast.stmt, block: _Block, is_last: bool) -> None:
    """Raises Unknown for a statement that computes something."""
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(target=ast.Name(id=name), value=value)
        ):
            if _is_tool(value):
                block.results[name] = block.call(value)
                block.known.drop(name)
            elif value is not None:
                block.known.assign(name, value)
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=shown, keywords=[])):
            for part in shown:
                if _is_tool(part):
                    block.call(part)
                elif not isinstance(part, ast.Name) and not block.shown_by(part):
                    block.known.value(part)
            block.prints.append(_shown(shown, block))
        case ast.Expr(value=ast.Call(func=ast.Name(id="final_answer")) as call) if is_last:
            block.finish = _finish(call, block)
        case ast.Expr(value=ast.Call() as call) if _is_tool(call):
            block.call(call)
        case ast.Import() | ast.ImportFrom():
            block.known.forget(statement)
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            pass
        case _:
            raise Unknown


def _is_tool(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TOOLS


def _as_json(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_as_json(part) for part in value]
    return {name: _as_json(part) for name, part in value.items()} if isinstance(value, dict) else value


def _finish(call: ast.Call, block: _Block) -> CodeStep:
    """The answer may be put together in any way; only tools have their own step."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    if len(given) != 1:
        raise Unknown
    if _is_tool(given[0]):
        block.call(given[0])
    elif any(_is_tool(node) for node in ast.walk(given[0])):
        raise Unknown
    try:
        return CodeStep("", {"answer": str(block.known.value(given[0]))})
    except Unknown:
        return CodeStep("", {})


def _shown(parts: list[ast.expr], block: _Block) -> tuple[ast.Call | None, str]:
    """The call whose result a print shows at its end, and what it shows before; None when it is another print."""
    call = block.shown_by(parts[-1]) if parts else None
    if call is None:
        return None, ""
    *before, last = parts
    try:
        label = "".join(f"{block.known.value(part)} " for part in before)
        return call, label + (
            block.known.value(ast.JoinedStr(last.values[:-1])) if isinstance(last, ast.JoinedStr) else ""
        )
    except Unknown:
        return None, ""


def _labels(block: _Block) -> list[str | None]:
    """What is printed before the result of each call, if there is one print for each, in order, and they can be told apart."""
    labels = [label for _, label in block.prints]
    in_order = [call for call, _ in block.prints] == block.calls and all(labels[1:])
    return [*labels] if in_order else [None] * len(block.calls)


def _repeats_itself(name: str, arguments: dict[str, Any]) -> bool:
    """Models that talk and draw never say the same twice; detectors and readers do, of files that were not made on the way."""
    reads = name in _DETECTORS or (name == "inspect_file_as_text" and not arguments.get("question"))
    return reads and not any(str(value).startswith(_MADE) for value in arguments.values())


def _as_python(code: str, tree: ast.Module, names: Names) -> list[CodeStep]:
    """The block as one call of ``python``, and the finish that it ends with."""
    answers = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_final_answer(node.func)]
    if answers:
        return [CodeStep("python", {"code": _with_prints(code, answers)}, shows_answer=True), CodeStep("", {})]
    return [CodeStep("python", {"code": code}, "", is_repeatable(tree, names))]


def _is_final_answer(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "final_answer"


def _with_prints(code: str, answers: list[ast.Call]) -> str:
    """The code with ``print`` in place of ``final_answer``. Offsets of a syntax tree are UTF-8 bytes within a line."""
    lines = [line.encode() for line in code.split("\n")]
    for call in sorted(answers, key=lambda call: (call.lineno, call.col_offset), reverse=True):
        line, start, end = lines[call.lineno - 1], call.func.col_offset, call.func.end_col_offset
        if line[start:end] == b"final_answer":
            given = line[end:].replace(b"answer=", b"", 1) if line[end:].startswith(b"(answer=") else line[end:]
            lines[call.lineno - 1] = line[:start] + b"print" + given
    return b"\n".join(lines).decode()
