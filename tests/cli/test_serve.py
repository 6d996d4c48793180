"""``summarizer serve`` and ``mcp``: mistakes are told before anything is served."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner
from whole_app import app


@pytest.mark.parametrize("command", ["serve", "mcp"])
@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--model", "nope"), "the model 'nope' is not in the catalog"),
        (("--model", "extractive", "--taxonomy", "no.yaml"), "cannot read the taxonomy"),
    ],
)
def test_a_wrong_name_is_told_at_once(command: str, given: tuple[str, ...], told: str) -> None:
    result = CliRunner().invoke(app, [command, *given])

    assert (result.exit_code, told in result.stderr) == (2, True)


def test_where_to_listen_is_for_http() -> None:
    result = CliRunner().invoke(app, ["mcp", "--port", "9000"])

    assert (result.exit_code, "are for --http" in result.stderr) == (2, True)
