"""Whether a text is news or other prose about the world at all: a shopping list has no topic.

A support vector machine over the article's vector and the form of its text: a text without a topic
is told by texts that are like it. What it was fitted on, how well it does and where it fails is in
``scope.md``; ``benchmarks/topics_scope.py`` fits and measures it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from summarizer.retrieval.embedding import Vectors

OUT_OF_SCOPE: Final = 0.02  # what is left of the scores of a text that is no news
_FILE: Final = Path(__file__).with_name("scope.npz")
_READ: Final = 4000  # characters whose form is looked at
_WORD: Final = re.compile(r"\w+")
_STOP: Final = re.compile(r"[.!?؟](?=[\s\"'”»)」]|$)|[。！？]")
_SYMBOLS: Final = frozenset("{}[]<>=;|/\\_#@*+$^~`&%")
_CHARACTERS_A_WORD: Final = 1.7  # of Chinese and Japanese
# "I" and "you" in the languages of the training texts: who writes to somebody writes no news.
_FIRST: Final = frozenset(
    _WORD.findall(
        "i me my mine we us our ich mich mir mein meine meinen wir uns unser je j moi mon ma mes "
        "nous notre yo mi mis nosotros eu meu minha io mio mia noi ik mij mijn mnie я мне меня мой "
        "мы нас mimi yangu 我 我们 jag mig"
    )
)
_SECOND: Final = frozenset(
    _WORD.findall(
        "you your yours u du dich dir dein deine sie ihr ihre ihnen euch tu te toi ton ta tes vous "
        "votre vos tú usted ustedes tus você seu sua ti tuo tua voi jij je jouw ty ciebie ты тебя "
        "вы вас вам ваш wewe yako 你 您"
    )
)


class ScopeModel(NamedTuple):
    """A Gaussian kernel's support vectors, with what the form of a text is standardised by.

    Attributes:
        supports: vector and form of each, (texts, dimension + forms).
        weights: positive where it is news, (texts,).
    """

    supports: Vectors
    weights: Vectors
    mean: Vectors
    spread: Vectors
    bias: float


def in_scope(vector: Vectors, text: str) -> bool:
    """Whether a text may have a topic; ``vector`` (1, dimension) as it is scored."""
    model = scope_model()
    form = np.clip((form_of(text) - model.mean) / model.spread, -0.3, 0.3)
    distances = ((model.supports - np.concatenate([vector[0], form])) ** 2).sum(axis=1)
    return bool(np.exp(-distances) @ model.weights + model.bias > 0)


@cache
def scope_model() -> ScopeModel:
    """The stored model."""
    with np.load(_FILE, allow_pickle=False) as data:
        supports = data["supports"] / np.float32(400)  # whole numbers of one byte
        return ScopeModel(supports, data["weights"], data["mean"], data["spread"], data["bias"])


def form_of(text: str) -> Vectors:
    """How a text looks, whatever it says: length, shares of characters, stops, who is spoken to."""
    text = text[:_READ]
    characters = max(len(text), 1)
    words = _WORD.findall(text)
    lower = [word.lower() for word in words]
    ideographs = sum("\u3040" <= c <= "\u9fff" for c in text)
    spaced = ideographs < characters / 5
    count = max(len(words) if spaced else ideographs / _CHARACTERS_A_WORD, 1)
    shares = (
        *(sum(map(of, text)) / characters for of in (str.isalpha, str.isdigit, str.isupper)),
        sum(c in _SYMBOLS for c in text) / characters,
        text.count("\n") / count,
        len(_STOP.findall(text)) / count,
        *(sum(map(text.count, marks)) / count for marks in (",،、，", ":", "!?")),
        len(set(lower)) / max(len(words), 1),
        sum(map(len, words)) / max(len(words), 1),
        sum(any(map(str.isdigit, word)) for word in words) / max(len(words), 1),
        *(sum(word in persons for word in lower) / count for persons in (_FIRST, _SECOND)),
    )
    return np.array([np.log1p(count), *shares], dtype=np.float32)
