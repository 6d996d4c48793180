"""``golden_outputs``: the gold data of a suite as digests without a fault, to be perturbed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from summarizer.articles.article import Article
from summarizer.digest import (
    ArticleRef,
    Digest,
    ModelRef,
    RelatedArticle,
    Summary,
    SummarySentence,
    TopicLabel,
    Usage,
)
from summarizer.evaluation.metrics import Output
from summarizer.evaluation.metrics.topic_metrics import canonical
from summarizer.evaluation.suite.definition import Conditions
from summarizer.evaluation.suite.samples import Sample
from summarizer.summaries.request import SummaryRequest, target_words
from summarizer.taxonomy import Taxonomy
from summarizer.text import count_words, split_sentences

CONFIDENCE: Final = 0.9
_MODEL: Final = ModelRef(name="gold", provider="extractive")
_USAGE: Final = Usage(
    requests=2, prompt_tokens=1000, completion_tokens=100, seconds=2.0, cost_usd=0.001
)
# Articles that a gold digest has as related ones; the retrieval metrics look at the first 5.
_RELATED: Final = 10


class Golden(NamedTuple):
    """A digest made of an article's gold data.

    Attributes:
        sample: what it is made of.
        output: the digest beside its gold; it read the background.
        background: an article on something else, which the digest's model was shown.
        foreign: an article on something else, which it was not shown; None without one.
    """

    sample: Sample
    output: Output
    background: Sample | None
    foreign: Sample | None

    def changed(self, **digest: Any) -> Output:
        """The output with other fields of its digest; nothing that was computed is kept."""
        return self._with({"digest": self.output.digest.model_copy(update=digest)})

    def without_sharing(self) -> Output:
        """The same output, of which nothing is computed yet."""
        return self._with({})

    def _with(self, changes: dict[str, Any]) -> Output:
        fields = {name: getattr(self.output, name) for name in Output.model_fields}
        return Output(**{**fields, **changes})


def golden_outputs(
    samples: Sequence[Sample], taxonomy: Taxonomy, *, depth: int | None, conditions: Conditions
) -> Iterator[Golden]:
    """The gold digest of each sample: its topics, its first reference, its story's articles.

    Args:
        samples: articles with gold data; what a sample lacks, its digest lacks.
        taxonomy: where the gold topics are from.
        depth: levels that are labelled; None: all.
        conditions: what else was asked for: the length of summaries.
    """
    for place, sample in enumerate(samples):
        others = [*samples[place + 1 :], *samples[:place]]
        elsewhere = [
            other
            for other in others
            if (other.story is None or other.story != sample.story)
            and other.article.language == sample.article.language
            and other.gold.references
        ]
        background, foreign = [*elsewhere, None, None][:2]
        output = _output(
            sample, others, background, taxonomy=taxonomy, depth=depth, conditions=conditions
        )
        yield Golden(sample, output, background, foreign)


def summary_of(text: str, language: str | None) -> Summary:
    """A text as the summary of a digest."""
    sentences = split_sentences(text, language)
    return Summary(
        text=text,
        words=count_words(text),
        style="paragraph",
        language=language,
        sentences=tuple(SummarySentence(text=found.text, supported=True) for found in sentences),
    )


def label(topic: str, taxonomy: Taxonomy) -> TopicLabel:
    """A topic as a digest has it; an id that the taxonomy does not have is its own name."""
    path = taxonomy.path(topic) if topic in {known.id for known in taxonomy.topics} else (topic,)
    return TopicLabel(
        id=topic,
        name=path[-1],
        path=path,
        confidence=CONFIDENCE,
        confidence_source="similarity",
    )


def _output(
    sample: Sample,
    others: Sequence[Sample],
    background: Sample | None,
    *,
    taxonomy: Taxonomy,
    depth: int | None,
    conditions: Conditions,
) -> Output:
    gold = sample.gold
    story = [other for other in others if sample.story and other.story == sample.story]
    if story and gold.relevant is None:
        gains = {other.article.id: 1.0 for other in story}
        gold = gold.model_copy(update={"relevant": gains})
    relevant = gold.relevant or {}
    ranked = sorted((other.article for other in others), key=lambda a: a.id not in relevant)
    words = target_words(
        conditions.length, style=conditions.style, article_words=sample.article.words
    )
    digest = Digest(
        article=ArticleRef.model_validate(sample.article, from_attributes=True),
        topics=None if gold.topics is None else _labels(gold.topics, taxonomy, depth),
        summary=summary_of(gold.references[0], sample.article.language)
        if gold.references
        else None,
        related=tuple(_related(ranked[:_RELATED])),
        model=_MODEL,
        usage=_USAGE,
    )
    return Output(
        article=sample.article,
        digest=digest,
        gold=gold,
        taxonomy=taxonomy,
        depth=depth,
        request=SummaryRequest(words=words, style=conditions.style),
        related=(background.article,) if background else (),
    )


def _labels(topics: Sequence[str], taxonomy: Taxonomy, depth: int | None) -> tuple[TopicLabel, ...]:
    return tuple(label(topic, taxonomy) for topic in canonical(topics, taxonomy, depth=depth))


def _related(articles: Iterable[Article]) -> Iterator[RelatedArticle]:
    for article in articles:
        yield RelatedArticle(
            id=article.id,
            source=article.source,
            title=article.title,
            published=article.published,
            relation="related",
            score=0.5,
        )
