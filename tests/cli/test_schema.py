from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from whole_app import app

from summarizer.cli.main import json_schema
from summarizer.digest import SCHEMA_VERSION, Digest, Failure

STORED = Path(__file__).parents[1] / "data" / f"digest-{SCHEMA_VERSION}.schema.json"


def without_prose(schema: Any) -> Any:
    """The schema without titles and descriptions, which may change under one version."""
    if isinstance(schema, list):
        return [without_prose(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {field: without_prose(value) for field, value in part.items()}
        if name in ("properties", "$defs")
        else without_prose(part)
        for name, part in schema.items()
        if name not in ("title", "description")
    }


def test_the_schema_changes_only_with_its_version() -> None:
    advice = (
        "the JSON format changed: raise SCHEMA_VERSION in summarizer/digest.py, then run "
        "summarizer schema record > tests/data/digest-<version>.schema.json"
    )

    assert STORED.is_file(), advice
    assert without_prose(json_schema("record")) == without_prose(json.loads(STORED.read_text())), (
        advice
    )


def test_a_field_called_title_is_not_prose() -> None:
    assert "title" in without_prose(json_schema("digest"))["$defs"]["ArticleRef"]["properties"]


@pytest.mark.parametrize(("kind", "title"), [("digest", "Digest"), ("failure", "Failure")])
def test_the_command_prints_a_schema(kind: str, title: str) -> None:
    result = CliRunner().invoke(app, ["schema", kind])

    assert result.exit_code == 0
    assert json.loads(result.stdout)["title"] == title


def test_the_default_is_the_digest() -> None:
    assert json.loads(CliRunner().invoke(app, ["schema"]).stdout) == json_schema("digest")


def test_every_field_that_is_written_is_in_the_schema(digest: Digest, failure: Failure) -> None:
    for kind, record in (("digest", digest), ("failure", failure)):
        schema = json_schema(kind)
        assert set(schema["properties"]) == set(json.loads(record.model_dump_json()))
        assert set(schema["required"]) == set(schema["properties"])
