"""The judge's answers: their JSON Schemas, how they are read and checked, and their shares.

A parser raises ValueError where the form is broken, which gives the model one repair turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple, get_args

from pydantic import Field

from summarizer.digest import Value
from summarizer.llm.structured import parse_json
from summarizer.verification.quotations import Quotation, QuotationIndex
from summarizer.verification.words import words

JudgeVerdict = Literal["article", "background", "contradicted", "neither"]
Better = Literal["first", "second", "equal"]
# Fewer words are in any text.
_SHORTEST_QUOTE: Final = 3


class ClaimVerdict(Value):
    """What the judge says of a sentence."""

    claim: str
    verdict: JudgeVerdict = Field(
        description="Where it follows from; 'neither' where the judge says something else and "
        "its quotation is not there."
    )
    reason: str
    quote: str
    quote_found: bool = Field(description="Whether the quotation is where it is said to be.")


class FactAnswer(Value):
    """Whether a summary tells a fact."""

    fact: str
    told: bool = Field(description="False where the quotation is not in the summary.")
    reason: str
    quote: str
    quote_found: bool


class Judging(Value):
    """What a judge says of one digest, vote by vote."""

    claims: tuple[tuple[ClaimVerdict, ...], ...] = Field(
        default=(), description="The verdicts on its sentences; empty: not judged."
    )
    facts: tuple[tuple[FactAnswer, ...], ...] = Field(
        default=(), description="The answers about the key facts; empty: not judged."
    )

    def share(self, verdict: JudgeVerdict) -> float | None:
        """The share of the claims with this verdict, the mean over the votes."""
        found = [claim.verdict == verdict for vote in self.claims for claim in vote]
        return sum(found) / len(found) if found else None

    @property
    def recall(self) -> float | None:
        """The share of the key facts that are told, the mean over the votes."""
        found = [fact.told for vote in self.facts for fact in vote]
        return sum(found) / len(found) if found else None


class PairAnswer(NamedTuple):
    """Which of two summaries is better, and why."""

    better: Better
    reason: str


def claims_schema(count: int) -> dict[str, Any]:
    """The schema of the verdicts on ``count`` claims; reason and quotation come first."""
    verdict = {"type": "string", "enum": list(get_args(JudgeVerdict))}
    return _list_schema("verdicts", "claim", {"verdict": verdict}, count)


def facts_schema(count: int) -> dict[str, Any]:
    """The schema of the answers about ``count`` facts."""
    return _list_schema("answers", "fact", {"told": {"type": "boolean"}}, count)


PAIR_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string"},
        "better": {"type": "string", "enum": list(get_args(Better))},
    },
    "required": ["reason", "better"],
    "additionalProperties": False,
}


def parse_claims(
    text: str, claims: Sequence[str], *, article: str, background: str
) -> tuple[ClaimVerdict, ...]:
    """The verdicts in an answer, their quotations looked up."""
    ours, theirs = QuotationIndex(article), QuotationIndex(background)
    read = []
    entries = _entries(text, "verdicts", "claim", len(claims))
    for claim, entry in zip(claims, entries, strict=True):
        verdict = _one_of(entry, "verdict", get_args(JudgeVerdict))
        quote = entry["quote"]
        found = _has(theirs if verdict == "background" else ours, quote)
        if not found:
            verdict = "neither"
        read.append(
            ClaimVerdict(
                claim=claim,
                verdict=verdict,
                reason=entry["reason"],
                quote=quote,
                quote_found=found,
            )
        )
    return tuple(read)


def parse_facts(text: str, facts: Sequence[str], *, summary: str) -> tuple[FactAnswer, ...]:
    """The answers about facts, their quotations looked up."""
    index = QuotationIndex(summary)
    read = []
    entries = _entries(text, "answers", "fact", len(facts))
    for fact, entry in zip(facts, entries, strict=True):
        if not isinstance(entry.get("told"), bool):
            raise ValueError('"told" must be true or false')
        found = _has(index, entry["quote"])
        read.append(
            FactAnswer(
                fact=fact,
                told=entry["told"] and found,
                reason=entry["reason"],
                quote=entry["quote"],
                quote_found=found,
            )
        )
    return tuple(read)


def parse_pair(text: str) -> PairAnswer:
    """The answer about two summaries."""
    answer = parse_json(text)
    if not isinstance(answer, dict) or not isinstance(answer.get("reason"), str):
        raise ValueError('the answer must be an object with "reason" and "better"')
    return PairAnswer(_one_of(answer, "better", get_args(Better)), answer["reason"])


def _list_schema(name: str, number: str, verdict: dict[str, Any], count: int) -> dict[str, Any]:
    properties = {
        number: {"type": "integer"},
        "reason": {"type": "string"},
        "quote": {"type": "string"},
        **verdict,
    }
    entry = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            name: {"type": "array", "items": entry, "minItems": count, "maxItems": count}
        },
        "required": [name],
        "additionalProperties": False,
    }


def _entries(text: str, name: str, number: str, count: int) -> list[dict[str, Any]]:
    """The entries of an answer, one for each of ``count`` questions, in order."""
    answer = parse_json(text)
    entries = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f'the answer must be an object with a list of objects "{name}"')
    if [entry.get(number) for entry in entries] != list(range(1, count + 1)):
        raise ValueError(f'"{name}" must have one entry for each {number}, numbered 1 to {count}')
    for entry in entries:
        for field in ("reason", "quote"):
            if not isinstance(entry.get(field), str):
                raise ValueError(f'"{field}" must be a text')
    return entries


def _one_of(entry: dict[str, Any], field: str, allowed: Sequence[Any]) -> Any:
    if entry.get(field) not in allowed:
        raise ValueError(f'"{field}" must be one of {", ".join(allowed)}')
    return entry[field]


def _has(index: QuotationIndex, quote: str) -> bool:
    enough = len(words(quote)) >= _SHORTEST_QUOTE
    return enough and index.has(Quotation(0, len(quote), quote, None))
