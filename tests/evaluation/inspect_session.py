"""What the live tests have Inspect do, in a process of its own; it prints JSON.

python inspect_session.py DIR      two logs of its mock model, and their scores
"""

from __future__ import annotations

import json
import sys
from typing import Any

from inspect_ai import Task
from inspect_ai import eval as run_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import read_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import Score, Target, exact, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver

WORDS = ("bridge", "ferry", "harvest", "library", "roof", "drums")


@scorer(metrics=[mean(), stderr()])  # type: ignore[untyped-decorator]
def length() -> Any:
    async def score(state: TaskState, _: Target) -> Score:
        if state.sample_id == "drums":
            return Score.unscored(explanation="nothing to count")
        return Score(value=float(len(state.output.completion)) + state.epoch)

    return score


@scorer(metrics={"*": [mean()]})  # type: ignore[untyped-decorator]
def parts() -> Any:
    async def score(state: TaskState, _: Target) -> Score:
        return Score(value={"first": 1, "second": 0.5 / state.epoch})

    return score


@solver  # type: ignore[untyped-decorator]
def failing(word: str | None) -> Solver:
    async def solve(state: TaskState, _: Generate) -> TaskState:
        if state.sample_id == word:
            raise ValueError("broken on purpose")
        return state

    return solve


def answered(text: str) -> ModelOutput:
    output = ModelOutput.from_content("mockllm/model", text)
    output.usage = ModelUsage(input_tokens=5, output_tokens=2, total_tokens=7)
    return output


def make(folder: str, *, wrong: int, broken: str | None) -> str:
    """The log of a task in which the first ``wrong`` answers are wrong."""
    data = [Sample(id=word, input=f"Say {word}.", target=word) for word in WORDS]
    answers = ["?" if place < wrong else word for place, word in enumerate(WORDS)]
    task = Task(
        name="sayings",
        dataset=MemoryDataset(data, name="sayings"),
        solver=[generate(), failing(broken)],
        scorer=[exact(), length(), parts()],
    )
    model = get_model("mockllm/model", custom_outputs=[answered(text) for text in answers * 2])
    options: dict[str, Any] = {"epochs": 2, "fail_on_error": False, "max_samples": 1}
    (log,) = run_eval(task, model=model, log_dir=folder, display="none", **options)
    return str(log.location)


def means(path: str) -> dict[str, float]:
    log = read_eval_log(path)
    return {
        f"{score.scorer}.{score.name}": score.metrics["mean"].value for score in log.results.scores
    }


if __name__ == "__main__":
    paths = [
        make(f"{sys.argv[1]}/{wrong}", wrong=wrong, broken=broken)
        for wrong, broken in ((0, None), (2, "roof"))
    ]
    found = {"paths": paths, "means": [means(path) for path in paths]}
    sys.stdout.write(json.dumps(found) + "\n")
