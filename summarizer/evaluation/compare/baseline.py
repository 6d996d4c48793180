"""Baselines: the scores that later runs are held against; committed, without any text.

A file has a line for each article, so that a change of the baseline is readable as a diff.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from summarizer.batch.job_folder import replace_file
from summarizer.errors import ConfigurationError
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.manifest import Revision, Stored
from summarizer.evaluation.scores import SampleScores, VariantScores
from summarizer.evaluation.suite.definition import Suite


class Baseline(Stored):
    """The scores of a run, as far as the suite compares them."""

    format: Literal[1] = 1
    suite: str
    created: str = Field(description="When the run began.")
    revision: Revision | None = Field(description="The code that it was made with.")
    variants: dict[str, VariantScores]


def baseline_of(folder: RunFolder, scores: Mapping[str, VariantScores]) -> Baseline:
    """The baseline that a run would be."""
    manifest = folder.manifest
    return Baseline(
        suite=manifest.suite.name,
        created=manifest.created,
        revision=manifest.revision,
        variants={name: _measured(variant, manifest.suite) for name, variant in scores.items()},
    )


def load_baseline(path: Path) -> Baseline:
    """The baseline in a file.

    Raises:
        ConfigurationError: there is none, or it is malformed.
    """
    try:
        return Baseline.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(
            f"cannot read the baseline {str(path)!r}: {error.strerror}",
            hint="summarizer eval gate RUN --baseline FILE --update writes one",
        ) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigurationError(
            f"{str(path)!r} is not a baseline: {where}: {first['msg']}"
        ) from None


def write_baseline(baseline: Baseline, path: Path) -> None:
    """Write a baseline.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    try:
        replace_file(path, _text(baseline))
    except OSError as error:
        raise ConfigurationError(
            f"cannot write the baseline {str(path)!r}: {error.strerror}"
        ) from None


def merged(old: Baseline, new: Baseline) -> Baseline:
    """The new baseline, with those variants of the old one that the run does not have."""
    return new.model_copy(update={"variants": {**old.variants, **new.variants}})


def _measured(variant: VariantScores, suite: Suite) -> VariantScores:
    """The variant with only the metrics that the suite compares."""
    return variant.model_copy(
        update={
            "samples": {
                name: SampleScores(
                    fingerprint=sample.fingerprint,
                    story=sample.story,
                    slices=sample.slices,
                    epochs=tuple(_kept(records, suite.measured) for records in sample.epochs),
                )
                for name, sample in variant.samples.items()
            }
        }
    )


def _kept(records: dict[str, Any] | None, metrics: Iterable[str]) -> dict[str, Any] | None:
    if records is None:
        return None
    return {name: records[name] for name in metrics if records.get(name) is not None}


def _text(baseline: Baseline) -> str:
    """JSON, with a line for each article."""
    data = baseline.model_dump(mode="json")
    variants = data.pop("cells")
    lines = ["{"]
    lines += [f' "{name}": {json.dumps(value)},' for name, value in data.items()]
    lines += [
        ' "cells": {',
        ",\n".join(_variant_text(name, variant) for name, variant in variants.items()),
    ]
    return "\n".join([*lines, " }", "}", ""])


def _variant_text(name: str, variant: dict[str, Any]) -> str:
    samples = variant.pop("cases")
    for scores in samples.values():
        del scores["sessions"]  # of runs: times of a baseline are compared with nothing
    head = json.dumps(variant, ensure_ascii=False)[1:-1]
    rows = ",\n".join(
        f"   {json.dumps(sample, ensure_ascii=False)}: {json.dumps(scores, ensure_ascii=False)}"
        for sample, scores in samples.items()
    )
    return f'  {json.dumps(name, ensure_ascii=False)}: {{{head}, "cases": {{\n{rows}\n  }}}}'
