"""Every error that summarizer raises on purpose.

    SummarizerError                      exit code
    |-- ConfigurationError                2   a setting, flag, prompt or taxonomy is wrong
    |   |-- MissingExtraError             2   an optional dependency is not installed
    |   |-- CorpusError                   2   a corpus is missing, or does not fit the embedding
    |   |-- PromptError                   2   a prompt file or its variables are wrong
    |   '-- TaxonomyError                 2   a taxonomy file is wrong
    |-- SourceError                       3   the source cannot be read
    |   |-- UnsafeURLError                3   the address is not allowed
    |   |-- FetchError                    3   the server did not deliver the page
    |   '-- NotAnArticleError             3   what was read is not an article
    |-- EndpointError                     4   the model endpoint failed
    |   |-- AuthenticationError           4   the key was refused
    |   |-- QuotaError                    4   the account has no credit left
    |   |-- ContextOverflowError          4   the request is longer than the model's window
    |   '-- ModelUnavailableError         4   weights cannot be fetched, verified or started
    '-- ModelOutputError                  5   the answer is unusable after one repair turn
        |-- TruncatedOutputError          5   the answer was cut at the token limit
        '-- RefusalError                  5   the model refused
            '-- PromptRefusedError        5   a filter refused what the model was sent

An error says what went wrong in its message and what to do next in ``hint``. Only the
command line turns it into an exit code; bugs are ordinary exceptions and keep their traceback.
"""

from __future__ import annotations

import errno
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


class SummarizerError(Exception):
    """The base of all errors that a user can do something about."""

    exit_code = 1
    stops_batch = False  # whether the next of many articles would meet the same error

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self._hint = hint

    @property
    def hint(self) -> str | None:
        """What to do next; where the system refused a file, and nothing is said, by its error."""
        if self._hint is None and isinstance(self.__context__, OSError):
            return _next_step(self.__context__)
        return self._hint

    def __reduce__(self) -> tuple[object, ...]:
        """Copied to another process as it is, whatever its class asks for to make a new one."""
        return _as_it_was, (type(self), self.args, self.__dict__)


def _next_step(error: OSError) -> str | None:
    """What shows why the system refused a file, or what mends it."""
    if error.errno == errno.ENOSPC:
        return "make room on the disk, or name a file on another one"
    if not isinstance(error.filename, str):
        return None
    path = Path(error.filename)
    steps = {
        errno.ENOENT: f"check the name: ls {shlex.quote(str(path.parent))}",
        errno.ENOTDIR: f"check the name: ls {shlex.quote(str(path.parent))}",
        errno.EISDIR: "name a file, not a folder",
        errno.EACCES: f"ls -ld {shlex.quote(str(path))} shows who may; or name another file",
        errno.EROFS: "name a file where you may write",
    }
    return steps.get(error.errno or 0)


def _as_it_was(
    kind: type[SummarizerError], args: tuple[object, ...], state: dict[str, object]
) -> SummarizerError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class ConfigurationError(SummarizerError):
    """A setting, flag, prompt or taxonomy is wrong."""

    exit_code = 2


@contextmanager
def system_errors(
    problem: str, kind: type[SummarizerError] = ConfigurationError, *, hint: str | None = None
) -> Iterator[None]:
    """Makes an error of the system within the block one of ours: the problem, and why.

    A reader that went away (``| head``) is no problem to be told, and a full disk no wrong setting.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno == errno.ENOSPC and issubclass(kind, ConfigurationError):
            kind = SummarizerError
        raise kind(f"{problem}: {error.strerror or error}", hint=hint) from None


@contextmanager
def data_errors(
    problem: str, kind: type[SummarizerError] = ConfigurationError, *, hint: str | None = None
) -> Iterator[None]:
    """Makes an error of data that is read within the block one of ours: the problem, and why."""
    from pydantic import ValidationError

    try:
        yield
    except ValidationError as error:
        raise kind(f"{problem}: {first_fault(error)}", hint=hint) from None


class MissingExtraError(ConfigurationError):
    """An optional dependency is needed and not installed."""

    def __init__(self, what: str, *, extra: str) -> None:
        super().__init__(
            f"{what} needs the extra {extra!r}, which is not installed",
            hint=install_command(extra),
        )
        self.extra = extra


class CorpusError(ConfigurationError):
    """A corpus does not exist, is not one, or holds vectors of another embedding."""


class PromptError(ConfigurationError):
    """A prompt file is malformed, changed after its release, or lacks a variable."""


class TaxonomyError(ConfigurationError):
    """A taxonomy file is malformed, or names a topic that does not exist."""


class SourceError(SummarizerError):
    """A source does not exist or cannot be read."""

    exit_code = 3


class UnsafeURLError(SourceError):
    """A URL that must not be fetched: its scheme, port or address is not allowed."""


class FetchError(SourceError):
    """A server did not deliver a usable page within the limits."""


class NotAnArticleError(SourceError):
    """The text is empty, too short, binary, or a stub (bot check, paywall, error page)."""


class EndpointError(SummarizerError):
    """The model endpoint cannot be reached or keeps failing."""

    exit_code = 4


class AuthenticationError(EndpointError):
    """The endpoint refused the API key."""

    stops_batch = True


class QuotaError(EndpointError):
    """The endpoint says that the account's quota is used up; a retry cannot help."""

    stops_batch = True


