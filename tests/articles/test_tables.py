"""Tables that are read as a stream: Parquet, and files in a cloud."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from summarizer.articles import Source, expand
from summarizer.errors import MissingExtraError, SourceError
from summarizer.settings import load_settings

TEXT = "The council will spend four million crowns on roads, the mayor said on Monday."


def found(*addresses: str, cloud: bool = True) -> list[Source]:
    return list(expand(addresses, settings=load_settings(), cloud=cloud))


@pytest.fixture
def bucket() -> Iterator[Any]:
    """Files in memory under s3:// addresses."""
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem
    from fsspec.registry import _registry

    class Bucket(MemoryFileSystem):
        protocol = "s3"
        store: dict[str, Any] = {}  # noqa: RUF012 - as the class above has it
        pseudo_dirs = [""]  # noqa: RUF012

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return "/" + path.removeprefix("s3://").strip("/")

    fsspec.register_implementation("s3", Bucket, clobber=True)
    yield Bucket()
    Bucket.store.clear()
    _registry.pop("s3")


def test_the_rows_of_a_parquet_file(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "rows.parquet"
    rows = [{"title": f"Roads {n}", "text": f"{TEXT} It is item {n}."} for n in range(130)]
    pq.write_table(pa.Table.from_pylist(rows), path)

    sources = found(str(path))
    assert [source.name for source in sources] == [f"{path}:{n}" for n in range(1, 131)]
    assert sources[129].load().title == "Roads 129"
    assert sources[0].fingerprint() != sources[1].fingerprint()


def test_a_file_that_is_no_parquet_is_a_source_with_its_error(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"PAR1 not really")

    (source,) = found(str(path))
    with pytest.raises(SourceError, match="is not valid Parquet"):
        source.load()


def test_parquet_without_its_extra_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from summarizer import errors

    def missing(name: str) -> Any:
        raise ImportError(name, name=name)

    monkeypatch.setattr(errors, "import_module", missing)
    (tmp_path / "rows.parquet").touch()
    (source,) = found(str(tmp_path / "rows.parquet"))
    with pytest.raises(MissingExtraError) as told:
        source.load()
    assert "extra 'parquet'" in str(told.value)
    assert "pip install" in str(told.value.hint)


def test_files_in_a_bucket(bucket: Any) -> None:
    lines = "".join(json.dumps({"title": f"Roads {n}", "text": TEXT}) + "\n" for n in range(3))
    bucket.pipe("s3://news/2026/a.jsonl", lines.encode())
    bucket.pipe("s3://news/2026/b.txt", f"{TEXT} He promised more.".encode())
    bucket.pipe("s3://news/2026/c.bin", b"\0")

    names = [source.name for source in found("s3://news/2026")]
    assert names == [*(f"s3://news/2026/a.jsonl:{n}" for n in (1, 2, 3)), "s3://news/2026/b.txt"]
    assert [s.load().title for s in found("s3://news/*/a.jsonl")] == [
        "Roads 0",
        "Roads 1",
        "Roads 2",
    ]


def test_a_folder_that_is_named_as_a_file_is_read_as_a_folder(bucket: Any) -> None:
    """Spark writes such."""
    bucket.makedirs("s3://news/roads.txt")
    bucket.pipe("s3://news/roads.txt/part-0.txt", TEXT.encode())

    names = ["s3://news/roads.txt/part-0.txt"]
    assert [source.name for source in found("s3://news")] == names
    assert [source.name for source in found("s3://news/roads.txt")] == names


def test_a_pattern_does_not_reach_into_folders(bucket: Any) -> None:
    bucket.pipe("s3://news/a.txt", TEXT.encode())
    bucket.pipe("s3://news/2026/b.txt", TEXT.encode())

    assert [source.name for source in found("s3://news/*")] == ["s3://news/a.txt"]


def test_what_is_not_in_the_bucket(bucket: Any) -> None:  # noqa: ARG001
    (source,) = found("s3://news/none.jsonl")
    with pytest.raises(SourceError, match=r"there is nothing at 's3://news/none\.jsonl'"):
        source.load()


def test_the_clouds_are_read_only_where_that_is_allowed(bucket: Any) -> None:
    """The user's credentials are not for whoever can name a source, such as a model's tool call."""
    bucket.pipe("s3://news/a.txt", TEXT.encode())
    (source,) = found("s3://news/a.txt", cloud=False)
    with pytest.raises(SourceError, match="is not an http or https URL"):
        source.load()


def test_a_long_table_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(20_000):
            file.write(json.dumps({"title": f"Roads {number}", "text": TEXT * 5}) + "\n")
    tracemalloc.start()
    count = sum(1 for _ in expand([str(path)], settings=load_settings()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 20_000
    assert peak < 4_000_000 < path.stat().st_size


def test_a_quotation_mark_that_no_line_closes_stands_for_itself(tmp_path: Path) -> None:
    rows = [f'Toll\t"{TEXT}', f"Quay\t{TEXT}", f'Park\t"{TEXT}', TEXT]
    (tmp_path / "a.tsv").write_text("\n".join(["title\ttext", *rows]), "utf-8")

    sources = found(str(tmp_path / "a.tsv"))

    assert [source.name.rpartition(":")[2] for source in sources] == ["2", "3", "4", "5"]
    assert sources[0].load().title == "Toll"
