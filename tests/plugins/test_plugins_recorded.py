"""Tools called by the default embedded model, recorded over HTTP (see tests/llm/recording.py)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anyio
import openai
import pytest
import recording
from agent_llm import AgentLlm
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from plugin_samples import SEEDS

from summarizer.llm.embedded import shared, weights
from summarizer.plugins import Access, SummarizerToolSpec, ToolBelt, openai_tools
from summarizer.settings import load_settings

# LlamaIndex's workflows look at members of pydantic that are deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::pydantic.PydanticDeprecationWarning")
MODEL = "qwen2.5-coder-1.5b"
QUESTION = "Summarize the article in the file border-talks.txt in about 30 words."
SEED: dict[str, Any] = {"temperature": 0, "seed": 0}


@pytest.fixture
def client(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[openai.OpenAI]:
    """A client of the embedded engine."""
    recording.engine(MODEL, monkeypatch)
    settings = load_settings()
    path = weights.ensure_weights(MODEL, settings=settings)
    server = shared.shared_server(path, settings=settings)
    tape = recording.path_of(request.path.stem, request.node.originalname)
    with (
        recording.play(tape),
        openai.OpenAI(base_url=server.base_url, api_key=server.api_key, max_retries=0) as found,
    ):
        yield found


@pytest.fixture
def belt() -> Iterator[ToolBelt]:
    access = Access.below([SEEDS])
    with openai_tools(model="extractive", context=False, access=access) as found:
        yield found


def test_a_call_and_an_answer(client: openai.OpenAI, belt: ToolBelt) -> None:
    """The whole round: question, call, result, answer."""
    tools = json.dumps(belt.definitions)
    system = (
        f"You answer questions about articles. Answer with one call of a tool, as JSON.\n{tools}"
    )
    messages: list[Any] = [
        {"role": "system", "content": system},
        {"role": "user", "content": QUESTION},
    ]
    step = client.chat.completions.create(
        model=MODEL,
        messages=messages,
        max_tokens=120,
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "call", "schema": belt.call_schema, "strict": True},
        },
        **SEED,
    )
    written = step.choices[0].message.content or ""
    result = belt.call_json(written)
    words = f"The tool returned:\n{result}\n\nNow answer my question."
    messages += [{"role": "assistant", "content": written}, {"role": "user", "content": words}]
    last = client.chat.completions.create(model=MODEL, messages=messages, max_tokens=120, **SEED)

    assert json.loads(written)["name"] == "summarize_article"
    assert json.loads(written)["arguments"]["source"] == "border-talks.txt"
    assert "Ardenia" in json.loads(result)["summary"]["text"]
    assert "Ardenia" in (last.choices[0].message.content or "")


def test_the_embedded_model_writes_no_tool_calls_of_its_own(
    client: openai.OpenAI, belt: ToolBelt
) -> None:
    """Right tool, right file, but in a form that the server does not read as a call.

    The tags are missing and its braces are doubled, as they are in the model's own template. This
    is why ``call_schema`` is there; should a newer engine read it, this cassette will tell.
    """
    step = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": QUESTION}],
        tools=belt.definitions,
        max_tokens=120,
        **SEED,
    )

    message = step.choices[0].message
    assert message.tool_calls is None
    assert "summarize_article" in (message.content or "")
    assert "border-talks.txt" in (message.content or "")


def test_an_agent_reads_an_article_and_answers(client: openai.OpenAI, belt: ToolBelt) -> None:
    """LlamaIndex's own loop, over the embedded model."""
    spec = SummarizerToolSpec(model="extractive", context=False, access=Access.below([SEEDS]))
    prompt = (
        "You answer questions about articles. First write a call of a tool, as JSON. When the tool "
        f'has returned, write {{"answer": ...}}.\n{json.dumps(belt.definitions)}'
    )
    llm = AgentLlm(client, model=MODEL, call_schema=belt.call_schema)
    agent = FunctionAgent(tools=spec.to_tool_list(), llm=llm, system_prompt=prompt, streaming=False)

    async def ask() -> tuple[list[ToolCallResult], str]:
        handler = agent.run(QUESTION, max_iterations=4)
        calls = [e async for e in handler.stream_events() if isinstance(e, ToolCallResult)]
        return calls, str(await handler)

    calls, said = anyio.run(ask)
    spec.close()

    assert [call.tool_name for call in calls] == ["summarize_article"]
    assert "Ardenia" in said
