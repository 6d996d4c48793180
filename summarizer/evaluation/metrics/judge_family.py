"""Relatives: models favour texts of their own kind, so a judge should be of another family."""

from __future__ import annotations

import re
from typing import Final

from summarizer.digest import ModelRef

_FAMILIES: Final = (
    ("OpenAI", r"gpt|chatgpt|o[134](?![a-z0-9])|davinci"),
    ("Llama", r"llama|vicuna|alpaca"),
    ("Qwen", r"qwen|qwq|qvq"),
    ("Mistral", r"mistral|mixtral|ministral|codestral|magistral|devstral|pixtral"),
    ("Gemini", r"gemini|gemma"),
)


def model_family(name: str) -> str:
    """The family of a model: a known one, or the first letters of its name.

    >>> model_family("gpt-4o-mini"), model_family("Qwen/Qwen2.5-7B"), model_family("smollm2-135m")
    ('OpenAI', 'Qwen', 'smollm')
    """
    plain = name.casefold().rpartition("/")[2]
    for family, pattern in _FAMILIES:
        if re.search(rf"(?<![a-z])(?:{pattern})", plain):
            return family
    found = re.match(r"[^\W\d_]+", plain)
    return found.group() if found else plain


def family_warning(judge: ModelRef, candidate: str) -> str | None:
    """One sentence where a model is judged by a relative, or None.

    Args:
        judge: the judging model.
        candidate: the name of the model that is judged.
    """
    family = model_family(judge.name)
    if family != model_family(candidate):
        return None
    return (
        f"judge {judge.name!r} and candidate {candidate!r} are both of the {family} family: "
        "models favour their own kind, so judge with another one"
    )
