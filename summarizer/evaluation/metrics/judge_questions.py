"""What a judge is asked: about the claims of a summary, about key facts, about two summaries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, Literal, NamedTuple, TypeVar

from summarizer.articles.article import Article
from summarizer.evaluation.metrics import judge_answers as answers
from summarizer.evaluation.metrics.judge_answers import ClaimVerdict, FactAnswer, PairAnswer

T = TypeVar("T", covariant=True)
JudgeTask = Literal["judge", "judge-facts", "judge-pair"]
_SUBJECT_DIGITS: Final = 16


class Question(NamedTuple, Generic[T]):
    """A question to a judge.

    Attributes:
        task: the prompt that puts it.
        variables: of the prompt.
        schema: of the answer.
        parse: the value of an answer's text; raises ValueError where the form is broken.
        parts: how many verdicts are asked for.
    """

    task: JudgeTask
    variables: dict[str, Any]
    schema: dict[str, Any]
    parse: Callable[[str], T]
    parts: int

    @property
    def subject(self) -> str:
        """The hash of all that is judged: another summary, article or fact is another subject."""
        text = json.dumps([self.task, self.variables], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_SUBJECT_DIGITS]


def claims_question(
    sentences: Sequence[str], article: Article, *, related: Sequence[Article] = ()
) -> Question[tuple[ClaimVerdict, ...]]:
    """Where each sentence of a summary follows from.

    Args:
        sentences: the summary, sentence by sentence.
        article: what it must follow from.
        related: what its author read as background.
    """
    background = ["\n".join(filter(None, (other.title, other.text))) for other in related]
    return Question(
        task="judge",
        variables={**_about(article), "background": background, "claims": _numbered(sentences)},
        schema=answers.claims_schema(len(sentences)),
        parse=lambda text: answers.parse_claims(
            text,
            sentences,
            article="\n".join(filter(None, (article.title, article.text))),
            background="\n".join(background),
        ),
        parts=len(sentences),
    )


def facts_question(summary: str, facts: Sequence[str]) -> Question[tuple[FactAnswer, ...]]:
    """Whether a summary tells each fact. The judge does not see who wrote it."""
    return Question(
        task="judge-facts",
        variables={"summary": summary, "facts": _numbered(facts)},
        schema=answers.facts_schema(len(facts)),
        parse=lambda text: answers.parse_facts(text, facts, summary=summary),
        parts=len(facts),
    )


def pair_question(first: str, second: str, *, article: Article) -> Question[PairAnswer]:
    """Which of two summaries of an article is better."""
    return Question(
        task="judge-pair",
        variables={**_about(article), "first": first, "second": second},
        schema=answers.PAIR_SCHEMA,
        parse=answers.parse_pair,
        parts=1,
    )


def _about(article: Article) -> dict[str, Any]:
    published = article.published.isoformat() if article.published else None
    return {"title": article.title, "published": published, "article": article.text}


def _numbered(texts: Sequence[str]) -> list[dict[str, str]]:
    # One line each: a sentence must not be able to add an entry of its own.
    lines = (" ".join(text.split()) for text in texts)
    return [{"number": str(number), "text": line} for number, line in enumerate(lines, start=1)]
