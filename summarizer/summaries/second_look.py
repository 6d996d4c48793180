"""A second look: how probable it is that the article says a summary sentence, by a model's yes.

The rules find words that the article does not have. They do not see a right name with another's
deed, or two facts wrongly joined. A model is asked for each sentence whether its passages say it,
sentence by sentence and with these passages alone: asked with the whole article, a small model
answers at random. The answer is a probability, neither a verdict nor a mark; but what our own model
doubts, whose answers were held against the votes of people, gives way to sentences of the article.
``docs/measurements.md`` has the figures.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from summarizer.digest import Check, Summary, SummarySentence
from summarizer.errors import EndpointError, ModelOutputError
from summarizer.llm.structured import ask_yes_no
from summarizer.progress import step
from summarizer.summaries.antecedents import Standing, antecedents
from summarizer.summaries.checked_draft import (
    OWN_WORDS,
    CheckedDraft,
    completed,
    kept_to_length,
    of_the_article,
)
from summarizer.summaries.request import Outcome, Task, missing
from summarizer.text import count_words
from summarizer.verification.alignment import Aligner
from summarizer.worker_pool import in_parallel

if TYPE_CHECKING:
    from summarizer.llm.client import ChatClient
    from summarizer.llm.endpoint import Endpoint
    from summarizer.prompts import Prompt

_AT_A_TIME: Final = 4  # questions, where an endpoint tells no limit

# A sentence below this probability gives way to the article. On the half "held-out" of
# benchmarks/support.py 17 % of 46 faithful sentences are below it and 57 % of 44 others. No
# probability marks sentences for a reader: with 5 % of the faithful ones 10 % of the others are
# marked. P(yes) is what it says (docs/measurements.md).
DOUBTFUL: Final = {"qwen2.5-coder-1.5b": 0.4}


def is_calibrated(endpoint: Endpoint) -> bool:
    """Whether a model is our own, whose probabilities were held against people's votes."""
    return endpoint.provider == "embedded" and endpoint.model in DOUBTFUL


class SupportCheck:
    """Asks one model about the sentences of summaries; safe to use from many threads."""

    def __init__(self, client: ChatClient, prompt: Prompt) -> None:
        self._client = client
        self._prompt = prompt

    def looked_again(self, outcome: Outcome, task: Task) -> Outcome:
        """The outcome with the support of each sentence; without where the model fails."""
        if outcome.summary is None:
            return outcome
        step("taking a second look at the sentences")
        try:
            sentences = self.look(outcome.summary.sentences)
        except (EndpointError, ModelOutputError) as error:
            failed = missing("second look at the summary", error)
            return outcome._replace(checks=(*outcome.checks, failed))
        summary, checks = (
            outcome.summary.model_copy(update={"sentences": sentences}),
            outcome.checks,
        )
        least = DOUBTFUL.get(self._client.model.name)
        if least is not None and outcome.prompts:  # a model wrote it
            summary, checks = without_doubtful(summary, checks, task, least=least)
        prompts = (*outcome.prompts, self._prompt.ref)
        return outcome._replace(summary=summary, checks=checks, prompts=prompts)

    def look(self, sentences: Sequence[SummarySentence]) -> tuple[SummarySentence, ...]:
        """The sentences with their support.

        What rests on no passage, or was flagged, is not asked about: that is known.

        Raises:
            ModelOutputError: the model gives no log-probabilities.
            EndpointError: see ``ChatClient.complete``.
        """
        places = [i for i, s in enumerate(sentences) if s.supported is not False and s.evidence]
        jobs = self._client.slots or _AT_A_TIME
        answers = in_parallel([sentences[i] for i in places], self._support, jobs=jobs)
        looked = list(sentences)
        for place, support in zip(places, answers, strict=True):
            looked[place] = looked[place].model_copy(update={"support": support})
        return tuple(looked)

    def _support(self, sentence: SummarySentence) -> float:
        messages = self._prompt.render(
            passage=" ".join(span.text for span in sentence.evidence), sentence=sentence.text
        )
        hint = "--check rules leaves the second look out; --check-model names another model"
        return round(ask_yes_no(self._client, messages, hint=hint), 4)


def _check(text: str, place: int, why: str) -> Check:
    return Check(kind="support", status="doubtful", message=why, text=text, sentence=place)


