"""``PairRun``: which of two variants' summaries a judge prefers, article by article."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cached_property, partial
from statistics import fmean
from typing import Any, Literal, NamedTuple

from pydantic import Field

from summarizer.digest import Failure, ModelRef, PromptRef, Usage, Value
from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.operands import matched
from summarizer.evaluation.judge.asking import Asking, Inquiry
from summarizer.evaluation.judge.judge import Judge, Logged, Preference, Winner
from summarizer.evaluation.judge.judge_questions import pair_question
from summarizer.evaluation.metrics.scored_output import source_of
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.manifest import Stored
from summarizer.evaluation.stats.significance import sign_test, wilson_interval
from summarizer.evaluation.suite.samples import drawn


class JudgedVariant(NamedTuple):
    """A variant of a run; one of the two of a preference."""

    folder: RunFolder
    variant: str

    @property
    def model(self) -> str:
        """The name of its model."""
        return self.folder.manifest.planned[self.variant].model.name


class PairKey(NamedTuple):
    """What a preference is known by."""

    sample: str
    epoch: int
    subject: str
    judge: ModelRef
    prompt: PromptRef
    vote: int


class Preferred(Logged):
    """Which of two digests of an article a judge prefers, or why that is not known.

    Attributes:
        a: the variant of A, with its run where that is another one.
        subject: hash of what was judged: both summaries and the article.
    """

    sample: str
    a: str
    b: str
    epoch: int = Field(ge=0)
    subject: str
    vote: int = Field(ge=0)
    judge: ModelRef
    prompt: PromptRef
    answer: Preference | Failure

    @property
    def key(self) -> PairKey:
        """What it is known by."""
        return PairKey(self.sample, self.epoch, self.subject, self.judge, self.prompt, self.vote)


class PairRun(Asking[PairKey, Preferred]):
    """Has a judge's preferences written into preferences.jsonl of B's run.

    Args:
        a: what was.
        b: what is new.
        judge: who is asked, twice for each pair: in both orders.
        votes: preferences of each pair.
        limit: so many articles, drawn by lot; None: all that both have.
    """

    def __init__(
        self,
        a: JudgedVariant,
        b: JudgedVariant,
        judge: Judge,
        *,
        votes: int = 1,
        limit: int | None = None,
    ) -> None:
        self._a, self._b = a, b
        models = {"a": a.model, "b": b.model}
        super().__init__(b.folder.preferences, Preferred, judge, models=models)
        self._votes = votes
        self._limit = limit
        apart = a.folder.path != b.folder.path and a.variant == b.variant
        self.names = tuple(f"{s.variant} ({s.folder.path})" if apart else s.variant for s in (a, b))

    def report(self) -> PreferenceReport:
        """What is known so far, of each article that has a summary of both variants."""
        asked: defaultdict[str, list[PairKey]] = defaultdict(list)
        for key in self._inquiries:
            asked[key.sample].append(key)
        there, paired = self._there, []
        for sample, pairs in self._pairs.items():
            answers = [there[key].answer for key in asked[sample] if key in there]
            paired.append(
                PairedSummaries(
                    sample=sample,
                    story=self._b.folder.samples[sample].story,
                    summaries=tuple(pairs.values()),
                    preferences=tuple(a for a in answers if isinstance(a, Preference)),
                    complete=len(answers) == len(asked[sample]),
                )
            )
        return preference_report(
            paired,
            a=self.names[0],
            b=self.names[1],
            judge=self._judge.client.model,
            prompt=self._judge.prompt("judge-pair"),
            votes=self._votes,
            warnings=tuple(self.warnings),
        )

    @cached_property
    def _pairs(self) -> dict[str, dict[int, tuple[str, str]]]:
        """For each article the summaries of A and of B by epoch, where both are there."""
        ours, theirs = self._a.folder.samples, self._b.folder.samples
        same = [c for c in theirs if c in ours and ours[c].article.id == theirs[c].article.id]
        a, b = (side.folder.digests(side.variant) for side in (self._a, self._b))
        found: dict[str, dict[int, tuple[str, str]]] = {}
        for sample in drawn(same, limit=self._limit, seed=self._b.folder.manifest.suite.seed):
            for epoch in range(self._b.folder.manifest.epochs):
                pair = [side.get((sample, epoch)) for side in (a, b)]
                texts = tuple(one.summary.text for one in pair if one and one.summary)
                if len(texts) == 2:
                    found.setdefault(sample, {})[epoch] = texts
        return found

    @cached_property
    def _inquiries(self) -> dict[PairKey, Inquiry]:
        """Each pair of summaries and vote; equal summaries are a tie without a question."""
        model, prompt = self._judge.client.model, self._judge.prompt("judge-pair")
        inquiries = {}
        for sample, pairs in self._pairs.items():
            found = self._b.folder.samples[sample]
            article = source_of(found.article, found.gold)
            for epoch, (a, b) in pairs.items():
                both = (pair_question(a, b, article=article), pair_question(b, a, article=article))
                for vote in range(self._votes if a != b else 0):
                    key = PairKey(sample, epoch, both[0].subject, model, prompt, vote)
                    inquiries[key] = Inquiry(
                        source=self._b.variant,
                        questions=both,
                        ask=partial(self._judge.prefer, *both, vote=vote),
                    )
        return inquiries

    def _line(self, key: PairKey, answer: Any, usage: Usage) -> Preferred:
        return Preferred(
            **key._asdict(), a=self.names[0], b=self.names[1], answer=answer, usage=usage
        )


def judged_pairs(
    a: tuple[RunFolder, list[str]], b: tuple[RunFolder, list[str]]
) -> list[tuple[JudgedVariant, JudgedVariant]]:
    """The variants of two runs that are held against each other.

    Raises:
        ConfigurationError: there are none, or a variant would be held against itself.
    """
    (folder_a, variants_a), (folder_b, variants_b) = a, b
    names = matched(variants_a, variants_b)
    if folder_a.path == folder_b.path and any(one == two for one, two in names):
        raise ConfigurationError(
            "a variant is not compared with itself", hint="choose two of them, RUN:VARIANT"
        )
    return [(JudgedVariant(folder_a, one), JudgedVariant(folder_b, two)) for one, two in names]


class PairedSummaries(NamedTuple):
    """The summaries of one article by A and B, and which is preferred.

    Attributes:
        sample: the article.
        story: shared by articles on one event.
        summaries: (A's, B's) of each epoch.
        preferences: the judge's, of each epoch and vote; none of equal summaries.
        complete: whether all that was to be asked is answered.
    """

    sample: str
    story: str | None
    summaries: tuple[tuple[str, str], ...]
    preferences: tuple[Preference, ...]
    complete: bool

    @property
    def lead(self) -> int:
        """Preferences for B less those for A."""
        return sum({"a": -1, "b": 1, "tie": 0}[found.winner] for found in self.preferences)

    @property
    def longer(self) -> float:
        """Words that B has more than A, on average over the epochs."""
        return fmean(len(b.split()) - len(a.split()) for a, b in self.summaries)


class PreferredArticle(Stored):
    """Which summary of an article is preferred; over epochs and votes, the more often.

    Attributes:
        longer: words that B's summary has more than A's.
        reasons: of each answer: of both orders.
    """

    sample: str
    winner: Winner
    longer: float
    reasons: tuple[tuple[str, str], ...]


class PreferenceReport(Value):
    """A judge's preferences between A, what was, and B, what is new.

    Attributes:
        articles: that have a summary of both variants.
        unscored: of these, articles that the judge gave no answer on.
        equal: articles whose summaries are the same: ties, not asked.
        wins: articles on which B's is preferred, in both orders.
        story_wins: stories that prefer B; articles of one story are one.
        share: stories that prefer B, of those that prefer either.
        low: 95 % interval of the share (Wilson).
        p: exact two-sided sign test over stories.
        flip_rate: share of the answers that preferred a place, first or second.
        longer: words that B's have more than A's, on average.
        longer_wins: of the articles decided, those won by the longer one.
        longer_losses: of the articles decided, won by the shorter one.
    """

    format: Literal[1] = 1
    a: str
    b: str
    judge: ModelRef
    prompt: PromptRef
    votes: int
    articles: int
    unscored: int
    equal: int
    wins: int
    ties: int
    losses: int
    story_wins: int
    story_losses: int
    share: float | None
    low: float | None
    high: float | None
    p: float
    flip_rate: float | None
    longer: float | None
    longer_wins: int
    longer_losses: int
    warnings: tuple[str, ...] = ()
    preferred: tuple[PreferredArticle, ...]


def preference_report(pairs: Iterable[PairedSummaries], **about: Any) -> PreferenceReport:
    """Counts preferences.

    An article that lacks an answer is unscored. A story with several articles counts once, for
    the variant that more of its articles prefer: they are about one event, no independent proof.

    Args:
        pairs: the articles that have a summary of both variants.
        about: fields of the report that are known before anything is counted.
    """
    found = list(pairs)
    scored = [pair for pair in found if pair.complete]
    signs = [_sign(pair.lead) for pair in scored]
    stories: Counter[tuple[str, str]] = Counter()
    for pair, sign in zip(scored, signs, strict=True):
        stories["story" if pair.story else "sample", pair.story or pair.sample] += sign
    story_wins, _, story_losses = _tally(map(_sign, stories.values()))
    decided = story_wins + story_losses
    share = wilson_interval(story_wins, decided) if decided else None
    answers = [answer for pair in scored for answer in pair.preferences]
    longer = _tally(sign * _sign(pair.longer) for pair, sign in zip(scored, signs, strict=True))
    wins, ties, losses = _tally(signs)
    return PreferenceReport(
        **about,
        articles=len(found),
        unscored=len(found) - len(scored),
        equal=sum(not pair.preferences for pair in scored),
        wins=wins,
        ties=ties,
        losses=losses,
        story_wins=story_wins,
        story_losses=story_losses,
        share=share.value if share else None,
        low=share.low if share else None,
        high=share.high if share else None,
        p=sign_test(story_wins, story_losses),
        flip_rate=fmean(answer.flipped for answer in answers) if answers else None,
        longer=fmean(pair.longer for pair in scored) if scored else None,
        longer_wins=longer[0],
        longer_losses=longer[2],
        preferred=tuple(
            PreferredArticle(
                sample=pair.sample,
                winner=("tie", "b", "a")[sign],
                longer=pair.longer,
                reasons=tuple(answer.reasons for answer in pair.preferences),
            )
            for pair, sign in zip(scored, signs, strict=True)
        ),
    )


def _tally(signs: Iterable[int]) -> tuple[int, int, int]:
    """How many are above, at, and below 0."""
    counts = Counter(signs)
    return counts[1], counts[0], counts[-1]


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)
