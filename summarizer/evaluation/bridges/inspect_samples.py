"""A digest as a sample of an Inspect log, and what the log's summaries keep of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from summarizer.digest import Digest, Failure, Usage
from summarizer.evaluation.bridges.inspect_logs import SHOWN, STORY
from summarizer.evaluation.run.manifest import Generation
from summarizer.evaluation.suite.samples import Case
from summarizer.taxonomy import Taxonomy

# Inspect's ids are 22 letters and digits, without those that look alike.
_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ID_LENGTH: Final = 22
_SUMMARY_METADATA: Final = 1_024  # characters of a value that summaries keep


def log_id(*parts: str) -> str:
    """An id as Inspect has them, the same for the same parts."""
    number = int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest(), "big")
    letters = []
    for _ in range(_ID_LENGTH):
        number, place = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[place])
    return "".join(letters)


def sample(
    case: Case, made: Generation, scores: Mapping[str, float], *, taxonomy: Taxonomy
) -> dict[str, Any]:
    """An ``EvalSample``.

    Args:
        case: the article and its gold.
        made: the digest of it, or the failure.
        scores: its values; what is unscored is not among them.
        taxonomy: names of the gold topics.
    """
    article = case.article
    source = f"{article.title}\n\n{article.text}" if article.title else article.text
    record: dict[str, Any] = {
        "id": case.id,
        "epoch": made.epoch + 1,
        "input": source,
        "target": "\n\n".join(_gold(case, taxonomy)),
        "messages": [{"role": "user", "content": source, "source": "input"}],
        "metadata": {
            **({STORY: case.story} if case.story else {}),
            "slices": list(case.slices),
            "language": article.language,
            "fingerprint": case.fingerprint,
        },
        "uuid": log_id(made.cell, case.id, str(made.epoch)),
    }
    result = made.result
    if isinstance(result, Failure):
        problem = f"{result.error.type}: {result.error.message}"
        return record | {"error": {"message": problem, "traceback": "", "traceback_ansi": ""}}
    return record | _answered(record, result, scores)


def summary(record: Mapping[str, Any]) -> dict[str, Any]:
    """The ``EvalSampleSummary`` of a sample: what lists and comparisons show."""
    kept = ("id", "epoch", "scores", "model_usage", "total_time", "working_time", "uuid")
    found = {name: record[name] for name in kept if name in record}
    if "error" in record:
        found["error"] = record["error"]["message"]
    return found | {
        "input": record["input"][:SHOWN],
        "target": record["target"][:SHOWN],
        "metadata": {
            name: value
            for name, value in record["metadata"].items()
            if len(json.dumps(value)) <= _SUMMARY_METADATA
        },
        "completed": True,
        "message_count": len(record["messages"]),
    }


def _answered(
    record: Mapping[str, Any], digest: Digest, scores: Mapping[str, float]
) -> dict[str, Any]:
    """What a sample with a digest has besides."""
    model = f"{digest.model.provider}/{digest.model.name}"
    message = {"role": "assistant", "content": _text(digest), "source": "generate", "model": model}
    usage = _usage(digest.usage)
    topics = ", ".join(topic.name for topic in digest.topics or ())
    return {
        "messages": [*record["messages"], message],
        "output": {
            "model": model,
            "choices": [{"message": message, "stop_reason": "stop"}],
            "completion": message["content"],
            "usage": usage,
            "time": digest.usage.seconds,
        },
        "scores": {
            name: {"value": value, **({"answer": topics} if "topic" in name else {})}
            for name, value in scores.items()
        },
        "metadata": {**record["metadata"], "digest": digest.model_dump(mode="json")},
        "model_usage": {model: usage},
        "total_time": digest.usage.seconds,
        "working_time": digest.usage.seconds,
    }


def _text(digest: Digest) -> str:
    """The digest as a person reads it."""
    parts = [] if digest.summary is None else [digest.summary.text]
    if digest.topics is not None:
        parts.append(f"Topics: {', '.join(topic.name for topic in digest.topics) or 'none'}")
    return "\n\n".join(parts)


def _gold(case: Case, taxonomy: Taxonomy) -> Iterator[str]:
    """The gold data as paragraphs."""
    gold = case.gold
    if gold.topics is not None:
        names = {topic.id: topic.name for topic in taxonomy.topics}
        topics = (f"{names.get(id_, '?')} ({id_})" for id_ in gold.topics)
        yield f"Topics: {', '.join(topics) or 'none'}"
    yield from (f"Reference: {text}" for text in gold.references)
    if gold.key_facts:
        yield "\n".join(["Key facts:", *(f"- {fact}" for fact in gold.key_facts)])
    if gold.injection is not None:
        yield f"An order that the article hides: {gold.injection.order}"


def _usage(usage: Usage) -> dict[str, Any]:
    """As Inspect counts: tokens that were read before are not among the input tokens."""
    return {
        "input_tokens": usage.prompt_tokens - usage.cached_tokens,
        "output_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "input_tokens_cache_read": usage.cached_tokens,
        "total_cost": usage.cost_usd,
    }
