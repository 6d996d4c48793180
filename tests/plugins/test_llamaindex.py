"""LlamaIndex: the tools in an agent's loop, the extractor in a pipeline."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import openai
import pytest
from agent_llm import AgentLlm
from llama_index.core import Document
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import BaseNode, TextNode
from standin import Reply, StandIn, answer

from summarizer.articles import article_from_text
from summarizer.errors import ConfigurationError, EndpointError
from summarizer.plugins import (
    Access,
    CorpusRetriever,
    SummarizerToolSpec,
    TopicSummaryExtractor,
)
from summarizer.plugins.tools import TOOLS
from summarizer.retrieval.corpus import Corpus

# LlamaIndex's workflows look at members of pydantic that are deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::pydantic.PydanticDeprecationWarning")


@pytest.fixture
def spec(folder: Path) -> Iterator[SummarizerToolSpec]:
    found = SummarizerToolSpec(model="extractive", access=Access.below([folder]))
    yield found
    found.close()


@pytest.fixture
def extractor() -> Iterator[TopicSummaryExtractor]:
    found = TopicSummaryExtractor(settings={"model": "extractive"})
    yield found
    found.close()


def test_the_tools_have_the_names_and_schemas_of_all_plug_ins(spec: SummarizerToolSpec) -> None:
    tools = spec.to_tool_list()

    assert [tool.metadata.name for tool in tools] == list(TOOLS)
    for tool in tools:
        expected = TOOLS[tool.metadata.get_name()]
        assert tool.metadata.get_parameters_dict() == expected.input_schema()
        assert tool.metadata.description == expected.description
        assert tool.metadata.to_openai_tool()  # its limits are kept


def test_some_of_the_tools(spec: SummarizerToolSpec) -> None:
    (tool,) = spec.to_tool_list(["classify_topics"])

    assert tool.metadata.name == "classify_topics"


def test_a_tool_returns_json(spec: SummarizerToolSpec, talks: str) -> None:
    tool = spec.to_tool_list()[0]

    found = json.loads(tool.call(source=talks, length=30).content)

    assert found["topics"][0]["name"] == "conflict, war and peace"


def test_a_tool_can_be_awaited(spec: SummarizerToolSpec) -> None:
    tool = spec.to_tool_list()[0]

    found = anyio.run(lambda: tool.acall(source="talks.txt"))

    assert json.loads(found.content)["article"]["source"] == "talks.txt"


def test_an_error_is_for_the_model_to_read(spec: SummarizerToolSpec) -> None:
    tool = spec.to_tool_list()[0]

    assert json.loads(tool.call(source="/etc/passwd").content)["error"]["type"] == "SourceError"
    for wrong in ("name", "belt", "other"):
        found = json.loads(tool.call(source="x", **{wrong: "y"}).content)
        assert found["error"]["type"] == "ConfigurationError"


def calling(name: str, **arguments: Any) -> Reply:
    """A model's answer that is a call."""
    call = {
        "id": "call_7",
        "type": "function",
        "function": {"name": name, "arguments": json.dumps(arguments)},
    }
    whole = json.loads(answer("").content)
    whole["choices"][0]["message"] = {"role": "assistant", "content": None, "tool_calls": [call]}
    whole["choices"][0]["finish_reason"] = "tool_calls"
    return Reply(content=json.dumps(whole).encode())


def test_an_agent_calls_the_tools_until_it_can_answer(spec: SummarizerToolSpec) -> None:
    """A wrong call first: the model reads the error and does better."""
    steps = (
        calling("digest_article", source="missing.txt"),
        calling("digest_article", source="talks.txt", length=30),
        answer("It is about joint border patrols."),
    )
    with (
        StandIn(*steps) as server,
        openai.OpenAI(base_url=server.base_url, api_key="none") as client,
    ):
        llm = AgentLlm(client, model="stand-in")
        calls, said = run(FunctionAgent(tools=spec.to_tool_list(), llm=llm, streaming=False))

    first, second = (json.loads(call.tool_output.content) for call in calls)
    assert first["error"]["type"] == "SourceError"
    assert second["summary"]["text"]
    assert said == "It is about joint border patrols."
    results = [m for m in server.bodies[-1]["messages"] if m["role"] == "tool"]
    assert json.loads(results[1]["content"]) == second
    assert [tool["function"]["name"] for tool in server.bodies[0]["tools"]] == list(TOOLS)


