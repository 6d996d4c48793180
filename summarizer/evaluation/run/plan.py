"""Beginning a run, letting one grow, correcting its gold data, and what its digests will need.

Everything is looked up before a token is spent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from summarizer.articles.article import Article
from summarizer.batch.estimate import FirstRequests, Forecast, Price, forecast, price_of
from summarizer.batch.job import made_with
from summarizer.digest import Digest, ModelRef, Usage
from summarizer.errors import ConfigurationError
from summarizer.evaluation.run.folder import RunFolder, unmade
from summarizer.evaluation.run.manifest import (
    EXTRACTIVE,
    Asked,
    Generation,
    Key,
    Manifest,
    PlannedVariant,
    Variant,
    content_sha256,
    git_revision,
    variant_settings,
    variants_of,
)
from summarizer.evaluation.suite.definition import (
    OWN_ARTICLES,
    Data,
    Matrix,
    Suite,
    SuiteFile,
    summary_request,
)
from summarizer.evaluation.suite.samples import Sample, SuiteSamples, load_samples
from summarizer.llm.endpoint import display_url
from summarizer.prompts.store import PromptSet, newest_versions, prompt_hashes
from summarizer.settings import Settings
from summarizer.taxonomy import Taxonomy, default_taxonomy


class Selection(NamedTuple):
    """What of a suite is run; None and empty: what the suite says."""

    models: Sequence[str] = ()
    prompts: Sequence[Mapping[str, int]] = ()
    context: Sequence[bool] = ()
    epochs: int | None = None
    limit: int | None = None
    slices: Sequence[str] = ()


class Plan(NamedTuple):
    """A run that could begin.

    Attributes:
        manifest: what it is made of.
        data: its articles.
        corpus: what digests with context may see.
    """

    manifest: Manifest
    data: SuiteSamples
    corpus: list[Sample]


def plan_run(
    file: SuiteFile, selection: Selection, *, settings: Settings, price: Price | None = None
) -> Plan:
    """Looks up all that a run needs; nothing is sent to a model.

    Args:
        file: the suite.
        selection: what of it is run.
        settings: the user's.
        price: of models whose price is not known.

    Raises:
        SummarizerError: a model, a prompt, the data or a label is not there or malformed.
    """
    suite = _selected(file.suite, selection)
    variants = variants_of(suite.matrix)
    prompts = newest_versions(settings.prompts_dir)
    used = chain(prompts.items(), *(variant.prompts.items() for variant in variants))
    hashes = prompt_hashes(used, folder=settings.prompts_dir)
    data = load_samples(
        file.model_copy(update={"suite": suite}),
        settings=settings,
        limit=selection.limit,
        slices=selection.slices,
    )
    manifest = Manifest(
        suite=suite,
        suite_path=str(file.path),
        suite_sha256=file.sha256,
        data_sha256=content_sha256(file.folder / suite.data.path),
        revision=git_revision(Path.cwd()),
        **made_with(data.taxonomy or default_taxonomy()),
        prompts=prompts,
        prompt_sha256=hashes,
        variants=tuple(_planned(variant, suite, settings, price) for variant in variants),
        epochs=suite.epochs,
        asked=Asked(
            base_url=display_url(settings.base_url) if settings.base_url else None,
            prompts_dir=str(settings.prompts_dir.resolve()) if settings.prompts_dir else None,
            cache=settings.cache,
        ),
    )
    return Plan(manifest, data, _corpus(file, suite, settings))


def default_folder(suite: Suite) -> Path:
    """``runs/NAME-TIME``, in the working folder; local time."""
    now = datetime.now(UTC).astimezone()
    return Path("runs") / f"{suite.name}-{now:%Y%m%d-%H%M%S}"


def begin(plan: Plan, path: Path) -> RunFolder:
    """The folder of a new run, or of the run that is there, which the plan is added to.

    Raises:
        ConfigurationError: the run that is there does not match the plan, or the folder holds
            something else.
    """
    folder = RunFolder(path)
    manifest, samples, corpus = plan.manifest, plan.data.samples, plan.corpus
    if folder.exists:
        manifest, samples = _grown(folder, plan)
        corpus = corpus or folder.corpus_samples
    elif path.is_file() or (path.is_dir() and any(path.iterdir())):
        raise ConfigurationError(
            f"{str(path)!r} is not empty, and no run", hint="--out DIR names a new folder"
        )
    folder.write(manifest, samples, taxonomy=plan.data.taxonomy, corpus=corpus)
    return folder


def _selected(suite: Suite, selection: Selection) -> Suite:
    """The suite with the parts of the matrix that were chosen instead."""
    matrix = Matrix(
        models=tuple(selection.models) or suite.matrix.models,
        prompts=tuple(map(dict, selection.prompts)) or suite.matrix.prompts,
        context=tuple(selection.context) or suite.matrix.context,
    )
    return suite.model_copy(update={"matrix": matrix, "epochs": selection.epochs or suite.epochs})


def _planned(variant: Variant, suite: Suite, user: Settings, price: Price | None) -> PlannedVariant:
    from summarizer.llm import open_client
    from summarizer.retrieval.embedding import open_embedder
    from summarizer.summarizer import check_values

    settings = variant_settings(
        user, variant, suite.settings, prompts={}, taxonomy=None, corpus=None, epoch=0
    )
    check_values(settings)
    if variant.context and settings.embedding:
        open_embedder(settings.embedding, settings=settings)
    if variant.model == EXTRACTIVE:
        return PlannedVariant(
            variant=variant, model=ModelRef(name=EXTRACTIVE, provider="extractive"), price=None
        )
    with open_client(settings) as client:
        known = price_of(client, own=price)
        return PlannedVariant(variant=variant, model=client.model, price=known)


def _corpus(file: SuiteFile, suite: Suite, settings: Settings) -> list[Sample]:
    """The articles of the run's own corpus: all of the suite's, whatever is selected of it."""
    if suite.corpus.endswith(".jsonl"):
        suite = suite.model_copy(update={"data": Data(path=suite.corpus)})
    elif suite.corpus != OWN_ARTICLES:
        return []
    if True not in suite.matrix.context:
        return []
    return load_samples(file.model_copy(update={"suite": suite}), settings=settings).samples


def _grown(folder: RunFolder, plan: Plan) -> tuple[Manifest, list[Sample]]:
    """The manifest and the samples of both, the run that is there and the plan."""
    old, new = folder.manifest, plan.manifest
    _check_same(folder, plan)
    samples = {**folder.samples, **{sample.id: sample for sample in plan.data.samples}}
    manifest = new.model_copy(
        update={
            "created": old.created,
            "revision": old.revision,
            "packages": old.packages,
            "prompts": old.prompts,
            "prompt_sha256": {**new.prompt_sha256, **old.prompt_sha256},
            "variants": tuple({**old.planned, **new.planned, **old.planned}.values()),
            "epochs": max(old.epochs, new.epochs),
        }
    )
    return manifest, list(samples.values())


def _check_same(folder: RunFolder, plan: Plan) -> None:
    """Raises ConfigurationError where digests of both would not be comparable."""
    old, new = folder.manifest, plan.manifest
    suites = [(one.suite.name, one.suite.settings, one.suite.corpus) for one in (old, new)]
    models = {name: planned.model for name, planned in old.planned.items()}
    changed = {
        "the suite": suites[0] != suites[1],
        "the taxonomy": old.taxonomy_sha256 != new.taxonomy_sha256,
        "the data": any(
            folder.samples.get(sample.id, sample).fingerprint != sample.fingerprint
            for sample in plan.data.samples
        ),
        **{
            f"the prompt {name}": new.prompt_sha256.get(name, sha256) != sha256
            for name, sha256 in sorted(old.prompt_sha256.items())
        },
        **{
            f"the model of {name}": planned.model != models.get(name, planned.model)
            for name, planned in new.planned.items()
        },
    }
    if faults := [what for what, differs in changed.items() if differs]:
        raise ConfigurationError(
            f"{', '.join(faults)} changed since the run {str(folder.path)!r} began",
            hint="begin a new run: leave out --out, or name another folder",
        )


def take_gold(folder: RunFolder, file: SuiteFile, *, settings: Settings) -> int:
    """Take gold data, stories and slices of a run's articles from a suite; how many changed.

    Raises:
        ConfigurationError: an article is not in the suite, or its text is another there.
    """
    manifest = folder.manifest
    shared = manifest.suite.model_copy(update={"data": file.suite.data})
    loaded = load_samples(file.model_copy(update={"suite": shared}), settings=settings)
    found = {sample.id: sample for sample in loaded.samples}
    for name, sample in folder.samples.items():
        if name not in found or found[name].article.id != sample.article.id:
            raise ConfigurationError(
                f"the article {name!r} of the run is not that of the suite {file.suite.name!r}",
                hint="digests of other texts need a run of their own",
            )
    samples = [found[name] for name in folder.samples]
    changed = sum(sample != folder.samples[sample.id] for sample in samples)
    corpus = [found.get(sample.id, sample) for sample in folder.corpus_samples]
    own = folder.taxonomy if folder.taxonomy_file else None
    folder.write(manifest, samples, taxonomy=own, corpus=corpus)
    return changed


def forecasts(
    plan: Plan, made: Mapping[Key, Generation], *, prompts_dir: Path | None
) -> dict[str, Forecast]:
    """For each variant what its missing digests need, by its own digests where it has three.

    Args:
        plan: the run.
        made: what there is of it.
        prompts_dir: prompts of the user's own.
    """
    manifest, samples = plan.manifest, {sample.id: sample for sample in plan.data.samples}
    taxonomy = plan.data.taxonomy or default_taxonomy()
    left: defaultdict[str, list[Article]] = defaultdict(list)
    for key in unmade(manifest.keys(samples), made):
        left[key.variant].append(samples[key.sample].article)
    usages: defaultdict[str, list[Usage]] = defaultdict(list)
    for generation in made.values():
        if isinstance(generation.result, Digest):
            usages[generation.variant].append(generation.result.usage)
    return {
        name: forecast(
            first_requests(planned, manifest, taxonomy=taxonomy, prompts_dir=prompts_dir),
            left[name],
            usages[name],
        )
        for name, planned in manifest.planned.items()
    }


def first_requests(
    planned: PlannedVariant, manifest: Manifest, *, taxonomy: Taxonomy, prompts_dir: Path | None
) -> FirstRequests:
    """The first request of each digest of a variant."""
    conditions = manifest.suite.settings
    return FirstRequests(
        planned.model,
        price=planned.price,
        request=partial(summary_request, conditions),
        strategy=conditions.topic_strategy,
        max_topics=conditions.max_topics,
        taxonomy=taxonomy,
        prompts=PromptSet(prompts_dir, {**manifest.prompts, **planned.variant.prompts}),
    )
