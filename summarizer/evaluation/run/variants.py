"""``Variant``: one way to make digests, a point of the suite's matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import Field

from summarizer.digest import Value
from summarizer.errors import ConfigurationError
from summarizer.evaluation.suite.definition import Conditions, Matrix
from summarizer.prompts import find_prompt, list_prompts

if TYPE_CHECKING:
    from summarizer.settings import Settings

EXTRACTIVE: Final = "extractive"


class Variant(Value):
    """A model, with these versions of prompts, with or without context."""

    name: str
    model: str
    prompts: dict[str, int] = Field(default={}, description="Versions by task, as chosen.")
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
        for versions in prompts:
            for context in matrix.context:
                variant = Variant(
                    name=_name(model, versions, context=context),
                    model=model,
                    prompts=versions,
                    context=context,
                )
                if variant not in variants:
                    variants.append(variant)
    names = [variant.name for variant in variants]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ConfigurationError(
            f"two models of the suite are both called {twice!r}", hint="rename one of the files"
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


def check_prompts(variants: Iterable[Variant], folder: Path | None) -> None:
    """Looks the chosen prompts up.

    Raises:
        PromptError: a task or version does not exist.
    """
    for variant in variants:
        for task, version in variant.prompts.items():
            find_prompt(task, version=version, folder=folder)


def newest_prompts(folder: Path | None) -> dict[str, int]:
    """The version of each task's prompt that is in force now."""
    return {file.task: file.version for file in list_prompts(folder=folder)}


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
    shared = conditions.model_dump(exclude={"taxonomy", "embedding"})
    return user.model_copy(
        update={
            **shared,
            "model": variant.model,
            "prompt_versions": {**prompts, **variant.prompts},
            "taxonomy": taxonomy,
            "corpus": corpus if variant.context else None,
            "context": variant.context,
            "embedding": conditions.embedding,
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
