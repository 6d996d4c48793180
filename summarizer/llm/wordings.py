"""How servers phrase what they refuse: the one place that reads their sentences."""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Overflow(NamedTuple):
    """A prompt that is too long, with the numbers that the server gave."""

    window: int | None
    prompt: int | None


_N: Final = r"(?:[\d,]*\d)"
# Sentences that say "too long", by whom; the numbers in them are read by the two lists below.
_OVERFLOW: Final = re.compile(
    r"maximum context length|maximum prompt length|context (?:window|size|length) (?:is )?exceeded"
    r"|exceeds? (?:the (?:available )?context|the maximum number of tokens allowed)"
    r"|exceeded max context length|prompt (?:is )?too long|input is too long"
    r"|reduce (?:the length of the messages|your message size)|request body too large for"
    # LM Studio, two of its versions.
    r"|when context the overflows|greater than the context length"
    # Together, Text Generation Inference; Text Embeddings Inference; llama-server (status 500).
    r"|tokens.{0,3} \+ .{0,3}max_new_tokens|must have (?:less|fewer) than \d+ tokens"
    r"|too large to process",
    re.IGNORECASE,
)
_WINDOW: Final = re.compile(
    rf"(?:maximum (?:context|prompt) length(?: is| of|:)?|model with)\D{{0,12}}({_N})"
    rf"|must (?:be <=|have (?:less|fewer) than)\D{{0,3}}({_N})|current batch size:? ({_N})"
    rf"|context length of only ({_N})|tokens allowed \(?({_N})|> ({_N}) maximum"
    rf"|Limit:? ({_N})|limit is ({_N})|Max size: ({_N})",
    re.IGNORECASE,
)
_PROMPT: Final = re.compile(
    rf"requested(?: about| a total of)?:? ({_N})|request (?:has|contains) ({_N})"
    rf"|input \(({_N}) tokens\)|Given: ({_N})|first ({_N}) tokens|token count \(({_N})\)"
    rf"|prompt contains ({_N})|too long: ({_N})|Current length is ({_N})",
    re.IGNORECASE,
)
_NO_SYSTEM_ROLE: Final = re.compile(
    r"(?:system|developer)\W+(?:role|instruction|message|prompt)s?\W.{0,40}"
    r"(?:not|n't|un)\s*(?:be )?(?:support|allow|enabl|permit|accept)"
    r"|(?:not|n't|un)\s*(?:support|allow|accept)\w* .{0,20}system (?:role|message|prompt)"
    r"|roles must alternate|only user and assistant roles",
    re.IGNORECASE,
)
_MOST_TOKENS: Final = re.compile(
    rf"(?:supports at most|must be less than or equal to|less than or equal to)\D{{0,3}}({_N})",
    re.IGNORECASE,
)
_WAIT: Final = re.compile(
    r"(?:try again|retry|wait)(?: in| after)? (?:(\d+)\s*h(?:ours?)?)? ?"
    r"(?:(\d+)\s*m(?:in(?:ute)?s?)?(?!s))? ?(?:(\d+(?:\.\d+)?)\s*(ms|s\b|sec|seconds?))?",
    re.IGNORECASE,
)


def overflow_of(said: str) -> Overflow | None:
    """What a server said, if it said that the request is too long for the model's window."""
    if not _OVERFLOW.search(said):
        return None
    return Overflow(_number(_WINDOW, said), _number(_PROMPT, said))


def refuses_system_role(said: str) -> bool:
    """Whether the model's chat template has no place for a system message."""
    return bool(_NO_SYSTEM_ROLE.search(said))


def most_tokens(said: str) -> int | None:
    """The longest answer that the server allows, in tokens, where it names one."""
    return _number(_MOST_TOKENS, said)


def seconds_to_wait(said: str) -> float | None:
    """How long a server asks to wait in its message.

    >>> seconds_to_wait("Rate limit reached. Please try again in 1m12.5s.")
    72.5
    """
    found = _WAIT.search(said)
    if found is None or not any(found.groups()):
        return None
    hours, minutes, seconds, unit = found.groups()
    last = float(seconds or 0) * (0.001 if unit and unit.lower() == "ms" else 1)
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + last


def _number(pattern: re.Pattern[str], said: str) -> int | None:
    found = pattern.search(said)
    text = next((group for group in found.groups() if group), None) if found else None
    return int(text.replace(",", "")) if text else None
