"""What a job on a Ray cluster loses when a node dies: three nodes on this machine.

    python benchmarks/ray_nodes.py [--articles 600] [--jobs 16] [--delay 0.3] [--only one]

The nodes run in a network namespace of their own (``unshare``, which takes root or unprivileged
user namespaces), because Ray takes the machine's own address for the loopback. A stand-in endpoint
beside them counts the requests for each article. Rows: no node killed; one killed when a quarter
of the articles was asked about; the head killed likewise, and the job run again on a new cluster.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
# Ray's own name, and its patience with a head that died.
os.environ["RAY_gcs_rpc_server_reconnect_timeout_s"] = "12"  # noqa: SIM112
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "llm"))

from batch_kills import reply, write_rows
from standin import Body, Reply, StandIn

from summarizer.batch.records import JobRecords

KILLED = ("none", "one", "head")
NAMESPACE = (
    "unshare",
    "--map-root-user",
    "--net",
    "sh",
    "-c",
    'ip link set lo up && exec "$@"',
    "",
)


class ThreeNodes:
    """A head and two more nodes, each with two cores as Ray counts them."""

    def __enter__(self) -> ThreeNodes:
        from ray.cluster_utils import Cluster

        about = {"num_cpus": 2, "object_store_memory": 100 << 20, "include_dashboard": False}
        self.cluster = Cluster(initialize_head=True, head_node_args=about)
        self.others = [self.cluster.add_node(num_cpus=2, object_store_memory=100 << 20)]
        self.others.append(self.cluster.add_node(num_cpus=2, object_store_memory=100 << 20))
        return self

    def __exit__(self, *_: object) -> None:
        for node in [*self.cluster.worker_nodes, self.cluster.head_node]:
            if node is not None:
                node.kill_all_processes(check_alive=False, allow_graceful=False, wait=True)

    def kill(self, which: str) -> None:
        """SIGKILL to every process of a node."""
        node = self.cluster.head_node if which == "head" else self.others[0]
        node.kill_all_processes(check_alive=False, allow_graceful=False, wait=True)


def run(killed: str, articles: int, jobs: int, delay: float) -> dict[str, Any]:
    """One job, and what came of it."""
    with TemporaryDirectory() as folder, StandIn(default=lambda body: _late(body, delay)) as server:
        rows, out = Path(folder, "rows.jsonl"), Path(folder, "job")
        write_rows(rows, articles)
        command = [sys.executable, "-m", "summarizer", "batch", "run", str(rows), "-q"]
        command += ["--out", str(out), "--base-url", server.base_url, "--model", "stand-in-70b"]
        command += ["--length", "25", "--jobs", str(jobs), "--ray"]
        environment = os.environ | {"SUMMARIZER_CACHE": "0"}
        codes, seconds, said = [], [], ""
        for attempt in range(2 if killed == "head" else 1):
            with ThreeNodes() as nodes:
                began = time.monotonic()
                address = [nodes.cluster.address]
                with subprocess.Popen(
                    command + address, env=environment, stderr=subprocess.PIPE, text=True
                ) as job:
                    while killed != "none" and not attempt and job.poll() is None:
                        if len(server.bodies) >= articles // 4:
                            nodes.kill(killed)
                            break
                        time.sleep(0.02)
                    said += job.communicate()[1]
                codes.append(job.returncode)
                seconds.append(round(time.monotonic() - began, 1))
        asked = Counter(str(body["messages"][-1]) for body in server.bodies)
        with JobRecords(out) as records:
            done = records.counts().done
        lines = sum(log.read_bytes().count(b"\n") for log in out.glob("records-*.jsonl"))
    return {
        "killed": killed, "exits": codes, "seconds": seconds, "articles": articles, "done": done,
        "doubles": lines - done, "requests": asked.total(), "repeats": asked.total() - len(asked),
        "said": said,
    }  # fmt: skip


def _late(body: Body, delay: float) -> Reply:
    return replace(reply(body), delay=delay)


def main() -> None:
    """Print a line of JSON for each node that is killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=600)
    parser.add_argument("--jobs", type=int, default=16)
    parser.add_argument("--delay", type=float, default=0.3)
    parser.add_argument("--only", choices=KILLED)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not given.inside:
        os.execvp(NAMESPACE[0], [*NAMESPACE, sys.executable, *sys.argv, "--inside"])  # noqa: S606
    for killed in (given.only,) if given.only else KILLED:
        print(json.dumps(run(killed, given.articles, given.jobs, given.delay)), flush=True)


if __name__ == "__main__":
    main()