def without_doubtful(
    summary: Summary, checks: Sequence[Check], task: Task, *, least: float
) -> tuple[Summary, tuple[Check, ...]]:
    """The summary with sentences of the article in the place of what is doubtful or flagged.

    Doubtful is what has less than the ``least`` support and, in English, what is far from the
    article's words. In its place stands what it rests on, if a reader understands that. A sentence
    that leans on one that is left out ("They agreed ...") goes with it.
    """
    given = summary, tuple(checks)
    if summary.style == "headline":
        return given
    # What completed the model's own sentences is chosen anew, and the length is told anew.
    added = sum(check.kind == "length" and check.sentence is not None for check in checks)
    own = summary.sentences[: len(summary.sentences) - added]
    summary = summary.model_copy(update={"sentences": own})
    checks = tuple(check for check in checks if check.kind != "length")
    checks += tuple(_doubts(summary, _in_question(checks), task, least))
    doubtful = _in_question(checks)
    if not doubtful:
        return given
    instead = _instead(summary, doubtful, task)
    checks += tuple(_leaning(summary, doubtful, instead, task))
    gone = _in_question(checks)
    instead = dict.fromkeys(gone, ()) | instead
    rows = [
        (place, one)
        for place, sentence in enumerate(summary.sentences)
        for one in instead.get(place, (sentence,))
    ]
    places = {place: now for now, (place, _) in enumerate(rows)}  # of a group, its last
    told = tuple(check.model_copy(update=_after(check, places, gone)) for check in checks)
    checked = kept_to_length(CheckedDraft(tuple(one for _, one in rows), told), task)
    return completed(checked, task, summary.notes)


def _after(check: Check, places: Mapping[int, int], gone: Collection[int]) -> dict[str, object]:
    """What changes of a check: ``places`` say where the sentences are now."""
    place = check.sentence
    if place is None:
        return {}
    now = places.get(place)
    if place not in gone:
        return {"sentence": now}
    how = "left out" if now is None else "replaced by what it rests on"
    return {"sentence": now, "status": "repaired", "message": f"{how}: {check.message}"}


def _instead(
    summary: Summary, gone: Collection[int], task: Task
) -> dict[int, tuple[SummarySentence, ...]]:
    """By the places of those that are gone, what they rest on and no other sentence tells."""
    if task.is_translated:
        return {}
    standing = Standing(task.reading.article, excluded=task.reading.excluded)
    told = {
        place: [(span.start, span.end) for span in sentence.evidence]
        for place, sentence in enumerate(summary.sentences)
        if place not in gone
    }
    found: dict[int, tuple[SummarySentence, ...]] = {}
    for place in sorted(gone):
        evidence = summary.sentences[place].evidence
        if (span := max(evidence, key=lambda span: span.score, default=None)) is None:
            continue
        before, after = (
            [one for at, spans in told.items() if (at > place) is later for one in spans]
            for later in (False, True)
        )
        group = standing.group((span.start, span.end), before, after)
        size = sum(count_words(sentence.text) for sentence in group)
        if 0 < size <= task.request.longest:
            found[place] = tuple(map(of_the_article, group))
            told[place] = [(sentence.start, sentence.end) for sentence in group]
    return found


def _in_question(checks: Sequence[Check]) -> set[int]:
    """The places of the sentences that something is wrong with."""
    return {c.sentence for c in checks if c.status != "repaired" and c.sentence is not None}


def _doubts(summary: Summary, told: Collection[int], task: Task, least: float) -> Iterator[Check]:
    """A check for each sentence, but those ``told``, that is unlikely or far from the article.

    What the title says is neither: it is no passage, but the article's word, too.
    """
    article, excluded = task.reading.article, task.reading.excluded
    title = Aligner(task.reading.visible.title or "", language=article.language)
    text = Aligner(article.text, language=article.language, excluded=excluded)
    english = task.language in (None, "en") and not task.is_translated
    for place, sentence in enumerate(summary.sentences):
        if place in told or title.align(sentence.text).score >= OWN_WORDS:
            continue
        if sentence.support is not None and sentence.support < least:
            why = "a second look at its passages gives this sentence a probability of"
            yield _check(sentence.text, place, f"{why} {sentence.support:.0%}")
        elif english and text.align(sentence.text).score < OWN_WORDS:
            why = "it is far from the words of the article, and a small model seldom rewords well"
            yield _check(sentence.text, place, why)


def _leaning(
    summary: Summary,
    doubtful: Collection[int],
    instead: Mapping[int, Sequence[SummarySentence]],
    task: Task,
) -> Iterator[Check]:
    """A check for each further sentence that goes on from one that is left out.

    From what stands ``instead`` it may go on, too: "They" does, a surname may not.
    """
    texts = [sentence.text for sentence in summary.sentences]
    now = [" ".join(one.text for one in instead.get(i, ())) or text for i, text in enumerate(texts)]
    why = "it goes on from a sentence that was left out"
    both = zip(antecedents(texts, task.language), antecedents(now, task.language), strict=True)
    for place, (before, after) in enumerate(both):
        stay = set(after or ()).intersection(instead)
        if place not in doubtful and not stay.issuperset(set(before or ()).intersection(doubtful)):
            yield _check(texts[place], place, why)
