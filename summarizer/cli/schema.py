"""``summarizer schema`` and ``summarizer tools``: JSON Schemas, for programs that call us."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from summarizer.cli.console import write_json

Kind = Literal["digest", "failure", "record"]


def schema(
    kind: Annotated[
        Kind,
        typer.Argument(help="record: a digest or a failure, as in the output for many sources."),
    ] = "digest",
) -> None:
    """Print the JSON Schema of a digest, of a failure, or of either (record)."""
    write_json(json_schema(kind))


def json_schema(kind: Kind) -> dict[str, Any]:
    """The schema (draft 2020-12) of the JSON as it is written: every field is always there."""
    from pydantic import TypeAdapter
    from pydantic.json_schema import GenerateJsonSchema

    from summarizer.digest import Digest, Failure

    class Written(GenerateJsonSchema):
        def field_is_required(self, field: Any, total: bool) -> bool:  # noqa: ARG002
            return True

    types: dict[Kind, Any] = {"digest": Digest, "failure": Failure, "record": Digest | Failure}
    found = TypeAdapter(types[kind]).json_schema(mode="serialization", schema_generator=Written)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def tools(
    style: Annotated[
        Literal["openai", "anthropic", "mcp"], typer.Option("--format", help="Whose form.")
    ] = "openai",
) -> None:
    """Print the tools as JSON: names, descriptions and schemas, as an API's requests have them."""
    from summarizer.plugins.tools import definitions

    write_json(definitions(style))
