"""Fit what says of each line of a dump what it is: ``summarizer/articles/pasted.npz``.

    python benchmarks/fit_lines.py [--across]

It learns from the files of ``dumps``, and from variants of them: the body of one
file with what stands around another, lines around it left out, other gaps between lines, lines
broken as in mails and papers, and an order to a model anywhere among them, which is the body's.
Texts that are clean already are examples of bodies without anything around them. With --across,
the files of each writer are measured by a model fitted without them; nothing is written.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import textwrap
from collections import Counter, defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from dumps import measure, report
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array

from summarizer.articles import pasted
from summarizer.articles.dates import dates_in

Signs = NDArray[np.float64]
Line = tuple[str, str]  # its kind, and what it says
Sample = tuple[Signs, list[int], float]
KINDS = {"B": 0, "X": 0, "M": 1, "C": 1, "T": 2, "D": 3, "A": 4, "K": 5}
VARIANTS, CLEAN = 6, 3
WEIGHT, WEIGHT_OF_CLEAN = 0.3, 0.15  # against 1 of a file
ORDERED, LISTED = 0.25, 0.25  # of variants have an order, a list
LISTS = tuple(f"scope/{hand}_hand" for hand in ("second", "third", "fifth", "sixth", "other"))
NEWS = (
    *("long_texts/hand_1", "long_texts/hand_2", "claims/open"),
    *("scope/third_hand_news", "scope/fifth_hand_news"),
)
ORDERS = tuple(f"screening_data/hand_{n}" for n in range(2, 7))
PENALTY = 8.0
WRITER = re.compile(r"[a-z]+\d(?=-)|[a-z]+")  # in the id of a file
WIDTHS = (36, 44, 60, 66, 72, 78)
_own_signs = lru_cache(maxsize=None)(pasted._own_signs)


def main() -> None:
    """Fit and write the weights, or measure them across the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--across", action="store_true")
    across = parser.parse_args().across
    writers: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for name in ("open", "fresh", "kept", "later"):
        for row in read(f"dumps/{name}"):
            writers[f"{name} {WRITER.match(row['id'])[0]}"].append(row)  # type: ignore[index]
    rows, ours = [*itertools.chain(*writers.values())], read("dumps/ours")
    if not across:
        weights = {name: part.astype("f2") for name, part in fit(rows, ours)._asdict().items()}
        np.savez_compressed(pasted.WEIGHTS, **weights)
        return
    total: Counter[str] = Counter()
    for writer, own in writers.items():
        model = fit([row for row in rows if row not in own], ours)
        pasted._model = lambda model=model: model  # type: ignore[assignment]
        found = sum(map(measure, own), Counter())
        print(writer, len(own), dict(found))
        total += found
    report(total, len(rows))


def read(name: str) -> list[dict[str, Any]]:
    """The rows of a file beside this one."""
    text = (Path(__file__).parent / f"{name}.jsonl").read_text("utf-8")
    return [json.loads(row) for row in text.split("\n") if row]


def fit(rows: list[dict[str, Any]], ours: list[dict[str, Any]]) -> pasted.Model:
    """The model that gives the kinds of all lines the highest penalised likelihood."""
    dice = random.Random(1)  # noqa: S311
    files = [list(zip(row["tags"], row["lines"], strict=True)) for row in rows + ours]
    pages = files[: len(rows)]
    orders = [("B", row["text"].replace("\n", " ")) for name in ORDERS for row in read(name)]
    lists = [[line for line in text if line[0] == "B"] for text, _ in texts(LISTS)]
    samples = [sample(file, 1.0) for file in files]
    for file in files * VARIANTS:
        other = variant(file, pages, dice)
        body = [n + 1 for n, (kind, _) in enumerate(other) if kind == "B"]
        if body and dice.random() < LISTED:
            place = dice.choice(body)
            other[place:place] = dice.choice(lists)[: dice.randrange(2, 12)]
        if dice.random() < ORDERED:
            other.insert(dice.randrange(len(other) + 1), dice.choice(orders))
        samples.append(sample(other, WEIGHT))
    for text, title in texts(NEWS + LISTS) * CLEAN:
        samples.append(sample(dressed(text, title, pages, dice), WEIGHT_OF_CLEAN))
    return most_likely(samples)


def texts(names: tuple[str, ...]) -> list[tuple[list[Line], str | None]]:
    """Clean texts of more lines than are read as they are, and their headlines."""
    found = []
    for row in (row for name in names for row in read(name)):
        text = [("B" if line.strip() else "-", line) for line in row["text"].strip().split("\n")]
        if sum(kind == "B" for kind, _ in text) > pasted._FEWEST:
            found.append((text, row.get("title")))
    return found


def sample(file: list[Line], weight: float) -> Sample:
    """The signs and kinds of its lines."""
    lines = [line for _, line in file]
    with dates_in("\n".join(lines)):
        signs = pasted.line_signs(lines, _own_signs)
    return signs, [KINDS.get(kind, 1) for kind, line in file if line.strip()], weight


def parts(file: list[Line]) -> tuple[list[Line], list[Line], list[Line]]:
    """What is above its headline or text, both, and what is below."""
    inside = [n for n, (kind, _) in enumerate(file) if kind in "BKXTDA"] or [0]
    return file[: inside[0]], file[inside[0] : inside[-1] + 1], file[inside[-1] + 1 :]


