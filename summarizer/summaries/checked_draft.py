"""A draft checked: verified sentence by sentence, kept to its length, turned into a Summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from summarizer.digest import Check, Evidence, Summary, SummarySentence
from summarizer.errors import ConfigurationError
from summarizer.summaries.answer_text import (
    is_complete,
    join_sentences,
    leaves_open,
    summary_sentences,
)
from summarizer.summaries.antecedents import antecedents
from summarizer.summaries.parts import unanswered
from summarizer.summaries.request import TOLERANCE, Task
from summarizer.text import Sentence, count_words, detect_language
from summarizer.verification import verify_summary
from summarizer.verification.alignment import Aligner

# An unsupported sentence is worth keeping only where the length cannot be met without it.
_UNSUPPORTED_WORTH = 0.01
# A shorter paragraph is completed. What completes tells little: of 16 such sentences (REALSumm) 5
# could not be followed or were captions, and 3 told what the article is about.
_ENOUGH_SAID = 0.6  # of the words that are wanted
# Below this score of its alignment a sentence of a summarizer that keeps close to the article is
# wrong more often than right: see docs/measurements.md. Measured in English; where verbs change
# their form more, right ones fall below it, too.
OWN_WORDS = 0.7
_SOFT_FAULT = 0.1  # a draft of the wrong length is better than one with a wrong fact


class CheckedDraft(NamedTuple):
    """A draft's sentences with their evidence, and what is wrong with them."""

    sentences: tuple[SummarySentence, ...]
    checks: tuple[Check, ...] = ()
    flaw: str = ""  # of its form: it is too short, too long, or nothing at all

    @property
    def words(self) -> int:
        """How long they are."""
        return sum(count_words(sentence.text) for sentence in self.sentences)

    @property
    def claims(self) -> tuple[str, ...]:
        """The faults that are about what a sentence says."""
        return tuple(check.message for check in self.checks if check.kind != "focus")

    @property
    def is_open(self) -> bool:
        """Whether they leave the reader's question open."""
        return any(check.kind == "focus" for check in self.checks)

    @property
    def faults(self) -> tuple[str, ...]:
        """All that is wrong, in words."""
        return (*self.claims, *filter(None, [self.flaw]))

    @property
    def penalty(self) -> float:
        """How bad the draft is; 0 is without a fault."""
        flagged = sum(not sentence.supported for sentence in self.sentences)
        flagged += len(self.sentences) * any(check.kind == "language" for check in self.checks)
        return flagged + _SOFT_FAULT * (len(self.faults) > flagged) + 100 * (not self.sentences)

    def only(self, kept: Sequence[int]) -> CheckedDraft:
        """The sentences in these places, with their checks, the whole draft's and the repaired."""
        places: dict[int | None, int | None] = {old: new for new, old in enumerate(kept)}
        places[None] = None
        checks = tuple(
            check.model_copy(update={"sentence": places.get(check.sentence)})
            for check in self.checks
            if check.sentence in places or check.status == "repaired"
        )
        return CheckedDraft(tuple(self.sentences[place] for place in kept), checks, self.flaw)

    def without(self, gone: Collection[int | None], told: Iterable[Check]) -> CheckedDraft:
        """The draft without some sentences; ``told``: the checks that say why."""
        left = self.only([place for place in range(len(self.sentences)) if place not in gone])
        left_out = [c.model_copy(update={"status": "repaired", "sentence": None}) for c in told]
        return left._replace(checks=(*left.checks, *left_out))


def check_draft(text: str, task: Task, *, truncated: bool = False) -> CheckedDraft:
    """The sentences of a draft, verified; an unfinished last sentence is left out."""
    reading, request, language = task.reading, task.request, task.language
    texts = summary_sentences(text, style=request.style, language=language)
    if truncated and texts and not is_complete(texts[-1]):
        texts.pop()
    silent = [one for one in texts if _is_silent(one, task)]
    texts = [one for one in texts if one not in silent]
    told = tuple(_open(task, "the model found no answer in the article") for _ in silent[:1])
    if silent and not texts:
        return CheckedDraft((), told)
    if not texts:
        why = "it was cut off at the length limit" if truncated else "it is empty"
        return CheckedDraft((), flaw=why)
    spoken = detect_language(" ".join(texts)) if request.style != "headline" else None
    strays = language is not None and spoken not in (None, language)
    sentences, checks = verify_summary(
        texts,
        reading.article,
        excluded=reading.excluded,
        language=spoken if strays else language,
        related=task.context.background,
    )
    if strays:
        message = f"it is written in {spoken!r}, {language!r} is wanted"
        checks += (Check(kind="language", status="flagged", message=message, text=texts[0]),)
    found, flaw = kept_to_length(CheckedDraft(sentences, checks + told), task), ""
    if found.words > request.longest:
        flaw = f"it has {found.words} words, at most {request.longest} are allowed"
    elif found.words < request.shortest:
        flaw = f"it has {found.words} words, at least {request.shortest} are wanted"
    return found._replace(flaw=flaw)


