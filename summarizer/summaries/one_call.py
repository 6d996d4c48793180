"""Summary and topics in one JSON answer: what a large model is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from summarizer.digest import Message
from summarizer.llm.messages import ChatRequest
from summarizer.llm.structured import complete_json, parse_json
from summarizer.prompts.prompt import article_variables
from summarizer.summaries.draft import Draft, announced, answer_tokens, summary_variables
from summarizer.summaries.outcome import OnText
from summarizer.summaries.request import SummaryRequest
from summarizer.topics.model_topics import parse_topics, repair_text, topics_schema, with_confidence
from summarizer.topics.similarity import Candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from summarizer.articles.article import Article
    from summarizer.llm.client import ChatClient
    from summarizer.prompts import Prompt
    from summarizer.taxonomy import Topic
    from summarizer.topics.votes import Tally

_TOPIC_TOKENS = 60


class DigestDraft(NamedTuple):
    """An answer with both; ``topics`` is None where they stayed wrong, and ``violation`` why."""

    summary: Draft
    topics: list[Candidate] | None
    violation: str = ""


def digest_messages(
    prompt: Prompt,
    article: Article,
    *,
    request: SummaryRequest,
    labels: list[dict[str, str]],
    max_topics: int,
    context: Mapping[str, Any],
) -> tuple[Message, ...]:
    """The request for summary and topics; ``context``: more variables of the prompt."""
    return prompt.render(
        **article_variables(article),
        **summary_variables(request, article),
        labels=labels,
        max_topics=max_topics,
        **context,
    )


def digest_draft(
    client: ChatClient,
    messages: tuple[Message, ...],
    *,
    repair: Prompt,
    request: SummaryRequest,
    topics: Sequence[Topic],
    max_topics: int,
    tally: Tally,
    on_text: OnText | None,
) -> DigestDraft:
    """A draft of the summary, and those of ``topics`` that the model listed.

    ``tally``: the votes of labelled neighbours on ``topics``.
    """
    violations: list[str] = []
    asked = ChatRequest(
        messages=messages,
        json_schema=_schema(topics, max_topics=max_topics),
        max_tokens=answer_tokens(request.words) + _TOPIC_TOKENS,
        top_logprobs=1,
    )

    def parse(text: str) -> tuple[str, list[Topic] | None]:
        answer = parse_json(text)
        if not isinstance(answer, dict) or not isinstance(answer.get("summary"), str):
            raise ValueError('the answer must be an object with "summary" and "topics"')
        if not answer["summary"].strip():
            raise ValueError('"summary" is empty')
        try:
            found = parse_topics(answer.get("topics"), topics, max_topics=max_topics)
        except ValueError as violation:
            violations.append(str(violation))
            if len(violations) == 1:
                raise
            return answer["summary"], None  # the summary is good, after the repair turn, too
        return answer["summary"], found

    on_text = announced(client, messages, on_text)
    answer = complete_json(
        client,
        asked,
        parse=parse,
        repair=lambda _, violation: repair_text(repair, violation),
        on_text=_summary_pieces(on_text) if on_text else None,
    )
    summary, found = answer.value
    # The repair turns that follow are about the summary alone, so they continue in plain text.
    draft = Draft(
        text=summary,
        messages=messages,
        answer=answer.completion.text,
        truncated=False,
        usage=answer.usage,
    )
    if found is None:
        client.forget(asked)  # a later run may be luckier
        return DigestDraft(draft, None, violations[-1])
    candidates = with_confidence(found, answer.completion.logprobs, tally=tally)
    return DigestDraft(draft, candidates)


def _schema(topics: Sequence[Topic], *, max_topics: int) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "summary": {"type": "string"},
            "topics": topics_schema(topics, max_topics=max_topics),
        },
        "required": ["summary", "topics"],
        "additionalProperties": False,
    }


def _summary_pieces(on_text: OnText) -> Callable[[str], None]:
    """Passes on the summary's text out of a JSON answer that is still being written."""
    from pydantic_core import from_json

    received: list[str] = []
    passed = 0

    def take(piece: str) -> None:
        nonlocal passed
        received.append(piece)
        try:
            answer = from_json("".join(received), allow_partial="trailing-strings")
        except ValueError:
            return
        summary = answer.get("summary") if isinstance(answer, dict) else None
        if isinstance(summary, str) and len(summary) > passed:
            on_text(summary[passed:])
            passed = len(summary)

    return take
