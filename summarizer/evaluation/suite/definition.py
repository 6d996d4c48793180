"""``Suite``: what an eval compares, on which articles, by which metrics; the file suite.yaml.

    name: desks
    data: data.jsonl
    matrix:
      models: [extractive, gpt-4.1-mini]
      prompts: [{digest: 1}, {digest: 2}]
      context: [false]
    metrics: {primary: [topic_f1, key_fact_recall]}
    gates: [{metric: topic_f1, margin: 0.05}, {metric: off_taxonomy_rate, limit: 0.02}]

A suite may come from somebody else: it names no address, and its paths are those of local files.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from summarizer.articles.article import Article
from summarizer.digest import Style, Value
from summarizer.errors import plain_words
from summarizer.evaluation.metrics import METRICS, Metric
from summarizer.settings import TopicStrategy
from summarizer.summaries.request import SummaryRequest, target_words

MOST_PRIMARIES: Final = 4
OWN_ARTICLES: Final = "suite"
COMPLETENESS: Final = "completeness"  # of a gate: the share of the digests that must be there
DataFormat = Literal["rows", "table"]
NULL: Final = ("", "~", "null")  # as YAML writes it


def _local(path: str) -> str:
    if "://" in path:
        raise ValueError("an address; a suite names files of this machine only")
    return path


def _as_mapping(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


LocalPath = Annotated[str, AfterValidator(_local), Field(min_length=1)]


class Form(Value):
    """What people write: an unknown key is refused with the keys that there are."""

    @model_validator(mode="before")
    @classmethod
    def _keys_are_known(cls, data: Any) -> Any:
        for key in data if isinstance(data, dict) else ():
            if key not in cls.model_fields:
                raise ValueError(
                    f"unknown key {key!r}{_meant(key, cls.model_fields)} "
                    f"(allowed: {', '.join(cls.model_fields)})"
                )
        return data


class TableFields(Form):
    """Names of the columns of a table; what is not named is looked for under its own name."""

    id: str | None = None
    article: str | None = Field(default=None, description="The text; default text, body, article.")
    title: str | None = None
    date: str | None = None
    language: str | None = None
    labels: str | None = Field(
        default=None, description="Topics: a list, or names separated by ';' or '|'."
    )
    reference: str | None = Field(default=None, description="A summary by a person.")
    key_facts: str | None = Field(default=None, description="A list, or one fact a line.")
    story: str | None = Field(default=None, description="Shared by articles on one event.")
    slices: str | None = None


class Data(Form):
    """Where the articles and their gold data are."""

    path: LocalPath = Field(description="File or folder, as seen from the suite's folder.")
    format: DataFormat = Field(default="rows", description="rows: as docs/evals.md describes them.")
    fields: TableFields = Field(default=TableFields(), description="Columns, for the format table.")
    labels: dict[str, Annotated[tuple[str, ...], BeforeValidator(
        lambda value: () if value in NULL else [value] if isinstance(value, str) else value,
        json_schema_input_type=str | list[str] | None,
    )]] | None = Field(
        default=None,
        description="The data's own labels as topics of the taxonomy, by id or name; null: none. "
        "Without it, and without a taxonomy, the labels are a taxonomy of their own.",
    )  # fmt: skip


class Matrix(Form):
    """What is compared: every model with every choice of prompts, without and with context."""

    models: tuple[str, ...] = Field(min_length=1)
    prompts: tuple[dict[str, Annotated[int, Field(ge=1)]], ...] = Field(
        default=({},), min_length=1, description="Versions by task; tasks not named: the newest."
    )
    context: tuple[bool, ...] = Field(
        default=(False,), min_length=1, description="Whether digests see earlier articles."
    )


class Metrics(Form):
    """What is measured."""

    primary: tuple[str, ...] = Field(
        min_length=1,
        max_length=MOST_PRIMARIES,
        description="Decide; their p-values are adjusted for their number.",
    )
    report: tuple[str, ...] = Field(default=(), description="Shown besides.")

    @field_validator("primary", "report")
    @classmethod
    def _known(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for name in names:
            (_directed_metric if info.field_name == "primary" else _known_metric)(name)
        return names

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, the primary ones first."""
        return tuple(dict.fromkeys((*self.primary, *self.report)))


