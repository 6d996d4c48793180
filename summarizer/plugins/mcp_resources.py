"""What a host can read and use: the taxonomy, the articles of the corpus, and the prompts.

    summarizer://taxonomy
    summarizer://prompts/{task}/v{version}
    summarizer://corpus/{key}               the key percent-encoded

Nothing else is served: a name in a URI never becomes a path. The prompts are also offered as MCP
prompts: a host fills them in and sends them to its own model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote

from mcp import types

from summarizer.errors import ConfigurationError, CorpusError, PromptError, SummarizerError
from summarizer.plugins.operations import (
    ARTICLE,
    DEFAULTS,
    DESCRIPTIONS,
    line_for_model,
    other_values,
    text_for_model,
    text_variables,
)
from summarizer.plugins.service import Service
from summarizer.prompts import store as prompts
from summarizer.prompts.prompt import Prompt, article_variables
from summarizer.screening import read_article

_SCHEME: Final = "summarizer://"
_TAXONOMY: Final = f"{_SCHEME}taxonomy"
_PROMPTS: Final = f"{_SCHEME}prompts/"
_CORPUS: Final = f"{_SCHEME}corpus/"
_PAGE: Final = 100  # articles of the corpus in one answer
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_COUNT: Final = re.compile(r"0*[1-9][0-9]{0,5}")
_PROMPT_NAME: Final = re.compile(r"(?P<task>.+)_v(?P<version>[0-9]{1,6})")
_ARTICLE: Final = "The text of the article, its http(s) URL, or the path of a file."

_LABELS: Final = types.Resource(
    name="taxonomy",
    uri=_TAXONOMY,
    description="The topics that articles can get, with their descriptions.",
    mime_type="application/json",
)
TEMPLATES: Final = (
    types.ResourceTemplate(
        name="prompt",
        uri_template=f"{_PROMPTS}{{task}}/v{{version}}",
        description="A version of a prompt, as its file has it.",
        mime_type="text/markdown",
    ),
    types.ResourceTemplate(
        name="article",
        uri_template=f"{_CORPUS}{{key}}",
        description="An article of the corpus; key: as find_related gives it.",
        mime_type="text/plain",
    ),
)


def list_resources(service: Service, *, cursor: str | None) -> types.ListResourcesResult:
    """The taxonomy and the prompts first, then the corpus, page by page.

    Raises:
        ConfigurationError: the cursor is none of ours.
        PromptError: a prompt of the user's is broken.
    """
    if cursor is not None and not _NUMBER.fullmatch(cursor):
        raise ConfigurationError(f"unknown cursor {cursor!r}", hint="list again from the start")
    offset = int(cursor or 0)
    articles = list(_articles(service, offset))
    fixed = [] if offset else [_LABELS, *_prompts(service)]
    more = str(offset + _PAGE) if len(articles) == _PAGE else None
    return types.ListResourcesResult(resources=[*fixed, *articles], next_cursor=more)


def read_resource(uri: str, *, service: Service) -> types.ReadResourceResult:
    """The text at ``uri``. Raises SummarizerError if there is none."""
    if uri == _TAXONOMY:
        text, mime_type = service.summarizer().taxonomy.model_dump_json(), "application/json"
    elif uri.startswith(_PROMPTS):
        text, mime_type = _prompt(uri.removeprefix(_PROMPTS), service), "text/markdown"
    elif uri.startswith(_CORPUS):
        text, mime_type = _article(unquote(uri.removeprefix(_CORPUS)), service), "text/plain"
    else:
        raise ConfigurationError(
            f"there is no resource {uri!r}", hint=f"{_TAXONOMY}, {_PROMPTS}… or {_CORPUS}…"
        )
    return types.ReadResourceResult(
        contents=[types.TextResourceContents(uri=uri, text=text, mime_type=mime_type)]
    )


def _prompts(service: Service) -> Iterator[types.Resource]:
    for file in prompts.list_prompts(folder=service.settings.prompts_dir):
        yield types.Resource(
            name=f"prompts/{file.key}",
            uri=f"{_PROMPTS}{file.key}",
            description=file.load().description,
            mime_type="text/markdown",
        )


def _articles(service: Service, offset: int) -> Iterator[types.Resource]:
    try:
        found = service.corpus.articles(limit=_PAGE, offset=offset)
    except CorpusError:  # none was made yet, which is no fault of who lists
        return
    for entry in found:
        title = line_for_model(entry.title)
        yield types.Resource(
            name=title or entry.key,
            uri=_CORPUS + quote(entry.key, safe=""),
            description=f"{entry.published or 'undated'}, {entry.source}",
            mime_type="text/plain",
        )


def _prompt(key: str, service: Service) -> str:
    task, _, version = key.partition("/v")
    if not _NUMBER.fullmatch(version):
        raise ConfigurationError(f"{key!r} is not a prompt", hint=f"{_PROMPTS}digest/v2")
    file = prompts.find_prompt(task, version=int(version), folder=service.settings.prompts_dir)
    return file.read().decode(errors="replace")


def _article(key: str, service: Service) -> str:
    article = service.corpus.get(key)
    if article is None:
        raise SummarizerError(
            f"the corpus has no article {key!r}", hint="use a key that find_related gave"
        )
    title = line_for_model(article.title)
    head = [line for line in (title, str(article.published or "")) if line]
    return "\n".join(head) + ("\n\n" if head else "") + text_for_model(article.text)


def list_prompts(service: Service) -> list[types.Prompt]:
    """Every version of every prompt on an article, which can be used alone. Raises PromptError."""
    files = prompts.list_prompts(folder=service.settings.prompts_dir)
    return [
        types.Prompt(
            name=f"{prompt.task}_v{prompt.version}",
            title=f"{prompt.task}, version {prompt.version}",
            description=prompt.description,
            arguments=[
                types.PromptArgument(
                    name=name,
                    description=_ARTICLE if name == ARTICLE else DESCRIPTIONS.get(name),
                    required=name not in DEFAULTS,
                )
                for name in text_variables(prompt)
            ],
        )
        for prompt in (file.load() for file in files)
        if ARTICLE in prompt.variables
    ]


def get_prompt(
    name: str, arguments: Mapping[str, str], *, service: Service
) -> types.GetPromptResult:
    """The messages of a prompt; ``article`` may be a text, a URL or a path.

    Raises:
        PromptError: no such prompt, or an argument is missing, unknown, or no number.
        SourceError: the article may not or cannot be read.
    """
    prompt = _find_prompt(name, service)
    known = text_variables(prompt)
    given = {name: value for name, value in arguments.items() if value}
    faults = [f"no argument {name!r}" for name in arguments if name not in known]
    faults += [f"{name!r} is missing" for name in known if name not in {**DEFAULTS, **given}]
    faults += [
        f"{name!r} is {value!r}, which is no number from 1"
        for name, value in given.items()
        # Where the default is a number, so is what may be given.
        if DEFAULTS.get(name, "").isdecimal() and not _COUNT.fullmatch(value)
    ]
    if faults:
        raise PromptError(
            f"prompt {name!r}: {'; '.join(faults)}", hint=f"its arguments are {', '.join(known)}"
        )
    article = service.read(given.pop(ARTICLE))
    reading = read_article(article, defence=service.settings.defence)
    offered = {**DEFAULTS, **article_variables(reading.visible), **given}
    values = {name: offered[name] for name in known}
    messages = prompt.render(
        **values, **other_values(prompt, lambda: service.summarizer().taxonomy)
    )
    return types.GetPromptResult(description=prompt.description, messages=_messages(messages))


def _find_prompt(name: str, service: Service) -> Prompt:
    match = _PROMPT_NAME.fullmatch(name)
    if match is None:
        raise PromptError(f"{name!r} is not a prompt", hint="a name is TASK_vN: summarize_v2")
    folder = service.settings.prompts_dir
    prompt = prompts.load_prompt(match["task"], version=int(match["version"]), folder=folder)
    if ARTICLE not in prompt.variables:
        raise PromptError(f"prompt {name!r} is not for use alone", hint="list the prompts")
    return prompt


def _messages(rendered: tuple[Any, ...]) -> list[types.PromptMessage]:
    """MCP has no system messages: what they say goes first into the user's message."""
    system = "".join(f"{m.content}\n\n" for m in rendered if m.role == "system")
    found = []
    for message in rendered:
        if message.role == "system":
            continue
        text = types.TextContent(type="text", text=system + message.content)
        found.append(types.PromptMessage(role=message.role, content=text))
        system = ""
    return found
