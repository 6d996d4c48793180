"""How far a judge can be trusted: its verdicts on statements that people checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Final, Literal, NamedTuple

from summarizer.digest import Usage
from summarizer.errors import ConfigurationError
from summarizer.evaluation.figures import interval_words
from summarizer.evaluation.judge.asking import UNLIMITED, How, Inquiry, answers_of
from summarizer.evaluation.judge.judge import Judge, Panel, panel_of
from summarizer.evaluation.judge.judge_questions import claims_question
from summarizer.evaluation.run.folder import Report, RunFolder
from summarizer.evaluation.run.manifest import Key
from summarizer.evaluation.scoring import RunOutputs
from summarizer.evaluation.selftest.record import OnRecord, judge_record
from summarizer.evaluation.stats.agreement import (
    clustered_share,
    corrected_mean,
    krippendorff_alpha,
)
from summarizer.evaluation.stats.interval import Interval, critical_t
from summarizer.evaluation.stats.power import ALPHA, articles_needed
from summarizer.evaluation.stats.significance import Proportion
from summarizer.evaluation.suite.definition import Data
from summarizer.evaluation.suite.file import SampleRow, read_source_rows
from summarizer.evaluation.suite.samples import to_sample
from summarizer.settings import Settings

# The least alpha that allows a tentative conclusion (Krippendorff).
TENTATIVE: Final = 0.667


class Reliability(OnRecord):
    """A judge against people: which statements follow from the article.

    Attributes:
        alpha: Krippendorff's alpha of judge and people.
        low: 95 % interval of alpha.
        agreement: share of the statements, clustered by article, on which both say the same.
        found: of what people call wrong, called wrong: TPR.
        false_alarms: of what people call right, called wrong: FPR.
    """

    KIND = "reliability"
    WHAT = "agreement with people"
    COMMAND = "judge --against LABELS --model"

    format: Literal[1] = 1
    panel: Panel
    articles: int
    alpha: float | None
    low: float | None
    high: float | None
    agreement: Proportion | None
    found: Proportion | None
    false_alarms: Proportion | None

    @property
    def of_judge(self) -> Panel:
        """Who was held against people."""
        return self.panel

    def doubt(self, least: float) -> str | None:
        """Why nobody knows that alpha is ``least`` or more, for people; None: it is.

        Alpha itself does not tell: of judges with an alpha of 0.52 to 0.55, 21 to 35 % reach 0.667
        by chance on 10 labelled articles, and 3 to 17 % on 40; of their intervals 1 to 6 % and none
        are above it (``benchmarks/judge_labels.py``).
        """
        if self.alpha is None or self.low is None or self.high is None:
            return (
                "its agreement with people (alpha) is unknown, as people or the judge call all "
                "statements right, or all wrong; label more articles"
            )
        if self.low >= least:
            return None
        alpha = f"{self.alpha:.3f} ({interval_words(self.low, self.high)})"
        if self.high < least:
            return (
                f"its agreement with people (alpha) is {alpha}, and must be {least:g} at least; "
                "more labels will not mend that"
            )
        error = (self.high - self.low) / (2 * critical_t(ALPHA, math.inf))
        needed = articles_needed(abs(self.alpha - least), error, n=self.articles)
        more = f"; about {needed:,} would tell" if needed else ""
        return (
            f"{self.articles:,} labelled articles are too few to tell whether its agreement with "
            f"people (alpha) is {least:g} or more: it is {alpha}{more}"
        )


class ReliabilityTest:
    """Has a judge read what people checked.

    Args:
        labels: rows with claims, as ``eval label`` writes them.
        judge: who is asked; the response cache remembers what was asked before.
        settings: for reading articles.

    Raises:
        ConfigurationError: the file is malformed, or nobody checked a statement in it.
    """

    def __init__(self, labels: Path, judge: Judge, *, settings: Settings) -> None:
        found = read_source_rows(Data(path=labels.name), folder=labels.parent)
        self._sources = [source for source in found if source.row.claims]
        self._judge, self._settings = judge, settings
        if not self._sources:
            raise ConfigurationError(
                f"nobody checked a statement in {str(labels)!r}",
                hint=f"summarizer eval label SOURCE -o {labels} --rater NAME",
            )

    @property
    def rows(self) -> dict[str, SampleRow]:
        """What people say, by article."""
        return {source.row.id: source.row for source in self._sources}

    @cached_property
    def inquiries(self) -> dict[int, Inquiry]:
        """All that is asked: one question for each row. Several raters have rows of their own."""
        found = {}
        for place, source in enumerate(self._sources):
            article = to_sample(source, None, settings=self._settings).article
            question = claims_question([claim.text for claim in source.row.claims], article)
            found[place] = Inquiry(source.row.id, (question,), partial(self._judge.ask, question))
        return found

    def run(
        self, how: How = UNLIMITED, *, spent: Sequence[Usage] = ()
    ) -> tuple[Reliability, Report]:
        """How far judge and people agree, and how many answers that rests on; see ``ask_all``.

        Raises:
            EndpointError: the endpoint is down, or refuses everything.
        """
        answers, report = answers_of(self._judge, self.inquiries, how, spent=spent)
        said = [
            (self._sources[place].row.id, claim.supported, verdict.verdict == "article")
            for place, verdicts in answers.items()
            for claim, verdict in zip(self._sources[place].row.claims, verdicts, strict=True)
        ]
        articles = [article for article, _, _ in said]
        alpha = krippendorff_alpha([pair for _, *pair in said], clusters=articles)
        return (
            Reliability(
                panel=self._judge.panel(1),
                articles=len(set(articles)),
                alpha=alpha.alpha,
                low=alpha.low,
                high=alpha.high,
                agreement=_share([(id_, people == judge) for id_, people, judge in said]),
                found=_share([(id_, not judge) for id_, people, judge in said if not people]),
                false_alarms=_share([(id_, not judge) for id_, people, judge in said if people]),
            ),
            report,
        )


def _share(hits: list[tuple[str, bool]]) -> Proportion | None:
    return clustered_share([hit for _, hit in hits], [article for article, _ in hits])


class Corrected(NamedTuple):
    """A judge's mean faithfulness of a variant, with its errors taken off.

    Attributes:
        variant: whose digests.
        judged: the judge's mean over all articles that it judged; None: none.
        corrected: by what people say of these same digests; None: of too few articles.
        labelled: articles whose digest people checked sentence by sentence.
        articles: that the judge judged.
    """

    variant: str
    judged: float | None
    corrected: Interval | None
    labelled: int
    articles: int


def corrected_means(
    folder: RunFolder, rows: Mapping[str, SampleRow], *, judge: str
) -> list[Corrected]:
    """The corrected mean of each variant of a judged run.

    Only labels of the run's own digests count: a judge may err more on one system than another.

    Args:
        folder: the run.
        rows: what people say, by article.
        judge: the model whose answers count.
    """
    outputs = RunOutputs(folder, panel_of(folder, judge=judge))
    found = []
    for variant in folder.manifest.planned:
        judged: dict[str, float] = {}
        people: dict[str, float] = {}
        for name in folder.samples:
            output = outputs.output(Key(name, variant, 0))
            share = output.judging.share("article") if output and output.judging else None
            if output is not None and share is not None:
                judged[name] = share
                checked = _checked(output.sentences, rows.get(name))
                people |= {} if checked is None else {name: checked}
        found.append(_corrected(variant, judged, people, folder))
    return found


def _checked(sentences: Sequence[str], row: SampleRow | None) -> float | None:
    """The share of the sentences that people call right; None where they did not check all."""
    said = {claim.text: claim.supported for claim in row.claims} if row else {}
    if not sentences or any(text not in said for text in sentences):
        return None
    return sum(said[text] for text in sentences) / len(sentences)


def _corrected(
    variant: str, judged: Mapping[str, float], people: Mapping[str, float], folder: RunFolder
) -> Corrected:
    others = [name for name in judged if name not in people]
    mean = corrected_mean(
        list(people.values()),
        [judged[name] for name in people],
        [judged[name] for name in others],
        stories=[folder.samples[name].story for name in people],
        other_stories=[folder.samples[name].story for name in others],
    )
    whole = sum(judged.values()) / len(judged) if judged else None
    return Corrected(variant, whole, mean, len(people), len(judged))


def unreliable(panel: Panel | None, *, least: float) -> str | None:
    """Why a judge may not gate where its alpha against people must be ``least``; None: it may."""
    found = judge_record(Reliability, panel)
    return found if isinstance(found, str) else found.doubt(least)