def variant(file: list[Line], files: list[list[Line]], dice: random.Random) -> list[Line]:
    """The same article in another page."""
    share = dice.choice([0.1, 0.3, 0.6])
    if dice.random() < 0.5:
        head = parts(dice.choice(files))[0] if dice.random() < 0.8 else []
        tail = parts(dice.choice(files))[2] if dice.random() < 0.8 else []
        file = head + without_some(parts(file)[1], 0.2, dice) + tail
    else:
        file = without_some(file, share, dice)
    file = spaced(file, dice)
    return broken(file, dice) if dice.random() < 0.2 else file


def without_some(file: list[Line], share: float, dice: random.Random) -> list[Line]:
    """Without this share of the lines that are not the article's."""
    return [line for line in file if line[0] not in "MC" or dice.random() > share]


def spaced(file: list[Line], dice: random.Random) -> list[Line]:
    """With other gaps between its lines."""
    way = dice.random()
    if way > 0.7:
        return file
    found = []
    for kind, line in (line for line in file if line[1].strip()):
        found.append((kind, line))
        if way > 0.35 and (kind in "BKX" or dice.random() < 0.3):
            found.append(("-", ""))
    return found


def broken(file: list[Line], dice: random.Random) -> list[Line]:
    """With the paragraphs broken into lines of one width."""
    width, gaps, found = dice.choice(WIDTHS), dice.random() < 0.7, []
    for kind, line in file:
        long = kind in "BKX" and len(line) > 1.3 * width
        found += [(kind, part) for part in (textwrap.wrap(line, width) if long else [line])]
        found += [("-", "")] * (long and gaps)
    return found


def dressed(
    text: list[Line], title: str | None, files: list[list[Line]], dice: random.Random
) -> list[Line]:
    """A clean text as it is, below its headline, or in a page."""
    way = dice.random()
    headline = [("T", title)] if title else []
    if way < 0.2:
        return [*headline, ("-", ""), *text]
    if way > 0.4:
        return text
    page = dice.choice(files)
    told = [line for line in parts(page)[1][:8] if line[0] in "DAM"]
    head = parts(page)[0] if dice.random() < 0.8 else []
    tail = parts(dice.choice(files))[2] if dice.random() < 0.8 else []
    return head + headline + told + text + tail


def most_likely(samples: list[Sample]) -> pasted.Model:
    """Of all models, by L-BFGS; the samples are seen together, one line of each at a time."""
    samples.sort(key=lambda one: -len(one[1]))
    # No library of dense matrices, whose sums depend on the number of its threads.
    signs = csr_array(np.concatenate([one[0] for one in samples]))
    kinds = np.concatenate([one[1] for one in samples])
    sizes = np.array([len(one[1]) for one in samples])
    weights = np.array([one[2] for one in samples])
    starts = np.cumsum(sizes) - sizes
    rows = [starts[: (sizes > n).sum()] + n for n in range(sizes[0])]
    ends, count = starts + sizes - 1, len(pasted.KINDS)
    right = np.eye(count)[kinds]
    heavy = np.repeat(weights, sizes)[:, None]
    shapes = [(signs.shape[1], count), (count, count), (count,), (count,)]
    cuts = np.cumsum([np.prod(shape) for shape in shapes])[:-1]
    pairs = [*itertools.pairwise(rows)]
    turned = np.zeros((count, count))
    for a, b in pairs:
        turned += (right[a[: len(b)]] * weights[: len(b), None]).T @ right[b]

    def loss(values: Signs) -> tuple[float, Signs]:
        model = [p.reshape(s) for p, s in zip(np.split(values, cuts), shapes, strict=True)]
        scores = signs @ model[0]
        ahead, back = scores.copy(), np.zeros_like(scores)
        ahead[rows[0]] += model[2]
        for a, b in pairs:
            ahead[b] += _log_sum(ahead[a[: len(b)], :, None] + model[1], 1)
        whole = _log_sum(ahead[ends] + model[3], 1)
        back[ends] = model[3]
        turns = np.zeros_like(model[1])
        for a, b in reversed(pairs):
            a, coming = a[: len(b)], (scores[b] + back[b])[:, None, :] + model[1]
            back[a] = _log_sum(coming, 2)
            both = np.exp(ahead[a, :, None] + coming - whole[: len(b), None, None])
            turns += (both * weights[: len(b), None, None]).sum(0)
        chances = np.exp(ahead + back - np.repeat(whole, sizes)[:, None])
        off = (chances - right) * heavy
        slope = [
            signs.T @ off,
            turns - turned,
            off[starts].sum(0),
            off[ends].sum(0),
        ]
        said = (scores * right * heavy).sum() + (model[1] * turned).sum()
        said += weights @ (model[2][kinds[starts]] + model[3][kinds[ends]])
        value = weights @ whole - said + PENALTY / 2 * values @ values
        return value, np.concatenate([part.ravel() for part in slope]) + PENALTY * values

    begin = np.zeros(sum(int(np.prod(shape)) for shape in shapes))
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": 150}).x
    return pasted.Model(
        *(part.reshape(shape) for part, shape in zip(np.split(found, cuts), shapes, strict=True))
    )


def _log_sum(values: Signs, axis: int) -> Signs:
    most = values.max(axis=axis, keepdims=True)
    return np.asarray(
        (most + np.log(np.exp(values - most).sum(axis=axis, keepdims=True))).squeeze(axis)
    )


if __name__ == "__main__":
    main()
