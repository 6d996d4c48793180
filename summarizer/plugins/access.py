"""What the programs that call us may have read: files below some folders, public web pages.

The caller is a language model or a program that one steers, and both may be led by an article
they have read. So a source is text unless it looks like a name; a name leads to a file only
below a folder that the *user* opened, and to a page only by the rules for URLs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pydantic import Field

from summarizer.digest import Value
from summarizer.errors import ConfigurationError, SourceError, UnsafeURLError

if TYPE_CHECKING:
    from summarizer.articles import Article
    from summarizer.settings import Settings

# No name of a page or a file is longer; and one with so many words is a sentence or several.
_LONGEST_NAME: Final = 1024
_MOST_WORDS: Final = 20
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://|(?:file|data|javascript|mailto|about):", re.I)
_SHOWN: Final = 200  # characters of a name in an error
_TEXT_HINT: Final = "pass the article's text itself"
_NO_ROOT_HINT: Final = f"{_TEXT_HINT}, or its URL; files need a folder that the user opened"


class Access(Value):
    """Which sources may be read besides text."""

    roots: tuple[Path, ...] = Field(
        default=(), description="Folders below which files may be read, resolved."
    )
    urls: bool = Field(default=True, description="Whether public web pages may be fetched.")

    @classmethod
    def below(cls, folders: Iterable[Path], *, urls: bool = True) -> Access:
        """Access to the files below ``folders``.

        Raises:
            ConfigurationError: one is not a folder, or it is the root of the file system.
        """
        roots = []
        for folder in folders:
            if not folder.is_dir():
                raise ConfigurationError(
                    f"{str(folder)!r} is not a folder", hint="name a folder that has articles"
                )
            root = folder.resolve()
            if root == Path(root.anchor):
                raise ConfigurationError(
                    f"{str(folder)!r} would open the whole file system",
                    hint="name the folder that has the articles",
                )
            roots.append(root)
        return cls(roots=tuple(roots), urls=urls)


def read_source(source: str, *, access: Access, settings: Settings) -> Article:
    """The article in a text, or at the file or the web page that ``source`` names.

    Raises:
        UnsafeURLError: an address that may not be fetched.
        SourceError: a file outside the open folders or without an article, or a failed fetch.
    """
    name = source.strip()
    if is_text(name):
        return _from_text(source, settings)
    from summarizer.articles import load

    if _ADDRESS.match(name):
        return _fetched(name, access=access, settings=settings)
    root, path = _find(name, access.roots)
    article = load(str(path), settings=settings)
    # Where the folder is on this machine is not for a model that may run elsewhere.
    return article.model_copy(update={"source": article.source.removeprefix(f"{root}/")})


def is_text(source: str) -> bool:
    """Whether ``source`` is an article itself, and not the name of one."""
    return "\n" in source or len(source) > _LONGEST_NAME or len(source.split()) > _MOST_WORDS


def is_file_name(source: str) -> bool:
    """Whether ``source`` could only be the name of a file."""
    name = source.strip()
    return not is_text(name) and not _ADDRESS.match(name)


def _from_text(text: str, settings: Settings) -> Article:
    from summarizer.articles import article_from_text

    if len(text.encode(errors="replace")) > settings.max_article_bytes:
        raise SourceError(
            f"the text has more than {settings.max_article_bytes:,} bytes",
            hint="pass a part of it",
        )
    return article_from_text(text)


def _fetched(url: str, *, access: Access, settings: Settings) -> Article:
    from summarizer.articles import load

    if not access.urls:
        raise UnsafeURLError(f"{_shown(url)} is not fetched: no addresses are", hint=_TEXT_HINT)
    # Private addresses are for the user's own command line, not for what a model asks for.
    strict = settings.model_copy(update={"allow_private_urls": False})
    try:
        return load(url, settings=strict)
    except UnsafeURLError as error:
        raise UnsafeURLError(
            str(error), hint=f"{_TEXT_HINT}, or the http(s) address of a public page"
        ) from None


class _File(NamedTuple):
    root: Path
    path: Path


def _find(name: str, roots: tuple[Path, ...]) -> _File:
    """A file below a root. One message for all others: it does not tell what there is."""
    for root in roots:
        try:
            path = (root / name).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            continue
        # The real path counts, after symbolic links; a hidden file is no article, but may be a key.
        if path.is_relative_to(root) and path.is_file() and not _is_hidden(path.relative_to(root)):
            return _File(root, path)
    where = ", ".join(map(str, roots))
    raise SourceError(
        f"{_shown(name)} is neither an article's text nor a file that may be read",
        hint=f"{_TEXT_HINT}, or a file below {where}" if roots else _NO_ROOT_HINT,
    )


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _shown(name: str) -> str:
    return repr(name if len(name) <= _SHOWN else name[:_SHOWN] + "…")
