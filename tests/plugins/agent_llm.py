"""A model behind a real HTTP endpoint as LlamaIndex's agents want it, for tests.

Models that call tools get ``tools``; small ones answer by a JSON Schema: a call, or the answer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import openai
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, LLMMetadata, MessageRole
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.tools import BaseTool
from pydantic import PrivateAttr

ANSWER = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}


class AgentLlm(FunctionCallingLLM):
    """Talks to ``client``'s endpoint.

    Attributes:
        model: its name.
        call_schema: how it writes a call; None for models that call tools themselves.
    """

    model: str
    call_schema: dict[str, Any] | None = None
    _client: openai.OpenAI = PrivateAttr()

    def __init__(self, client: openai.OpenAI, **fields: Any) -> None:
        super().__init__(**fields)
        self._client = client

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name=self.model, is_function_calling_model=True)

    def _prepare_chat_with_tools(
        self, tools: Sequence[BaseTool], **arguments: Any
    ) -> dict[str, Any]:
        history = [*(arguments.get("chat_history") or ()), arguments.get("user_msg")]
        shown = [tool.metadata.to_openai_tool() for tool in tools]
        return {"messages": [message for message in history if message], "tools": shown}

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        if self.call_schema is None:
            body = {"messages": [_native(m) for m in messages], "tools": kwargs["tools"]}
        else:
            # Small models answer from nothing if they may, so the first step is a call.
            informed = any(m.role is MessageRole.TOOL for m in messages)
            schema = {"anyOf": [*([ANSWER] if informed else []), *self.call_schema["anyOf"]]}
            body = {
                "messages": [_plain(m) for m in messages],
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "step", "schema": schema, "strict": True},
                },
            }
        completion = self._client.chat.completions.create(
            model=self.model, temperature=0, seed=0, max_tokens=160, **body
        )
        return self._response(completion.choices[0].message)

    def _response(self, message: Any) -> ChatResponse:
        text, calls = message.content or "", [_written(call) for call in message.tool_calls or ()]
        if self.call_schema is not None:
            step = json.loads(text)
            text = step.get("answer", "")
            if "name" in step:
                calls = [{"id": "call_1", "name": step["name"], "arguments": step["arguments"]}]
        found = ChatMessage(
            role=MessageRole.ASSISTANT, content=text, additional_kwargs={"calls": calls}
        )
        return ChatResponse(message=found)

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return await asyncio.to_thread(self.chat, messages, **kwargs)

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **_: Any
    ) -> list[ToolSelection]:
        calls = response.message.additional_kwargs["calls"]
        assert calls or not error_on_no_tool_call
        return [
            ToolSelection(tool_id=c["id"], tool_name=c["name"], tool_kwargs=c["arguments"])
            for c in calls
        ]

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        raise NotImplementedError

    acomplete = stream_complete = astream_complete = stream_chat = astream_chat = complete  # type: ignore[assignment]


def _written(call: Any) -> dict[str, Any]:
    arguments = json.loads(call.function.arguments)
    return {"id": call.id, "name": call.function.name, "arguments": arguments}


def _native(message: ChatMessage) -> dict[str, Any]:
    found: dict[str, Any] = {"role": message.role.value, "content": message.content or ""}
    if calls := message.additional_kwargs.get("calls"):
        found["tool_calls"] = [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": json.dumps(call["arguments"])},
            }
            for call in calls
        ]
    if message.role is MessageRole.TOOL:
        found["tool_call_id"] = message.additional_kwargs["tool_call_id"]
    return found


def _plain(message: ChatMessage) -> dict[str, Any]:
    """For a model without tool calls: they are its answers, and results the user's words."""
    calls = message.additional_kwargs.get("calls")
    if calls:
        call = {"name": calls[0]["name"], "arguments": calls[0]["arguments"]}
        return {"role": "assistant", "content": json.dumps(call)}
    if message.role is MessageRole.TOOL:
        words = f'The tool returned:\n{message.content}\n\nNow write {{"answer": ...}}.'
        return {"role": "user", "content": words}
    return {"role": message.role.value, "content": message.content or ""}
