"""An explanation and a replay on the terminal, in colour."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracer1_rewards.explain import Executed, Explanation, Reading
from tracer1_rewards.replay import Replay

NAMED = 20  # lines that could not be scored, named on the terminal at most
NOTHING = Text("–", style="dim")


def show_explanation(console: Console, told: Explanation) -> None:
    """Print an explanation: reading, steps, execution, arithmetic, and the first rule that failed."""
    console.print(Text(f"{told.where} · stage {told.stage} · protocol {told.protocol}", style="bold"))
    console.print(_reading(told.reading))
    if told.steps:
        console.print(_steps(told))
    for number, step in told.missing.items():
        console.print(Text(f"nothing is compared with step {number} of the reference: {plain(step)}", style="yellow"))
    if told.execution:
        console.print(_execution(told.execution))
    parts = [f"{key} {value:.4g}" for key, value in told.components.items() if key not in ("score", "overall")]
    console.print(Text("components: " + " · ".join(parts)))
    for line in told.arithmetic:
        what, _, terms = line.partition(": ")
        console.print(Text.assemble((f"{what}: ", "cyan"), terms))
    console.print(_score(told))
    if told.failure:
        console.print(Text(f"first rule that failed: {plain(told.failure)}", style="bold red"))
    else:
        console.print(Text("no rule failed", style="bold green"))


def show_replay(console: Console, told: Replay) -> None:
    """Print a replay: means before and after, what changed within groups, and what could not be scored."""
    seen = told.comparison
    table = Table("component", title=f"stage {told.stage} · files: {told.files} · rollouts: {seen.scored}")
    for name in ("before", "after", "change", "lines"):
        table.add_column(name, justify="right")
    for key, component in seen.components.items():
        before, after = component.means(seen.scored)
        change = NOTHING if before is None else _change(after - before)
        was = NOTHING if before is None else f"{before:.4f}"
        table.add_row(key, was, f"{after:.4f}", change, str(component.known) if component.known else NOTHING)
    console.print(table)
    if not all(component.known for component in seen.components.values()):
        console.print("–: the dump does not have it", style="dim")
    groups = seen.groups()
    rank = "–" if groups.rank_correlation is None else f"{groups.rank_correlation:.3f}"
    for line in (
        f"{seen.changed} of {seen.scored} scores changed",
        f"{groups.count} groups of at least two rollouts: the best rollout is another one in {groups.best_changed}",
        f"rank correlation within groups {rank} (Spearman, mean of the {groups.ranked} that vary before and after)",
        f"groups without any variance: {groups.no_variance_before} before, {groups.no_variance_after} after",
    ):
        console.print(line, highlight=False)
    _name(console, told.unscored, "lines that could not be scored")
    _name(console, told.unreadable, "files that could not be read")


def plain(text: str) -> str:
    """The text on one line; what cannot be seen, or would steer the terminal, is spelled as in Python."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _reading(reading: Reading) -> Text:
    good = reading.status == "ok"
    told = Text.assemble("reading: ", (reading.status, "bold green" if good else "bold red"))
    if reading.reason:
        told.append(f", {plain(reading.reason)}")
    told.append(f"; {reading.thought_words} words of thought before the plan")
    if not good:
        told.append(f"\nstopped at character {reading.stopped_at}: ", "cyan")
        told.append(plain(reading.before), "dim")
        told.append("⟪stopped here⟫", "bold reverse red")
        told.append(plain(reading.after))
    return told


def _steps(told: Explanation) -> Table:
    table = Table("", "predicted", "compared with")
    for name in ("operation", "instruction", "similarity", "weight", "repeated", "adds"):
        table.add_column(name, justify="right")
    for one in told.steps:
        compared = one.reference is not None
        table.add_row(
            str(one.number),
            plain(one.predicted),
            f"{one.reference}. {plain(one.expected)}" if compared else NOTHING,
            *(_graded(value) if compared else NOTHING for value in (one.operation, one.instruction, one.similarity)),
            f"{one.weight:.4f}" if told.stage == 1 else NOTHING,
            Text("yes", style="red") if one.repeated else "no",
            _change(one.adds),
        )
    return table


def _execution(done: Executed) -> Text:
    told = Text.assemble(("execution: ", "cyan"), f"{done.executor} executor on step 1: {done.status}")
    if done.detail:
        told.append(f", {plain(done.detail)}")
    if done.answer is not None:
        told.append(f", answer {plain(done.answer)!r}")
    if done.point:
        told.append(f", point ({done.point[0]:g}, {done.point[1]:g})")
    if done.box and done.in_box is not None:
        edges = ", ".join(f"{edge:g}" for edge in done.box)
        told.append(" inside" if done.in_box else " outside", "green" if done.in_box else "red")
        told.append(f" the target box [{edges}]")
    return told


def _score(told: Explanation) -> Text:
    share = f" (steps {sum(one.adds for one in told.steps):+.4f}, format {told.format_share:+.4f})"
    text = Text.assemble(
        ("score ", "bold"), (f"{told.score:.4f}", "bold magenta"), f" of at most {told.maximum:.4f}", share
    )
    return text if told.recorded is None else text.append(f"; the dump has {told.recorded:.4f}")


def _graded(value: float) -> Text:
    return Text(f"{value:.4f}", style="green" if value == 1 else "red" if value == 0 else "yellow")


def _change(value: float) -> Text:
    return Text(f"{value:+.4f}", style="green" if value > 0 else "red" if value < 0 else "dim")


def _name(console: Console, problems: list[str], what: str) -> None:
    if problems:
        console.print(Text(f"{what}: {len(problems)}", style="bold red"))
        for problem in problems[:NAMED]:
            console.print(Text(f"  {plain(problem)}", style="red"))
        if len(problems) > NAMED:
            console.print(Text(f"  … and {len(problems) - NAMED} more: --json names them all", style="red"))
