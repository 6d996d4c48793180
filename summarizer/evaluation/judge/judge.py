"""The judge: a language model that checks claims and key facts, and compares summaries.

An option: every other metric works offline. What is done about a judge's known faults:

- it must give a reason and quote the text before its verdict, and code looks the quotation up:
  "supported" without words of the article does not count;
- verdicts are one of a few words for each claim, never a mark from 1 to 5;
- two summaries are compared in both orders, and one wins only if it wins both;
- ``judge_family`` tells where judge and candidate are relatives: models favour their own kind;
- texts are data in the prompts, but a text may still talk the judge round: see attack_success.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, Literal, NamedTuple, TypeVar

from pydantic import Field

from summarizer.articles.article import Article
from summarizer.digest import ModelRef, PromptRef, Usage, Value
from summarizer.evaluation.judge.judge_questions import Better, JudgeTask, Question, pair_question
from summarizer.llm.messages import ChatRequest
from summarizer.llm.structured import complete_json
from summarizer.prompts import load_prompt
from summarizer.topics.model_topics import repair_text

if TYPE_CHECKING:
    from summarizer.llm.client import ChatClient

T = TypeVar("T")
Winner = Literal["a", "b", "tie"]
# Room for the reason, the quotation and the verdict of one claim.
_TOKENS_EACH: Final = 200
_TASKS: Final[tuple[JudgeTask, ...]] = ("judge", "judge-facts", "judge-pair")


class Judgement(NamedTuple, Generic[T]):
    """What the judge says, and what it cost."""

    value: T
    usage: Usage


class Preference(Value):
    """Which of two summaries is better."""

    winner: Winner = Field(description="a or b where both orders agree; else a tie.")
    flipped: bool = Field(description="Whether the verdict followed the place, not the summary.")
    reasons: tuple[str, str] = Field(description="Those of (a, b) and of (b, a).")


class Judge:
    """A judge; safe to share between threads.

    Args:
        client: the judging model.
        prompts_dir: prompts of the user's own, of the tasks ``judge``, ``judge-facts`` and
            ``judge-pair``.
    """

    def __init__(self, client: ChatClient, *, prompts_dir: Path | None = None) -> None:
        self.client = client
        self._prompts = {task: load_prompt(task, folder=prompts_dir) for task in _TASKS}
        self._repair = load_prompt("repair", folder=prompts_dir)

    def prompt(self, task: JudgeTask) -> PromptRef:
        """The prompt that questions of a task are put with."""
        return self._prompts[task].ref

    def request(self, question: Question[T], *, vote: int = 0) -> ChatRequest:
        """What is sent first; a malformed answer gets a repair turn.

        Args:
            question: what is asked.
            vote: number of the sample, where several are wanted.
        """
        prompt = self._prompts[question.task]
        return ChatRequest(
            messages=prompt.render(**question.variables),
            json_schema=question.schema,
            max_tokens=_TOKENS_EACH * (question.parts + 1),
            # One answer is the most likely one; further votes must be able to differ.
            temperature=prompt.parameters.temperature if vote == 0 else 1.0,
        )

    def ask(self, question: Question[T], *, vote: int = 0) -> Judgement[T]:
        """The judge's answer.

        Args:
            question: what is asked.
            vote: number of the sample, where several are wanted.

        Raises:
            EndpointError: the model cannot be asked.
            ModelOutputError: its answer stays malformed: what was asked is then unscored, not
                wrong.
        """
        answer = complete_json(
            self.client,
            self.request(question, vote=vote),
            parse=question.parse,
            repair=lambda _, violation: repair_text(self._repair, violation),
            epoch=vote,
        )
        return Judgement(answer.value, answer.usage)

    def prefer(self, a: str, b: str, *, article: Article, vote: int = 0) -> Judgement[Preference]:
        """Which of two summaries of an article is better, asked in both orders; see ``ask``."""
        one = self.ask(pair_question(a, b, article=article), vote=vote)
        other = self.ask(pair_question(b, a, article=article), vote=vote)
        winners: dict[Better, Winner] = {"first": "a", "second": "b", "equal": "tie"}
        swapped: dict[Better, Winner] = {"first": "b", "second": "a", "equal": "tie"}
        first, second = winners[one.value.better], swapped[other.value.better]
        preference = Preference(
            winner=first if first == second else "tie",
            flipped="tie" not in (first, second) and first != second,
            reasons=(one.value.reason, other.value.reason),
        )
        return Judgement(preference, one.usage + other.usage)


_FAMILIES: Final = (
    ("OpenAI", r"gpt|chatgpt|o[134](?![a-z0-9])|davinci"),
    ("Llama", r"llama|vicuna|alpaca"),
    ("Qwen", r"qwen|qwq|qvq"),
    ("Mistral", r"mistral|mixtral|ministral|codestral|magistral|devstral|pixtral"),
    ("Gemini", r"gemini|gemma"),
)


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


def family_warning(judge: ModelRef, candidate: str) -> str | None:
    """One sentence where a model is judged by a relative, or None.

    Args:
        judge: the judging model.
        candidate: the name of the model that is judged.
    """
    family = model_family(judge.name)
    if family != model_family(candidate):
        return None
    return (
        f"judge {judge.name!r} and candidate {candidate!r} are both of the {family} family: "
        "models favour their own kind, so judge with another one"
    )
