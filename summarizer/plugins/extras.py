"""Optional dependencies: there, or an error that says how to get them."""

from __future__ import annotations

from importlib import import_module

from summarizer.errors import MissingExtraError


def require(module: str, *, what: str, extra: str) -> None:
    """Import ``module``. Raises MissingExtraError that names the extra if it is not installed."""
    try:
        import_module(module)
    except ImportError as error:
        # Broken is not missing: what fails inside the package is for its own traceback.
        if error.name is None or error.name.split(".")[0] != module:
            raise
        raise MissingExtraError(what, extra=extra) from None
