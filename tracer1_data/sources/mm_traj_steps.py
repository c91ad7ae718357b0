"""The turns of an MM-Traj conversation → recorded steps. :mod:`tracer1_data.sources.mm_traj` says what is made of what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tracer1.actions import is_text
from tracer1.answers import ExpectedAnswer
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, Observation, RecordedStep
from tracer1_data.sources.mm_traj_code import CodeStep, read_blocks
from tracer1_data.sources.mm_traj_thoughts import instruct

LONGEST_ANSWER = 2_000
_OPENS = re.compile(r"```(?:py|python)?\n")  # a block of code as transformers' ReactCodeAgent finds it
_CLOSES = "\n```"
_OBSERVED = re.compile(r"\s*(?:\[OUTPUT OF STEP \d+\] *)?(Observation|Error):\s*")
_NO_RESULT = re.compile(r"error|traceback|file not found|get empty content", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of the agent: its place in the record's conversation, what it said and did, and what came back. ``code`` is empty
    where it wrote none."""

    number: int
    thought: str
    code: str
    output: str
    failed: bool


def turns_of(conversation: list[tuple[str, str]], first: int) -> Iterator[Turn]:
    """The agent's turns; what follows one is what came back. ``first`` is the place of the first turn in the record."""
    answers = [*conversation[1:], ("", "")]
    for number, ((role, text), (other, observed)) in enumerate(zip(conversation, answers, strict=True), first):
        if role != "assistant":
            continue
        opens = _OPENS.search(text)
        closes = text.find(_CLOSES, opens.end()) if opens else -1
        thought, code = (text[: opens.start()], text[opens.end() : closes]) if closes >= 0 else (text, "")
        output = "" if other == "assistant" else observed
        head = _OBSERVED.match(output)
        yield Turn(
            number,
            thought,
            code.replace("\r\n", "\n").replace("\r", "\n").strip(),
            output[head.end() if head else 0 :].strip(),
            failed=head is not None and head[1] == "Error",
        )


def steps_of(turns: list[Turn], seen: Observation, answer: str, where: str) -> Iterator[RecordedStep | Gap | Fault]:
    """The steps of an episode, whose answer is ``answer``; where a turn did nothing, the fault alone."""
    blocks = iter(read_blocks([turn.code for turn in turns if turn.code]))
    for turn in turns:
        place = f"{where}, turn {turn.number}"
        block = next(blocks) if turn.code else "the turn holds no code"
        if not isinstance(block, str):
            yield from _steps(turn, block, seen, answer, place)
        elif turn.failed or not turn.code:
            kind = "unreadable code" if turn.code else "no code"
            yield Fault(kind, place, "assistant", block, "nothing: the turn did nothing", expected=True)
        else:
            yield Gap(None, Fault("unreadable code", place, "assistant", block, "mend the code"))


def _steps(
    turn: Turn, block: list[CodeStep], seen: Observation, answer: str, where: str
) -> Iterator[RecordedStep | Gap | Fault]:
    results = _results(turn.output, block, answer)
    for done, instruction, result in zip(block, instruct(turn.thought, block), results, strict=True):
        if not done.tool and answer and not done.arguments:
            done = CodeStep("", {"answer": answer})
        failed = Fault("failed step", where, "user", _first_words(turn.output), "nothing: it failed", expected=True)
        try:
            step = Step(done.action, instruction)
        except ValueError as error:
            yield Gap(None, Fault("broken record", where, "assistant", str(error), "mend the text"))
            continue
        if turn.failed:
            yield Gap(step, failed, taught=False, output=result if is_text(result) else "") if done.tool else failed
        elif not is_text(result):
            reason = "the output holds a token that stands for a picture or a thought, or half a letter"
            yield Gap(step, Fault("unusable output", where, "user", reason, "mend the text"))
        else:
            truth = ExpectedAnswer("text", result) if _is_truth(done, result) else None
            yield RecordedStep(seen, step, output=result, answer=truth)


def _results(output: str, block: list[CodeStep], answer: str) -> list[str]:
    """What came back from each step. Where that cannot be told apart, the last call has it all."""
    calls = [position for position, step in enumerate(block) if step.tool]
    results = [""] * len(block)
    if block[0].shows_answer:
        results[0] = answer
    elif calls:
        parts = _cut_at([block[position].label for position in calls], output) or [*[""] * (len(calls) - 1), output]
        results[: len(parts)] = parts
    return results


def _cut_at(labels: list[str | None], output: str) -> list[str]:
    """The output cut where each label begins a line, without the labels; nothing if one is missing."""
    text, ends, starts = f"\n{output} ", [], []
    for number, label in enumerate(labels):
        mark = None if label is None else f"\n{label if number else label.lstrip()}"
        at = -1 if mark is None else text.find(mark, starts[-1] if starts else 0)
        if at < 0 or (number == 0 and at > 0):
            return []
        ends.append(at)
        starts.append(at + len(mark))
    return [text[start:end].strip() for start, end in zip(starts, [*ends[1:], len(text)], strict=True)]


def _is_truth(done: CodeStep, result: str) -> bool:
    """Whether the same call must give this very result again."""
    usable = 0 < len(result) <= LONGEST_ANSWER and not _NO_RESULT.match(result) and " at 0x" not in result
    return done.repeatable and done.label is not None and usable


def _first_words(text: str) -> str:
    return " ".join(text[:1000].split())[:200] or "an error"
