"""A small embedded model as judge, recorded over HTTP (see tests/llm/recording.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import recording
from judge_standin import FALSE, TRUE
from report_runs import digest, write_run

from summarizer.batch.job_folder import read_log
from summarizer.evaluation.judge.asking import JudgeRun
from summarizer.evaluation.judge.judge import Judge, Judged, open_judge
from summarizer.evaluation.judge.judge_questions import pair_question
from summarizer.evaluation.metrics.scored_output import ClaimVerdict, FactAnswer
from summarizer.evaluation.run.folder import RunFolder
from summarizer.settings import load_settings

T = TypeVar("T")
MODEL = "qwen2.5-coder-0.5b"


@pytest.fixture
def judge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judge]:
    recording.engine(MODEL, monkeypatch)
    settings = load_settings(model=MODEL, cache=False, threads=1)
    tape = recording.path_of(request.path.stem, request.node.originalname)
    with recording.play(tape), open_judge(settings) as judge:
        yield judge


def test_a_small_model_answers_in_form_and_its_quotations_are_checked(
    tmp_path: Path, judge: Judge
) -> None:
    """It is no good judge: it takes any words for a proof, and prefers what comes second."""
    folder = RunFolder.open(write_run(tmp_path, {"m": lambda c: digest(c, TRUE, FALSE)}, rows=1))
    report = JudgeRun(folder, judge).run()
    claims, facts = (line.answer for line in read_log(folder.judged, Judged))
    article = folder.samples["bridge-0"].article
    preference = judge.prefer(
        pair_question(TRUE, FALSE, article=article), pair_question(FALSE, TRUE, article=article)
    )

    assert (report.made, report.failed) == (2, 0)
    assert [(claim.verdict, claim.quote_found) for claim in _of(ClaimVerdict, claims)] == [
        ("article", True),
        ("neither", False),
    ]
    assert [(fact.told, fact.quote) for fact in _of(FactAnswer, facts)] == [
        (True, "The council voted on Tuesday."),
        (True, "The mayor resigned on Friday."),
    ]
    assert (preference.winner, preference.flipped) == ("tie", True)


def _of(kind: type[T], found: object) -> list[T]:
    assert isinstance(found, tuple)
    assert all(isinstance(one, kind) for one in found)
    return list(found)
