"""What a host can read: the taxonomy, the prompts' files, and the articles of the corpus.

    summarizer://taxonomy
    summarizer://prompts/{task}/v{version}
    summarizer://corpus/{key}               the key percent-encoded

Nothing else is served: a name in a URI never becomes a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from mcp.types import (
    ListResourcesResult,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from summarizer.errors import ConfigurationError, CorpusError, SummarizerError
from summarizer.plugins.withheld import text_for_model, title_for_model

if TYPE_CHECKING:
    from summarizer.plugins.service import Service

_SCHEME: Final = "summarizer://"
_TAXONOMY: Final = f"{_SCHEME}taxonomy"
_PROMPTS: Final = f"{_SCHEME}prompts/"
_CORPUS: Final = f"{_SCHEME}corpus/"
_PAGE: Final = 100  # articles of the corpus in one answer
_NUMBER: Final = re.compile(r"[0-9]{1,9}")

TEMPLATES: Final = (
    ResourceTemplate(
        name="prompt",
        uri_template=f"{_PROMPTS}{{task}}/v{{version}}",
        description="A version of a prompt, as its file has it.",
        mime_type="text/markdown",
    ),
    ResourceTemplate(
        name="article",
        uri_template=f"{_CORPUS}{{key}}",
        description="An article of the corpus; key: as find_related gives it.",
        mime_type="text/plain",
    ),
)


def list_resources(service: Service, *, cursor: str | None) -> ListResourcesResult:
    """The taxonomy and the prompts first, then the corpus, page by page.

    Raises:
        ConfigurationError: the cursor is none of ours.
        PromptError: a prompt of the user's is broken.
    """
    if cursor is not None and not _NUMBER.fullmatch(cursor):
        raise ConfigurationError(f"unknown cursor {cursor!r}", hint="list again from the start")
    offset = int(cursor or 0)
    articles = list(_articles(service, offset))
    fixed = [] if offset else [_taxonomy(), *_prompts(service)]
    more = str(offset + _PAGE) if len(articles) == _PAGE else None
    return ListResourcesResult(resources=[*fixed, *articles], next_cursor=more)


def read_resource(uri: str, *, service: Service) -> ReadResourceResult:
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
    return ReadResourceResult(
        contents=[TextResourceContents(uri=uri, text=text, mime_type=mime_type)]
    )


def _taxonomy() -> Resource:
    return Resource(
        name="taxonomy",
        uri=_TAXONOMY,
        description="The topics that articles can get, with their descriptions.",
        mime_type="application/json",
    )


def _prompts(service: Service) -> Iterator[Resource]:
    from summarizer.prompts import list_prompts

    for file in list_prompts(folder=service.settings.prompts_dir):
        yield Resource(
            name=f"prompts/{file.key}",
            uri=f"{_PROMPTS}{file.key}",
            description=file.load().description,
            mime_type="text/markdown",
        )


def _articles(service: Service, offset: int) -> Iterator[Resource]:
    try:
        found = service.corpus.articles(limit=_PAGE, offset=offset)
    except CorpusError:  # none was made yet, which is no fault of who lists
        return
    for entry in found:
        title = title_for_model(entry.title)
        yield Resource(
            name=title or entry.key,
            uri=_CORPUS + quote(entry.key, safe=""),
            description=f"{entry.published or 'undated'}, {entry.source}",
            mime_type="text/plain",
        )


def _prompt(key: str, service: Service) -> str:
    from summarizer.prompts import find_prompt

    task, _, version = key.partition("/v")
    if not _NUMBER.fullmatch(version):
        raise ConfigurationError(f"{key!r} is not a prompt", hint=f"{_PROMPTS}digest/v2")
    file = find_prompt(task, version=int(version), folder=service.settings.prompts_dir)
    return file.read().decode(errors="replace")


def _article(key: str, service: Service) -> str:
    article = service.corpus.get(key)
    if article is None:
        raise SummarizerError(
            f"the corpus has no article {key!r}", hint="use a key that find_related gave"
        )
    title = title_for_model(article.title)
    head = [line for line in (title, str(article.published or "")) if line]
    return "\n".join(head) + ("\n\n" if head else "") + text_for_model(article.text)
