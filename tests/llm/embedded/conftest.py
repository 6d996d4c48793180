"""A catalog with one tiny model, a hub and a package index that serve it, and an engine."""

from __future__ import annotations

import base64
import hashlib
import shutil
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from summarizer.llm.embedded import model_catalog
from summarizer.llm.embedded.model_catalog import CatalogModel, Wheels
from summarizer.settings import Settings, load_settings

PART_BYTES = 1000
CONTENT = b"GGUF" + hashlib.shake_256(b"weights").digest(2496)  # Two and a half parts.
MODEL = CatalogModel(
    name="tiny",
    publisher="Someone",
    repo="someone/tiny-gguf",
    file="tiny.gguf",
    size_bytes=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    licence="Apache-2.0",
    context_length=2048,
    memory_gb=1,
    wheels=Wheels(package="tiny-part{part}", parts=3, version="1.0", part_bytes=PART_BYTES),
    notes="",
)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CatalogModel]:
    """The only model of the catalog."""
    with catalog_of(MODEL, tmp_path, monkeypatch):
        yield MODEL


@pytest.fixture
def unmeasured(
    model: CatalogModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CatalogModel]:
    """The same, of which the catalog knows neither size nor wheels."""
    changes = {"size_bytes": None, "wheels": None, "measured": False}
    unknown = model.model_copy(update=changes)
    with catalog_of(unknown, tmp_path, monkeypatch):
        yield unknown


@contextmanager
def catalog_of(
    model: CatalogModel, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A catalog with one model."""
    file = folder / "catalog.yaml"
    file.write_text(yaml.safe_dump([model.model_dump()]), encoding="utf-8")
    monkeypatch.setattr(model_catalog, "_CATALOG_FILE", file)
    model_catalog.catalog.cache_clear()
    yield
    model_catalog.catalog.cache_clear()


@pytest.fixture(autouse=True)
def no_real_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # The discard port: refused.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that allow downloads."""
    monkeypatch.setenv("SUMMARIZER_OFFLINE", "0")
    return load_settings()


@dataclass
class Hub:
    """What the stand-in hub serves, and what it was asked for."""

    url: str = ""
    content: bytes = CONTENT
    status: int | None = None
    ranges: bool = True
    cut_after: list[int] = field(default_factory=list)
    content_range: str | None = None
    tells_length: bool = True
    pause: threading.Event = field(default_factory=threading.Event)
    stop_after: int | None = None
    asked: list[str | None] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)  # with each of the requests
    cdn: str | None = None  # where the hub sends those who want the bytes, as the real one does
    linked: str = MODEL.sha256  # what it says the file's sha256 is
    members: tuple[str, ...] | None = None  # tokens of those who accepted the terms; None: open


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub on a port of its own; HF_ENDPOINT names it."""
    state = Hub()
    with serving(state) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        state.url = url
        yield state
        state.pause.set()


@pytest.fixture
def cdn(hub: Hub) -> Iterator[Hub]:
    """The network that the hub sends its clients to, on another port: another origin."""
    state = Hub()
    with serving(state) as url:
        hub.cdn = url
        yield state
        state.pause.set()


@contextmanager
def serving(hub: Hub) -> Iterator[str]:
    """Serve what ``hub`` says; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, hub)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def answer(request: BaseHTTPRequestHandler, hub: Hub) -> None:
    """Serve the content, or what the test wants instead."""
    wanted, token = request.headers.get("Range"), request.headers.get("Authorization")
    hub.asked.append(wanted)
    hub.paths.append(request.path)
    hub.tokens.append(token)
    if hub.members is not None and token not in hub.members:
        request.send_response(403 if token else 401)
        request.send_header("X-Error-Code", "GatedRepo")
        request.send_header("X-Error-Message", "Access to this model is restricted.")
        request.end_headers()
        return
    if hub.cdn is not None:
        request.send_response(302)
        request.send_header("Location", f"{hub.cdn}/blobs/1?signature=x")
        request.send_header("X-Linked-Etag", f'"{hub.linked}"')
        request.send_header("X-Linked-Size", str(len(hub.content)))
        request.end_headers()
        return
    if hub.status is not None:
        request.send_error(hub.status)
        return
    if wanted and hub.ranges and wanted == f"bytes={len(hub.content)}-":
        request.send_response(416)
        request.send_header("Content-Range", f"bytes */{len(hub.content)}")
        request.end_headers()
        return
    start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and hub.ranges else 0
    body = hub.content[start:]
    request.send_response(206 if wanted and hub.ranges else 200)
    if hub.ranges:
        whole = len(hub.content)
        honest = f"bytes {start}-{whole - 1}/{whole}"
        request.send_header("Content-Range", hub.content_range or honest)
    if hub.tells_length:
        request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    if hub.cut_after:
        body = body[: hub.cut_after.pop(0)]
    if hub.stop_after is not None:
        request.wfile.write(body[: hub.stop_after])
        request.wfile.flush()
        hub.pause.wait(30)
        body = body[hub.stop_after :]
    request.wfile.write(body)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, known to pip from the user's own settings."""
    folder = tmp_path / "index"
    folder.mkdir()
    for part in range(3):
        data = CONTENT[part * PART_BYTES : (part + 1) * PART_BYTES]
        build_wheel(folder, f"tiny_part{part + 1}", data)
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def build_wheel(folder: Path, name: str, data: bytes) -> Path:
    """A wheel with one data file, and code that must not run."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}/__init__.py": b"raise SystemExit('the code of a wheel ran')",
        f"{name}/data/part.bin": data,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        "Requires-Dist: a-dependency-that-does-not-exist\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text).digest()).decode()},\n"
        for path, text in files.items()
    )
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", record)
    return wheel


@pytest.fixture
def content() -> bytes:
    """The bytes of the model's file."""
    return CONTENT


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in in place of xllamacpp, for the server's child process."""
    folder = tmp_path / "site"
    folder.mkdir()
    shutil.copy(Path(__file__).with_name("stand_in_engine.py"), folder / "xllamacpp.py")
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A file that the stand-in engine serves."""
    file = tmp_path / "own.gguf"
    file.write_bytes(b"GGUF")
    return file