def _is_silent(sentence: str, task: Task) -> bool:
    """Whether it says that the article leaves the question open, and is none of the article's."""
    if task.request.focus is None or task.is_translated or not leaves_open(sentence):
        return False
    article, excluded = task.reading.article, task.reading.excluded
    text = Aligner(article.text, language=article.language, excluded=excluded)
    return text.align(sentence).score < OWN_WORDS


def _open(task: Task, message: str) -> Check:
    """A check that says that a question is left open."""
    return Check(kind="focus", status="flagged", message=message, text=task.request.focus or "")


def translation_checks(task: Task) -> tuple[Check, ...]:
    """A check where the summary speaks another language than the article."""
    if not task.is_translated:
        return ()
    message = "it is in another language than the article: only numbers and dates were checked"
    return (Check(kind="language", status="doubtful", message=message, text=""),)


def kept_to_length(draft: CheckedDraft, task: Task) -> CheckedDraft:
    """Leave out whole sentences where that brings a long draft to its length."""
    request, texts = task.request, [sentence.text for sentence in draft.sentences]
    counts = list(map(count_words, texts))
    if sum(counts) <= request.longest:
        return draft
    # Earlier sentences tell more: the prompts ask to begin with what happened.
    worth = [
        (1.0 if sentence.supported else _UNSUPPORTED_WORTH) / (1 + 0.2 * index)
        for index, sentence in enumerate(draft.sentences)
    ]
    needed = [others or () for others in antecedents(texts, task.language)]
    kept = sentences_that_fit(
        counts, worth, needed, shortest=request.shortest, longest=request.longest
    )
    return draft if kept is None else draft.only(kept)


def sentences_that_fit(
    words: Sequence[int],
    worth: Sequence[float],
    needed: Sequence[Collection[int]],
    *,
    shortest: int,
    longest: int,
) -> list[int] | None:
    """Indices, in order, of the sentences to keep: the most worth within the length.

    0/1 knapsack over the total number of words: O(sentences * longest). A sentence is kept only
    behind the earlier ones that it needs. None where no choice is found of between ``shortest``
    and ``longest`` words; where sentences need others, one may be missed.

    >>> sentences_that_fit([20, 25, 10], [1.0, 0.2, 0.9], [(), (), ()], shortest=25, longest=35)
    [0, 2]
    """
    best: dict[int, tuple[float, list[int]]] = {0: (0.0, [])}
    for index, (count, value) in enumerate(zip(words, worth, strict=True)):
        for total, (score, kept) in list(best.items()):
            size = total + count
            better = size not in best or best[size][0] < score + value
            if size <= longest and better and set(needed[index]).issubset(kept):
                best[size] = (score + value, [*kept, index])
    fitting = [choice for total, choice in best.items() if shortest <= total]
    return max(fitting)[1] if fitting else None


def without_borrowed(checked: CheckedDraft) -> CheckedDraft:
    """Leave out the sentences that only a related article bears out, unless no other is left."""
    borrowed = [check for check in checked.checks if check.kind == "context"]
    left = checked.without({check.sentence for check in borrowed}, borrowed)
    return left if left.sentences else checked


def repaired_checks(*, before: Sequence[Check], after: Sequence[Check]) -> tuple[Check, ...]:
    """Those faults of a first draft that the second one does not have.

    A fault that gave way to another of its kind is not mended: the number of each kind that is
    left counts, and the same words are the same fault.
    """
    left = Counter(check.kind for check in after)
    told = {(check.kind, check.text) for check in after}
    mended = []
    for check in sorted(before, key=lambda check: (check.kind, check.text) not in told):
        if left[check.kind] > 0:
            left[check.kind] -= 1
        else:
            mended.append(check.model_copy(update={"status": "repaired", "sentence": None}))
    return tuple(mended)


