"""Topic confusion by branch: which first-level topic was given instead of which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from summarizer.digest import Digest
from summarizer.errors import TaxonomyError
from summarizer.evaluation.suite.samples import Sample
from summarizer.taxonomy import Taxonomy

NOTHING: Final = "(nothing)"
OFF_TAXONOMY: Final = "(not in the taxonomy)"


class Confusion(NamedTuple):
    """Counts of (gold branch, given branch) over articles.

    A branch that is gold and given counts on the diagonal. Gold that was not given is shared out
    evenly over what was given wrongly in the same article, or else counts as given ``NOTHING``;
    what was given where all gold was found has the gold ``NOTHING``.
    """

    counts: Mapping[tuple[str, str], float]

    @property
    def branches(self) -> list[str]:
        """All that occur, in alphabetical order; those that are no branch last."""
        found = {name for pair in self.counts for name in pair}
        return sorted(found, key=lambda name: (name in (NOTHING, OFF_TAXONOMY), name))

    def errors(self) -> list[tuple[str, str]]:
        """The pairs off the diagonal, the most frequent first."""
        pairs = [pair for pair in self.counts if pair[0] != pair[1]]
        return sorted(pairs, key=lambda pair: (-self.counts[pair], pair))


def confusion(outputs: Iterable[tuple[Sample, Digest]], taxonomy: Taxonomy) -> Confusion:
    """The confusion over the articles that have gold topics."""
    counts: defaultdict[tuple[str, str], float] = defaultdict(float)
    for sample, digest in outputs:
        if sample.gold.topics is None or digest.topics is None:
            continue
        gold = _branches(sample.gold.topics, taxonomy)
        given = _branches([topic.id for topic in digest.topics], taxonomy)
        for branch in gold & given:
            counts[branch, branch] += 1
        missed, wrong = sorted(gold - given), sorted(given - gold)
        for branch in missed:
            for other in wrong or [NOTHING]:
                counts[branch, other] += 1 / max(1, len(wrong))
        if not missed:
            for other in wrong:
                counts[NOTHING, other] += 1
    return Confusion(dict(counts))


def _branches(topics: Sequence[str], taxonomy: Taxonomy) -> set[str]:
    return {_branch(topic, taxonomy) for topic in topics}


def _branch(topic: str, taxonomy: Taxonomy) -> str:
    try:
        return taxonomy.path(topic)[0]
    except TaxonomyError:
        return OFF_TAXONOMY
