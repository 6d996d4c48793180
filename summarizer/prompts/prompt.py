"""``Prompt``: one version of a task's prompt, parsed from its file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field, ValidationError

from summarizer.digest import Message, PromptRef, Role, Value
from summarizer.errors import PromptError, first_fault
from summarizer.prompts import template
from summarizer.taxonomy.yaml_file import PlainYamlError, parse_plain_yaml

if TYPE_CHECKING:
    from summarizer.articles.article import Article

_HEADING = re.compile(r"^# (system|user|assistant)[ \t]*$", re.MULTILINE)
_ESCAPED_HEADING = re.compile(r"^\\(\\*# (?:system|user|assistant)[ \t]*)$", re.MULTILINE)
_FENCE: Final = "---"


class Parameters(Value):
    """What a prompt was written for; the caller may override any of it.

    Attributes:
        temperature: of a judge's first answer.
        max_tokens: of the answer of ``classify``.
        top_logprobs: noted in a prompt that is released; nothing reads it.
    """

    temperature: float = Field(default=0.0, ge=0, le=2)
    max_tokens: int | None = Field(default=None, gt=0)
    top_logprobs: int = Field(default=0, ge=0, le=20)


class Section(Value):
    """One message's role and its template."""

    role: Role
    template: str


class _Head(Value):
    """The front matter."""

    task: str
    version: int = Field(ge=1)
    description: str = Field(min_length=1)
    variables: tuple[str, ...] = ()
    parameters: Parameters = Parameters()


class Prompt(_Head):
    """A prompt; ``sha256`` is that of the file's bytes."""

    sha256: str
    sections: tuple[Section, ...]

    @property
    def ref(self) -> PromptRef:
        """How a digest records that this prompt was used."""
        return PromptRef(name=self.task, version=self.version, sha256=self.sha256)

    def render(self, **variables: Any) -> tuple[Message, ...]:
        """The messages, one per section; a section that renders to nothing is left out.

        Sections are split before rendering, so no value can open a new one. Raises PromptError
        that names every missing and every unknown variable, or says what a template cannot do.
        """
        name = f"{self.task}@v{self.version}"
        hint = f"summarizer prompts show {name}"
        missing = [name for name in self.variables if name not in variables]
        unknown = sorted(set(variables) - set(self.variables))
        faults = [f"missing {', '.join(map(repr, missing))}"] if missing else []
        faults += [f"unknown {', '.join(map(repr, unknown))}"] if unknown else []
        if faults:
            raise PromptError(f"variables of prompt {name}: {'; '.join(faults)}", hint=hint)
        try:
            texts = [(s.role, template.render(s.template, variables)) for s in self.sections]
        except PromptError as error:
            raise PromptError(f"prompt {name}: {error}", hint=hint) from None
        return tuple(Message(role=role, content=t.strip()) for role, t in texts if t.strip())


def parse_prompt(data: bytes, *, where: str) -> Prompt:
    """The prompt in a file's bytes; ``where`` names the file in errors (PromptError)."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        head_text, body = _split_front_matter(text)
        head = _parse_head(head_text)
        sections = tuple(_sections(body))
        _check(head, sections)
    except UnicodeDecodeError as error:
        raise PromptError(f"prompt {where}: not UTF-8 ({error.reason})") from None
    except PromptError as error:
        raise PromptError(f"prompt {where}: {error}", hint=error.hint) from None
    return Prompt(**dict(head), sha256=hashlib.sha256(data).hexdigest(), sections=sections)


def _split_front_matter(text: str) -> tuple[str, str]:
    lines = text.split("\n")
    if lines[0] != _FENCE or _FENCE not in lines[1:]:
        raise PromptError("no front matter between two lines '---' at the top")
    end = lines.index(_FENCE, 1)
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :])


def _parse_head(text: str) -> _Head:
    try:
        found = parse_plain_yaml(text)
        if not isinstance(found, dict):
            raise PromptError("front matter: expected names and values")
        return _Head.model_validate(found)
    except PlainYamlError as error:
        raise PromptError(f"front matter: {error}") from None
    except ValidationError as error:
        raise PromptError(f"front matter: {first_fault(error)}") from None


def _sections(body: str) -> Iterator[Section]:
    before, *rest = _HEADING.split(body)
    if before.strip() or not rest:
        raise PromptError("the text must begin with '# system', '# user' or '# assistant'")
    for role, text in zip(rest[::2], rest[1::2], strict=True):
        yield Section(role=role, template=_ESCAPED_HEADING.sub(r"\1", text).strip())


def _variables(section: Section) -> frozenset[str]:
    try:
        return template.variables(section.template)
    except PromptError as error:  # its lines are counted from the heading
        raise PromptError(f"under '# {section.role}', {error}", hint=error.hint) from None


def _check(head: _Head, sections: tuple[Section, ...]) -> None:
    roles = [section.role for section in sections]
    if "user" not in roles or "system" in roles[1:]:
        raise PromptError("a prompt has a '# user' section, and '# system' only as the first")
    if any(not section.template for section in sections):
        raise PromptError("a section is empty")
    used = frozenset[str]().union(*map(_variables, sections))
    declared = head.variables
    for name in sorted(used.symmetric_difference(declared)):
        fault = "is used but not declared" if name in used else "is declared but not used"
        raise PromptError(f"variable {name!r} {fault} under 'variables'")
    if len(set(declared)) != len(declared):
        raise PromptError("'variables' names one twice")


def article_variables(article: Article) -> dict[str, Any]:
    """The variables that every prompt with an article shares."""
    return {
        "title": article.title or "",
        "published": article.published or "",
        "article": article.text,
    }
