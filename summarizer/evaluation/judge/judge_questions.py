"""What a judge is asked, the JSON Schemas of its answers, and how these are read and checked.

A parser raises ValueError where the form is broken, which gives the model one repair turn.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, Literal, NamedTuple, TypeVar, get_args

from summarizer.articles.article import Article
from summarizer.evaluation.metrics.scored_output import (
    ClaimVerdict,
    FactAnswer,
    JudgeVerdict,
    Judging,
    Output,
)
from summarizer.llm.structured import object_schema, parse_json
from summarizer.verification.quotations import Quotation, QuotationIndex
from summarizer.verification.words import words

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


def questions_of(output: Output) -> dict[JudgeTask, Question[Any]]:
    """What a judge is asked about a digest; of what it lacks, nothing."""
    found: dict[JudgeTask, Question[Any]] = {}
    if output.summary is not None and output.sentences:
        found["judge"] = claims_question(output.sentences, output.source, related=output.related)
        if output.gold.key_facts:
            found["judge-facts"] = facts_question(output.summary.text, output.gold.key_facts)
    return found


def judged(output: Output, votes: Mapping[JudgeTask, tuple[Any, ...]]) -> Output:
    """The output with the answers to ``questions_of``, vote by vote; of what is not there, none."""
    judging = Judging(claims=votes.get("judge", ()), facts=votes.get("judge-facts", ()))
    return output.changed(judging=judging)


def claims_question(
    sentences: Sequence[str], article: Article, *, related: Sequence[Article] = ()
) -> Question[tuple[ClaimVerdict, ...]]:
    """Where each sentence of a summary follows from.

    Args:
        sentences: the summary, sentence by sentence.
        article: what it must follow from.
        related: what its author read as background.
    """
    whole, background = _whole(article), [*map(_whole, related)]
    verdict = {"type": "string", "enum": list(get_args(JudgeVerdict))}
    return Question(
        task="judge",
        variables={**_about(article), "background": background, "claims": _numbered(sentences)},
        schema=_list_schema("verdicts", "claim", {"verdict": verdict}, len(sentences)),
        parse=lambda text: parse_claims(
            text, sentences, article=whole, background="\n".join(background)
        ),
        parts=len(sentences),
    )


def facts_question(summary: str, facts: Sequence[str]) -> Question[tuple[FactAnswer, ...]]:
    """Whether a summary tells each fact. The judge does not see who wrote it."""
    return Question(
        task="judge-facts",
        variables={"summary": summary, "facts": _numbered(facts)},
        schema=_list_schema("answers", "fact", {"told": {"type": "boolean"}}, len(facts)),
        parse=lambda text: parse_facts(text, facts, summary=summary),
        parts=len(facts),
    )


def pair_question(first: str, second: str, *, article: Article) -> Question[PairAnswer]:
    """Which of two summaries of an article is better."""
    return Question(
        task="judge-pair",
        variables={**_about(article), "first": first, "second": second},
        schema=PAIR_SCHEMA,
        parse=parse_pair,
        parts=1,
    )


def _whole(article: Article) -> str:
    """The article as it is quoted from."""
    return "\n".join(filter(None, (article.title, article.text)))


def _about(article: Article) -> dict[str, Any]:
    published = article.published.isoformat() if article.published else None
    return {"title": article.title, "published": published, "article": article.text}


def _numbered(texts: Sequence[str]) -> list[dict[str, str]]:
    # One line each: a sentence must not be able to add an entry of its own.
    lines = (" ".join(text.split()) for text in texts)
    return [{"number": str(number), "text": line} for number, line in enumerate(lines, start=1)]


Better = Literal["first", "second", "equal"]
# Fewer words are in any text.
_SHORTEST_QUOTE: Final = 3


class PairAnswer(NamedTuple):
    """Which of two summaries is better, and why."""

    better: Better
    reason: str


PAIR_SCHEMA: Final = object_schema(
    {"reason": {"type": "string"}, "better": {"type": "string", "enum": list(get_args(Better))}}
)


def parse_claims(
    text: str, claims: Sequence[str], *, article: str, background: str
) -> tuple[ClaimVerdict, ...]:
    """The verdicts in an answer, their quotations looked up."""
    ours, theirs = QuotationIndex(article), QuotationIndex(background)
    read = []
    for claim, entry in _entries(text, "verdicts", "claim", claims):
        verdict = _one_of(entry, "verdict", get_args(JudgeVerdict))
        said = _said(entry, theirs if verdict == "background" else ours)
        verdict = verdict if said["quote_found"] else "neither"
        read.append(ClaimVerdict(claim=claim, verdict=verdict, **said))
    return tuple(read)


def parse_facts(text: str, facts: Sequence[str], *, summary: str) -> tuple[FactAnswer, ...]:
    """The answers about facts, their quotations looked up."""
    index = QuotationIndex(summary)
    read = []
    for fact, entry in _entries(text, "answers", "fact", facts):
        if not isinstance(entry.get("told"), bool):
            raise ValueError('"told" must be true or false')
        said = _said(entry, index)
        read.append(FactAnswer(fact=fact, told=entry["told"] and said["quote_found"], **said))
    return tuple(read)


def parse_pair(text: str) -> PairAnswer:
    """The answer about two summaries."""
    answer = parse_json(text)
    if not isinstance(answer, dict) or not isinstance(answer.get("reason"), str):
        raise ValueError('the answer must be an object with "reason" and "better"')
    return PairAnswer(_one_of(answer, "better", get_args(Better)), answer["reason"])


def _list_schema(name: str, number: str, verdict: dict[str, Any], count: int) -> dict[str, Any]:
    text = {"type": "string"}
    entry = object_schema({number: {"type": "integer"}, "reason": text, "quote": text, **verdict})
    entries = {"type": "array", "items": entry, "minItems": count, "maxItems": count}
    return object_schema({name: entries})


def _entries(
    text: str, name: str, number: str, asked: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What was asked, each with its entry of an answer."""
    answer = parse_json(text)
    entries = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f'the answer must be an object with a list of objects "{name}"')
    count = len(asked)
    if [entry.get(number) for entry in entries] != list(range(1, count + 1)):
        raise ValueError(f'"{name}" must have one entry for each {number}, numbered 1 to {count}')
    for entry in entries:
        for field in ("reason", "quote"):
            if not isinstance(entry.get(field), str):
                raise ValueError(f'"{field}" must be a text')
    return zip(asked, entries, strict=True)


def _one_of(entry: dict[str, Any], field: str, allowed: Sequence[Any]) -> Any:
    if entry.get(field) not in allowed:
        raise ValueError(f'"{field}" must be one of {", ".join(allowed)}')
    return entry[field]


def _said(entry: dict[str, Any], index: QuotationIndex) -> dict[str, Any]:
    """The reason and the quotation of an entry, and whether that is in the text of the index."""
    quote = entry["quote"]
    enough = len(words(quote)) >= _SHORTEST_QUOTE
    found = enough and index.has(Quotation(0, len(quote), quote, None))
    return {"reason": entry["reason"], "quote": quote, "quote_found": found}
