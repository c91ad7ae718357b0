"""The final answer of a task, wherever a prediction has it."""

from __future__ import annotations

from tracer1.evaluation.harness.base import Prediction


def final_answer_of(prediction: Prediction) -> str | None:
    """The answer that was kept, or what the last action finishes with; None where there is none."""
    if prediction.answer is not None or prediction.action is None:
        return prediction.answer
    arguments = prediction.action.arguments
    return {"finish": arguments.get("answer"), "answer": arguments.get("text")}.get(prediction.action.type)
