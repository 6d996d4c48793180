"""Topics by either strategy, as labels with evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal

from summarizer.digest import Check, TopicLabel, Usage
from summarizer.llm.messages import ChatRequest
from summarizer.llm.structured import complete_json, parse_json
from summarizer.pipeline.context import Context
from summarizer.pipeline.one_call import repair_text
from summarizer.screening.reading import Reading
from summarizer.summaries.draft import article_variables
from summarizer.topics.levels import Candidate, choose_topics
from summarizer.topics.listed import (
    label_lines,
    parse_topics,
    topics_schema,
    with_confidence,
)
from summarizer.topics.scored import ScoredClassifier

if TYPE_CHECKING:
    from summarizer.articles.article import Article
    from summarizer.llm.client import ChatClient
    from summarizer.prompts import Prompt
    from summarizer.taxonomy import Taxonomy, Topic
    from summarizer.topics.similarity import TopicScorer

# A listed topic that no sentence of the article resembles may be an order obeyed.
ABSURD: Final = 0.02
_MOST_LISTED: Final = 40  # labels in one prompt


def scored_topics(
    client: ChatClient,
    scorer: TopicScorer,
    prompt: Prompt,
    article: Article,
    *,
    context: Context,
    taxonomy: Taxonomy,
    max_topics: int,
    depth: int | None,
) -> tuple[list[Candidate], Usage]:
    """Topics label by label."""
    classifier = ScoredClassifier(client, scorer, prompt)
    usage = Usage()

    def ask(topics: Sequence[Topic]) -> Sequence[Candidate]:
        nonlocal usage
        fitting, cost = classifier.fitting(article, topics, neighbours=context.neighbours)
        usage += cost
        return fitting

    chosen = choose_topics(taxonomy, ask, max_topics=max_topics, depth=depth)
    return chosen, usage


def listable(
    scorer: TopicScorer, article: Article, topics: Sequence[Topic], context: Context
) -> Sequence[Topic]:
    """``topics`` in their order; of a great many, those that the article resembles most."""
    if len(topics) <= _MOST_LISTED:
        return topics
    ranked = scorer.scores(article, topics, neighbours=context.neighbours)
    nearest = {scored.topic.id for scored in ranked[:_MOST_LISTED]}
    return [topic for topic in topics if topic.id in nearest]


def listed_topics(
    client: ChatClient,
    prompt: Prompt,
    article: Article,
    *,
    context: Context,
    scorer: TopicScorer,
    repair: Prompt,
    taxonomy: Taxonomy,
    max_topics: int,
    depth: int | None,
    first: Sequence[Candidate] | None = None,
) -> tuple[list[Candidate], Usage]:
    """Topics as the model lists them; ``first`` are those of the first level, where known."""
    usage = Usage()

    def ask(topics: Sequence[Topic]) -> Sequence[Candidate]:
        nonlocal usage
        if first is not None and topics == taxonomy.roots:
            return first
        topics = listable(scorer, article, topics, context)
        messages = prompt.render(
            **article_variables(article),
            labels=label_lines(taxonomy, topics),
            max_topics=max_topics,
            **context.variables(prompt),
        )
        answer = complete_json(
            client,
            ChatRequest(
                messages=messages,
                json_schema={
                    "type": "object",
                    "properties": {"topics": topics_schema(topics, max_topics=max_topics)},
                    "required": ["topics"],
                    "additionalProperties": False,
                },
                max_tokens=prompt.parameters.max_tokens or 120,
                top_logprobs=1,
            ),
            parse=lambda text: _topics_in(text, topics, max_topics=max_topics),
            repair=lambda _, violation: repair_text(repair, violation),
        )
        usage += answer.usage
        tally = scorer.tally(context.neighbours, parent=topics[0].parent)
        return with_confidence(answer.value, answer.completion.logprobs, tally=tally)

    chosen = choose_topics(taxonomy, ask, max_topics=max_topics, depth=depth)
    return chosen, usage


def _topics_in(text: str, topics: Sequence[Topic], *, max_topics: int) -> list[Topic]:
    answer = parse_json(text)
    names = answer.get("topics") if isinstance(answer, dict) else None
    return parse_topics(names, topics, max_topics=max_topics)


def label_topics(
    candidates: Sequence[Candidate],
    *,
    reading: Reading,
    taxonomy: Taxonomy,
    scorer: TopicScorer,
    source: Literal["logprobs", "combined"],
) -> tuple[tuple[TopicLabel, ...], tuple[Check, ...]]:
    """The labels with evidence, and a check for each that the article's words do not bear out."""
    labels = tuple(
        TopicLabel(
            id=topic.id,
            name=topic.name,
            path=taxonomy.path(topic.id),
            confidence=confidence,
            confidence_source=source if confidence is not None else None,
            evidence=scorer.evidence(reading.article, topic, excluded=reading.excluded),
        )
        for topic, confidence in candidates
    )
    checks = tuple(
        Check(
            kind="topic",
            status="flagged",
            message=f"nothing in the article resembles the topic {label.name!r}",
            text=label.name,
        )
        for label in labels
        if max((span.score for span in label.evidence), default=0.0) < ABSURD
    )
    return labels, checks