def to_summary(
    checked: CheckedDraft, task: Task, notes: tuple[str, ...] = ()
) -> tuple[Summary, tuple[Check, ...]]:
    """The summary; what it lacks in length, and a question that is left open, is reported.

    Of sentences in another language than the article's it is not known whether that says them.
    """
    if task.is_translated or any(check.kind == "language" for check in checked.checks):
        unknown = (
            s.model_copy(update={"supported": s.supported and None}) for s in checked.sentences
        )
        checked = checked._replace(sentences=tuple(unknown))
    focus = task.request.focus
    if focus and not checked.is_open:
        checked = checked._replace(checks=checked.checks + unanswered(task.reading, focus))
    return completed(checked, task, notes)


def completed(
    checked: CheckedDraft, task: Task, notes: tuple[str, ...]
) -> tuple[Summary, tuple[Check, ...]]:
    """The summary; too short a one is completed with sentences of the article, and reported."""
    request, article = task.request, task.reading.article
    sentences, checks = checked.sentences, checked.checks
    enough = request.style != "paragraph" or checked.words >= _ENOUGH_SAID * request.words
    if not sentences or not enough:
        added = _completion(checked, task)
        sentences += added
        checks += tuple(
            Check(
                kind="length",
                status="repaired",
                message="the model's summary was too short: a sentence of the article was added",
                text=sentence.text,
                sentence=len(checked.sentences) + place,
            )
            for place, sentence in enumerate(added)
        )
    texts = [sentence.text for sentence in sentences]
    words = sum(map(count_words, texts))
    if not request.shortest <= words <= request.longest:
        message = f"{words} words, {request.shortest} to {request.longest} were wanted"
        checks += (Check(kind="length", status="flagged", message=message, text=str(words)),)
    summary = Summary(
        text=join_sentences(texts, style=request.style),
        words=words,
        style=request.style,
        language=request.language or article.language,
        focus=request.focus,
        sentences=sentences,
        notes=notes,
    )
    return summary, checks


def _completion(checked: CheckedDraft, task: Task) -> tuple[SummarySentence, ...]:
    """Sentences of the article that tell more and stand by themselves, up to the wanted length."""
    if task.is_translated:
        return ()
    room = task.request.longest - checked.words
    words = max(1, int(room / (1 + TOLERANCE)))
    if checked.is_open:
        task = _without_focus(task)
        if not checked.sentences:
            return _extract(task, words=words)
    told = {(e.start, e.end) for s in checked.sentences for e in s.evidence}
    found = _extract(task, words=words, told=told)
    if not found and not checked.sentences:
        found = _extract(task, words=words)  # leaning sentences, before none at all
    return tuple(
        sentence
        for sentence in found
        if is_complete(sentence.text) and count_words(sentence.text) <= room
    )


def extracted_summary(task: Task) -> tuple[Summary, tuple[Check, ...]]:
    """A summary made of the article's own sentences; the title is the headline.

    Raises:
        ConfigurationError: a summary in another language than the article's is asked for.
    """
    reading, request = task.reading, task.request
    if task.is_translated:
        raise ConfigurationError(
            f"the extractive engine cannot translate: the article is in "
            f"{reading.article.language!r}, the summary should be in {request.language!r}",
            hint="leave out the language, or choose a --model that writes",
        )
    # Where the article's is not known, it is not the one that is wanted either.
    request = request.model_copy(update={"language": reading.article.language})
    task = task._replace(summary=request)
    if request.style == "headline" and (title := reading.visible.title):
        checked = CheckedDraft(*verify_summary([title], reading.article, excluded=reading.excluded))
    else:
        focus = request.focus
        left_open = unanswered(reading, focus) if focus else ()
        # What is nearest to a question that is left open has nothing to do with it.
        asked = _without_focus(task) if left_open else task
        checked = CheckedDraft(_extract(asked, words=request.words), left_open)
    return to_summary(checked, task)


def _without_focus(task: Task) -> Task:
    """The same without the question."""
    return task._replace(summary=task.request.model_copy(update={"focus": None}))


def _extract(
    task: Task, *, words: int, told: Collection[tuple[int, int]] | None = None
) -> tuple[SummarySentence, ...]:
    from summarizer.summaries.extractive import extractive_summary

    reading, focus = task.reading, task.request.focus
    found = extractive_summary(
        reading.article, words=words, focus=focus, excluded=reading.excluded, told=told
    )
    return tuple(map(of_the_article, found))


def of_the_article(sentence: Sentence) -> SummarySentence:
    """A sentence of the article as one of the summary."""
    start, end, text = sentence
    return SummarySentence(
        text=" ".join(text.split()),
        supported=True,
        evidence=(Evidence(start=start, end=end, text=text, score=1.0),),
    )