class Gate(Form):
    """What a run must keep to: a loss against the baseline, a limit, or both."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["margin"]}, {"required": ["limit"]}]}
    )

    metric: str = Field(description="A metric; or 'completeness', which takes a limit.")
    margin: float | None = Field(
        default=None,
        ge=0,
        allow_inf_nan=False,
        description="The loss against the baseline that is acceptable, in the metric's own unit.",
    )
    limit: float | None = Field(
        default=None,
        ge=0,
        allow_inf_nan=False,
        description="The worst value that is acceptable, whatever the baseline: the least where "
        "higher is better, the most where lower is.",
    )

    reliability: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Of a judge's metric: Krippendorff's alpha that judge and people must reach, "
        "by `eval judge --against LABELS --save`.",
    )

    @field_validator("metric")
    @classmethod
    def _gateable(cls, name: str) -> str:
        return name if name == COMPLETENESS else _directed_metric(name)

    @model_validator(mode="after")
    def _has_effect(self) -> Gate:
        if self.margin is None and self.limit is None:
            raise ValueError(f"the gate of {self.metric!r} needs a margin, a limit, or both")
        if self.metric == COMPLETENESS and self.margin is not None:
            raise ValueError(f"{COMPLETENESS!r} takes a limit, no margin")
        judged = self.metric != COMPLETENESS and METRICS[self.metric].is_judged
        if self.reliability is not None and not judged:
            raise ValueError(f"{self.metric!r} is not judged, so it takes no reliability")
        share = self.metric == COMPLETENESS or METRICS[self.metric].values == "share"
        if share and max(self.margin or 0, self.limit or 0) > 1:
            # A percentage, most likely: such a gate would always pass, or never.
            raise ValueError(f"{self.metric!r} goes from 0 to 1; write 0.02 for 2 %")
        return self

    @property
    def terms(self) -> str:
        """Margin and limit, for people."""
        terms = [(name, getattr(self, name)) for name in ("margin", "limit", "reliability")]
        return ", ".join(f"{name} {value:g}" for name, value in terms if value is not None)


class Conditions(Form):
    """Settings that all variants share; those of the user do not count, or runs would differ."""

    taxonomy: LocalPath | None = Field(default=None, description="YAML file; default IPTC.")
    depth: int | None = Field(default=None, ge=1)
    max_topics: int = Field(default=3, ge=1, le=20)
    topic_strategy: TopicStrategy = "auto"
    length: str = "short"
    style: Style = "paragraph"
    language: str | None = None
    defence: bool = True
    embedding: str | None = Field(default=None, description="Of the context's corpus.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Above 0, or epochs repeat the same answer."
    )

    def labelled_depth(self, *, own_taxonomy: bool) -> int | None:
        """Levels that are labelled: IPTC's first, all of a user's own, as in the product."""
        return self.depth or (None if own_taxonomy else 1)


class Suite(Form):
    """A suite of evals."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    description: str = ""
    data: Annotated[Data, BeforeValidator(_as_mapping, json_schema_input_type=str | Data)]
    matrix: Matrix
    epochs: int = Field(default=1, ge=1, le=100, description="Digests of each article.")
    corpus: LocalPath = Field(
        default=OWN_ARTICLES,
        description="What digests with context see: 'suite' (the suite's other articles, of the "
        "same day or earlier), a .jsonl file of rows, or the name or file of a corpus.",
    )
    settings: Conditions = Conditions()
    metrics: Metrics
    gates: tuple[Gate, ...] = ()
    seed: int = Field(default=0, ge=0, description="Of samples, permutations and resamples.")

    @model_validator(mode="after")
    def _gates_differ(self) -> Suite:
        names = [gate.metric for gate in self.gates]
        if len(set(names)) < len(names):
            raise ValueError(f"key 'gates': a metric has two gates: {', '.join(names)}")
        return self

    @property
    def measured(self) -> tuple[str, ...]:
        """The metrics that are compared: primary, reported, gated."""
        gated = (gate.metric for gate in self.gates if gate.metric != COMPLETENESS)
        return tuple(dict.fromkeys((*self.metrics.names, *gated)))


class SuiteFile(Value):
    """A suite, and the file that it was read from."""

    path: Path
    suite: Suite
    sha256: str

    @property
    def folder(self) -> Path:
        """Where the suite's own paths begin."""
        return self.path.parent


def summary_request(conditions: Conditions, article: Article) -> SummaryRequest:
    """The summary that a suite asks for of an article."""
    return SummaryRequest(
        words=target_words(conditions.length, style=conditions.style, article_words=article.words),
        style=conditions.style,
        language=conditions.language,
    )


def _directed_metric(name: str) -> str:
    if _known_metric(name).direction == "none":
        raise ValueError(f"{name!r} describes; neither more nor less of it is better")
    return name


def _known_metric(name: str) -> Metric:
    if name not in METRICS:
        there = ", ".join(METRICS)
        raise ValueError(f"no metric {name!r}{_meant(name, METRICS)} (there are: {there})")
    return METRICS[name]


def _meant(given: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(given, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


F = TypeVar("F", bound=Form)
_SHOWN = 80  # characters of a wrong value


def parse_form(form: type[F], data: Any) -> F:
    """``data`` as a ``form``.

    Raises:
        ValueError: says in one sentence what is wrong, where, and what would be right.
    """
    if not isinstance(data, dict):
        raise ValueError(f"expected keys and values ({', '.join(form.model_fields)})")
    try:
        return form.model_validate(data)
    except ValidationError as error:
        raise ValueError(_sentence(error)) from None


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    name = ".".join(map(str, first["loc"]))
    if first["type"] == "missing":
        return f"key {name!r} is missing"
    problem = plain_words(first)
    if not name:
        return problem
    given = first.get("input")
    shown = f", not {given!r:.{_SHOWN}}" if isinstance(given, str | int | float | None) else ""
    return f"key {name!r}: {problem}{shown}"
