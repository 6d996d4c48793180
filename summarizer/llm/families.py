"""What a model's name tells: its family, its size, and whether it reasons.

``families.toml`` holds what names tell; an unknown name is a model that does not reason.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final, Literal

from summarizer.digest import ModelRef, Value

Effort = Literal["none", "minimal", "low", "medium", "high"]
# Below this many parameters a model is small: topics are found without it.
_LARGE: Final = 8.0  # billions
_SIZE: Final = re.compile(r"(?<![\w.])e?(\d+(?:\.\d+)?)\s*([bm])(?![a-z])", re.IGNORECASE)


class Family(Value):
    """Models whose names begin alike; see families.toml for the fields."""

    pattern: str = ""
    billions: float | None = None
    thinks: bool = False
    effort: Effort = "low"
    unopened: bool = False


def family_of(name: str) -> Family:
    """The family of a model, whoever serves it.

    >>> family_of("openai/gpt-5-mini").effort
    'minimal'
    """
    own = name.lower().rpartition("/")[2]
    names = (own, own.partition("_")[2])  # files of weights are named "Qwen_Qwen3.5-4B-Q4_K_M"
    found = (f for name in names for f in _families() if re.match(f.pattern, name))
    return next(found, Family())


def is_small(model: ModelRef) -> bool:
    """Whether a model is too small to list topics; one of unknown size is, if it is embedded."""
    size = billions(model.name)
    return size < _LARGE if size else model.provider == "embedded"


def billions(name: str) -> float | None:
    """Billions of parameters: what the name says, else what it stands for in its family.

    >>> billions("qwen2.5-coder-1.5b"), billions("llama3.2:latest")
    (1.5, 3.0)
    """
    found = _SIZE.search(name.replace("-", " ").replace(":", " ").replace("_", " "))
    if found is None:
        return family_of(name).billions
    return float(found[1]) / (1000 if found[2].lower() == "m" else 1)


@cache
def _families() -> tuple[Family, ...]:
    text = Path(__file__).with_name("families.toml").read_text(encoding="utf-8")
    return tuple(Family.model_validate(entry) for entry in tomllib.loads(text)["family"])
