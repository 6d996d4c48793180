"""What a judge said of the digests of a run, looked up for scoring."""

from __future__ import annotations

from collections.abc import Iterable

from summarizer.digest import Failure
from summarizer.errors import ConfigurationError
from summarizer.evaluation.judge_records import Judged, Panel
from summarizer.evaluation.log import read_log
from summarizer.evaluation.metrics import Sample
from summarizer.evaluation.metrics.judge_answers import Judging
from summarizer.evaluation.records import Key
from summarizer.evaluation.run_folder import RunFolder


class Verdicts:
    """The answers of one panel.

    Args:
        lines: of judge.jsonl, in order.
        panel: whose answers count; those of other judges, prompts and votes do not.
    """

    def __init__(self, lines: Iterable[Judged], panel: Panel) -> None:
        self.panel = panel
        self._answers = {
            line.key: line.answer for line in lines if not isinstance(line.answer, Failure)
        }

    def judged(self, sample: Sample, made: Key) -> Sample:
        """The sample with what the panel says of its digest.

        A question counts with all its votes or not at all, so that all digests have as many.
        """
        found = {}
        for task, question in sample.questions.items():
            votes = [
                self._answers.get(self.panel.key(made, task, question.subject, vote=vote))
                for vote in range(self.panel.votes)
            ]
            found[task] = () if None in votes else tuple(votes)
        judging = Judging(claims=found.get("judge", ()), facts=found.get("judge-facts", ()))
        return sample.judged(judging)


def load_verdicts(folder: RunFolder, *, judge: str | None = None) -> Verdicts | None:
    """The answers that a run is scored by; None where nobody judged it.

    Args:
        folder: the run.
        judge: the model whose answers count; None: the one that answered last.

    Raises:
        ConfigurationError: it did not judge this run.
    """
    lines = list(read_log(folder.judged, Judged))
    names = list(dict.fromkeys(line.panel.judge.name for line in lines))
    if judge is not None and judge not in names:
        raise ConfigurationError(
            f"{judge!r} did not judge the run {str(folder.path)!r}",
            hint=f"judges: {', '.join(names)}" if names else "summarizer eval judge RUN --model M",
        )
    panels = [line.panel for line in lines if judge in (None, line.panel.judge.name)]
    return Verdicts(lines, panels[-1]) if panels else None
