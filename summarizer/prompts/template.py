"""The template language of prompts: a small, linear part of Jinja2.

A prompt file may come from somebody else, so besides Jinja2's sandbox (no private attributes, no
changes to values) the language itself is cut down to what prompts need: output, ``if``, ``for``
and a few filters. There are no calls, no arithmetic, no macros, no ``set`` and no way to read
another file. A loop inside a loop may only go over a part of the outer loop's item, and what reads
a whole value (a filter, a test, a slice, ``in``) may inside a loop only read that loop's item. So
the work grows with the size of the values, whatever the template says, and the output has a limit.

Values are never read as templates: braces in an article stay braces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from summarizer.errors import PromptError

MAX_OUTPUT_CHARS: Final = 50_000_000
_FILTERS: Final = ("join", "length", "lower", "trim", "upper")
# In nodes of the tree; Python compiles at most 20 loops inside each other.
_MAX_DEPTH: Final = 20
_ALLOWED: Final = (
    nodes.And,
    nodes.Compare,
    nodes.CondExpr,
    nodes.Const,
    nodes.Filter,
    nodes.For,
    nodes.Getattr,
    nodes.Getitem,
    nodes.If,
    nodes.Keyword,
    nodes.Name,
    nodes.Not,
    nodes.Operand,
    nodes.Or,
    nodes.Output,
    nodes.Slice,
    nodes.Template,
    nodes.TemplateData,
    nodes.Test,
    nodes.Tuple,
)


def _untrusted(text: object) -> str:
    """The filter for text that we did not write: it cannot pass for our own markup.

    None, such as the title of an article without one, renders to nothing.
    """
    from summarizer.screening import neutralise

    return "" if text is None else neutralise(str(text))


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=False,
        undefined=StrictUndefined,
        loader=None,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    environment.filters["untrusted"] = _untrusted
    return environment


_ENVIRONMENT: Final = _environment()


def parse(source: str) -> nodes.Template:
    """The syntax tree of a template that keeps to the language above; PromptError otherwise."""
    try:
        tree = _ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        raise PromptError(f"template syntax, line {error.lineno}: {error.message}") from None
    except RecursionError:
        raise PromptError("the template is nested too deeply") from None
    except ValueError as error:  # a number with thousands of digits
        raise PromptError(f"template syntax: {error}") from None
    _check(tree)
    return tree


def _check(node: nodes.Node, *, items: frozenset[str] | None = None, depth: int = 0) -> None:
    """Refuse what is not in the language; ``items`` are the innermost loop's variables."""
    unavailable = _unavailable(node)
    if unavailable:
        raise PromptError(
            f"template line {node.lineno}: {unavailable} is not available in prompts",
            hint="docs/prompts.md lists what templates may use",
        )
    if depth > _MAX_DEPTH:
        raise PromptError(f"template line {node.lineno}: nested too deeply")
    if items is not None and _reads_whole(node) and not _names(node) <= items | {"loop"}:
        raise PromptError(
            f"template line {node.lineno}: inside a loop, filters, tests, slices and 'in' may only "
            "take the loop's item"
        )
    inside = items
    if isinstance(node, nodes.For):
        _check_loop(node, items)
        inside = _names(node.target)
    for child in node.iter_child_nodes():
        over = isinstance(node, nodes.For) and child is node.iter  # evaluated once, outside
        _check(child, items=items if over else inside, depth=depth + 1)


def _unavailable(node: nodes.Node) -> str | None:
    if not isinstance(node, _ALLOWED):
        return repr(type(node).__name__.lower())
    if isinstance(node, nodes.Filter) and node.name not in _ENVIRONMENT.filters:
        return f"the filter {node.name!r}"
    if isinstance(node, nodes.Test) and node.name not in _ENVIRONMENT.tests:
        return f"the test {node.name!r}"
    return None


def _reads_whole(node: nodes.Node) -> bool:
    """Whether the work of ``node`` grows with the value that it takes."""
    if isinstance(node, nodes.Compare):
        return any(operand.op in ("in", "notin") for operand in node.ops)
    if isinstance(node, nodes.Getitem):
        return isinstance(node.arg, nodes.Slice)
    return isinstance(node, nodes.Filter | nodes.Test)


def _names(node: nodes.Node) -> frozenset[str]:
    """The names in ``node``."""
    found = [node] if isinstance(node, nodes.Name) else node.find_all(nodes.Name)
    return frozenset(name.name for name in found)


def _check_loop(loop: nodes.For, items: frozenset[str] | None) -> None:
    source: nodes.Node = loop.iter
    while isinstance(source, nodes.Getattr | nodes.Getitem):
        source = source.node
    over_name = isinstance(source, nodes.Name) and (items is None or source.name in items)
    if loop.recursive or not over_name:
        raise PromptError(
            f"template line {loop.lineno}: a loop must go over a variable, and a loop inside "
            "another over a part of the outer loop's item"
        )


def variables(source: str) -> frozenset[str]:
    """The names that the template takes from outside."""
    return frozenset(meta.find_undeclared_variables(parse(source)))


@lru_cache(maxsize=128)
def _compile(source: str) -> Template:
    return _ENVIRONMENT.from_string(parse(source))


def render(source: str, values: Mapping[str, Any]) -> str:
    """The template's text. Raises PromptError where it fails or grows beyond the limit."""
    template = _compile(source)
    try:
        return "".join(_limited(template.generate(values)))
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise PromptError(f"the template cannot be rendered: {error}") from error


def _limited(pieces: Iterator[str]) -> Iterator[str]:
    left = MAX_OUTPUT_CHARS
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise PromptError(f"the rendered prompt exceeds {MAX_OUTPUT_CHARS:,} characters")
        yield piece
