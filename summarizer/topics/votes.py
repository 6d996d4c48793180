"""The vote of labelled neighbours on the topics of an article.

An earlier article with labels speaks for its topics, the more the nearer it is. With neighbours i
of weight w_i = exp((similarity_i - NEAR) / SPREAD), W their sum, and y_it = 1 where neighbour i has
topic t (or one below it), a topic of probability p_t becomes

    q_t = (sum_i w_i y_it + L p_t) / (W + L)              what was known counts as L neighbours
    P_t = sigmoid((1 + r SHARPEN) logit(q_t) + r SHIFT),      r = W / (W + L)

The second line makes the share of a vote a probability: neighbours with other topics are always
among the nearest, so that a third of the votes is enough. Far neighbours weigh nothing: r = 0 and
P_t = p_t, as without neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from summarizer.retrieval.related import Neighbour
from summarizer.taxonomy import Taxonomy

# Log-loss of the topics against that without neighbours, geometric mean over 33 problems: AG News
# and BBC with 3, 30 and 300 labelled articles, MasakhaNEWS English and French with 80 to 200 and
# once in the other language, the default taxonomy with 20 and 100, Reuters with 50 to 1,000; both
# embeddings, wordllama without the French. None of these articles is tested by
# benchmarks/topics_context.py but MasakhaNEWS. Here 0.61, and never above 1.01; 10 voters 0.62 and
# 40 0.63; SPREAD 0.05 0.66, 0.1 0.62; NEAR 0.25 0.62, 0.4 0.65; no SHARPEN and SHIFT 0.71, two
# thirds of them 0.62, four thirds 0.62.
_VOTERS: Final = 20
NEAR: Final = 0.32
SPREAD: Final = 0.075
SHARPEN: Final = 1.6
SHIFT: Final = 1.7
# L. Where topics have examples (the default taxonomy), what the similarity has learnt from them is
# worth more neighbours. On the 80 articles of evals/news, each with the earlier ones as labelled
# archive: set F1 0.773 without neighbours, with L = 1 0.722, 4 0.766, 6 0.775, 12 0.778; first
# topic right 0.900, 0.925, 0.925, 0.925, 0.912.
PRIOR: Final = 1.0
PRIOR_WITH_EXAMPLES: Final = 6.0
_EDGE: Final = 1e-6  # keeps logits finite


class Tally(NamedTuple):
    """The votes on the topics of one level.

    Attributes:
        votes: sum of weights for each topic that has any, by id.
        weight: W, the sum of the weights of all neighbours that count.
        prior: L, how many neighbours outweigh what was known without them.
    """

    votes: Mapping[str, float]
    weight: float
    prior: float = PRIOR

    @property
    def reliability(self) -> float:
        """r: from 0 (no neighbours, or only far ones) to 1."""
        return self.weight / (self.weight + self.prior)

    def combined(self, topic_id: str, prior: float) -> float:
        """P_t: ``prior``, the probability that the topic fits, after the vote."""
        r = self.reliability
        votes = self.votes.get(topic_id, 0.0) + self.prior * prior
        share = votes / (self.weight + self.prior)
        return prior if r == 0 else _sigmoid((1 + r * SHARPEN) * _logit(share) + r * SHIFT)

    def pooled(self, topic_id: str, model: float) -> float:
        """A language model's probability pooled with the vote, in equal parts at most.

        A logarithmic opinion pool (Genest and Zidek, 1986, https://doi.org/10.1214/ss/1177013825):
        the weighted mean of the log-odds. The vote's weight is r / 2: without neighbours the
        model's probability stays. A choice, not a fit: it has not been measured with a model.
        """
        weight = self.reliability / 2
        vote = self.combined(topic_id, model)
        return (
            model if weight == 0 else _sigmoid((1 - weight) * _logit(model) + weight * _logit(vote))
        )


NO_VOTES: Final = Tally(votes={}, weight=0.0)


def count_votes(
    taxonomy: Taxonomy, neighbours: Sequence[Neighbour], *, parent: str | None
) -> Tally:
    """The votes on the topics directly below ``parent``, of the first level for None.

    A label is an id or a name of the taxonomy, in any case. One that stands for a topic
    further down counts for the topic of this level above it. Below the first level only
    neighbours with the parent have a vote, since a score there is given that the parent fits.

    Neighbours none of whose labels the taxonomy knows are evidence of "some other topic" as
    far as the archive is labelled by this taxonomy at all: they weigh as much of their weight
    as there are neighbours with known labels, and all together as much as what was known
    without them at most: a near copy filed under another word still is about something. On AG
    News with each label left out in turn 0.76 of its articles get no topic, as without that bound.
    An archive of other labels says nothing.
    """
    voters = sorted(neighbours, key=lambda n: -n.similarity)[:_VOTERS]
    lines = [[taxonomy.line(label) for label in voter.labels] for voter in voters]
    known = [[line for line in found if line] for found in lines]
    trust = sum(map(bool, known)) / max(len(voters), 1)
    votes: dict[str, float] = {}
    total = unknown = 0.0
    for voter, found in zip(voters, known, strict=True):
        weight = math.exp((voter.similarity - NEAR) / SPREAD)
        if not found:
            unknown += weight * trust if parent is None else 0.0
        elif parent is None or any(parent in line for line in found):
            total += weight
            for topic_id in {place for line in found if (place := _below(parent, line))}:
                votes[topic_id] = votes.get(topic_id, 0.0) + weight
    learnt = any(topic.examples for topic in taxonomy.children(parent))
    prior = PRIOR_WITH_EXAMPLES if learnt else PRIOR
    return Tally(votes, total + min(unknown, prior), prior)


def first_level_names(taxonomy: Taxonomy, labels: Sequence[str]) -> tuple[str, ...]:
    """The names of the first-level topics that labels stand for; unknown ones are left out."""
    roots = dict.fromkeys(line[0] for label in labels if (line := taxonomy.line(label)))
    return tuple(taxonomy.topic(root).name for root in roots)


def _below(parent: str | None, line: tuple[str, ...]) -> str | None:
    """The topic of a line that lies directly below ``parent``."""
    if parent is None:
        return line[0]
    place = line.index(parent) + 1 if parent in line else len(line)
    return line[place] if place < len(line) else None


def _logit(p: float) -> float:
    clipped = min(max(p, _EDGE), 1 - _EDGE)
    return math.log(clipped / (1 - clipped))


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))
