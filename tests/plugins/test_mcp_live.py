"""The MCP server with the default embedded model, through the SDK's client over stdio."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcp_sessions import stdio, text

from summarizer.digest import Digest
from summarizer.plugins.tools import TOOLS
from summarizer.settings import user_data_dir

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("embedded model")]


def test_the_default_model_digests_an_article(tmp_path: Path, talks: str) -> None:
    steps: list[str | None] = []

    async def on_progress(_: float, __: float | None, message: str | None) -> None:
        steps.append(message)

    live = {"SUMMARIZER_DATA_DIR": str(user_data_dir()), "SUMMARIZER_CONTEXT": "0"}
    with stdio(folder=tmp_path, variables=live) as session:
        tools = session.do(lambda client: client.list_tools()).tools
        result = session.do(
            lambda client: client.call_tool(
                "digest_article", {"source": talks}, progress_callback=on_progress
            )
        )

    assert [tool.name for tool in tools] == list(TOOLS)
    assert not result.is_error, text(result)
    digest = Digest.model_validate(result.structured_content)
    assert digest.model.provider == "embedded"
    assert digest.topics
    assert digest.summary is not None
    assert "Ardenia" in digest.summary.text
    assert any("words" in (step or "") for step in steps)
