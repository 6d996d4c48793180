"""A job's articles digested on a Ray cluster, by Ray Data.

The process that was started reads the sources and writes the records, as it does without a
cluster. What is to be done goes to Ray Data a window at a time, whose blocks stay on this machine:
a node that dies takes nothing with it. Actors with a ``Summarizer`` each work the blocks off; what
one was at when its node died is digested again, and recorded once.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any, Final

from summarizer.batch.job import Item
from summarizer.batch.processes import Attempted, attempt
from summarizer.errors import ConfigurationError, MissingExtraError, SummarizerError
from summarizer.llm.endpoint import choose_endpoint
from summarizer.llm.throttle import one_of_many
from summarizer.settings import Settings
from summarizer.summarizer import Summarizer
from summarizer.worker_pool import BudgetedPool, Worked

_WINDOW_BYTES: Final = 128 << 20  # of articles that are given to Ray at once
_BLOCK_ROWS: Final = 8  # of which a node that dies repeats all, so not many
_KNOWN_AT_ONCE: Final = 50_000
# Seconds that Ray itself waits for a head that does not answer.
_HEAD_TIMEOUT: Final = "RAY_gcs_rpc_server_reconnect_timeout_s"
# Half a core an actor: all have room again when up to half of the cluster is lost.
_CORES: Final = 0.5


def on_cluster(
    items: Iterable[Item],
    pool: BudgetedPool,
    *,
    address: str,
    settings: Settings,
    jobs: int,
    known: Iterable[str],
) -> Iterator[Worked[Attempted]]:
    """What becomes of the items, as it comes.

    Args:
        items: what is to be done, read as the cluster gets to it.
        pool: tells which items may begin, and when to end.
        address: "auto": the cluster of this machine; "local": a new one of this machine alone; or
            HOST:PORT of a cluster's head.
        settings: the settings in force. A key in them goes from process to process, to no disk.
        jobs: articles at a time, in the whole cluster.
        known: ids of articles that have a digest.

    Raises:
        MissingExtraError: Ray is not installed.
        ConfigurationError: there is no cluster.
        SummarizerError: the cluster broke down.
    """
    settings = _with_endpoint(settings)
    with _connected(address) as ray:
        here = ray.get_runtime_context().get_node_id()
        strategy = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(here, soft=False)
        coordinator = ray.remote(num_cpus=0, scheduling_strategy=strategy)(_Coordinator).remote()
        # Waited for: a worker that starts sooner would ask for settings that are not there yet.
        ray.get(coordinator.take_settings.remote(settings))
        ids = iter(known)
        while some := list(islice(ids, _KNOWN_AT_ONCE)):
            ray.get(coordinator.know.remote(some))
        for window in _windows(ray, items, pool):
            rows = _mapped(ray, window, coordinator, settings=settings, jobs=jobs).iter_rows()
            for row in _watched(rows, head=ray.get_runtime_context().gcs_address):
                if row and row["done"]:
                    yield ray.cloudpickle.loads(row["done"])
                if pool.is_ending:
                    coordinator.end.remote()


def _with_endpoint(settings: Settings) -> Settings:
    """The settings with the endpoint and the key that are chosen here.

    Other machines do not have the variables of this one, such as OPENAI_API_KEY, and would choose
    another model.
    """
    if settings.model == "extractive":
        return settings
    endpoint = choose_endpoint(settings)
    if endpoint.base_url is None:
        return settings
    chosen = {"model": endpoint.model, "base_url": endpoint.base_url, "api_key": endpoint.api_key}
    return settings.model_copy(update=chosen)


def require_ray(address: str) -> Any:
    """Ray, imported.

    Raises:
        MissingExtraError: it is not installed.
        ConfigurationError: an address through which Ray Data does not work.
    """
    if "://" in address:
        raise ConfigurationError(
            f"Ray Data does not work through {address!r}",
            hint="on a machine of the cluster: --ray auto, or --ray HOST:PORT",
        )
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    # "auto" reads the last address from a file, and a cluster that is gone was tried for minutes.
    os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "1")
    try:
        import ray
        import ray.data
        import ray.util.scheduling_strategies
    except ImportError:
        raise MissingExtraError("--ray", extra="ray") from None
    return ray


class _Coordinator:
    """What the workers ask for: the settings, and whether an article is theirs to digest.

    One actor, in a process on the machine that writes the records.
    """

    def __init__(self) -> None:
        self._is_ending = False
        self._claims = sqlite3.connect("", isolation_level=None)
        self._claims.execute("CREATE TABLE claims (id TEXT PRIMARY KEY, item TEXT) WITHOUT ROWID")

    def take_settings(self, settings: Settings) -> None:
        self._settings = settings

    def settings(self) -> Settings:
        return self._settings

    def know(self, ids: list[str]) -> None:
        self._claims.executemany("INSERT OR IGNORE INTO claims VALUES (?, '')", zip(ids))

    def claim(self, article_id: str, item: str) -> bool:
        """Whether it is the item's to digest; asked again after its worker died, it still is."""
        self._claims.execute("INSERT OR IGNORE INTO claims VALUES (?, ?)", (article_id, item))
        found = self._claims.execute("SELECT item FROM claims WHERE id = ?", (article_id,))
        return bool(found.fetchone()[0] == item)

    def end(self) -> None:
        self._is_ending = True

    def is_ending(self) -> bool:
        return self._is_ending


