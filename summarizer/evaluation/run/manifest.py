"""A run: its variants, its manifest, a line for each digest, the code and prices behind it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pydantic import ConfigDict, Field

from summarizer.batch.estimate import Price
from summarizer.digest import Digest, Failure, ModelRef, Usage, Value, usage_of
from summarizer.errors import ConfigurationError
from summarizer.evaluation.suite.definition import Conditions, Matrix, Suite
from summarizer.settings import Settings

EXTRACTIVE: Final = "extractive"


class Variant(Value):
    """A model, with these versions of prompts, with or without context.

    Attributes:
        prompts: versions by task, as chosen.
    """

    name: str
    model: str
    prompts: dict[str, int] = Field(default={})
    context: bool = False


def variants_of(matrix: Matrix) -> tuple[Variant, ...]:
    """The variants of a matrix, those of one model together.

    Names are made of what was chosen: ``gpt-4.1-mini+digest@v2+context``. The extractive engine
    reads no prompts, so it has one variant whatever the prompts.

    Raises:
        ConfigurationError: two variants have one name.
    """
    variants: list[Variant] = []
    for model in dict.fromkeys(matrix.models):
        prompts = [{}] if model == EXTRACTIVE else matrix.prompts
        for versions, context in product(prompts, matrix.context):
            name = _name(model, versions, context=context)
            variant = Variant(name=name, model=model, prompts=versions, context=context)
            if variant not in variants:
                variants.append(variant)
    names = Counter(variant.name for variant in variants)
    for name in (name for name, count in names.items() if count > 1):
        raise ConfigurationError(
            f"two models of the suite are both called {name!r}", hint="rename one of the files"
        )
    return tuple(variants)


def find_variant(name: str, names: Iterable[str]) -> str:
    """The one of ``names`` that is ``name``, or the only one that has it as a part.

    Raises:
        ConfigurationError: there is none, or more than one.
    """
    known = list(names)
    if name in known:
        return name
    alike = [other for other in known if name in other]
    if len(alike) == 1:
        return alike[0]
    problem = "more than one variant is called" if alike else "there is no variant"
    raise ConfigurationError(f"{problem} {name!r}", hint=f"variants: {', '.join(alike or known)}")


def variant_settings(
    user: Settings,
    variant: Variant,
    conditions: Conditions,
    *,
    prompts: Mapping[str, int],
    taxonomy: Path | None,
    corpus: str | None,
    epoch: int,
) -> Settings:
    """The settings of a variant: conditions from the suite; endpoints, keys and limits the user's.

    Args:
        user: the user's settings.
        variant: what is compared.
        conditions: what all variants share.
        prompts: versions of the prompts that the variant does not name.
        taxonomy: file of the run's taxonomy; None: the default.
        corpus: the corpus for context.
        epoch: number of the repeat.
    """
    return user.model_copy(
        update={
            **conditions.model_dump(exclude={"taxonomy"}),
            "model": variant.model,
            "prompt_versions": {**prompts, **variant.prompts},
            "taxonomy": taxonomy,
            "corpus": corpus if variant.context else None,
            "context": variant.context,
            "epoch": epoch,
            # The second look marks sentences; it changes none that a metric reads.
            "check": "rules",
            "check_model": None,
        }
    )


def _name(model: str, versions: Mapping[str, int], *, context: bool) -> str:
    # A file's name is enough: where it lies differs between machines.
    plain = Path(model).stem if model.lower().endswith(".gguf") else model
    refs = [f"{task}@v{version}" for task, version in sorted(versions.items())]
    return "+".join([plain, *refs, *(["context"] if context else [])])


# What is called sample and variant here was case and cell when the format was made.
_DISK_NAMES: Final = {"sample": "case", "samples": "cases", "variant": "cell", "variants": "cells"}


class Stored(Value):
    """A value that runs keep, and that commands write as JSON: its keys there stay as they were."""

    model_config = ConfigDict(
        alias_generator=lambda name: _DISK_NAMES.get(name, name),
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )


class Key(NamedTuple):
    """What a generation is of."""

    sample: str
    variant: str
    epoch: int


class Generation(Stored):
    """A digest that was made, or why there is none. Of two with one key the later counts.

    Attributes:
        spent: what a failure cost; a digest has a usage of its own.
        session: the process that made it: of one process, all variants of an article were made in
            turns, so that their times can be compared.
        warm_up: the first of its variant in a process: its time holds the start, and is not scored.
    """

    sample: str
    variant: str
    epoch: int = Field(ge=0)
    result: Digest | Failure
    spent: Usage | None = None
    session: str | None = None
    warm_up: bool = False

    @property
    def key(self) -> Key:
        """What it is of."""
        return Key(self.sample, self.variant, self.epoch)

    @property
    def usage(self) -> Usage:
        """What it cost."""
        return usage_of(self.result, self.spent)


class Revision(Value):
    """The state of a git checkout.

    Attributes:
        dirty: whether files differed from that commit.
    """

    sha: str
    dirty: bool


class PlannedVariant(Stored):
    """A variant, and the model that it turned out to be.

    Attributes:
        price: null where no price is known, or none is paid.
    """

    variant: Variant
    model: ModelRef
    price: Price | None


class Asked(Value):
    """How a run was asked for: what going on with it needs besides the suite. Never a key.

    Attributes:
        base_url: of --base-url, without a password.
    """

    base_url: str | None = None
    prompts_dir: str | None = None
    cache: bool = True


class Manifest(Stored):
    """What a run is made of: enough to make it again, and to tell whether two runs match.

    Attributes:
        data_sha256: of the data file; of a folder: of names and sizes.
        created: date and time, UTC.
        revision: null outside of a git checkout.
        packages: versions of what the results depend on.
        prompts: versions of the tasks that no variant names.
        prompt_sha256: such as digest@v1 -> hash of the file.
        taxonomy: name and version.
    """

    format: Literal[1] = 1
    suite: Suite
    suite_path: str
    suite_sha256: str
    data_sha256: str
    created: str
    revision: Revision | None
    packages: dict[str, str]
    python: str
    prompts: dict[str, int]
    prompt_sha256: dict[str, str]
    taxonomy: str
    taxonomy_sha256: str
    variants: tuple[PlannedVariant, ...]
    epochs: int
    asked: Asked = Asked()

    @property
    def planned(self) -> dict[str, PlannedVariant]:
        """The variants by name."""
        return {planned.variant.name: planned for planned in self.variants}

    def keys(self, samples: Iterable[str]) -> Iterator[Key]:
        """Everything that the run consists of, in the order it is made.

        All variants of an article come together, each of them first on some articles, so that
        what a machine or an endpoint does at an hour touches all of them alike.
        """
        names = list(self.planned)
        for place, sample in enumerate(samples):
            first = place % len(names)
            for epoch in range(self.epochs):
                for name in (*names[first:], *names[:first]):
                    yield Key(sample, name, epoch)


_GIT_SECONDS: Final = 10.0


def git_revision(folder: Path) -> Revision | None:
    """The state of the checkout that ``folder`` is in; None outside of one, or without git."""
    sha = _git("rev-parse", "HEAD", folder=folder)
    if not sha:
        return None
    # Files that git does not know, such as earlier runs, change no result.
    changed = _git("status", "--porcelain", "--untracked-files=no", folder=folder)
    return Revision(sha=sha, dirty=bool(changed))


def _git(*arguments: str, folder: Path) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            [shutil.which("git") or "git", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def content_sha256(path: Path) -> str:
    """The hash of a file; of a folder: that of the names and sizes of its files."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    names = (
        f"{file.relative_to(path)}\t{file.stat().st_size}\n"
        for file in sorted(path.rglob("*"))
        if file.is_file()
    )
    return hashlib.sha256("".join(names).encode()).hexdigest()
