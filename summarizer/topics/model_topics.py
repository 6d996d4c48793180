"""Topics from a language model, with what the similarity says beside its answers.

A large model lists names in a JSON answer, which code checks and scores. A small model that is
asked for a list fills it up.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from summarizer.llm.messages import TokenLogprobs
from summarizer.llm.structured import object_schema
from summarizer.topics.similarity import Candidate
from summarizer.topics.votes import NO_VOTES, Tally

if TYPE_CHECKING:
    from summarizer.prompts import Prompt
    from summarizer.taxonomy import Taxonomy, Topic

# Large models know these labels; other labels are shown with their descriptions.
_WELL_KNOWN: Final = "IPTC Media Topics"


def label_lines(taxonomy: Taxonomy, topics: Sequence[Topic]) -> list[dict[str, str]]:
    """Name and description of each topic as the prompts show them."""
    described = taxonomy.name != _WELL_KNOWN
    return [{"name": t.name, "description": t.description if described else ""} for t in topics]


def topics_schema(
    topics: Sequence[Topic], *, max_topics: int, before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """JSON Schema of an answer that lists names of ``topics``, behind what it has ``before``."""
    listed = {
        "type": "array",
        "items": {"type": "string", "enum": [topic.name for topic in topics]},
        "maxItems": max_topics,
    }
    return object_schema({**(before or {}), "topics": listed})


def parse_topics(answer: object, topics: Sequence[Topic], *, max_topics: int) -> list[Topic]:
    """The topics that an answer lists.

    Raises:
        ValueError: not a list of names, a name that is no label, or too many. An invented name is
            never replaced by another one.
    """
    names = answer.get("topics") if isinstance(answer, dict) else None
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


def repair_text(prompt: Prompt, violation: str) -> str:
    """The repair turn of a JSON answer."""
    rendered = prompt.render(
        violations=[violation], request="Answer with the corrected JSON object only."
    )
    return "\n\n".join(message.content for message in rendered)


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