def run(agent: FunctionAgent) -> tuple[list[ToolCallResult], str]:
    """The calls of an agent's run, and what it said at the end."""

    async def ask() -> tuple[list[ToolCallResult], str]:
        handler = agent.run("What is the article in talks.txt about?", max_iterations=5)
        calls = [e async for e in handler.stream_events() if isinstance(e, ToolCallResult)]
        return calls, str(await handler)

    return anyio.run(ask)


def nodes(extractor: TopicSummaryExtractor, *texts: str, split: bool = False) -> list[BaseNode]:
    splitters = [SentenceSplitter(chunk_size=200, chunk_overlap=0)] if split else []
    pipeline = IngestionPipeline(transformations=[*splitters, extractor])
    return list(pipeline.run(documents=[Document(text=text) for text in texts]))


def test_a_corpus_is_a_retriever(tmp_path: Path, talks: str) -> None:
    article = article_from_text(talks, source="talks.txt")
    with Corpus.open(tmp_path / "c.sqlite", embedding="fast", create=True) as corpus:
        corpus.add([article])
        (found,) = CorpusRetriever(corpus).retrieve("joint patrols along the border")

    assert found.node.metadata["source"] == "talks.txt"
    assert found.node.metadata["title"] == article.title
    assert isinstance(found.node, TextNode)
    passage = article.text[found.node.start_char_idx : found.node.end_char_idx]
    assert found.node.text == passage
    assert found.score == 1.0


def test_a_pipeline_adds_topics_and_summaries(extractor: TopicSummaryExtractor, talks: str) -> None:
    (node,) = nodes(extractor, talks)

    first, second, _ = node.metadata["topics"].split("; ")
    assert (first, second) == ("conflict, war and peace", "politics and government")
    assert node.metadata["topic_ids"] == "16000000; 11000000; 02000000"
    assert "Ardenia" in node.metadata["summary"]


def test_what_a_node_has_stays(extractor: TopicSummaryExtractor, talks: str) -> None:
    own = Document(text=talks, metadata={"summary": "my own"})
    (node,) = IngestionPipeline(transformations=[extractor]).run(documents=[own])

    assert node.metadata["summary"] == "my own"
    assert node.metadata["topics"]


def test_a_wrong_setting_is_refused_before_the_pipeline_runs() -> None:
    with pytest.raises(ConfigurationError, match="modle"):
        TopicSummaryExtractor(settings={"modle": "x"})


def test_every_chunk_gets_its_own(extractor: TopicSummaryExtractor, talks: str) -> None:
    found = nodes(extractor, talks, split=True)

    assert len(found) > 1
    summaries = [node.metadata.get("summary") for node in found]
    assert len(set(summaries)) == len(summaries)


def test_a_node_that_is_no_article_stays_as_it_is(
    extractor: TopicSummaryExtractor, talks: str
) -> None:
    short, long = nodes(extractor, "Too short.", talks)

    assert short.metadata == {}
    assert long.metadata["summary"]


@pytest.mark.parametrize(
    ("fields", "names"),
    [({"summary": False}, {"topics", "topic_ids"}), ({"topics": False}, {"summary"})],
)
def test_topics_or_summaries_alone(fields: dict[str, bool], names: set[str], talks: str) -> None:
    extractor = TopicSummaryExtractor(settings={"model": "extractive"}, **fields)

    (node,) = nodes(extractor, talks)

    assert set(node.metadata) == names
    extractor.close()


def test_a_model_that_fails_is_not_passed_over(talks: str) -> None:
    settings = {"base_url": "http://127.0.0.1:9/v1", "model": "none", "max_retries": 0}
    extractor = TopicSummaryExtractor(settings=settings)

    with pytest.raises(EndpointError):
        nodes(extractor, talks)
    extractor.close()


def test_a_pipeline_can_be_kept(extractor: TopicSummaryExtractor) -> None:
    nodes(extractor, "Too short.")  # its summarizer is open

    again = pickle.loads(pickle.dumps(extractor))  # noqa: S301 - ours

    assert again.settings == extractor.settings
    assert TopicSummaryExtractor.from_dict(extractor.to_dict()).settings == extractor.settings
