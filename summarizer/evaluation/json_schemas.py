"""The JSON Schemas of what people write: suite.yaml and the rows of data.jsonl."""

from __future__ import annotations

from typing import Any, Literal

from summarizer.digest import Value
from summarizer.evaluation.cases import Row
from summarizer.evaluation.suite import Suite


def json_schema(kind: Literal["suite", "row"]) -> dict[str, Any]:
    """The schema, draft 2020-12; editors check and complete by it what is written."""
    models: dict[str, type[Value]] = {"suite": Suite, "row": Row}
    schema = models[kind].model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
