"""A second look: how probable it is that the article says a summary sentence, by a model's yes.

The rules find words that the article does not have. They do not see a right name with another's
deed, or two facts wrongly joined. A model is asked for each sentence whether its passages say it,
sentence by sentence and with these passages alone: asked with the whole article, a small model
answers at random. The answer is a probability and a mark for a person, never a verdict.

It was held against the votes of people; ``docs/verification.md`` has the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from summarizer.digest import Check, PromptRef, SummarySentence
from summarizer.llm.structured import ask_yes_no
from summarizer.worker_pool import in_parallel

if TYPE_CHECKING:
    from summarizer.llm.client import ChatClient
    from summarizer.llm.endpoint import Endpoint
    from summarizer.prompts import Prompt

_AT_A_TIME: Final = 4  # questions, where an endpoint tells no limit


# Below this probability a person should look. Ours: 2 of 49 faithful sentences of the half "dev" of
# benchmarks/support.py are doubtful and 10 of the other 37. A logistic curve that was fitted there
# to the votes of people has slope 0.98 and offset 0.07: P(yes) is what it says.
DOUBTFUL: Final = {"qwen2.5-coder-1.5b": 0.22}
# Nobody measured how far another model's P(yes) can be believed.
UNCALIBRATED: Final = 0.5


def is_calibrated(endpoint: Endpoint) -> bool:
    """Whether a model is our own, whose probabilities were held against people's votes."""
    return endpoint.provider == "embedded" and endpoint.model in DOUBTFUL


class SupportCheck:
    """Asks one model about the sentences of summaries; safe to use from many threads."""

    def __init__(self, client: ChatClient, prompt: Prompt) -> None:
        self._client = client
        self._prompt = prompt

    def look(
        self, sentences: Sequence[SummarySentence]
    ) -> tuple[tuple[SummarySentence, ...], tuple[Check, ...]]:
        """The sentences with their support, and a check for each that is doubtful.

        What rests on no passage, or was flagged, is not asked about: that is known.

        Raises:
            ModelOutputError: the model gives no log-probabilities.
            EndpointError: see ``ChatClient.complete``.
        """
        places = [i for i, found in enumerate(sentences) if found.supported and found.evidence]
        jobs = self._client.slots or _AT_A_TIME
        answers = in_parallel([sentences[i] for i in places], self._support, jobs=jobs)
        doubtful = DOUBTFUL.get(self._client.model.name, UNCALIBRATED)
        looked, checks = list(sentences), []
        for place, support in zip(places, answers, strict=True):
            looked[place] = looked[place].model_copy(update={"support": support})
            if support < doubtful:
                checks.append(_doubtful(looked[place], support, index=place))
        return tuple(looked), tuple(checks)

    @property
    def prompt(self) -> PromptRef:
        """What the model is asked with."""
        return self._prompt.ref

    @property
    def is_calibrated(self) -> bool:
        """Whether people's votes were held against this model's answers."""
        return self._client.model.name in DOUBTFUL

    def _support(self, sentence: SummarySentence) -> float:
        messages = self._prompt.render(
            passage=" ".join(span.text for span in sentence.evidence), sentence=sentence.text
        )
        hint = "--check rules leaves the second look out; --check-model names another model"
        return round(ask_yes_no(self._client, messages, hint=hint), 4)


def _doubtful(sentence: SummarySentence, support: float, *, index: int) -> Check:
    return Check(
        kind="support",
        status="doubtful",
        message=f"a second look at its passages gives this sentence a probability of {support:.0%}",
        text=sentence.text,
        sentence=index,
    )
