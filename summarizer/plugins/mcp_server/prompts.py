"""Our versioned prompts as MCP prompts: a host fills them in and sends them to its own model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mcp.types import GetPromptResult, Prompt, PromptArgument, PromptMessage, TextContent

from summarizer.errors import PromptError
from summarizer.plugins.prompt_values import (
    ARTICLE,
    DEFAULTS,
    DESCRIPTIONS,
    offered_prompts,
    other_values,
    text_variables,
)

if TYPE_CHECKING:
    from summarizer import prompts
    from summarizer.articles import Article
    from summarizer.plugins.service import Service

_NAME: Final = re.compile(r"(?P<task>.+)_v(?P<version>[0-9]{1,6})")
_SOURCE: Final = "The text of the article, its http(s) URL, or the path of a file."


def list_prompts(service: Service) -> list[Prompt]:
    """Every version of every prompt on an article. Raises PromptError."""
    return [
        Prompt(
            name=f"{file.task}_v{file.version}",
            title=f"{file.task}, version {file.version}",
            description=file.load().description,
            arguments=[_argument(name) for name in text_variables(file.load())],
        )
        for file in offered_prompts(service.settings.prompts_dir)
    ]


def get_prompt(name: str, arguments: Mapping[str, str], *, service: Service) -> GetPromptResult:
    """The messages of a prompt; ``article`` may be a text, a URL or a path.

    Raises:
        PromptError: no such prompt, or an argument is missing or unknown.
        SourceError: the article may not or cannot be read.
    """
    prompt = _find(name, service)
    known = text_variables(prompt)
    unknown = [argument for argument in arguments if argument not in known]
    missing = [n for n in known if n not in DEFAULTS and not arguments.get(n)]
    if unknown or missing:
        faults = [*(f"no argument {n!r}" for n in unknown), *(f"{n!r} is missing" for n in missing)]
        raise PromptError(
            f"prompt {name!r}: {'; '.join(faults)}", hint=f"its arguments are {', '.join(known)}"
        )
    values: dict[str, Any] = {name: DEFAULTS[name] for name in known if name in DEFAULTS}
    values |= _article_values(service.read(arguments[ARTICLE]), service)
    values = {name: value for name, value in values.items() if name in known}
    values |= {n: value for n, value in arguments.items() if value and n != ARTICLE}
    messages = prompt.render(
        **values, **other_values(prompt, lambda: service.summarizer().taxonomy)
    )
    return GetPromptResult(description=prompt.description, messages=_messages(messages))


def _find(name: str, service: Service) -> prompts.Prompt:
    from summarizer.prompts import load_prompt

    match = _NAME.fullmatch(name)
    if match is None:
        raise PromptError(f"{name!r} is not a prompt", hint="a name is TASK_vN: summarize_v2")
    folder = service.settings.prompts_dir
    prompt = load_prompt(match["task"], version=int(match["version"]), folder=folder)
    if ARTICLE not in prompt.variables:
        raise PromptError(f"prompt {name!r} is not for use alone", hint="list the prompts")
    return prompt


def _article_values(article: Article, service: Service) -> dict[str, Any]:
    from summarizer.screening.reading import read_article
    from summarizer.summaries.draft import article_variables

    return article_variables(read_article(article, defence=service.settings.defence).visible)


def _argument(name: str) -> PromptArgument:
    description = _SOURCE if name == ARTICLE else DESCRIPTIONS.get(name)
    return PromptArgument(name=name, description=description, required=name not in DEFAULTS)


def _messages(rendered: tuple[Any, ...]) -> list[PromptMessage]:
    """MCP has no system messages: what they say goes first into the user's message."""
    system = "".join(f"{m.content}\n\n" for m in rendered if m.role == "system")
    found = []
    for message in rendered:
        if message.role == "system":
            continue
        text = TextContent(type="text", text=system + message.content)
        found.append(PromptMessage(role=message.role, content=text))
        system = ""
    return found