class ContextOverflowError(EndpointError):
    """The request has more tokens than the model's context window."""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        prompt_tokens: int | None = None,
        context_length: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.prompt_tokens = prompt_tokens
        self.context_length = context_length


class ModelUnavailableError(EndpointError):
    """The weights cannot be fetched or verified, or the embedded engine does not start."""


class ModelOutputError(SummarizerError):
    """The model's answer is invalid, and stayed invalid after one repair turn."""

    exit_code = 5


class TruncatedOutputError(ModelOutputError):
    """The model's answer was cut off at the token limit (finish_reason 'length')."""


class RefusalError(ModelOutputError):
    """The model refused to answer.

    Attributes:
        usage: the ``Usage`` that its answer reports; None: there was no answer.
    """

    usage: Any = None


class PromptRefusedError(RefusalError):
    """A filter before the model refused what it was sent; a repair turn would send it again."""


def install_command(extra: str) -> str:
    """The command that installs what ``extra`` needs into this environment.

    It names the packages and not the extra: that works for a checkout, too, for a wheel that is
    gone, and for the environments of pipx and uv.
    """
    try:
        needed = requires("summarizer-llm") or []
    except PackageNotFoundError:
        needed = []
    marker = f'extra == "{extra}"'
    packages = [
        need.split(";")[0].strip() for need in needed if marker in need.replace("'", '"')
    ] or [f"summarizer-llm[{extra}]"]
    prefix = Path(sys.prefix)
    if (prefix / "pipx_metadata.json").exists():
        command = ["pipx", "inject", prefix.name]
    elif (prefix / "uv-receipt.toml").exists() or find_spec("pip") is None:
        command = ["uv", "pip", "install", "--python", sys.executable]
    else:
        command = [sys.executable, "-m", "pip", "install"]
    return shlex.join([*command, *packages])


def require_extra(module: str, *, what: str, extra: str) -> None:
    """Import ``module``. Raises MissingExtraError that names the extra if it is not installed."""
    try:
        import_module(module)
    except ImportError as error:
        # Broken is not missing: what fails inside the package is for its own traceback.
        if error.name is None or error.name.split(".")[0] != module:
            raise
        raise MissingExtraError(what, extra=extra) from None


# What is wanted where a library that checks data says its own name of it.
_WANTED: Final = {
    "tuple_type list_type": "a list",
    "dict_type mapping_type model_type model_attributes_type": "a mapping of names to values",
    "string_type": "text",
    "int_type int_parsing int_from_float": "a whole number",
    "float_type float_parsing": "a number",
    "bool_type bool_parsing": "true or false",
    "literal_error": "{expected}",
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    "too_short": "a list of at least {min_length} items",
    "too_long": "a list of at most {max_length} items",
    "string_pattern_mismatch": "text of the form {pattern}",
}


def plain_words(fault: ErrorDetails) -> str:
    """What is wrong with a value that was read, as one says it."""
    for kinds, wanted in _WANTED.items():
        if fault["type"] in kinds.split():
            return f"{wanted.format(**fault.get('ctx', {}))} is wanted"
    known = {"missing": "it is missing", "extra_forbidden": "there is no such name"}
    return known.get(fault["type"]) or fault["msg"].removeprefix("Value error, ")


def first_fault(error: ValidationError) -> str:
    """What is wrong first with data that was read, and where."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {plain_words(first)}" if place else plain_words(first)
