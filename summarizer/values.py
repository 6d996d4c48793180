"""The base class of every value: frozen, closed to unknown fields, free of I/O."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """An immutable record; two values with equal fields are equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")
