"""OpenAI's tool calling: definitions for a request, and a dispatcher for the calls in an answer.

belt = openai_tools(model="extractive")
answer = client.chat.completions.create(..., tools=belt.definitions)
messages += belt.results(answer.choices[0].message.tool_calls)
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Protocol, Unpack

from summarizer.closing import Closing
from summarizer.digest import ErrorInfo
from summarizer.errors import SummarizerError
from summarizer.flags import Flags
from summarizer.plugins.access import Access
from summarizer.plugins.service import Service
from summarizer.plugins.tools import call_schema, call_tool, definitions, error_info

if TYPE_CHECKING:
    from summarizer.digest import Value


# Costs and prompts of a digest are for people; a model reads every token.
_NOT_FOR_MODELS: Final = {"usage", "prompts"}


class _Function(Protocol):
    name: str
    arguments: str


class ToolCall(Protocol):
    """A call as the ``openai`` package has it in an answer's message."""

    id: str
    function: _Function


class ToolBelt(Closing):
    """The tools with what they work on. Close it, or use it in a ``with`` block.

    Attributes:
        definitions: for the ``tools`` of a chat completion request.
        call_schema: JSON Schema of one call, ``{"name": ..., "arguments": {...}}``. A model that
            does not write tool calls of its own can be made to answer by it (``response_format``).
    """

    def __init__(self, service: Service) -> None:
        self.definitions = definitions("openai")
        self.call_schema = call_schema()
        self._service = service

    def call(self, name: str, arguments: str | dict[str, Any]) -> str:
        """The result of a call as JSON; whatever goes wrong is ``{"error": {...}}``.

        It never raises, because the model is to read the error and do better.
        """
        try:
            result: Value = call_tool(name, arguments, service=self._service)
            return result.model_dump_json(exclude=_NOT_FOR_MODELS)
        except SummarizerError as error:
            return _failed(error_info(error))
        except Exception as error:  # a bug of ours must not end the conversation
            return _failed(
                ErrorInfo(
                    type=type(error).__name__,
                    message=f"{name} failed unexpectedly: {error}",
                    hint="do without this tool, and tell the user",
                    exit_code=1,
                )
            )

    def call_json(self, text: str) -> str:
        """The result of a call that a model wrote by ``call_schema``; as ``call`` gives it."""
        try:
            written = json.loads(text)
            name, arguments = str(written["name"]), dict(written["arguments"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return _failed(
                ErrorInfo(
                    type="ConfigurationError",
                    message="this is not a call of a tool",
                    hint='write {"name": ..., "arguments": {...}}',
                    exit_code=2,
                )
            )
        return self.call(name, arguments)

    def results(self, calls: Iterable[ToolCall] | None) -> list[dict[str, str]]:
        """The messages that answer ``message.tool_calls``, in order."""
        return [
            {
                "role": "tool",
                "tool_call_id": call.id,
                "content": self.call(call.function.name, call.function.arguments),
            }
            for call in calls or ()
        ]

    def close(self) -> None:
        """Give back the engine."""
        self._service.close()


def openai_tools(*, access: Access | None = None, **settings: Unpack[Flags]) -> ToolBelt:
    """The tools for OpenAI's chat completions, or any server that speaks it.

    Args:
        access: what sources may lead to; by default text and public web pages.
        settings: single settings by name, such as ``model``; the rest as on the command line.

    Raises:
        ConfigurationError: a setting has a wrong value.
    """
    return ToolBelt(Service(access=access, **settings))


def _failed(error: ErrorInfo) -> str:
    return f'{{"error":{error.model_dump_json()}}}'
