"""What the live tests have Inspect do, in a process of its own; it prints JSON.

python inspect_session.py eval DIR      two logs of its mock model, and their scores
python inspect_session.py read FILE     what its readers make of a log; also written anew
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai import eval as run_eval
from inspect_ai.analysis import evals_df, samples_df
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import (
    read_eval_log,
    read_eval_log_sample,
    read_eval_log_sample_summaries,
    write_eval_log,
)
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


def read(path: str) -> dict[str, Any]:
    log = read_eval_log(path)
    first = log.samples[0]
    frame = samples_df(path, quiet=True)
    again = {kind: str(Path(path).with_suffix(f".again.{kind}")) for kind in ("eval", "json")}
    for location in again.values():
        write_eval_log(log, location)
    return {
        "status": log.status,
        "samples": len(log.samples),
        "summaries": len(read_eval_log_sample_summaries(path)),
        "first": read_eval_log_sample(path, first.id, first.epoch).output.completion,
        "errors": [sample.error.message for sample in log.samples if sample.error],
        "topic_f1": frame["score_topic_f1"].dropna().tolist(),
        "mean": float(evals_df(path, quiet=True)["score_topic_f1_mean"].iloc[0]),
        "again": again,
    }


if __name__ == "__main__":
    if sys.argv[1] == "eval":
        paths = [
            make(f"{sys.argv[2]}/{wrong}", wrong=wrong, broken=broken)
            for wrong, broken in ((0, None), (2, "roof"))
        ]
        found: Any = {"paths": paths, "means": [means(path) for path in paths]}
    else:
        found = read(sys.argv[2])
    sys.stdout.write(json.dumps(found) + "\n")
