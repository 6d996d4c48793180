"""Topics from a small model: one yes/no question per label, answered by log-probabilities.

A small model that is asked for a list fills it up; asked label by label it ranks well. The article
is the shared prefix of all questions, so the server reads it once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from summarizer.digest import Usage
from summarizer.llm.structured import YesNo, ask_yes_no, logit
from summarizer.progress import step
from summarizer.taxonomy import Topic
from summarizer.topics.topic_labels import Candidate, choose_topics

if TYPE_CHECKING:
    from summarizer.articles.article import Article
    from summarizer.llm.client import ChatClient
    from summarizer.prompts import Prompt
    from summarizer.retrieval.neighbour import Neighbour
    from summarizer.taxonomy import Taxonomy
    from summarizer.topics.similarity import TopicScorer

# Questions per level: the topics that the similarity gives some chance, within these bounds.
_FEWEST: Final = 2
_MOST: Final = 6
FITS: Final = 0.3


class Pooling(NamedTuple):
    """P(fits) = sigmoid(model * logit(P(yes)) + similarity * logit(similarity) + bias).

    Attributes:
        chance: less similarity than this cannot be made good by the model's answer.
    """

    model: float
    similarity: float
    bias: float
    chance: float

    def confidence(self, *, yes: float, similarity: float) -> float:
        """Both scores as one probability."""
        z = self.model * logit(yes) + self.similarity * logit(similarity) + self.bias
        return 1 / (1 + math.exp(-z))


# Topics with examples (the default taxonomy): the similarity has learnt from them. Near the
# logistic regression over answers of qwen2.5-coder-1.5b on BBC, AG News and MasakhaNEWS rows (0.1,
# 0.9, -0.9). First topic right on the first 100 BBC rows: the model alone 0.74, similarity alone
# 0.95, this 0.94; at FITS 87 % of the labels given are the row's own, and 91 % of the rows' labels
# are given.
WITH_EXAMPLES: Final = Pooling(model=0.3, similarity=0.8, bias=-0.8, chance=0.1)
# Topics with a name and at most a description: the regression over AG News rows 500 to 579 with
# labelled neighbours. With these and without neighbours, on rows 300 to 419 (the weights above in
# brackets): Brier score 0.064 (0.094), set F1 at FITS 0.83 (0.72), first topic right 0.892
# (0.883); with neighbours 0.048 (0.055), 0.88 (0.88), 0.908 (0.883). 60 BBC rows: the same way.
PLAIN: Final = Pooling(model=0.85, similarity=0.94, bias=0.0, chance=0.03)


class TopicAnswer(NamedTuple):
    """What was measured for one topic.

    Attributes:
        yes: the model's P(yes).
        similarity: of the article with the topic's texts, with the votes of neighbours.
        confidence: both as one probability.
    """

    topic: Topic
    yes: float
    similarity: float
    confidence: float


class ScoredClassifier:
    """Asks a model about the topics that the similarity puts on the shortlist."""

    def __init__(self, client: ChatClient, scorer: TopicScorer, prompt: Prompt) -> None:
        self._client = client
        self._scorer = scorer
        self._prompt = prompt

    def answers(
        self, article: Article, topics: Sequence[Topic], *, neighbours: Sequence[Neighbour] = ()
    ) -> tuple[list[TopicAnswer], Usage]:
        """The scores of the shortlisted topics, most confident first.

        Labelled ``neighbours`` have a vote on the shortlist and on the similarity of each topic.
        """
        usage = Usage()
        answers = []
        ranked = self._scorer.scores(article, topics, neighbours=neighbours)
        pooling = WITH_EXAMPLES if any(topic.examples for topic in topics) else PLAIN
        promising = sum(scored.score >= pooling.chance for scored in ranked)
        asked = ranked[: min(max(promising, _FEWEST), _MOST)]
        for number, scored in enumerate(asked, start=1):
            step(f"topic {number} of {len(asked)}")
            yes, cost = self._ask(article, scored.topic)
            usage += cost
            confidence = pooling.confidence(yes=yes, similarity=scored.score)
            answers.append(TopicAnswer(scored.topic, yes, scored.score, confidence))
        answers.sort(key=lambda answer: -answer.confidence)
        return answers, usage

    def fitting(
        self, article: Article, topics: Sequence[Topic], *, neighbours: Sequence[Neighbour] = ()
    ) -> tuple[list[Candidate], Usage]:
        """The topics that fit, best first; the model is not asked where articles taught them."""
        if self._scorer.has_learnt(topics[0].parent):
            return self._scorer.fitting(article, topics, neighbours=neighbours), Usage()
        answers, usage = self.answers(article, topics, neighbours=neighbours)
        fitting = [a for a in answers if a.confidence >= FITS]
        return [Candidate(a.topic, round(a.confidence, 4)) for a in fitting], usage

    def _ask(self, article: Article, topic: Topic) -> YesNo:
        messages = self._prompt.render(
            title=article.title or "",
            published=article.published or "",
            article=article.text,
            topic=topic.name,
            topic_description=topic.description or topic.name,
        )
        hint = "--topics list asks for the topics in one answer"
        return ask_yes_no(self._client, messages, hint=hint)


def scored_topics(
    client: ChatClient,
    scorer: TopicScorer,
    prompt: Prompt,
    article: Article,
    *,
    neighbours: Sequence[Neighbour],
    taxonomy: Taxonomy,
    max_topics: int,
    depth: int | None,
) -> tuple[list[Candidate], Usage]:
    """Topics label by label."""
    classifier = ScoredClassifier(client, scorer, prompt)
    usage = Usage()

    def ask(topics: Sequence[Topic]) -> Sequence[Candidate]:
        nonlocal usage
        fitting, cost = classifier.fitting(article, topics, neighbours=neighbours)
        usage += cost
        return fitting

    chosen = choose_topics(taxonomy, ask, max_topics=max_topics, depth=depth)
    return chosen, usage
