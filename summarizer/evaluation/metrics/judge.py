"""The judge: a language model that checks claims and key facts, and compares summaries.

An option: every other metric works offline. What is done about a judge's known faults:

- it must give a reason and quote the text before its verdict, and code looks the quotation up:
  "supported" without words of the article does not count;
- verdicts are one of a few words for each claim, never a mark from 1 to 5;
- two summaries are compared in both orders, and one wins only if it wins both;
- ``family_warning`` tells where judge and candidate are relatives: models favour their own kind;
- texts are data in the prompts, but a text may still talk the judge round: see attack_success.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NamedTuple, TypeVar

from summarizer.articles.article import Article
from summarizer.digest import ModelRef, PromptRef, Usage
from summarizer.evaluation.metrics import judge_answers as answers
from summarizer.evaluation.metrics.judge_answers import Better, ClaimVerdict, FactAnswer
from summarizer.llm.messages import ChatRequest
from summarizer.llm.structured import complete_json
from summarizer.pipeline.one_call import repair_text
from summarizer.prompts import Prompt, load_prompt

if TYPE_CHECKING:
    from summarizer.llm.client import ChatClient

T = TypeVar("T")
Winner = Literal["a", "b", "tie"]
# Room for the reason, the quotation and the verdict of one claim.
_TOKENS_EACH: Final = 200
_FAMILIES: Final = (
    ("OpenAI", r"gpt|chatgpt|o[134](?![a-z0-9])|davinci"),
    ("Llama", r"llama|vicuna|alpaca"),
    ("Qwen", r"qwen|qwq|qvq"),
    ("Mistral", r"mistral|mixtral|ministral|codestral|magistral|devstral|pixtral"),
    ("Gemini", r"gemini|gemma"),
)


class Judgement(NamedTuple, Generic[T]):
    """What the judge says, the prompt it was asked with, and what it cost."""

    value: T
    prompt: PromptRef
    usage: Usage


class Preference(NamedTuple):
    """Which of two summaries is better.

    Attributes:
        winner: "a" or "b" where both orders agree; else a tie.
        flipped: whether the verdict followed the place, not the summary.
        reasons: those of (a, b) and of (b, a).
    """

    winner: Winner
    flipped: bool
    reasons: tuple[str, str]


class Judge:
    """A judge; safe to share between threads.

    Every method raises EndpointError where the model cannot be asked and ModelOutputError where
    its answer stays malformed: what was asked is then unscored, not wrong.

    Args:
        client: the judging model.
        prompts_dir: prompts of the user's own, of the tasks ``judge``, ``judge-facts`` and
            ``judge-pair``.
    """

    def __init__(self, client: ChatClient, *, prompts_dir: Path | None = None) -> None:
        self._client = client
        self._prompts = {
            task: load_prompt(task, folder=prompts_dir)
            for task in ("judge", "judge-facts", "judge-pair", "repair")
        }

    def claims(
        self,
        sentences: Sequence[str],
        article: Article,
        *,
        related: Sequence[Article] = (),
        vote: int = 0,
    ) -> Judgement[tuple[ClaimVerdict, ...]]:
        """A verdict on each sentence of a summary.

        Args:
            sentences: the summary, sentence by sentence.
            article: what it must follow from.
            related: what its author read as background.
            vote: number of the sample, where several are wanted.
        """
        background = ["\n".join(filter(None, (other.title, other.text))) for other in related]
        return self._ask(
            "judge",
            {**_about(article), "background": background, "claims": _numbered(sentences)},
            schema=answers.claims_schema(len(sentences)),
            parse=lambda text: answers.parse_claims(
                text,
                sentences,
                article="\n".join(filter(None, (article.title, article.text))),
                background="\n".join(background),
            ),
            parts=len(sentences),
            vote=vote,
        )

    def key_facts(
        self, summary: str, facts: Sequence[str], *, vote: int = 0
    ) -> Judgement[tuple[FactAnswer, ...]]:
        """Whether the summary tells each fact. The judge does not see who wrote it."""
        return self._ask(
            "judge-facts",
            {"summary": summary, "facts": _numbered(facts)},
            schema=answers.facts_schema(len(facts)),
            parse=lambda text: answers.parse_facts(text, facts, summary=summary),
            parts=len(facts),
            vote=vote,
        )

    def prefer(self, a: str, b: str, *, article: Article, vote: int = 0) -> Judgement[Preference]:
        """Which of two summaries of an article is better, asked in both orders."""
        one = self._compare(a, b, article, vote)
        other = self._compare(b, a, article, vote)
        winners: dict[Better, Winner] = {"first": "a", "second": "b", "equal": "tie"}
        swapped: dict[Better, Winner] = {"first": "b", "second": "a", "equal": "tie"}
        first, second = winners[one.value.better], swapped[other.value.better]
        preference = Preference(
            winner=first if first == second else "tie",
            flipped="tie" not in (first, second) and first != second,
            reasons=(one.value.reason, other.value.reason),
        )
        return Judgement(preference, one.prompt, one.usage + other.usage)

    def _compare(
        self, first: str, second: str, article: Article, vote: int
    ) -> Judgement[answers.PairAnswer]:
        return self._ask(
            "judge-pair",
            {**_about(article), "first": first, "second": second},
            schema=answers.PAIR_SCHEMA,
            parse=answers.parse_pair,
            parts=1,
            vote=vote,
        )

    def _ask(
        self,
        task: str,
        variables: dict[str, Any],
        *,
        schema: dict[str, Any],
        parse: Callable[[str], T],
        parts: int,
        vote: int,
    ) -> Judgement[T]:
        prompt: Prompt = self._prompts[task]
        request = ChatRequest(
            messages=prompt.render(**variables),
            json_schema=schema,
            max_tokens=_TOKENS_EACH * (parts + 1),
            # One answer is the most likely one; further votes must be able to differ.
            temperature=prompt.parameters.temperature if vote == 0 else 1.0,
        )
        answer = complete_json(
            self._client,
            request,
            parse=parse,
            repair=lambda _, violation: repair_text(self._prompts["repair"], violation),
            epoch=vote,
        )
        return Judgement(answer.value, prompt.ref, answer.usage)


def model_family(name: str) -> str:
    """The family of a model: a known one, or the first letters of its name.

    >>> model_family("gpt-4o-mini"), model_family("Qwen/Qwen2.5-7B"), model_family("smollm2-135m")
    ('OpenAI', 'Qwen', 'smollm')
    """
    plain = name.casefold().rpartition("/")[2]
    for family, pattern in _FAMILIES:
        if re.search(rf"(?<![a-z])(?:{pattern})", plain):
            return family
    found = re.match(r"[^\W\d_]+", plain)
    return found.group() if found else plain


def family_warning(judge: ModelRef, candidate: ModelRef) -> str | None:
    """One sentence where a model is judged by a relative, or None."""
    if candidate.provider == "extractive":
        return None
    family = model_family(judge.name)
    if family != model_family(candidate.name):
        return None
    return (
        f"judge {judge.name!r} and candidate {candidate.name!r} are both of the {family} family: "
        "models favour their own kind, so judge with another one"
    )


def _about(article: Article) -> dict[str, Any]:
    published = article.published.isoformat() if article.published else None
    return {"title": article.title, "published": published, "article": article.text}


def _numbered(texts: Sequence[str]) -> list[dict[str, str]]:
    # One line each: a sentence must not be able to add an entry of its own.
    lines = (" ".join(text.split()) for text in texts)
    return [{"number": str(number), "text": line} for number, line in enumerate(lines, start=1)]
