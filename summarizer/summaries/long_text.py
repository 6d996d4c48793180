"""Which sentences tell a long text: a speech, an essay, a report, an interview.

It has more to tell than fits. Those are chosen that most look like the ones in which authors of
such texts say their points: long ones without asides, of the words that the text repeats, with
figures and long words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from summarizer.summaries.antecedents import stands_alone
from summarizer.summaries.candidates import FEWEST_TERMS, Candidate
from summarizer.summaries.request import SummaryRequest
from summarizer.text import Sentence

if TYPE_CHECKING:
    from numpy.typing import NDArray

# How much a sentence tells: by its length, the weight of its words, its commas, its figures and the
# length of its words, all in standard deviations within the text, and by having a quotation or a
# question. From a logistic regression on texts whose authors marked the sentences that say their
# points (benchmarks/long_texts.py).
TELLING: Final = np.array([2.0, 1.1, -0.6, 0.5, 0.5, -1.0])
_COMMA: Final = re.compile("[,،，、]")
_FIGURE: Final = re.compile(r"\d+")
_SPEECH: Final = re.compile('["“”«»„「」?？؟]')
# The share of a sentence's words that must be new; with less it repeats others.
REDUNDANT: Final = 0.35


def signs(candidates: Sequence[Candidate], weights: Mapping[str, float]) -> NDArray[Any]:
    """What tells a sentence that says a point of a long text: a row each, for ``TELLING``."""
    texts = [candidate.sentence.text for candidate in candidates]
    return np.column_stack(
        [
            _deviations(np.log([candidate.words for candidate in candidates])),
            _deviations(densities(candidates, weights)),
            _deviations(np.array([len(_COMMA.findall(text)) for text in texts])),
            _deviations(np.array([len(_FIGURE.findall(text)) for text in texts])),
            _deviations(np.array([len(text) / (1 + text.count(" ")) for text in texts])),
            [_SPEECH.search(text) is not None for text in texts],
        ]
    )


def _deviations(values: NDArray[Any]) -> NDArray[Any]:
    found: NDArray[Any] = (values - values.mean()) / max(float(values.std()), 1e-6)
    return found


def densities(candidates: Sequence[Candidate], weights: Mapping[str, float]) -> NDArray[Any]:
    """The weight of each candidate's words by their number."""
    return np.array(
        [sum(weights[t] for t in one.terms) / (len(one.terms) + FEWEST_TERMS) for one in candidates]
    )


def standing(
    sentences: Sequence[Sentence], needed: Sequence[tuple[int, ...] | None], language: str | None
) -> list[int]:
    """The places of those that lean on no other and are no list: a long text has enough."""
    alone = [place for place, others in enumerate(needed) if others == ()]
    stand = [
        place
        for place in alone
        if "\n" not in sentences[place].text
        and (not place or stands_alone(sentences[place].text, language))
    ]
    return stand or alone


def most_telling(
    candidates: Sequence[Candidate], worth: NDArray[Any], request: SummaryRequest
) -> tuple[Sentence, ...]:
    """Those worth most that fit, in their order; none says again what the others say."""
    order = [candidates[place] for place in np.argsort(-worth, kind="stable")]
    kept: list[Sentence] = []
    said: set[str] = set()
    size = 0
    for sentence, length, words, *_ in order:
        is_new = len(words - said) >= REDUNDANT * len(words)
        if is_new and size + length <= request.longest:
            kept.append(sentence)
            said |= words
            size += length
        if size >= request.shortest:
            break
    return tuple(sorted(kept))
