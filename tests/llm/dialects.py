"""Endpoints as the rows of dialects.toml describe them, played by the stand-in."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from standin import Body, Reply, answer, error, raw

Dialect = dict[str, Any]
DIALECTS: list[Dialect] = tomllib.loads(
    Path(__file__).with_name("dialects.toml").read_text(encoding="utf-8")
)["dialect"]
FIRST = (
    "The council of Ardenholm voted on Tuesday to rebuild the bridge that the flood took away."
    "\n\nThe work will cost 4 million euros and take two years, mayor Petra Lindqvist said. She "
    "promised that the ferry would stay free of charge until the bridge opens.\n\nOpponents on "
    "the council had asked for a referendum. Their motion failed by nine votes to six."
)
SECOND = FIRST.replace("Ardenholm", "Port Ellery").replace("Tuesday", "Friday")
SUMMARY = (
    "The council voted to rebuild the bridge that the flood took away. The work will cost 4 "
    "million euros and take two years, mayor Petra Lindqvist said."
)
LONGER = (
    f"{SUMMARY} She promised that the ferry would stay free of charge until the bridge opens. "
    "Opponents on the council had asked for a referendum."
)
TOPICS = ["politics and government"]
# Words of the prompt that a token stands for, so that our own count is too low for the window.
_WORDS_PER_TOKEN = 0.5


def long_article(text: str) -> str:
    """So long that it fits the window that is assumed, and not the one that there is."""
    day = text.split(" on ")[1].split()[0]
    others = (f"Speaker {n} of {day} said that the bridge is needed now." for n in range(300))
    return "\n\n".join((text, *others))


class Played:
    """A dialect as a step of the stand-in: a function from a request's body to a reply."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._asked = 0

    def __call__(self, body: Body) -> Reply:
        self._asked += 1
        if self._asked == 1 and "once" in self._dialect:
            return _ONCE[self._dialect["once"]]
        return self._refusal(body) or self._too_long(body) or self._answer(body)

    def _refusal(self, body: Body) -> Reply | None:
        status = self._dialect.get("status", 400)
        for name, said in self._dialect.get("refuses", {}).items():
            if _has(body, name):
                return error(status, said)
        efforts = self._dialect.get("efforts")
        effort = body.get("reasoning_effort")
        if efforts and effort and effort not in efforts:
            return error(400, f"Unsupported value: 'reasoning_effort' does not support {effort!r}")
        return None

    def _too_long(self, body: Body) -> Reply | None:
        words = sum(len(message["content"].split()) for message in body["messages"])
        tokens = int(words / _WORDS_PER_TOKEN)
        if tokens < self._dialect.get("window", tokens + 1):
            return None
        said = self._dialect["too_long"].format(n=tokens)
        return error(self._dialect.get("status", 400), said)

    def _answer(self, body: Body) -> Reply:
        text = _content(body, summary_of(self._dialect))
        thinks = 0 if self._off(body) else self._dialect.get("thinks", 0)
        limit = body.get("max_tokens") or body.get("max_completion_tokens") or 10**6
        tokens = thinks + len(text.split()) * 2
        cut = tokens > limit
        if cut:
            text, tokens = "", limit
        thought = "Hm. " * min(thinks, limit)
        return _shown(self._dialect, text, thought if thinks else "", cut=cut, tokens=tokens)

    def _off(self, body: Body) -> bool:
        unless = self._dialect.get("unless")
        if unless == "effort":
            return body.get("reasoning_effort") in ("none", "minimal")
        template = body.get("chat_template_kwargs", {})
        return unless == "template" and template.get("enable_thinking") is False


def _has(body: Body, name: str) -> bool:
    if name == "system":
        return any(message["role"] == "system" for message in body["messages"])
    if name == "maxItems":
        return "maxItems" in json.dumps(body.get("response_format", {}))
    if name == "json_schema":
        return body.get("response_format", {}).get("type") == "json_schema"
    if name == "longest":
        return int(body.get("max_tokens", 0)) > 200
    return name in body


def summary_of(dialect: Dialect) -> str:
    """What the model answers; as long as is wanted of the article."""
    return LONGER if dialect.get("article") else SUMMARY


def _content(body: Body, summary: str) -> str:
    """What the task asks for: an object, topics alone, or plain text."""
    form = json.dumps(body.get("response_format", {}))
    schema = form if "schema" in form else json.dumps(body["messages"])
    if '"topics' not in schema.replace("\\", ""):
        day = re.search(r"\(part .*?(Speaker \d+ of \w+)", body["messages"][-1]["content"], re.S)
        return f"{summary} {day[1]} agreed." if day else summary
    both = '"summary' in schema.replace("\\", "")
    return json.dumps({"summary": summary, "topics": TOPICS} if both else {"topics": TOPICS})


def _shown(dialect: Dialect, text: str, thought: str, *, cut: bool, tokens: int) -> Reply:
    shows = dialect.get("shows") if thought else None
    content: Any = text
    if shows == "think":
        content = f"<think>\n{thought}" if cut else f"<think>\n{thought}\n</think>\n\n{text}"
    elif shows == "unopened":
        content = thought if cut else f"{thought}</think>{text}"
    elif shows == "parts":
        thinking = {"type": "thinking", "thinking": [{"type": "text", "text": thought}]}
        content = [thinking, {"type": "text", "text": text}]
    elif dialect.get("answers") == "parts":
        content = [{"type": "text", "text": text}]
    elif dialect.get("answers") == "fence" and text.startswith("{"):
        content = f"Sure, here it is:\n\n```json\n{text}\n```\n\nDo you need more?"
    reply = answer("", finish_reason="length" if cut else "stop", usage=(100, 0, tokens))
    whole = json.loads(reply.content)
    message = whole["choices"][0]["message"]
    message["content"] = content
    if shows == "field":
        message["reasoning_content"] = thought
    elif shows == "reasoning":
        message["reasoning"] = thought
    elif shows == "count":
        details = {"reasoning_tokens": min(tokens, len(thought) // 4)}
        whole["usage"]["completion_tokens_details"] = details
    return replace(reply, content=json.dumps(whole).encode())


def _finish_error() -> Reply:
    whole = json.loads(answer("half of it").content)
    whole["choices"][0]["finish_reason"] = "error"
    whole["choices"][0]["error"] = {"code": 502, "message": "Upstream failed"}
    return raw(json.dumps(whole))


_ONCE = {
    "error-in-200": raw('{"error": {"code": 502, "message": "Provider returned error"}}'),
    "finish-error": _finish_error(),
    "429-text": error(429, "Rate limit reached. Please try again in 20ms."),
}


def table() -> str:
    """The rows as docs/endpoints.md shows them."""
    lines = ["| endpoint | first article | second |", "|---|---|---|"]
    lines += [f"| {d['name']} | {d['requests'][0]} | {d['requests'][1]} |" for d in DIALECTS]
    return "\n".join(lines).replace("<", "&lt;")
