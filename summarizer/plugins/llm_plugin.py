"""A plug-in of the command line tool ``llm``: tools, articles as fragments, prompts as templates.

    llm -T Articles "What is https://news.example/story about?"
    llm -f article:https://news.example/story "Who is quoted?"
    summarizer extract story.html | llm -t summarizer:summarize@v2

``llm`` loads it at every start, so it imports nothing else of ours before it is used.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from functools import partial
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Any

from summarizer.errors import MissingExtraError, PromptError, SummarizerError

try:
    import llm
except ImportError:
    raise MissingExtraError("the plug-in for llm", extra="llm") from None

_log = logging.getLogger(__name__)
# Private characters, which no prompt has, mark the names of llm's variables while it is rendered.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([a-z_]+){_CLOSE}(?P<goes_on>(?=\\w))?")


@llm.hookimpl
def register_tools(register: Callable[..., None]) -> None:
    """Offer the toolbox."""
    register(Articles)


@llm.hookimpl
def register_fragment_loaders(register: Callable[..., None]) -> None:
    """Offer ``-f article:SOURCE``."""
    register("article", load_fragment)


@llm.hookimpl
def register_template_loaders(register: Callable[..., None]) -> None:
    """Offer ``-t summarizer:TASK@vN``."""
    register("summarizer", load_template)


class Articles(llm.Toolbox):  # type: ignore[no-untyped-call]
    """Topics and short summaries of news articles, each backed by evidence in the article.

    Args:
        root: folder below which the model may have files read; by default none.
        model: what writes the summaries; by default as the settings of summarizer say.
        corpus: index of earlier articles, for find_related.
    """

    def __init__(
        self, root: str | None = None, model: str | None = None, corpus: str | None = None
    ) -> None:
        from summarizer.plugins.service import Access
        from summarizer.plugins.tools import openai_tools

        access = Access.below([Path(root)] if root else [])
        self._belt = openai_tools(access=access, model=model, corpus=corpus)

    @classmethod
    def method_tools(cls) -> list[llm.Tool]:
        """The tools, for ``llm tools list``."""
        return list(_tools(lambda name, **_: name))

    def tools(self) -> Iterable[llm.Tool]:
        """The tools, to be called."""
        return _tools(lambda name, /, **arguments: self._belt.call(name, arguments))


def load_fragment(source: str) -> llm.Fragment:
    """The cleaned article of a file or a URL, which the user named on the command line.

    Raises:
        ValueError: it cannot be read; says what to do.
    """
    from summarizer.articles import load
    from summarizer.plugins.operations import line_for_model
    from summarizer.screening import read_article
    from summarizer.settings import load_settings

    try:
        settings = load_settings()
        article = load(source, settings=settings)
        reading = read_article(article, defence=settings.defence)
    except SummarizerError as error:
        raise ValueError(_with_hint(error)) from None
    if reading.checks:
        _log.warning("left out of %s: passages that give orders to a model", article.source)
    about = " | ".join(filter(None, (str(article.published or ""), line_for_model(article.author))))
    parts = (reading.visible.title, about, reading.visible.text)
    text = "\n\n".join(filter(None, parts))
    return llm.Fragment(text, source=article.source)  # type: ignore[no-untyped-call]


def load_template(ref: str) -> llm.Template:
    """A version of a prompt: the article is the input, other variables are ``-p`` parameters.

    Raises:
        ValueError: there is no such prompt; says what to do.
    """
    try:
        return _template(ref)
    except SummarizerError as error:
        raise ValueError(_with_hint(error)) from None


def _template(ref: str) -> llm.Template:
    from summarizer.plugins.operations import ARTICLE, DEFAULTS, other_values, text_variables
    from summarizer.prompts.store import load_prompt, parse_ref
    from summarizer.settings import load_settings
    from summarizer.taxonomy import load_taxonomy

    task, version = parse_ref(ref)
    settings = load_settings()
    prompt = load_prompt(task, version=version, folder=settings.prompts_dir)
    names = text_variables(prompt)
    if ARTICLE not in names:
        raise PromptError(f"prompt {ref!r} is not for use alone", hint="summarizer prompts list")
    others = other_values(prompt, lambda: load_taxonomy(settings.taxonomy))
    # Style and focus choose between parts of a prompt, so they are settled here.
    chosen = {name: DEFAULTS[name] for name in ("style", "focus") if name in names}
    marked = {name: f"{_OPEN}{name}{_CLOSE}" for name in names if name not in chosen}
    messages = prompt.render(**marked, **chosen, **others)
    texts = {message.role: _with_variables(message.content) for message in messages}
    if len(texts) < len(messages) or "assistant" in texts:
        problem = f"prompt {ref!r} has several turns, which a template of llm cannot have"
        raise PromptError(problem, hint="summarizer prompts list")
    defaults = {name: DEFAULTS[name] for name in marked if name in DEFAULTS}
    return llm.Template(  # type: ignore[no-untyped-call]
        name=f"{prompt.task}@v{prompt.version}",
        system=texts.get("system"),
        prompt=texts["user"],
        defaults=defaults,
    )


def _with_variables(text: str) -> str:
    """A rendered prompt with ``$name`` in the places of marked names; other dollars are escaped."""

    def variable(mark: re.Match[str]) -> str:
        name = "input" if mark[1] == "article" else mark[1]
        # llm looks for variables without braces, so those are only where they must be.
        return f"${name}" if mark["goes_on"] is None else f"${{{name}}}"

    return _MARK.sub(variable, text.replace("$", "$$"))


def _tools(call: Callable[..., Any]) -> Iterable[llm.Tool]:
    from summarizer.plugins.tools import TOOLS

    for tool in TOOLS.values():
        implementation = partial(call, tool.name)
        # What `llm tools list` shows.
        names = signature(tool.request).parameters.values()
        shown = Signature([name.replace(annotation=Parameter.empty) for name in names])
        implementation.__signature__ = shown  # type: ignore[attr-defined]
        yield llm.Tool(tool.name, tool.description, tool.input_schema(), implementation)


def _with_hint(error: SummarizerError) -> str:
    return f"{error} (try: {error.hint})" if error.hint else str(error)
