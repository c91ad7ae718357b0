"""Writes ``golden.jsonl``: responses as text, what a careful reader takes from them, and what they are worth.

    python tests/rewards/make_golden.py

Hand-made oddities (:data:`ODDITIES`, :data:`PLANS`), and every kind of error at every position (:func:`systematic`).
Next to each response stands the plan that it holds, written by the same hand and not by the parser; values come from
``oracle.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oracle import Step, values

GOLDEN = Path(__file__).with_name("golden.jsonl")
HORIZON = 6


def written(steps: list[Step], first: int = 1) -> str:
    """A plan as it should be written."""
    return "\n".join(f"{number}. {as_text(step)}" for number, step in enumerate(steps, first))


def as_text(step: Step) -> str:
    """One step without its number."""
    kind, arguments, says = step
    inside = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
    return f"{kind}({inside}): {says}"


WAIT: Step = ("wait", {}, "Wait for the page")
DONE: Step = ("finish", {}, "Done")
FORM: list[Step] = [
    ("click", {}, "Click the name field"),
    ("type", {"text": "bob"}, "Enter the name"),
    ("click", {}, "Click Submit"),
    DONE,
]
DOWN: Step = ("scroll", {"direction": "down"}, "Scroll down the list")
SCROLLS: list[Step] = [DOWN, DOWN, DOWN, ("click", {}, "Open the entry")]
OCR: Step = ("call_tool", {"name": "ocr", "arguments": {"image": "a.png", "page": 2}}, "Read the page")
SEARCH: Step = ("call_tool", {"name": "search", "arguments": {"query": "weather in Paris"}}, "Look up the weather")
TOOLS: list[Step] = [OCR, SEARCH, ("answer", {"text": "sunny"}, "Tell the user")]
WEATHER: Step = ("type", {"text": "weather"}, "Enter the query")
QUERY: list[Step] = [WEATHER]
COPY: Step = ("key", {"key": "ctrl+c"}, "Copy the word")
PARIS: Step = ("select", {"value": "Paris"}, "Choose the city")
AT: Step = ("click", {"point": [500, 500]}, "Click the word")
MIXED: list[Step] = [AT, COPY, PARIS, ("finish", {"answer": "42"}, "Report the number")]
F, S, T = written(FORM), written(SCROLLS), written(TOOLS)


def upto(text: str, end: str) -> str:
    """The text cut off behind ``end``."""
    return text[: text.index(end) + len(end)]


def says(step: Step, instruction: str) -> Step:
    """The step with another instruction."""
    return step[0], step[1], instruction


def typing(text: str, instruction: str = "Enter the query") -> Step:
    """A step that types."""
    return "type", {"text": text}, instruction


def ocr(**arguments: Any) -> Step:
    """The tool call OCR with other arguments."""
    return "call_tool", {"name": "ocr", "arguments": arguments}, "Read the page"


CODE = "__import__('os').system('touch hacked')"
HUGE = "weather " * 600
DEEP = '{"a": ' * 30 + "1" + "}" * 30
# why, reference, response, how the reading ends, the plan that can be read
ODDITIES: list[tuple[str, list[Step], str, str, list[Step]]] = [
    ("empty", FORM, "", "empty", []),
    ("blank", FORM, " \n\t\n", "empty", []),
    ("prose", FORM, "I would click the name field and enter bob.", "empty", []),
    ("honest", FORM, F, "ok", FORM),
    ("honest scrolling", SCROLLS, S, "ok", SCROLLS),
    ("honest tool calls", TOOLS, T, "ok", TOOLS),
    ("thought before", FORM, f"<think>First the field.</think>\n{F}", "ok", FORM),
    ("thought in prose", FORM, f"First the field, then Submit.\n\n{F}", "ok", FORM),
    ("thought with a draft", FORM, f"<think>1. wait(): no</think>\n{F}", "ok", FORM),
    ("honest draft, other plan", FORM, f"<think>\n{F}\n</think>\n1. wait(): Wait for the page", "ok", [WAIT]),
    ("plan and a closed thought behind it", FORM, f"{F}\n<think>good</think>", "empty", []),
    ("thought never closed", FORM, f"<think>\n{F}", "truncated", []),
    ("thought closed twice", FORM, f"<think>a</think>b</think>\n{F}", "ok", FORM),
    ("code fence", FORM, f"```\n{F}\n```", "ok", FORM),
    ("code fence with a language", FORM, f"```text\n{F}\n```\n", "ok", FORM),
    ("blank lines between", FORM, F.replace("\n", "\n\n"), "ok", FORM),
    ("indented, with brackets", FORM, "  " + F.replace("\n", "\n  ").replace(". ", ") "), "ok", FORM),
    ("windows line ends", FORM, F.replace("\n", "\r\n"), "ok", FORM),
    ("spaces around", FORM, "1.  click( ) :  Click   the name field ", "ok", FORM[:1]),
    ("single quotes", FORM, F.replace('"bob"', "'bob'"), "ok", FORM),
    ("quotes within quotes", QUERY, "1. type(text='say \"hi\"'): Enter the query", "ok", [typing('say "hi"')]),
    ("escapes", QUERY, r'1. type(text="a\n\"b\"\u0041"): Enter the query', "ok", [typing('a\n"b"A')]),
    ("unclosed quote", QUERY, '1. type(text="weather): Enter the query', "truncated", []),
    ("unclosed quote, more lines", QUERY, '1. type(text="weather): Enter\n2. wait(): x', "malformed", []),
    ("colon in the text", QUERY, '1. type(text="a): b"): Enter the query', "ok", [typing("a): b")]),
    ("cut in the number", FORM, upto(F, "\n2"), "truncated", FORM[:1]),
    ("cut behind the dot", FORM, upto(F, "2."), "truncated", FORM[:1]),
    ("cut in the type", FORM, upto(F, "2. ty"), "truncated", FORM[:1]),
    ("cut behind the bracket", FORM, upto(F, "type("), "truncated", FORM[:1]),
    ("cut in the argument's name", FORM, upto(F, "type(te"), "truncated", FORM[:1]),
    ("cut behind the equals sign", FORM, upto(F, "text="), "truncated", FORM[:1]),
    ("cut in the text", FORM, upto(F, '"bo'), "truncated", FORM[:1]),
    ("cut behind the text", FORM, upto(F, '"bob"'), "truncated", FORM[:1]),
    ("cut before the colon", FORM, upto(F, '"bob")'), "truncated", FORM[:1]),
    ("cut behind the colon", FORM, upto(F, '"bob"):'), "truncated", FORM[:1]),
    ("cut in the instruction", FORM, upto(F, "Enter the n"), "ok", [FORM[0], says(FORM[1], "Enter the n")]),
    ("cut behind a line", FORM, upto(F, "Enter the name\n"), "ok", FORM[:2]),
    ("cut in a point", MIXED, "1. click(point=[500, 5", "truncated", []),
    ("cut in a tool's arguments", TOOLS, upto(T, '"image": '), "truncated", []),
    ("numbered from 0", FORM, written(FORM, 0), "malformed", []),
    ("numbered from 2", FORM, written(FORM, 2), "malformed", []),
    ("all numbered 1", FORM, "1. click(): Click the name field\n" * 4, "malformed", FORM[:1]),
    ("bullets", FORM, "\n".join(f"- {as_text(step)}" for step in FORM), "empty", []),
    ("reference twice", SCROLLS, f"{S}\n{written(SCROLLS, 5)}", "ok", SCROLLS * 2),
    ("reference twice, numbered anew", SCROLLS, f"{S}\n{S}", "malformed", SCROLLS),
    ("steps after finish", FORM, written([FORM[0], DONE, WAIT, WAIT]), "malformed", [FORM[0], DONE, WAIT]),
    ("tool call in single quotes", TOOLS, T.replace('"', "'"), "ok", TOOLS),
    ("tool call without a name", TOOLS, "1. call_tool(arguments={}): Read the page", "malformed", []),
    ("tool arguments as a list", TOOLS, '1. call_tool(name="ocr", arguments=["a"]): Read', "malformed", []),
    ("a tool's argument twice", TOOLS, '1. call_tool(name="ocr", arguments={"a": 1, "a": 2}): a', "malformed", []),
    ("tool arguments too deep", TOOLS, f'1. call_tool(name="ocr", arguments={DEEP}): Read', "malformed", []),
    ("unknown type", FORM, "1. fly(): Fly to the field", "malformed", []),
    ("unknown argument", FORM, '1. click(element="name"): Click the name field', "malformed", []),
    ("argument twice", QUERY, '1. type(text="a", text="weather"): Enter the query', "malformed", []),
    ("required argument missing", QUERY, "1. type(): Enter the query", "malformed", []),
    ("wrong kind of argument", QUERY, "1. type(text=7): Enter the query", "malformed", []),
    ("no such direction", SCROLLS, '1. scroll(direction="sideways"): Scroll down the list', "malformed", []),
    ("point off the screen", MIXED, "1. click(point=[500, 1001]): Click the word", "malformed", []),
    ("point of three numbers", MIXED, "1. click(point=[5, 5, 5]): Click the word", "malformed", []),
    ("point not a number", MIXED, "1. click(point=[NaN, 5]): Click the word", "malformed", []),
    ("no instruction", QUERY, '1. type(text="weather"):', "truncated", []),
    ("no instruction, more lines", QUERY, '1. type(text="weather"):\n2. wait(): x', "malformed", []),
    ("no brackets", QUERY, "1. type weather: Enter the query", "empty", []),
    ("no colon", QUERY, '1. type(text="weather") Enter the query', "malformed", []),
    ("unbreakable spaces", QUERY, '1. type(text="weather"): Enter\u00a0the\u2003query', "ok", [WEATHER]),
    ("other line separators", QUERY, '1. type(text="weather"): Enter\u2028the\x0bquery', "ok", [WEATHER]),
    ("half a letter", QUERY, '1. type(text="\\ud83d"): Enter the query', "malformed", []),
    ("vision token", FORM, f"{F} <|image_pad|>", "malformed", []),
    ("vision token in the thought", FORM, f"<think><|vision_start|></think>{F}", "malformed", []),
    ("text behind the plan", FORM, f"{F}\nI hope this helps.", "trailing", FORM),
    ("numbered text behind the plan", FORM, f"{F}\n5. Then I would look.", "malformed", FORM),
    ("GUI-R1: injected code", QUERY, f"<think>x</think><answer>[{{'action': {CODE}}}]</answer>", "empty", []),
    ("GUI-R1: its own format", QUERY, "<answer>[{'action': 'type', 'input_text': 'weather'}]</answer>", "empty", []),
    ("injected code as an argument", QUERY, f"1. type(text={CODE}): Enter the query", "malformed", []),
]
# why, reference, a plan that is written as it should be
PLANS: list[tuple[str, list[Step], list[Step]]] = [
    ("form behind the horizon", FORM, [*[WAIT] * HORIZON, *FORM]),
    ("scrolling behind the horizon", SCROLLS, [*[WAIT] * HORIZON, *SCROLLS]),
    ("tool calls behind the horizon", TOOLS, [*[WAIT] * HORIZON, *TOOLS]),
    ("honest with points", MIXED, MIXED),
    ("padding to the horizon", FORM[:3], [*FORM[:3], WAIT, WAIT, WAIT]),
    ("beyond the horizon", SCROLLS, [DOWN] * 9),
    ("too short", FORM, FORM[:1]),
    ("nothing but the end", FORM, [DONE]),
    ("finish too early", FORM, [*FORM[:2], DONE]),
    ("finish too late", FORM, [*FORM[:3], WAIT, DONE]),
    ("finish without the answer asked", MIXED, [*MIXED[:3], says(DONE, "Report the number")]),
    ("one step, four times", FORM, [FORM[0]] * 4),
    ("repeated in capitals", FORM, [FORM[0], says(FORM[0], "CLICK THE NAME FIELD")]),
    ("as often as the reference repeats", SCROLLS, [DOWN] * 3),
    ("once more than the reference repeats", SCROLLS, [DOWN] * 4),
    ("a cycle of two", FORM, FORM[:2] * 3),
    ("tool call with a wrong argument", TOOLS, [ocr(image="b.png", page=2)]),
    ("tool call with one argument missing", TOOLS, [ocr(image="a.png")]),
    ("tool call with one argument more", TOOLS, [ocr(image="a.png", page=2, dpi=300)]),
    ("tool call with text for a number", TOOLS, [ocr(image="a.png", page="2")]),
    ("tool call, arguments reordered", TOOLS, [ocr(page=2, image="a.png")]),
    ("another tool", TOOLS, [("call_tool", {**OCR[1], "name": "detect"}, OCR[2])]),
    ("keys by their parts", MIXED, [AT, ("key", {"key": "C + Ctrl"}, COPY[2])]),
    ("key with one part more", MIXED, [AT, ("key", {"key": "ctrl+shift+c"}, COPY[2])]),
    ("another option", MIXED, [AT, COPY, ("select", {"value": "Pars"}, PARIS[2])]),
    ("GUI-R1: double quotes", QUERY, QUERY),
    ("finish with failure", FORM, [*FORM[:3], ("finish", {"outcome": "failure"}, "Done")]),
    ("finish with success, said", FORM, [*FORM[:3], ("finish", {"outcome": "success"}, "Done")]),
    ("finish with an answer unasked", FORM, [*FORM[:3], ("finish", {"answer": "x"}, "Done")]),
    ("tool call without arguments", TOOLS, [("call_tool", {"name": "ocr"}, "Read the page")]),
    ("opposite direction", SCROLLS, [("scroll", {"direction": "up"}, DOWN[2])] * 3),
    ("amounts are not judged", SCROLLS, [("scroll", {"direction": "down", "amount": 3}, DOWN[2])]),
    ("a point more than asked", FORM, [("click", {"point": [1, 2]}, FORM[0][2])]),
    ("point missing", MIXED, [("click", {}, AT[2])]),
    ("point just near enough", MIXED, [("click", {"point": [584, 612]}, AT[2])]),
    ("point just too far", MIXED, [("click", {"point": [584, 613]}, AT[2])]),
    ("instruction in capitals", QUERY, [says(WEATHER, "ENTER THE QUERY")]),
    ("text in capitals", QUERY, [typing("WEATHER")]),
    ("text with spaces around", QUERY, [typing(" weather ")]),
    ("empty text", QUERY, [typing("")]),
    ("accents and signs", QUERY, [typing("wéather ☂ 天气", "Öffne das Wetter")]),
    ("huge text", QUERY, [typing(HUGE)]),
    ("huge instruction", QUERY, [says(WEATHER, HUGE.strip())]),
    ("injected code as a text", QUERY, [typing(CODE)]),
    ("GUI-R1: one letter of the word", QUERY, [typing("e")]),
    ("GUI-R1: float coordinates", MIXED, [("click", {"point": [500.25, 499.5]}, AT[2])]),
]


@dataclass(frozen=True)
class Case:
    """A response, the plan in it, and what it is compared with."""

    why: str
    reference: list[Step]
    response: str
    status: str
    plan: list[Step]
    settings: dict[str, Any] = field(default_factory=dict)

    def line(self, number: int) -> str:
        """The line of the golden file."""
        worth = values(self.plan, self.reference, HORIZON, self.status, self.settings)
        return json.dumps(
            {
                "id": f"{number:03}",
                "why": self.why,
                "reference": self.reference,
                "horizon": HORIZON,
                "settings": self.settings,
                "response": self.response,
                "status": self.status,
                "steps": len(self.plan),
                **{name: round(float(value), 12) for name, value in worth.items()},
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )


SETTINGS: list[dict[str, Any]] = [
    {},
    {"preset": "paper", "discount": 0.5},
    {"alignment": "monotone"},
    {"preset": "paper", "alignment": "monotone", "discount": 1.0, "repetition_weight": 1.0},
    {"discount": 0.7, "instruction_weight": 0.25, "format_weight": 0.0, "alignment_weight": 2.0},
]
LOGIN: list[Step] = [
    ("click", {"point": [200, 300]}, "Click the user field"),
    ("type", {"text": "alice"}, "Enter the user name"),
    ("key", {"key": "Tab"}, "Go to the password"),
    ("scroll", {"direction": "down"}, "Scroll to the button"),
]
OTHER_ARGUMENTS = [{"point": [700, 300]}, {"text": "alic3"}, {"key": "Enter"}, {"direction": "up"}]


def errors(at: int) -> Iterator[tuple[str, str, str, list[Step]]]:
    """Every kind of error in the step ``at`` of LOGIN: what it is, the response, its status, the plan in it."""
    before, (kind, arguments, instruction), after = LOGIN[:at], LOGIN[at], LOGIN[at + 1 :]
    wrong: dict[str, list[Step]] = {
        "another type": [*before, ("wait", {}, instruction), *after],
        "another argument": [*before, (kind, OTHER_ARGUMENTS[at], instruction), *after],
        "another instruction": [*before, (kind, arguments, "Do what is asked"), *after],
        "missing": [*before, *after],
        "inserted": [*before, ("hover", {}, "Hover over the menu"), LOGIN[at], *after],
        "doubled": [*before, LOGIN[at], LOGIN[at], *after],
        "reversed from here": [*before, *reversed(LOGIN[at:])],
        "finished": [*before, DONE],
    }
    for name, plan in wrong.items():
        yield name, written(plan), "ok", plan
    lines = written(LOGIN).split("\n")
    cut = "\n".join([*lines[:at], upto(lines[at], "(")])
    yield "cut off", cut, "truncated", before
    lines[at] = "9" + lines[at][1:]
    yield "misnumbered", "\n".join(lines), "malformed", before
    yield "given up", written(before) + "\nI stop here.", "trailing" if before else "empty", before


def systematic() -> Iterator[Case]:
    """Each position of each kind of error under each of SETTINGS."""
    for at in range(len(LOGIN)):
        for name, response, status, plan in errors(at):
            for settings in SETTINGS:
                yield Case(f"{name} at {at + 1}", LOGIN, response, status, plan, settings)


def cases() -> list[Case]:
    """All cases: the hand-made ones under the default settings and under one other in turn, then the systematic ones."""
    plans = [(why, reference, written(plan), "ok", plan) for why, reference, plan in PLANS]
    odd = [
        Case(*oddity, chosen)
        for number, oddity in enumerate([*ODDITIES, *plans])
        for chosen in ({}, SETTINGS[1 + number % (len(SETTINGS) - 1)])
    ]
    return [*odd, *systematic()]


def golden() -> str:
    """The text of the golden file."""
    return "".join(case.line(number) + "\n" for number, case in enumerate(cases(), 1))


if __name__ == "__main__":
    GOLDEN.write_text(golden(), encoding="utf-8", newline="\n")
