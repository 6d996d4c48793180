"""One yes/no question to a model, answered by a probability: topics, support, screening use it.

A model that is asked for a verdict writes one down whatever it thinks; the log-probabilities of
the first token of its answer tell how sure it is. What stands first in the messages and is the
same for many questions (instructions, a text) is read once by the server, so the question comes
last. The probability is the model's own, not calibrated: each user fits what it means.

It stands in ``llm`` because ``screening`` comes before ``prompts``: the messages are made by the
caller, from a prompt file where there is one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from summarizer.digest import Message, Usage
from summarizer.errors import ModelOutputError
from summarizer.llm.messages import ChatRequest, Completion

if TYPE_CHECKING:
    from summarizer.llm.client import ChatClient

_ALTERNATIVES: Final = 10
_EDGE: Final = 1e-4  # keeps logits finite


class YesNo(NamedTuple):
    """An answer: P(yes) among yes and no, 0 to 1, and what the question cost."""

    yes: float
    usage: Usage


def ask_yes_no(
    client: ChatClient, messages: Sequence[Message], *, hint: str | None = None
) -> YesNo:
    """P(yes) of the answer to ``messages``, which end with a question that wants yes or no.

    Args:
        client: the model; ``client.has_logprobs`` tells beforehand whether it can answer.
        messages: the conversation; one token is generated after it.
        hint: what a user can do where answers come without log-probabilities.

    Raises:
        ModelOutputError: the answer came without log-probabilities.
        EndpointError: see ``ChatClient.complete``.
    """
    request = ChatRequest(messages=tuple(messages), max_tokens=1, top_logprobs=_ALTERNATIVES)
    completion = client.complete(request)
    return YesNo(_probability_of_yes(completion, hint=hint), completion.usage)


def tells_yes_from_no(completion: Completion) -> bool:
    """Whether yes or no is among the alternatives of the answer's first token."""
    return bool(completion.logprobs) and sum(_masses(completion)) > 0


def logit(p: float) -> float:
    """The log-odds of a probability, finite for 0 and 1, too."""
    clipped = min(max(p, _EDGE), 1 - _EDGE)
    return math.log(clipped / (1 - clipped))


def _probability_of_yes(completion: Completion, *, hint: str | None) -> float:
    """P(yes) / (P(yes) + P(no)); 0.5 where neither word is among the alternatives."""
    if not completion.logprobs:
        raise ModelOutputError("the model's answer came without log-probabilities", hint=hint)
    yes, no = _masses(completion)
    return yes / (yes + no) if yes + no > 0 else 0.5


def _masses(completion: Completion) -> tuple[float, float]:
    """The probabilities of yes and of no as the first token, in any casing."""
    assert completion.logprobs  # noqa: S101 - both callers have looked
    first = completion.logprobs[0]
    mass = {"yes": 0.0, "no": 0.0}
    for token, logprob in first.alternatives or ((first.token, first.logprob),):
        word = token.strip().lower()
        if word in mass:
            mass[word] += math.exp(logprob)
    return mass["yes"], mass["no"]
