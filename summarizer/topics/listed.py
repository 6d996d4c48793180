"""Topics from a large model: it lists names in a JSON answer, code checks and scores them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, Final

from summarizer.llm.messages import TokenLogprobs
from summarizer.taxonomy import Taxonomy, Topic
from summarizer.topics.levels import Candidate
from summarizer.topics.neighbours import NO_VOTES, Tally

# Large models know these labels; other labels are shown with their descriptions.
_WELL_KNOWN: Final = "IPTC Media Topics"


def label_lines(taxonomy: Taxonomy, topics: Sequence[Topic]) -> list[dict[str, str]]:
    """Name and description of each topic as the prompts show them."""
    described = taxonomy.name != _WELL_KNOWN
    return [{"name": t.name, "description": t.description if described else ""} for t in topics]


def topics_schema(topics: Sequence[Topic], *, max_topics: int) -> dict[str, Any]:
    """JSON Schema of the list: names of ``topics`` only."""
    return {
        "type": "array",
        "items": {"type": "string", "enum": [topic.name for topic in topics]},
        "maxItems": max_topics,
    }


def parse_topics(names: object, topics: Sequence[Topic], *, max_topics: int) -> list[Topic]:
    """The topics with these names.

    Raises:
        ValueError: not a list of names, a name that is no label, or too many. An invented name is
            never replaced by another one.
    """
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError('"topics" must be a list of names')
    by_name = {topic.name.casefold(): topic for topic in topics}
    unknown = [name for name in names if name.strip().casefold() not in by_name]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not one of the topics")
    found = list(dict.fromkeys(by_name[name.strip().casefold()] for name in names))
    if len(found) > max_topics:
        raise ValueError(f"{len(found)} topics, at most {max_topics} are allowed")
    return found


def with_confidence(
    topics: Sequence[Topic],
    logprobs: tuple[TokenLogprobs, ...] | None,
    *,
    tally: Tally = NO_VOTES,
) -> list[Candidate]:
    """Each topic with the probability of the tokens that spell its name in the answer.

    The votes of labelled neighbours (of the level that the topics are from) are pooled with it.
    """
    found = []
    for topic in topics:
        probability = _name_probability(topic.name, logprobs)
        if probability is not None:
            probability = round(tally.pooled(topic.id, probability), 4)
        found.append(Candidate(topic, probability))
    return found


def _name_probability(name: str, logprobs: tuple[TokenLogprobs, ...] | None) -> float | None:
    if not logprobs:
        return None
    text = "".join(token.token for token in logprobs)
    # The topics come last in the answer, and the summary may quote a name.
    start = text.rfind(json.dumps(name, ensure_ascii=False))
    if start < 0:
        return None
    end = start + len(name) + 2
    total, offset = 0.0, 0
    for token in logprobs:
        if offset < end and offset + len(token.token) > start:
            total += token.logprob
        offset += len(token.token)
    return min(1.0, math.exp(total))
