"""Corrected gold data for a run that is there: what was digested stays, and is scored anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from summarizer.errors import ConfigurationError
from summarizer.evaluation.load import load_cases
from summarizer.evaluation.run_folder import RunFolder
from summarizer.evaluation.suite import SuiteFile

if TYPE_CHECKING:
    from summarizer.settings import Settings


def take_gold(folder: RunFolder, file: SuiteFile, *, settings: Settings) -> int:
    """Take gold data, stories and slices of a run's articles from a suite; how many changed.

    Raises:
        ConfigurationError: an article is not in the suite, or its text is another there.
    """
    manifest = folder.manifest
    shared = manifest.suite.model_copy(update={"data": file.suite.data})
    loaded = load_cases(file.model_copy(update={"suite": shared}), settings=settings)
    found = {case.id: case for case in loaded.cases}
    for name, case in folder.cases.items():
        if name not in found or found[name].article.id != case.article.id:
            raise ConfigurationError(
                f"the article {name!r} of the run is not that of the suite {file.suite.name!r}",
                hint="digests of other texts need a run of their own",
            )
    cases = [found[name] for name in folder.cases]
    changed = sum(case != folder.cases[case.id] for case in cases)
    corpus = [found.get(case.id, case) for case in folder.corpus_cases]
    own = folder.taxonomy if folder.taxonomy_file else None
    folder.write(manifest, cases, taxonomy=own, corpus=corpus)
    return changed
