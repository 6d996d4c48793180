"""``Closing``: what is closed at the end of a ``with`` block, however that ends."""

from __future__ import annotations

from typing import Self


class Closing:
    """Gives a class with a ``close`` method the two methods of a context manager."""

    def close(self) -> None:
        """Give back what is held."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
