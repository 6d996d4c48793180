"""What text, Markdown and pages say of a record in the same words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from summarizer.digest import Check, Digest, Evidence, RelatedArticle, TopicLabel, Usage

# Of a sentence in another language than its article.
UNKNOWN: Final = "only numbers and dates checked"
# C0 and C1 controls except tab and newline, and the bidirectional overrides: text from articles
# and models must not move the cursor, set the title, or reorder what a person reads.
_UNSAFE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""``text`` without characters that control a terminal.

    >>> printable("a\x1b[31mb")
    'a[31mb'
    """
    return _UNSAFE.sub("", text)


def one_line(text: str) -> str:
    """``text`` with its white space collapsed."""
    return " ".join(text.split())


def markers(record: Digest) -> dict[int, list[int]]:
    """For each summary sentence, the numbers (from 1) of the notes that concern it."""
    found: dict[int, list[int]] = {}
    for number, (sentence, _) in enumerate(notes(record), start=1):
        if sentence is not None:
            found.setdefault(sentence, []).append(number)
    return found


def notes(record: Digest) -> list[tuple[int | None, str]]:
    """What the checks found, as (summary sentence, text); unsupported sentences always have one."""
    found = [(check.sentence, check_line(check)) for check in record.checks]
    explained = {check.sentence for check in record.checks}
    for index, sentence in enumerate(record.sentences):
        if sentence.supported is False and index not in explained:
            found.append((index, "support: nothing in the article was found that says this"))
    return found


def claims(record: Digest) -> list[tuple[str, tuple[Evidence, ...]]]:
    """The topics and the sentences of the summary, those that have evidence, with it.

    A sentence has its support where a model was asked for it.
    """
    found = [(topic_name(topic), topic.evidence) for topic in record.topics or ()]
    for sentence in record.sentences:
        support = f" ({UNKNOWN})" if sentence.supported is None else ""
        if sentence.support is not None:
            support += f" (support {sentence.support:.0%})"
        found.append((one_line(sentence.text) + support, sentence.evidence))
    return [(words, evidence) for words, evidence in found if evidence]


def about(record: Digest) -> list[str]:
    """Date, author, source and size of the article."""
    article = record.article
    facts = [str(article.published or ""), article.author or "", article.source]
    return [one_line(fact) for fact in facts if fact] + [f"{article.words:,} words"]


def cost(usage: Usage, provider: str = "") -> str:
    """Requests, tokens, time and price in one line; the embedded engine has no price."""
    if not usage.requests and not usage.cached_responses:
        return f"no request to a model, {usage.seconds:.1f} s"
    requests = f"{usage.requests} request" + ("" if usage.requests == 1 else "s")
    stored = f" and {usage.cached_responses} stored" if usage.cached_responses else ""
    read = f" ({usage.cached_tokens:,} read before)" if usage.cached_tokens else ""
    thought = f" ({usage.reasoning_tokens:,} of reasoning)" if usage.reasoning_tokens else ""
    price = ", price unknown" if usage.cost_usd is None else f", ${usage.cost_usd:.6f}"
    price = "" if provider == "embedded" else price
    return (
        f"{requests}{stored}, {usage.prompt_tokens:,} prompt tokens{read}, "
        f"{usage.completion_tokens:,} completion tokens{thought}, {usage.seconds:.1f} s{price}"
    )


def made_by(record: Digest) -> str:
    """Model, prompts and taxonomy, by name and version."""
    model = record.model
    parts = [model.name if model.name == model.provider else f"{model.name} ({model.provider})"]
    parts += [f"prompt {ref.name}@v{ref.version} {ref.sha256[:12]}" for ref in record.prompts]
    if record.taxonomy:
        parts.append(f"{record.taxonomy.name} {record.taxonomy.version}")
    return one_line(", ".join(parts))


def topic_path(topic: TopicLabel) -> tuple[str, ...]:
    """The names from the top of the taxonomy down; its own where no path is told."""
    return topic.path or (topic.name,)


def topic_name(topic: TopicLabel) -> str:
    """The names from the top of the taxonomy down, in one line."""
    return one_line(" > ".join(topic_path(topic)))


def relative(article: RelatedArticle) -> str:
    """A related article in one line."""
    kind = "the same text, " if article.relation == "duplicate" else ""
    facts = [str(article.published or ""), f"{kind}{article.score:.0%} alike"]
    return f"{one_line(article.title or article.source)} ({', '.join(filter(None, facts))})"


def check_line(check: Check) -> str:
    """What a check found, in one line."""
    words = one_line(check.text)
    quoted = f": “{words}”" if words and words not in one_line(check.message) else ""
    status = {"flagged": "", "repaired": ", repaired", "doubtful": ", please check"}[check.status]
    where = f" (characters {check.start}-{check.end})" if check.start is not None else ""
    return f"{check.kind}{status}: {one_line(check.message)}{quoted}{where}"
