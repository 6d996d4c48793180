"""``PairRun``: which of two variants' summaries a judge prefers, article by article."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from typing import Any, NamedTuple

from summarizer.articles.article import Article
from summarizer.digest import Digest, Usage
from summarizer.errors import ConfigurationError
from summarizer.evaluation.judge.asking import Asking, Inquiry
from summarizer.evaluation.judge.judge import Judge, Preference, family_warning
from summarizer.evaluation.judge.judge_questions import pair_question
from summarizer.evaluation.judge.verdicts import (
    PairedSummaries,
    PairKey,
    PreferenceReport,
    Preferred,
    preference_report,
)
from summarizer.evaluation.metrics.scored_output import source_of
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.manifest import Generation, Key
from summarizer.evaluation.suite.samples import drawn


class JudgedVariant(NamedTuple):
    """A variant of a run; one of the two of a preference."""

    folder: RunFolder
    variant: str

    @property
    def model(self) -> str:
        """The name of its model."""
        planned = (p for p in self.folder.manifest.variants if p.variant.name == self.variant)
        return next(planned).model.name


class _Item(NamedTuple):
    """A question: the summaries of A and B of one article in one epoch."""

    key: PairKey
    sample: str
    epoch: int
    a: str
    b: str
    article: Article


class PairRun(Asking[Preferred]):
    """Has a judge's preferences written into preferences.jsonl of B's run.

    Args:
        a: what was.
        b: what is new.
        judge: who is asked, twice for each pair: in both orders.
        votes: preferences of each pair.
        limit: so many articles, drawn by lot; None: all that both have.
    """

    def __init__(
        self,
        a: JudgedVariant,
        b: JudgedVariant,
        judge: Judge,
        *,
        votes: int = 1,
        limit: int | None = None,
    ) -> None:
        self._a, self._b = a, b
        super().__init__(b.folder, b.folder.preferences, Preferred, judge)
        self._votes = votes
        self._limit = limit
        apart = a.folder.path != b.folder.path and a.variant == b.variant
        self.names = tuple(f"{s.variant} ({s.folder.path})" if apart else s.variant for s in (a, b))

    @property
    def warnings(self) -> list[str]:
        """One sentence for each variant whose model is of the judge's family."""
        model = self._judge.client.model
        found = (family_warning(model, variant.model) for variant in (self._a, self._b))
        return list(dict.fromkeys(filter(None, found)))

    def report(self) -> PreferenceReport:
        """What is known so far."""
        return preference_report(
            self._paired(),
            self.names,
            judge=self._judge.client.model,
            prompt=self._judge.prompt("judge-pair"),
            votes=self._votes,
            warnings=self.warnings,
        )

    def _paired(self) -> Iterator[PairedSummaries]:
        """Each article that has a summary of both variants, with its answers."""
        items: dict[str, list[_Item]] = {}
        for item in self._items:
            items.setdefault(item.sample, []).append(item)
        for sample, pairs in self._pairs.items():
            asked = items.get(sample, [])
            answers = [self._there[item.key].answer for item in asked if item.key in self._there]
            yield PairedSummaries(
                sample=sample,
                story=self._b.folder.samples[sample].story,
                summaries=tuple((a, b) for _, a, b in pairs),
                preferences=tuple(a for a in answers if isinstance(a, Preference)),
                complete=len(answers) == len(asked),
            )

    @cached_property
    def _pairs(self) -> dict[str, list[tuple[int, str, str]]]:
        """For each article (epoch, summary of A, summary of B) where both are there."""
        ours, theirs = self._a.folder.samples, self._b.folder.samples
        made_a, made_b = self._a.folder.generations(), self._b.folder.generations()
        same = [c for c in theirs if c in ours and ours[c].article.id == theirs[c].article.id]
        epochs = self._b.folder.manifest.epochs
        found: dict[str, list[tuple[int, str, str]]] = {}
        for sample in drawn(same, limit=self._limit, seed=self._b.folder.manifest.suite.seed):
            for epoch in range(epochs):
                a = _summary(made_a.get(Key(sample, self._a.variant, epoch)))
                b = _summary(made_b.get(Key(sample, self._b.variant, epoch)))
                if a is not None and b is not None:
                    found.setdefault(sample, []).append((epoch, a, b))
        return found

    @cached_property
    def _items(self) -> list[_Item]:
        """Each pair of summaries and vote; equal summaries are a tie without a question."""
        model, prompt = self._judge.client.model, self._judge.prompt("judge-pair")
        items = []
        for sample, pairs in self._pairs.items():
            found = self._b.folder.samples[sample]
            article = source_of(found.article, found.gold)
            for epoch, a, b in pairs:
                if a == b:
                    continue
                subject = pair_question(a, b, article=article).subject
                for vote in range(self._votes):
                    key = PairKey(subject, model, prompt, vote)
                    items.append(_Item(key, sample, epoch, a, b, article))
        return items

    def _inquiry(self, item: _Item) -> Inquiry[Preferred]:
        return Inquiry(
            variant=self._b.variant,
            questions=(
                pair_question(item.a, item.b, article=item.article),
                pair_question(item.b, item.a, article=item.article),
            ),
            ask=partial(
                self._judge.prefer, item.a, item.b, article=item.article, vote=item.key.vote
            ),
            line=partial(self._line, item),
        )

    def _line(self, item: _Item, answer: Any, usage: Usage) -> Preferred:
        return Preferred(
            sample=item.sample,
            a=self.names[0],
            b=self.names[1],
            epoch=item.epoch,
            subject=item.key.subject,
            vote=item.key.vote,
            judge=item.key.judge,
            prompt=item.key.prompt,
            answer=answer,
            usage=usage,
        )


def matched(
    a: tuple[RunFolder, list[str]], b: tuple[RunFolder, list[str]]
) -> list[tuple[JudgedVariant, JudgedVariant]]:
    """The variants of two runs that are held against each other.

    One variant on each side: these two. Else the variants of equal names.

    Raises:
        ConfigurationError: there are none, or a variant would be held against itself.
    """
    (folder_a, variants_a), (folder_b, variants_b) = a, b
    names = [(name, name) for name in variants_a if name in variants_b]
    if len(variants_a) == len(variants_b) == 1:
        names = [(variants_a[0], variants_b[0])]
    pairs = [(JudgedVariant(folder_a, one), JudgedVariant(folder_b, two)) for one, two in names]
    if not pairs or (folder_a.path == folder_b.path and names[0][0] == names[0][1]):
        raise ConfigurationError(
            "there is no pair of variants to compare",
            hint="choose one of each, RUN:VARIANT; there are "
            + ", ".join({*variants_a, *variants_b}),
        )
    return pairs


def _summary(made: Generation | None) -> str | None:
    if made is None or not isinstance(made.result, Digest) or made.result.summary is None:
        return None
    return made.result.summary.text
