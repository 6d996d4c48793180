"""Small runs made by hand, for the tests of the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from small_suite import row, write_suite

from summarizer.batch.job_folder import write_lines
from summarizer.digest import (
    ArticleRef,
    Check,
    Digest,
    Evidence,
    Failure,
    ModelRef,
    Summary,
    SummarySentence,
    TopicLabel,
    Usage,
)
from summarizer.evaluation.run.manifest import Generation, PlannedVariant, Variant
from summarizer.evaluation.run.plan import Selection, begin, plan_run
from summarizer.evaluation.suite.file import load_suite
from summarizer.evaluation.suite.samples import Sample
from summarizer.settings import load_settings

POLITICS, SPORT = "11000000", "15000000"
Make = Callable[[Sample], Digest | Failure]


def digest(
    sample: Sample,
    *sentences: str,
    topics: tuple[str, ...] = (POLITICS,),
    checks: tuple[Check, ...] = (),
    **changes: Any,
) -> Digest:
    """A digest of an article; a sentence that the article has is its own evidence."""
    article = sample.article
    spoken = sentences or ("The council voted on Tuesday to rebuild the bridge.",)
    flagged = {check.sentence for check in checks}
    fields: dict[str, Any] = {
        "article": ArticleRef(
            id=article.id, source="text", title=article.title, published=None, author=None,
            language="en", words=article.words,
        ),
        "topics": tuple(
            TopicLabel(id=t, name=t, path=(t,), confidence=0.8, confidence_source="similarity")
            for t in topics
        ),
        "summary": Summary(
            text=" ".join(spoken),
            words=sum(len(text.split()) for text in spoken),
            style="paragraph",
            language="en",
            sentences=tuple(
                SummarySentence(
                    text=text, supported=index not in flagged, evidence=evidence(sample, text)
                )
                for index, text in enumerate(spoken)
            ),
        ),
        "checks": checks,
        "model": ModelRef(name="m", provider="compatible"),
        "usage": Usage(
            requests=1, prompt_tokens=900, completion_tokens=60, seconds=2.0, cost_usd=0.001
        ),
        **changes,
    }  # fmt: skip
    return Digest(**fields)


def evidence(sample: Sample, text: str) -> tuple[Evidence, ...]:
    """The place of a text in the article."""
    start = sample.article.text.find(text)
    if start < 0:
        return ()
    return (Evidence(start=start, end=start + len(text), text=text, score=1.0),)


def write_run(
    folder: Path,
    variants: dict[str, Make],
    *,
    rows: int | list[dict[str, Any]] = 4,
    **suite: Any,
) -> Path:
    """The folder of a run with these variants, by name what each makes of an article."""
    metrics = {"primary": ["topic_f1", "key_fact_recall"], "report": ["topic_micro_f1", "rouge2"]}
    if isinstance(rows, int):
        rows = [row(n, date="2025-03-01", story_id=None) for n in range(rows)]
    path = write_suite(folder / "suite", rows=rows, **{"metrics": metrics, **suite})
    plan = plan_run(load_suite(path), Selection(), settings=load_settings())
    planned = tuple(
        PlannedVariant(
            variant=Variant(name=name, model=name.partition("+")[0], prompts={"digest": place + 1}),
            model=ModelRef(name=name, provider="compatible"),
            price=None,
        )
        for place, name in enumerate(variants)
    )
    run = begin(plan, folder / "run")
    run.write(
        plan.manifest.model_copy(update={"variants": planned}),
        plan.data.samples,
        taxonomy=None,
        corpus=[],
    )
    write_lines(
        folder / "run" / "generations.jsonl",
        [
            Generation(sample=sample.id, variant=name, epoch=0, result=make(sample))
            for name, make in variants.items()
            for sample in plan.data.samples
        ],
    )
    return folder / "run"
