"""``RunFolder``: what a run of an eval keeps on the disk; and which prompts two runs differ by."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import ValidationError

from summarizer.batch import job_folder
from summarizer.digest import Digest, Usage, Value
from summarizer.errors import ConfigurationError, PromptError, data_errors, system_errors
from summarizer.evaluation.run.manifest import Generation, Key, Manifest, Variant
from summarizer.evaluation.stats.power import ONE_LOOK, Looks
from summarizer.evaluation.suite.samples import Sample
from summarizer.prompts.store import find_prompt
from summarizer.taxonomy import Taxonomy, load_taxonomy, write_taxonomy
from summarizer.worker_pool import Stopped

MANIFEST: Final = "manifest.json"


class Looked(Value):
    """The looks at a run while it was made: how often chance had a chance.

    Attributes:
        planned: articles, at most.
        articles: that were there at each look.
    """

    planned: int
    articles: tuple[int, ...]


class RunProgress(NamedTuple):
    """How far a run has come, in this call and the ones before."""

    done: int
    total: int
    failed: int
    variant: str
    cost_usd: float


class Report(NamedTuple):
    """How a run ended.

    Attributes:
        total: digests, or a judge's answers, that the run consists of.
        made: those that are there.
        failed: failures that are there instead, with records of their own.
        cost_usd: what all of it cost, as far as prices are known.
        stopped: why it ended early; None: it did not.
    """

    total: int
    made: int
    failed: int
    cost_usd: float
    stopped: Stopped | None

    @property
    def completeness(self) -> float:
        """The share that is there, 0 to 1; of nothing, all is."""
        return self.made / self.total if self.total else 1.0


class RunFolder:
    """The folder of a run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.corpus = path / "corpus.sqlite"
        self.related = path / "related.jsonl"
        self.scores = path / "scores.jsonl"
        self.results = path / "results.json"
        self.judged = path / "judge.jsonl"
        self.preferences = path / "preferences.jsonl"
        self._generations = path / "generations.jsonl"
        self._samples = path / "cases.jsonl"
        self._taxonomy = path / "taxonomy.yaml"
        self._corpus_samples = path / "corpus.jsonl"
        self._looks = path / "looks.json"

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """The folder of an existing run.

        Raises:
            ConfigurationError: there is no run in it.
        """
        if not (folder := cls(path)).exists:
            raise ConfigurationError(
                f"{str(path)!r} is not the folder of a run", hint="summarizer eval list"
            )
        return folder

    @property
    def exists(self) -> bool:
        """Whether a run was begun in it."""
        return (self.path / MANIFEST).is_file()

    @cached_property
    def manifest(self) -> Manifest:
        """What the run is made of."""
        path = self.path / MANIFEST
        problem = f"{str(path)!r} is not a manifest of this version"
        hint = "begin a new run: summarizer eval run SUITE --out ANOTHER"
        with system_errors(f"cannot read {str(path)!r}"), data_errors(problem, hint=hint):
            return Manifest.model_validate_json(path.read_bytes())

    @cached_property
    def samples(self) -> dict[str, Sample]:
        """The articles by id, in the order of the data."""
        return {sample.id: sample for sample in job_folder.read_log(self._samples, Sample)}

    @cached_property
    def corpus_samples(self) -> list[Sample]:
        """What digests with context may see; empty where it is no corpus of this run."""
        return list(job_folder.read_log(self._corpus_samples, Sample))

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The labels."""
        return load_taxonomy(self.taxonomy_file)

    @property
    def scored_files(self) -> tuple[Path, ...]:
        """What scores depend on."""
        return (self._generations, self._samples, self._taxonomy, self.judged, self.path / MANIFEST)

    @property
    def taxonomy_file(self) -> Path | None:
        """The file of the labels; None: the default."""
        return self._taxonomy if self._taxonomy.exists() else None

    @property
    def labelled_depth(self) -> int | None:
        """Levels that are labelled; None: all."""
        own = self.taxonomy_file is not None
        return self.manifest.suite.settings.labelled_depth(own_taxonomy=own)

    def write(
        self,
        manifest: Manifest,
        samples: Iterable[Sample],
        *,
        taxonomy: Taxonomy | None,
        corpus: Iterable[Sample],
    ) -> None:
        """Begin a run, or let it grow; the manifest comes last, so half a beginning is none.

        Args:
            manifest: what the run is made of.
            samples: its articles.
            taxonomy: its labels; None: the default.
            corpus: what digests with context may see.

        Raises:
            ConfigurationError: the folder cannot be written.
        """
        problem = f"the run's folder {str(self.path)!r} cannot be written"
        with system_errors(problem, hint="--out DIR in a folder of yours"):
            job_folder.make_private_folder(self.path)
            if taxonomy is not None:
                write_taxonomy(taxonomy, self._taxonomy)
            job_folder.write_lines(self._samples, samples)
            job_folder.write_lines(self._corpus_samples, corpus)
            job_folder.replace_file(self.path / MANIFEST, manifest.model_dump_json(indent=2) + "\n")
        for name in ("manifest", "samples", "corpus_samples", "taxonomy"):
            self.__dict__.pop(name, None)

    @property
    def looked(self) -> Looked | None:
        """The looks at a run that is decided while it is made; None: it is not."""
        try:
            return Looked.model_validate_json(self._looks.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError):
            raise ConfigurationError(
                f"{str(self._looks)!r} is damaged", hint="begin a new run: leave out --out"
            ) from None

    def look(self, looked: Looked) -> None:
        """Remember a look, before anything is seen in it."""
        job_folder.replace_file(self._looks, looked.model_dump_json() + "\n")

    @property
    def looks(self) -> Looks:
        """What the articles that are there mean, after the looks that there were."""
        found = self.looked
        if found is None:
            return ONE_LOOK
        planned = max(found.planned, len(self.samples))
        counts = sorted({*found.articles, len(self.samples)})
        return Looks(tuple(count / planned for count in counts))

    def generations(self) -> dict[Key, Generation]:
        """What was made so far; of repeats the last."""
        return {made.key: made for made in self.attempts()}

    def digests(self, variant: str) -> dict[tuple[str, int], Digest]:
        """The digests of a variant that are there, by article and epoch."""
        return {
            (key.sample, key.epoch): made.result
            for key, made in self.generations().items()
            if key.variant == variant and isinstance(made.result, Digest)
        }

    def attempts(self) -> Iterator[Generation]:
        """All that was made and paid, also the failures that a later attempt mended."""
        return job_folder.read_log(self._generations, Generation)

    def cost_usd(self, variants: Collection[str]) -> float | None:
        """What all that was made and paid of these cost; None: a price is not known."""
        paid = (made.usage for made in self.attempts() if made.variant in variants)
        return sum(paid, Usage(cost_usd=0.0)).cost_usd

    def every_key(self) -> Iterator[Key]:
        """Everything that the run consists of, made or not, in the order it is made."""
        yield from self.manifest.keys(self.samples)

    def missing(self) -> list[Key]:
        """What is still to be made: nothing is there, or only that the endpoint failed."""
        return unmade(self.every_key(), self.generations())

    @contextmanager
    def appending(self) -> Iterator[job_folder.AppendLog[Generation]]:
        """The log of generations, for this process alone.

        Raises:
            ConfigurationError: another process has it.
        """
        with (
            job_folder.alone(self.path / ".lock", hint="wait, or --out DIR"),
            job_folder.AppendLog[Generation](self._generations) as log,
        ):
            yield log


def unmade(keys: Iterable[Key], made: Mapping[Key, Generation]) -> list[Key]:
    """The keys of which nothing is there, or only that the endpoint failed."""
    return [key for key in keys if key not in made or job_folder.is_transient(made[key].result)]


class PromptChange(NamedTuple):
    """A prompt that is another one in B than in A.

    Attributes:
        old: that of A, such as ``digest@v1``.
        new: that of B.
        lines: the unified diff; one sentence where a file is not what it was in the run.
    """

    old: str
    new: str
    lines: tuple[str, ...]


def prompt_changes(a: tuple[Manifest, Variant], b: tuple[Manifest, Variant]) -> list[PromptChange]:
    """The prompts that differ between two variants of one run, or of two.

    Args:
        a: what was: a run, and a variant of it.
        b: what is new.
    """
    (run_a, variant_a), (run_b, variant_b) = a, b
    found = []
    for task in sorted(variant_a.prompts.keys() | variant_b.prompts.keys()):
        old = f"{task}@v{variant_a.prompts.get(task, run_a.prompts.get(task, 1))}"
        new = f"{task}@v{variant_b.prompts.get(task, run_b.prompts.get(task, 1))}"
        if run_a.prompt_sha256.get(old) != run_b.prompt_sha256.get(new):
            found.append(PromptChange(old, new, _lines((run_a, old), (run_b, new))))
    return found


def _lines(a: tuple[Manifest, str], b: tuple[Manifest, str]) -> tuple[str, ...]:
    before, after = _text(*a), _text(*b)
    if before is None or after is None:
        gone = a[1] if before is None else b[1]
        return (f"{gone} is not there any more as it was when the run began",)
    return tuple(difflib.unified_diff(before, after, fromfile=a[1], tofile=b[1], lineterm=""))


def _text(manifest: Manifest, ref: str) -> list[str] | None:
    """The lines of a prompt's file; None where it is not the one that the run used."""
    task, _, version = ref.partition("@v")
    folder = Path(manifest.asked.prompts_dir) if manifest.asked.prompts_dir else None
    try:
        file = find_prompt(task, version=int(version), folder=folder)
        if file.load().sha256 != manifest.prompt_sha256.get(ref):
            return None
        return file.read().decode(errors="replace").splitlines()
    except (PromptError, OSError):
        return None
