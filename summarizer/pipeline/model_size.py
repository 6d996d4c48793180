"""How large a model is, as far as its name tells: small ones are asked label by label."""

from __future__ import annotations

import re
from typing import Final

from summarizer.digest import ModelRef

# Below this many parameters a model is asked label by label.
_LARGE: Final = 8.0  # billions
_SIZE: Final = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*([bm])(?![a-z])", re.IGNORECASE)


def is_small(model: ModelRef) -> bool:
    """Whether a model is too small to list topics; one of unknown size is, if it is embedded."""
    size = parameters_in_name(model.name)
    return size < _LARGE if size else model.provider == "embedded"


def parameters_in_name(name: str) -> float | None:
    """Billions of parameters, where a model's name tells them.

    >>> parameters_in_name("qwen2.5-coder-1.5b")
    1.5
    """
    found = _SIZE.search(name.replace("-", " ").replace(":", " ").replace("_", " "))
    if found is None:
        return None
    return float(found[1]) / (1000 if found[2].lower() == "m" else 1)
