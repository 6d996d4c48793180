"""A job's articles read and digested on a Ray cluster, by actors with a ``Summarizer`` each.

The process that was started reads the sources and writes the records, as it does without a
cluster; its threads hand an article each to the actor that has least to do. What an actor was at
when its node died is done again on another node, and recorded once.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any, Final

from summarizer.articles import Article, Source
from summarizer.batch.processes import Made, ended_without_a_word, made_of, taken
from summarizer.digest import Digest
from summarizer.errors import ConfigurationError, MissingExtraError, SummarizerError
from summarizer.llm.endpoint import choose_endpoint
from summarizer.settings import Settings
from summarizer.summarizer import Summarizer

# Seconds that Ray itself waits for a head that does not answer.
_HEAD_TIMEOUT: Final = "RAY_gcs_rpc_server_reconnect_timeout_s"
# Half a core an actor: all have room again when up to half of the cluster is lost.
_CORES: Final = 0.5
_START_SECONDS: Final = 60.0  # for which actors are waited for, once the first is there
# Calls again of an actor that ended. Ray takes a dead node for alive for a while, and calls it some
# times in vain; without a limit an article that ends whatever digests it would never be done.
_RETRIES: Final = 50


@contextmanager
def on_cluster(address: str, settings: Settings, *, jobs: int) -> Iterator[Cluster]:
    """What reads and digests articles there.

    Args:
        address: "auto": the cluster of this machine; "local": a new one of this machine alone; or
            HOST:PORT of a cluster's head.
        settings: the settings in force. A key in them goes from process to process, to no disk.
        jobs: articles at a time, in the whole cluster.

    Raises:
        MissingExtraError: Ray is not installed.
        ConfigurationError: there is no cluster.
    """
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
        signal.signal(signal.SIGTERM, on_signal)  # it goes on to mean what it did
    head, ended = ray.get_runtime_context().gcs_address, threading.Event()
    cluster = Cluster(ray, _with_endpoint(settings), address=address)
    threading.Thread(target=_watch, args=(head, cluster.head_lost, ended), daemon=True).start()
    try:
        # Ray prints there what it says of nodes that die, and a command's output is not for that.
        with redirect_stdout(sys.stderr):
            cluster.start(jobs)
            yield cluster
    finally:
        ended.set()
        if not cluster.head_lost.is_set():  # a shutdown would not end
            ray.shutdown()


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
        ConfigurationError: an address through which jobs do not go.
    """
    if "://" in address:
        raise ConfigurationError(
            f"a job does not work through {address!r}",
            hint="on a machine of the cluster: --ray auto, or --ray HOST:PORT",
        )
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    # "auto" reads the last address from a file, and a cluster that is gone was tried for minutes.
    os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "1")
    try:
        import ray
    except ImportError:
        raise MissingExtraError("--ray", extra="ray") from None
    return ray


class _Worker:
    """Reads and digests; an actor."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._summarizer: Summarizer | None = None

    def load(self, source: Source) -> Made:
        return made_of(source.load)

    def digest(self, article: Article, settings: Settings) -> Made:
        # The settings come with each call: what an actor is made with, Ray writes down.
        def digested() -> Digest:
            with self._lock:
                summarizer = self._summarizer = self._summarizer or Summarizer(settings)
            return summarizer.digest(article)

        return made_of(digested)


class Cluster:
    """Reads and digests articles by actors; safe to use from as many threads as articles.

    Args:
        ray: the package, connected.
        settings: the settings in force.
        address: of the cluster, for people.

    Attributes:
        head_lost: set where the node that directs the cluster does not answer any more.
    """

    def __init__(self, ray: Any, settings: Settings, *, address: str) -> None:
        self._ray = ray
        self._settings = settings
        self._address = address
        self._lock = threading.Lock()
        self._actors: list[Any] = []
        self._busy: list[int] = []  # how much each is at
        self.head_lost = threading.Event()

    def start(self, jobs: int) -> None:
        """Start as many actors as the cluster has room for, with threads for so many jobs."""
        nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        cores = [int(node["CPU"]) for node in nodes if node.get("CPU", 0) >= 1]
        # The embedded engine takes all cores of a node; beside an endpoint each core has an actor.
        embedded = self._settings.base_url is None and self._settings.model != "extractive"
        threads = -(-jobs // max(1, len(cores) if embedded else sum(cores)))
        worker = self._ray.remote(
            num_cpus=_CORES,
            scheduling_strategy="SPREAD",
            max_concurrency=threads,
            max_restarts=-1,
            max_task_retries=_RETRIES,
        )(_Worker)
        actors = [worker.remote() for _ in range(max(1, jobs // threads))]
        begun = {actor.__ray_ready__.remote(): actor for actor in actors}
        self._wait(list(begun))
        here, _ = self._ray.wait(list(begun), num_returns=len(begun), timeout=_START_SECONDS)
        self._got(here)
        self._actors = [begun[ref] for ref in here]
        self._busy = [0] * len(here)

    def load(self, source: Source) -> Article:
        """``Source.load``, on the cluster."""
        article: Article = self._asked("load", source)
        return article

    def digest(self, article: Article) -> Digest:
        """``Summarizer.digest``, on the cluster.

        Raises:
            SummarizerError: as there; or the cluster broke down, which ends the job.
        """
        digest: Digest = self._asked("digest", article, self._settings)
        return digest

    def _asked(self, task: str, *values: Any) -> Any:
        with self._lock:
            place = self._busy.index(min(self._busy))
            self._busy[place] += 1
        try:
            ref = getattr(self._actors[place], task).remote(*values)
            self._wait([ref])
            return taken(self._got(ref))
        finally:
            with self._lock:
                self._busy[place] -= 1

    def _wait(self, refs: list[Any]) -> None:
        """Until one of the answers is there, or the head is lost."""
        while not self.head_lost.is_set():
            if self._ray.wait(refs, timeout=1)[0]:
                return
        raise self._broken("its head does not answer")

    def _got(self, refs: Any) -> Any:
        errors = self._ray.exceptions
        try:
            return self._ray.get(refs)
        except errors.ActorUnavailableError as error:  # its process ended, and comes back
            raise ended_without_a_word() from error
        except errors.RayError as error:
            raise self._broken(type(error).__name__) from error

    def _broken(self, why: str) -> SummarizerError:
        error = SummarizerError(
            f"the Ray cluster at {self._address!r} broke down: {why}",
            hint="see `ray status`; on a cluster that works the same command goes on",
        )
        error.stops_batch = True
        return error


def _watch(head: str, lost: threading.Event, ended: threading.Event) -> None:
    """Look each second whether the head still answers, until the job has ended.

    Ray waits a minute for a head that died, and then ends this process without a word of ours; so
    that is told before.
    """
    host, _, port = head.rpartition(":")
    patience = 0.75 * float(os.environ.get(_HEAD_TIMEOUT, "60"))
    seen = time.monotonic()
    while not ended.wait(1):
        with suppress(OSError), socket.create_connection((host.strip("[]"), int(port)), 1):
            seen = time.monotonic()
        if time.monotonic() - seen > patience:
            lost.set()
            return