class _Worker:
    """Digests rows; an actor of Ray Data."""

    def __init__(self, coordinator: Any) -> None:
        import ray

        self._ray: Any = ray
        self._coordinator = coordinator
        self._summarizer = Summarizer(ray.get(coordinator.settings.remote()))

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row with what became of an item; empty where no more may begin."""
        if self._asked("is_ending"):
            return {"done": b""}
        item = self._ray.cloudpickle.loads(row["item"])
        with one_of_many():
            worked = attempt(self._summarizer.digest, self._claim, item)
        return {"done": self._ray.cloudpickle.dumps(worked)}

    def _claim(self, article_id: str, item: str) -> bool:
        return bool(self._asked("claim", article_id, item))

    def _asked(self, question: str, *values: str) -> Any:
        return self._ray.get(getattr(self._coordinator, question).remote(*values))


def _windows(ray: Any, items: Iterable[Item], pool: BudgetedPool) -> Iterator[list[bytes]]:
    """Items that may begin, as many as this machine's memory should hold."""
    window: list[bytes] = []
    size = 0
    for item in items:
        while not pool.may_begin():
            if not window:
                return
            yield window  # what it costs may be less than was expected
            window, size = [], 0
        window.append(ray.cloudpickle.dumps(item))
        size += len(window[-1])
        if size >= _WINDOW_BYTES:
            yield window
            window, size = [], 0
    if window:
        yield window


def _mapped(
    ray: Any, window: list[bytes], coordinator: Any, *, settings: Settings, jobs: int
) -> Any:
    """The dataset of what becomes of a window's items."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    cores = [int(node["CPU"]) for node in nodes if node.get("CPU", 0) >= 1]
    # The embedded engine takes all cores of a node; beside an endpoint each core has an actor.
    embedded = settings.base_url is None and settings.model != "extractive"
    most = len(cores) if embedded else sum(cores)
    threads = -(-jobs // max(1, most))
    actors = max(1, jobs // threads)
    rows = max(1, min(_BLOCK_ROWS, len(window) // jobs))
    blocks = ray.data.from_items(
        [{"item": item} for item in window], override_num_blocks=-(-len(window) // rows)
    )
    return blocks.map(
        _Worker,
        fn_constructor_args=(coordinator,),
        compute=ray.data.ActorPoolStrategy(
            size=actors,
            max_concurrent_calls_per_actor=threads,
            enable_true_multi_threading=True,
        ),
        num_cpus=_CORES,
    )


class _HeadLostError(Exception):
    """The node that directs the cluster does not answer."""


def _watched(rows: Iterator[dict[str, Any]], *, head: str) -> Iterator[dict[str, Any] | None]:
    """The rows as they come, and None every second without one.

    Ray waits a minute for a head that died, and then ends this process without a word of ours; so
    that is told before.
    """
    found: SimpleQueue[dict[str, Any] | BaseException | None] = SimpleQueue()

    def read() -> None:
        try:
            for row in rows:
                found.put(row)
            found.put(None)
        except BaseException as error:  # raised where it is seen
            found.put(error)

    threading.Thread(target=read, daemon=True).start()
    host, _, port = head.rpartition(":")
    patience = 0.75 * float(os.environ.get(_HEAD_TIMEOUT, "60"))
    seen = time.monotonic()
    while True:
        try:
            row = found.get(timeout=1)
        except Empty:
            with suppress(OSError), socket.create_connection((host.strip("[]"), int(port)), 1):
                seen = time.monotonic()
            if time.monotonic() - seen > patience:
                raise _HeadLostError from None
            yield None
            continue
        if row is None:
            return
        if isinstance(row, BaseException):
            raise row
        yield row


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Ray, connected to a cluster and silent; signals go on to mean what they did."""
    ray = require_ray(address)
    on_signal = signal.getsignal(signal.SIGTERM)
    try:
        own = {"include_dashboard": False} if address == "local" else {}
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **own)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ConfigurationError(
            f"there is no Ray cluster at {address!r}: {str(error).splitlines()[0]}",
            hint="on a machine of the cluster: --ray auto; to try it on this one: --ray local",
        ) from None
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, on_signal)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    is_lost = False
    try:
        # Ray prints there what it says of nodes that die, and a command's output is not for that.
        with redirect_stdout(sys.stderr):
            yield ray
    except (_HeadLostError, ray.exceptions.RayError) as error:
        is_lost = isinstance(error, _HeadLostError)
        why = "its head does not answer" if is_lost else type(error).__name__
        raise SummarizerError(
            f"the Ray cluster at {address!r} broke down: {why}",
            hint="see `ray status`; on a cluster that works the same command goes on",
        ) from error
    finally:
        if not is_lost:  # a shutdown would not end
            ray.shutdown()
