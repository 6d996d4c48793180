"""How well a briefing groups articles: B-cubed precision, recall and F1 against story ids.

    python benchmarks/stories.py evals/news

The data is a suite whose rows have a ``story_id``; a row without one is a story of its own. The
interval is a bootstrap over stories.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from summarizer.briefing import group_articles
from summarizer.evaluation.suite.file import load_suite
from summarizer.evaluation.suite.samples import load_samples
from summarizer.settings import load_settings

_DRAWS = 2000


def main(folder: Path) -> None:
    """Print the scores of a suite."""
    suite = load_suite(folder)
    samples = load_samples(suite, settings=load_settings()).samples
    story = {sample.article.id: sample.story or sample.id for sample in samples}
    groups = group_articles([sample.article for sample in samples], settings=load_settings())
    members = [
        [article.id for article in (*group.reports, *(copy for copy, _ in group.copies))]
        for group in groups
    ]
    scores = bcubed(members, story)
    draw = random.Random(0)  # noqa: S311 - a bootstrap
    stories = sorted(set(story.values()))
    drawn = []
    for _ in range(_DRAWS):
        chosen = draw.choices(stories, k=len(stories))
        drawn.append(f1([scores[i] for name in chosen for i in scores if story[i] == name]))
    drawn.sort()
    several = [i for i in scores if sum(name == story[i] for name in story.values()) > 1]
    print(f"{len(samples)} articles, {len(stories)} stories, {len(groups)} groups")
    print(
        f"B-cubed F1 {f1(list(scores.values())):.3f} "
        f"({drawn[_DRAWS // 40]:.3f} to {drawn[-_DRAWS // 40]:.3f})"
    )
    print(f"of the {len(several)} articles of several: {f1([scores[i] for i in several]):.3f}")
    for group in members:
        if len(group) > 1:
            print("  ", ", ".join(story[i] for i in group))


def bcubed(groups: list[list[str]], story: dict[str, str]) -> dict[str, tuple[float, float]]:
    """(precision, recall) of each article (Bagga and Baldwin, 1998)."""
    sizes = {name: sum(other == name for other in story.values()) for name in story.values()}
    found = {}
    for group in groups:
        for i in group:
            same = sum(story[other] == story[i] for other in group)
            found[i] = (same / len(group), same / sizes[story[i]])
    return found


def f1(scores: list[tuple[float, float]]) -> float:
    """Of the mean precision and the mean recall."""
    precision = sum(p for p, _ in scores) / len(scores)
    recall = sum(r for _, r in scores) / len(scores)
    return 2 * precision * recall / (precision + recall)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
