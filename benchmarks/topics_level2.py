"""How good the second level of the default taxonomy is: one short text of ours for each topic.

    python benchmarks/topics_level2.py

The texts (benchmarks/topic_texts_level2.txt) were written once the model was as it is, and chose
nothing. Hierarchical F1 (Kiritchenko et al., 2005): labels and gold count with the topics above.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from summarizer import Article
from summarizer.taxonomy import default_taxonomy
from summarizer.topics.similarity import TopicScorer

TEXTS = Path(__file__).with_name("topic_texts_level2.txt")


def main() -> None:
    """Print the figures of all texts and of each branch."""
    taxonomy = default_taxonomy()
    scorer = TopicScorer(taxonomy)
    shared = given = gold = 0
    branches: dict[str, list[bool]] = defaultdict(list)
    first_level, second, stayed, confidence = [], [], [], []
    for line in TEXTS.read_text(encoding="utf-8").splitlines():
        wanted, text = line.split(" ", 1)
        right = {wanted, taxonomy.topic(wanted).parent}
        labels = scorer.classify(Article(text=text, language="en"), depth=2)
        found = {i for label in labels for i in (label.id, taxonomy.topic(label.id).parent) if i}
        shared, given, gold = shared + len(found & right), given + len(found), gold + len(right)
        parent = taxonomy.topic(str(taxonomy.topic(wanted).parent))
        siblings = scorer.scores(Article(text=text, language="en"), taxonomy.children(parent.id))
        branches[parent.name].append(siblings[0].topic.id == wanted)
        first_level.append(parent.id in found)
        second.append(wanted in found)
        stayed.append(not any(taxonomy.topic(i).parent for i in found))
        if labels and taxonomy.topic(labels[0].id).parent:
            confidence.append((labels[0].confidence or 0.0, labels[0].id == wanted))
    print(f"texts {len(second)}, hierarchical F1 {2 * shared / (given + gold):.3f}")
    print(f"first level right {np.mean(first_level):.3f}, second {np.mean(second):.3f}, ", end="")
    print(f"no second level given {np.mean(stayed):.3f}")
    mean, hits = np.mean(confidence, axis=0)
    print(f"second level given first: confidence {mean:.2f}, right {hits:.2f}, n {len(confidence)}")
    print("best of the right branch's topics:", end=" ")
    print(f"{np.mean([hit for hits in branches.values() for hit in hits]):.3f}")
    for name, hits in branches.items():
        print(f"  {name:45} {np.mean(hits):.2f} of {len(hits)}")


if __name__ == "__main__":
    main()
